//! Every statement of the program on one page, as each engine is sent it.

use std::fmt::Write;

use drfctl::django::timestamp::TimeKeeping;
use drfctl::django::token_key::TokenKey;
use drfctl::django::username::Username;
use drfctl::engine;
use drfctl::migrations::HISTORY;
use drfctl::schema::catalog::{Column, ColumnKind};
use drfctl::schema::layout::{Layout, Link, Membership, Place, TokenTable, UserTable};
use drfctl::sql::filter::{Source, TokenFilter};
use drfctl::sql::listing::{self, Page, Selected, Sort};
use drfctl::sql::pattern::Pattern;
use drfctl::sql::{self, Dialect, Statement, Value};

fn column(name: &str, kind: ColumnKind, declared: &str) -> Column {
    Column {
        name: name.into(),
        kind,
        declared: declared.into(),
        not_null: true,
        has_default: false,
        primary_key: name == "id",
    }
}

/// A multi-table user model, whose login column may be NULL.
fn layout() -> Layout {
    let place = |column: &str| Place { link: 1, column: column.into() };
    let nullable = |name: &str| Column { not_null: false, ..column(name, ColumnKind::Text, "varchar(150)") };
    let flag = |name: &str| column(name, ColumnKind::Boolean, "bool");
    let time = |name: &str| column(name, ColumnKind::DateTime, "datetime");
    let base = vec![
        column("id", ColumnKind::BigInteger, "bigint"),
        nullable("username"),
        column("password", ColumnKind::Text, "varchar(128)"),
        flag("is_active"),
        flag("is_staff"),
        flag("is_superuser"),
        time("last_login"),
        time("date_joined"),
    ];
    Layout {
        tokens: TokenTable {
            name: "authtoken_token".into(),
            key: "key".into(),
            created: "created".into(),
            user: "user_id".into(),
            is_plain: true,
        },
        users: UserTable {
            chain: vec![
                Link {
                    table: "member".into(),
                    key: "user_ptr_id".into(),
                    columns: vec![column("user_ptr_id", ColumnKind::BigInteger, "bigint")],
                },
                Link { table: "auth_user".into(), key: "id".into(), columns: base },
            ],
            key_kind: ColumnKind::BigInteger,
            login: place("username"),
            is_active: Some(place("is_active")),
            other_logins: Vec::new(),
            membership: None,
        },
        notices: Vec::new(),
    }
}

/// Everything that a filter can say.
fn everything() -> TokenFilter {
    TokenFilter {
        names: vec![Username::parse("alice".as_ref()).unwrap(), Username::parse("bob".as_ref()).unwrap()],
        patterns: vec![Pattern::parse("ci-*").unwrap()],
        keys: vec![TokenKey::stored("k1")],
        key_prefix: Some("ab".into()),
        older_than: Some("2026-01-31T00:00:00Z".parse().unwrap()),
        newer_than: Some("2025-01-31T00:00:00Z".parse().unwrap()),
        is_active: Some(true),
        is_staff: true,
        is_superuser: true,
        never_logged_in: true,
        holds_token: Some(true),
    }
}

