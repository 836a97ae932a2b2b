//! Detection over the product of what databases differ in.

use super::*;
use crate::error::Kind;
use crate::schema::catalog::ForeignKey;
use crate::schema::layout::Place;

const TABLES: [&str; 3] = ["auth_user", "Odd \"User\" Table", "accounts_user"];
const KEYS: [(&str, &str); 4] = [("id", "integer"), ("id", "bigint"), ("uuid", "char(32)"), ("Code Name", "text")];
const LOGINS: [&[&str]; 5] = [&["username"], &["username", "email"], &["email"], &["email", "handle"], &[]];

fn column(name: &str, declared: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnKind::of_declared(declared),
        declared: declared.to_owned(),
        not_null: true,
        has_default: false,
        primary_key: false,
    }
}

fn table(name: &str, columns: Vec<Column>, unique: &[&str]) -> Table {
    let mut unique: Vec<Vec<String>> = unique.iter().map(|name| vec![(*name).to_owned()]).collect();
    unique.extend(columns.iter().filter(|column| column.primary_key).map(|column| vec![column.name.clone()]));
    Table { name: name.to_owned(), columns, unique, foreign_keys: Vec::new() }
}

fn users(name: &str, (key, declared): (&str, &str), logins: &[&str], active: bool) -> Table {
    let mut columns = vec![Column { primary_key: true, ..column(key, declared) }, column("password", "varchar(128)")];
    columns.extend(logins.iter().map(|login| column(login, "varchar(254)")));
    columns.extend(active.then(|| column("is_active", "bool")));
    table(name, columns, logins)
}

fn tokens(users: &str, declared: &str, extra: Option<Column>) -> Table {
    let mut columns = vec![
        Column { primary_key: true, ..column("key", "varchar(40)") },
        column("created", "datetime"),
        column("user_id", declared),
    ];
    columns.extend(extra);
    let foreign_keys = vec![ForeignKey { column: "user_id".to_owned(), table: users.to_owned(), to: None }];
    Table { foreign_keys, ..table(TOKEN_TABLE, columns, &["user_id"]) }
}

fn catalog(tables: Vec<Table>) -> Catalog {
    let names = tables.iter().map(|table| table.name.clone()).collect();
    Catalog { names, tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect() }
}

fn detected(tables: Vec<Table>) -> Result<Layout> {
    detect(&catalog(tables), &Overrides::default())
}

#[test]
fn the_foreign_key_leads_to_every_kind_of_user_table() {
    for name in TABLES {
        for key in KEYS {
            for logins in LOGINS {
                for active in [true, false] {
                    let found = detected(vec![users(name, key, logins, active), tokens(name, key.1, None)]);
                    let case = format!("{name} {key:?} {logins:?}");
                    match (logins, found) {
                        // Two that are possible, or none: say which option to give.
                        (["email", "handle"] | [], Err(error)) => {
                            assert_eq!(error.kind(), Kind::Unusable, "{case}");
                            assert!(error.hints()[0].contains("--username-field"), "{case}: {:?}", error.hints());
                        }
                        ([login, ..], Ok(layout)) => {
                            let users = layout.users;
                            assert_eq!((users.name(), users.key()), (name, key.0), "{case}");
                            assert_eq!(users.key_kind, ColumnKind::of_declared(key.1), "{case}");
                            assert_eq!(users.login, Place { link: 0, column: (*login).to_owned() }, "{case}");
                            assert_eq!(users.is_active.is_some(), active, "{case}");
                        }
                        (_, found) => panic!("{case}: {found:?}"),
                    }
                }
            }
        }
    }
}

#[test]
fn a_user_key_of_another_type_than_the_tokens_refer_to_is_refused() {
    for key in KEYS {
        for declared in ["integer", "bigint", "char(32)", "text", "datetime"] {
            let found = detected(vec![users("u", key, &["username"], true), tokens("u", declared, None)]);
            let fits = ColumnKind::of_declared(declared).joins(&ColumnKind::of_declared(key.1));
            assert_eq!(found.is_ok(), fits, "{declared} refers to {key:?}");
        }
    }
}

#[test]
fn a_further_column_is_refused_only_if_every_row_needs_it() {
    for (not_null, has_default) in [(true, true), (true, false), (false, true), (false, false)] {
        let extra = Column { not_null, has_default, ..column("note", "text") };
        let found = detected(vec![users("u", KEYS[0], &["username"], true), tokens("u", "integer", Some(extra))]);
        match (not_null, has_default) {
            (true, false) => assert_eq!(found.unwrap_err().kind(), Kind::Unusable),
            _ => assert!(found.unwrap().notices[0].contains("note")),
        }
    }
}

#[test]
fn a_login_column_of_a_parent_is_found_through_the_key() {
    let parent = users("auth_user", KEYS[0], &["username"], true);
    let child = Table {
        foreign_keys: vec![ForeignKey {
            column: "user_ptr_id".to_owned(),
            table: "auth_user".to_owned(),
            to: Some("id".to_owned()),
        }],
        ..table("member", vec![Column { primary_key: true, ..column("user_ptr_id", "integer") }], &[])
    };
    let layout = detected(vec![parent, child, tokens("member", "integer", None)]).unwrap();
    assert_eq!(layout.users.chain.iter().map(|link| link.table.as_str()).collect::<Vec<_>>(), ["member", "auth_user"]);
    assert_eq!(layout.users.login, Place { link: 1, column: "username".to_owned() });
}

#[test]
fn every_table_on_the_way_is_asked_for_and_no_other() {
    let overrides = Overrides::default();
    let whole = catalog(vec![
        users("u", KEYS[0], &["username"], true),
        tokens("u", "integer", None),
        table("stranger", Vec::new(), &[]),
    ]);
    let mut seen = Catalog { names: whole.names.clone(), ..Catalog::default() };
    let mut asked = Vec::new();
    while let Some(name) = next_table(&seen, &overrides) {
        seen.tables.insert(name.clone(), whole.tables[&name].clone());
        asked.push(name);
    }
    assert_eq!(asked, [TOKEN_TABLE, "u"]);
}
