//! The layouts that the statements are built for.

use drfctl::engine::{Column, ColumnKind, Dialect, Matching, Table};
use drfctl::schema::layout::{ColumnRef, Layout, ModelTable, PerUser, TokenTable, UserTable, UsernameColumn};

fn column(name: &str, kind: ColumnKind, declared: &str) -> Column {
    Column {
        name: name.into(),
        kind,
        declared: declared.into(),
        type_schema: None,
        range: None,
        not_null: true,
        has_default: false,
        is_generated: false,
        primary_key: name == "id",
    }
}

/// Returns a table, with row numbers in `SQLite`.
fn table_of(dialect: &Dialect, name: &str, columns: Vec<Column>) -> Table {
    let has_row_numbers = dialect.matching == Matching::Glob;
    Table { name: name.into(), columns, has_row_numbers, ..Table::default() }
}

/// Returns the layout of a multi-table user model whose username may be NULL.
pub(crate) fn layout(dialect: &Dialect) -> Layout {
    let column_ref = |column: &str| ColumnRef { table: 1, name: column.into() };
    let nullable = |name: &str| Column { not_null: false, ..column(name, ColumnKind::Text, "varchar(150)") };
    let flag = |name: &str| column(name, ColumnKind::Boolean, "bool");
    let time = |name: &str| column(name, ColumnKind::DateTime, "datetime");
    let columns = vec![
        column("id", ColumnKind::BigInteger, "bigint"),
        nullable("username"),
        column("password", ColumnKind::Text, "varchar(128)"),
        flag("is_active"),
        flag("is_staff"),
        flag("is_superuser"),
        time("last_login"),
        time("date_joined"),
    ];
    let link =
        |table: &str, key: &str, columns| ModelTable { shape: table_of(dialect, table, columns), key: key.into() };
    let users = UserTable {
        chain: vec![
            link("member", "user_ptr_id", vec![column("user_ptr_id", ColumnKind::BigInteger, "bigint")]),
            link("auth_user", "id", columns),
        ],
        username: UsernameColumn::Known(column_ref("username")),
        is_active: Some(column_ref("is_active")),
        membership: None,
    };
    Layout::new(users, Ok(tokens(dialect)))
}

fn tokens(dialect: &Dialect) -> TokenTable {
    let columns = vec![
        column("key", ColumnKind::Text, "varchar(40)"),
        column("created", ColumnKind::DateTime, "datetime"),
        column("user_id", ColumnKind::BigInteger, "bigint"),
    ];
    TokenTable {
        shape: table_of(dialect, "authtoken_token", columns),
        pk: "key".into(),
        key: "key".into(),
        created: "created".into(),
        user: "user_id".into(),
        per_user: PerUser::One,
        is_plain: true,
    }
}

/// Returns a token table with its own primary key and several tokens for each user.
pub(crate) fn several(dialect: &Dialect) -> TokenTable {
    TokenTable { pk: "id".into(), per_user: PerUser::Several, is_plain: false, ..tokens(dialect) }
}

/// Returns the users with a column of every kind.
pub(crate) fn with_every_kind(users: &UserTable) -> UserTable {
    use ColumnKind::{Date, Decimal, Float, IpAddress, Json, Other, Time, Unknown, Uuid};
    let mut wide = users.clone();
    for kind in [Uuid, Date, Time, Decimal, Float, IpAddress, Json, Other("bytea".into()), Unknown("color".into())] {
        let name = format!("a_{}", kind.name());
        wide.chain[1].shape.columns.push(column(&name, kind, ""));
    }
    wide
}

/// Returns the users with primary keys of text, which two tables may sort in different ways.
pub(crate) fn with_text_keys(users: &UserTable) -> UserTable {
    let mut named = users.clone();
    for table in &mut named.chain {
        table.shape.columns[0].kind = ColumnKind::Text;
    }
    named
}

/// Returns the users with names that are numbers.
pub(crate) fn with_numbers_as_names(users: &UserTable) -> UserTable {
    let mut numbered = users.clone();
    for column in numbered.chain[1].shape.columns.iter_mut().filter(|column| column.name == "username") {
        column.kind = ColumnKind::Integer;
    }
    numbered
}
