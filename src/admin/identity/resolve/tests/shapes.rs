//! Tables of users and tokens.

use crate::engine::{Column, ColumnKind, ForeignKey, Table, TableName};
use crate::schema::Catalog;
use crate::schema::tables::TOKEN_TABLE;

pub(super) fn column(name: &str, declared: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnKind::of_declared(declared),
        declared: declared.to_owned(),
        type_schema: None,
        range: None,
        not_null: true,
        has_default: false,
        is_generated: false,
        primary_key: false,
    }
}

pub(super) fn table(name: &str, columns: Vec<Column>, unique: &[&str]) -> Table {
    let mut unique: Vec<Vec<String>> = unique.iter().map(|name| vec![(*name).to_owned()]).collect();
    unique.extend(columns.iter().filter(|column| column.primary_key).map(|column| vec![column.name.clone()]));
    Table { name: name.to_owned(), columns, unique, ..Table::default() }
}

/// Returns a user table. A name in `unique` that ends in `?` is nullable.
pub(super) fn users(name: &str, (key, declared): (&str, &str), unique: &[&str], others: &[&str]) -> Table {
    let mut columns = vec![
        Column { primary_key: true, ..column(key, declared) },
        column("password", "varchar(128)"),
        column("last_login", "datetime"),
        column("is_active", "bool"),
    ];
    let mut names = Vec::new();
    for written in unique {
        let name = written.trim_end_matches('?');
        columns.push(Column { not_null: name == *written, ..column(name, "varchar(254)") });
        names.push(name);
    }
    columns.extend(others.iter().map(|name| column(name, "varchar(254)")));
    table(name, columns, &names)
}

pub(super) fn reference(column: &str, table: &str) -> Vec<ForeignKey> {
    vec![ForeignKey { column: column.to_owned(), table: table.to_owned(), schema: None, to: None }]
}

pub(super) fn tokens(users: Option<&str>, declared: &str, extra: Option<Column>) -> Table {
    let mut columns = vec![
        Column { primary_key: true, ..column("key", "varchar(40)") },
        column("created", "datetime"),
        column("user_id", declared),
    ];
    columns.extend(extra);
    let foreign_keys = users.map(|users| reference("user_id", users)).unwrap_or_default();
    Table { foreign_keys, ..table(TOKEN_TABLE, columns, &["user_id"]) }
}

pub(super) fn catalog(tables: Vec<Table>) -> Catalog {
    let mut catalog = Catalog::default();
    for table in tables {
        let is_user_model = table.column("password").is_some() && table.column("last_login").is_some();
        let name = table.name.clone();
        catalog.names.push(TableName { name, is_user_model, ..TableName::default() });
        catalog.tables.insert(table.name.clone(), table);
    }
    catalog
}