fn statements(dialect: &Dialect) -> Vec<(&'static str, Statement)> {
    let layout = layout();
    let users = &layout.users;
    let time = TimeKeeping::utc();
    let value = || Value::text("v");
    let alice = Username::parse("alice".as_ref()).unwrap();
    let membership = Membership { table: "auth_user_groups".into(), user: "user_id".into(), group: "group_id".into() };
    let pairs = [(value(), Value::Integer(1)), (value(), Value::Integer(2))];
    let source = |only_holders| Source { users, tokens: Some(&layout.tokens), only_holders, time: &time };
    let (nobody, filter) = (TokenFilter::default(), everything());
    let after = (value(), Value::Integer(7));
    let selected = [Selected::Login, Selected::TokenKey, Selected::User("is_active"), Selected::User("email")];
    let page = |filter, sort, reverse, are_null, after, for_update| {
        let page = Page { filter, sort, reverse, are_null, after, limit: 1_000, for_update };
        listing::page(&source(true), dialect, &selected, &page).unwrap()
    };
    vec![
        ("tokens::holder", sql::tokens::holder(&layout, dialect, &alice)),
        ("tokens::user_of_key", sql::tokens::user_of_key(&layout, dialect, value())),
        ("tokens::holder_of_key", sql::tokens::holder_of_key(&layout, dialect, "k")),
        ("tokens::insert", sql::tokens::insert(&layout, dialect, value(), value(), value())),
        ("tokens::insert_many", sql::tokens::insert_many(&layout, dialect, &pairs, &value())),
        ("tokens::rotate", sql::tokens::rotate(&layout, dialect, value(), value(), value())),
        ("tokens::rotate_many", sql::tokens::rotate_many(&layout, dialect, &pairs, &value())),
        ("tokens::delete", sql::tokens::delete(&layout, dialect, value(), value())),
        ("tokens::delete_many", sql::tokens::delete_many(&layout, dialect, [value(), value()].into_iter())),
        ("tokens::delete_all", sql::tokens::delete_all(&layout, dialect)),
        ("tokens::count", sql::tokens::count(dialect, "authtoken_token")),
        ("users::named", sql::users::named(users, dialect, "alice", &[&users.login])),
        ("users::is_there", sql::users::is_there(users, dialect, "alice")),
        ("users::has", sql::users::has(dialect, "auth_user", &[("is_active", value())], ("id", value()))),
        ("users::names", sql::users::names(users, dialect)),
        ("users::newest_passwords", sql::users::newest_passwords(users, dialect, &users.login, &users.login, 3)),
        ("users::group", sql::users::group(dialect, "ops")),
        ("users::is_member", sql::users::is_member(dialect, &membership, value(), value())),
        ("users::join", sql::users::join(dialect, &membership, value(), value())),
        ("listing::page, the first", page(&nobody, Sort::Id, false, false, None, false)),
        ("listing::page, the next", page(&nobody, Sort::Id, true, false, Some(&after), true)),
        ("listing::page, by name", page(&nobody, Sort::Username, false, false, Some(&after), false)),
        ("listing::page, without a name", page(&nobody, Sort::Username, false, true, None, false)),
        ("listing::page, of a filter", page(&filter, Sort::Id, false, false, Some(&after), false)),
        (
            "listing::of_users",
            listing::of_users(&source(false), dialect, &selected, &nobody, vec![value(), value()]).unwrap(),
        ),
        ("listing::count", listing::count(&source(false), dialect, &filter).unwrap()),
        ("history::applied", sql::history::applied(dialect, &["auth", "authtoken"])),
        ("history::record", sql::history::record(dialect, HISTORY[0], value())),
        ("permissions::content_type", sql::permissions::content_type(dialect, "auth", "user")),
        ("permissions::insert_content_type", sql::permissions::insert_content_type(dialect, "auth", "user")),
        ("permissions::codenames", sql::permissions::codenames(dialect, value())),
        (
            "permissions::insert_permission",
            sql::permissions::insert_permission(dialect, value(), "add_user", "Can add user"),
        ),
        ("Statement::savepoint", Statement::savepoint()),
        ("Statement::go_back", Statement::go_back()),
        ("Statement::release", Statement::release()),
    ]
}

/// `SNAPSHOTS=overwrite` writes the page anew.
#[test]
fn every_statement_is_what_stands_on_the_page() {
    let mut page = String::new();
    for (name, dialect) in engine::dialects() {
        writeln!(page, "-- {name}\n").unwrap();
        for (what, statement) in statements(dialect) {
            writeln!(page, "-- {what}, {} parameters\n{};\n", statement.parameters.len(), statement.text).unwrap();
        }
    }
    snapbox::assert_data_eq!(page, snapbox::file!["statements.sql"].raw());
}
