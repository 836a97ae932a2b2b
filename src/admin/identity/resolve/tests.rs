//! Resolves the layout for every combination of what databases and settings
//! differ in.

use super::*;
use crate::admin::identity::evidence::{ModelFacts, ModelOptions};
use crate::admin::identity::tables_to_describe::tables_to_describe;
use crate::engine::{Column, ColumnKind, TableName};
use crate::error::Kind;
use crate::hint::{Action, Setting};
use crate::schema::History;
use crate::schema::layout::{ColumnRef, PerUser};
use crate::schema::tables::TOKEN_TABLE;

use shapes::{catalog, column, reference, table, tokens, users};

mod choice;
mod shapes;

const TABLES: [&str; 3] = ["auth_user", "Odd \"User\" Table", "accounts_user"];
const KEYS: [(&str, &str); 4] = [("id", "integer"), ("id", "bigint"), ("uuid", "char(32)"), ("Code Name", "text")];

fn resolved(catalog: &Catalog, given: &ModelOptions, models: Option<&ModelFacts>) -> Result<Layout> {
    resolve(&Evidence { catalog, history: &History::default(), given, models })
}

fn detected(tables: Vec<Table>) -> Result<Layout> {
    resolved(&catalog(tables), &ModelOptions::default(), None)
}

/// Returns the options that the hints of an error name.
fn options(error: &Error) -> Vec<(Setting, Option<String>)> {
    let actions = error.hints().iter().flat_map(|hint| &hint.actions);
    let option = |action: &Action| match action {
        Action::Option(setting, value) => Some((setting.clone(), value.clone())),
        _ => None,
    };
    actions.filter_map(|(_, action)| option(action)).collect()
}

fn username(column: &str) -> (Setting, Option<String>) {
    (Setting::UsernameField, Some(column.to_owned()))
}

#[test]
fn the_foreign_key_leads_to_every_kind_of_user_table() {
    for name in TABLES {
        for key in KEYS {
            let tables = vec![users(name, key, &["username"], &[]), tokens(Some(name), key.1, None)];
            let found = detected(tables).unwrap().users;
            assert_eq!((found.name(), found.key()), (name, key.0));
            assert_eq!(found.key_kind(), ColumnKind::of_declared(key.1));
            assert!(found.is_active.is_some());
        }
    }
}

/// The expected username column.
enum Expected {
    Known(&'static str),
    OneOf(&'static [&'static str]),
    /// The resolution fails, and its hint offers these options.
    Refused(&'static [&'static str]),
}

#[test]
fn the_username_is_a_column_that_the_database_keeps_unique() {
    use Expected::{Known, OneOf, Refused};
    for (unique, others, expected) in [
        (&["username"][..], &["email"][..], Known("username")),
        // N1: one user's name may be another's e-mail address.
        (&["email"], &["username"], Known("email")),
        // N2: the evidence leaves several columns.
        (&["username", "email"], &[], OneOf(&["username", "email"])),
        (&["email", "username"], &[], OneOf(&["username", "email"])),
        (&["username", "email", "phone"], &[], OneOf(&["username", "email", "phone"])),
        (&["email", "handle"], &[], Refused(&["email", "handle"])),
        // N7b: a nullable column is the last choice.
        (&["email?"], &[], Known("email")),
        (&["email?", "username"], &[], Known("username")),
        (&["email?", "slug"], &["username"], Known("email")),
        (&["slug"], &["username"], Refused(&["slug"])),
        (&["slug", "code"], &[], Refused(&["slug", "code"])),
        (&[], &["username"], Known("username")),
        (&[], &[], Refused(&[])),
    ] {
        let tables =
            vec![users("accounts_user", KEYS[0], unique, others), tokens(Some("accounts_user"), "integer", None)];
        let case = format!("{unique:?} {others:?}");
        match (expected, detected(tables)) {
            (Known(expected), Ok(layout)) => match layout.users.username {
                UsernameColumn::Known(column_ref) => assert_eq!(column_ref.name, expected, "{case}"),
                UsernameColumn::OneOf(columns) => panic!("{case}: {columns:?}"),
            },
            (OneOf(expected), Ok(layout)) => {
                let columns: Vec<&str> =
                    layout.users.username.columns().iter().map(|column_ref| column_ref.name.as_str()).collect();
                assert_eq!(columns, expected, "{case}");
            }
            (Refused(expected), Err(error)) => {
                assert_eq!(error.kind(), Kind::Unusable, "{case}");
                let mut offered: Vec<_> = expected.iter().map(|name| username(name)).collect();
                if offered.is_empty() {
                    offered.push((Setting::UsernameField, None));
                }
                assert_eq!(options(&error), offered, "{case}");
            }
            (_, found) => panic!("{case}: {found:?}"),
        }
    }
}

/// Tests every combination of two user models, settings and options, and a
/// token table that references one of them or none.
#[test]
fn tokens_options_and_settings_agree_or_the_answer_is_refused() {
    let (old, new) = ("auth_user", "accounts_member");
    for (referred, user_table, user_model, asks_models) in product() {
        let tables = vec![
            users(old, KEYS[0], &["username"], &[]),
            users(new, KEYS[0], &["username"], &[]),
            tokens(referred, "integer", None),
        ];
        let given = ModelOptions {
            user_table: user_table.map(str::to_owned),
            user_model: user_model.map(str::to_owned),
            ..ModelOptions::default()
        };
        let table_of_model = user_model.map(|model| if model == "auth.User" { old } else { new });
        let models = table_of_model.filter(|_| asks_models).map(|table| ModelFacts {
            table: table.to_owned(),
            username: "username".to_owned(),
            fields: Vec::new(),
        });
        let case = format!("{referred:?} {user_table:?} {user_model:?} {asks_models}");
        let found = resolved(&catalog(tables), &given, models.as_ref());
        let said: Vec<&str> = referred.into_iter().chain(user_table).collect();
        match (found, said.first().copied().or(table_of_model)) {
            (Ok(layout), Some(expected)) => {
                assert_eq!(layout.users.name(), expected, "{case}");
                let decides = referred.is_some();
                assert!(said.iter().all(|said| *said == expected), "{case}");
                assert!(!decides || table_of_model.is_none_or(|table| table == expected), "{case}");
                // N3: another table looks like a user model, and neither an
                // option nor the settings decide.
                let is_said = user_table.is_some() || user_model.is_some();
                assert_eq!(layout.warnings.len(), usize::from(decides && !is_said), "{case}");
            }
            (Err(error), Some(expected)) => {
                assert_eq!(error.kind(), Kind::Rejected, "{case}: {error}");
                let disagrees = |table: &&str| *table != expected;
                assert!(user_table.iter().chain(&table_of_model).any(disagrees), "{case}: {error}");
                assert!(referred.is_some(), "{case}: {error}");
            }
            (Err(error), None) => {
                assert_eq!(error.kind(), Kind::Unusable, "{case}: {error}");
                let table = |name: &str| (Setting::UserTable, Some(name.to_owned()));
                assert_eq!(options(&error)[..2], [table(new), table(old)], "{case}");
            }
            (Ok(layout), None) => panic!("{case}: {layout:?}"),
        }
    }
}

type Case = (Option<&'static str>, Option<&'static str>, Option<&'static str>, bool);

/// Returns what the token table references, `--user-table`, `AUTH_USER_MODEL`,
/// and whether the models were asked.
fn product() -> Vec<Case> {
    let tables = [None, Some("auth_user"), Some("accounts_member")];
    let mut all = Vec::new();
    for referred in tables {
        for user_table in tables {
            for user_model in [None, Some("auth.User"), Some("accounts.Member")] {
                for asks_models in [false, true] {
                    all.push((referred, user_table, user_model, asks_models));
                }
            }
        }
    }
    all
}

#[test]
fn the_models_are_read_only_if_the_rest_is_ambiguous() {
    let given = |model: Option<&str>| ModelOptions { user_model: model.map(str::to_owned), ..ModelOptions::default() };
    for (unique, model, expected) in [
        (&["username"][..], Some("accounts.User"), false),
        (&["username", "email"], Some("accounts.User"), true),
        (&["email", "handle"], Some("accounts.User"), true),
        (&["username", "email"], Some("auth.User"), false),
        (&["username", "email"], None, false),
    ] {
        let table = users("accounts_user", KEYS[0], unique, &[]);
        let catalog = catalog(vec![table, tokens(Some("accounts_user"), "integer", None)]);
        let given = given(model);
        let evidence = Evidence { catalog: &catalog, history: &History::default(), given: &given, models: None };
        assert_eq!(models_may_decide(&evidence, &resolve(&evidence)), expected, "{unique:?} {model:?}");
        let models =
            ModelFacts { table: "accounts_user".to_owned(), username: unique[0].to_owned(), fields: Vec::new() };
        let evidence = Evidence { models: Some(&models), ..evidence };
        let outcome = resolve(&evidence);
        assert!(!models_may_decide(&evidence, &outcome));
        if expected {
            let expected_column = ColumnRef { table: 0, name: unique[0].to_owned() };
            assert_eq!(outcome.unwrap().users.username, UsernameColumn::Known(expected_column));
        }
    }
}

#[test]
fn a_custom_model_that_keeps_the_stock_table_is_searched_by_its_own_columns() {
    let tables =
        || vec![users("auth_user", KEYS[0], &["email", "username"], &[]), tokens(Some("auth_user"), "integer", None)];
    for (model, is_known) in [(None, true), (Some("auth.User"), true), (Some("accounts.User"), false)] {
        let given = ModelOptions { user_model: model.map(str::to_owned), ..ModelOptions::default() };
        let layout = resolved(&catalog(tables()), &given, None).unwrap();
        assert_eq!(matches!(layout.users.username, UsernameColumn::Known(_)), is_known, "{model:?}");
    }
}

#[test]
fn a_user_table_outside_the_search_path_is_named_with_schema() {
    let mut catalog = catalog(vec![tokens(None, "integer", None)]);
    let mut foreign = reference("user_id", "accounts_user");
    foreign[0].schema = Some("people".to_owned());
    catalog.names.push(TableName {
        name: "accounts_user".to_owned(),
        schema: Some("people".to_owned()),
        is_user_model: true,
        ..TableName::default()
    });
    for (key, given) in [
        (foreign, ModelOptions::default()),
        (Vec::new(), ModelOptions { user_table: Some("accounts_user".to_owned()), ..ModelOptions::default() }),
    ] {
        catalog.tables.get_mut(TOKEN_TABLE).unwrap().foreign_keys = key;
        let error = resolved(&catalog, &given, None).unwrap_err();
        assert_eq!(error.kind(), Kind::Unusable);
        assert!(error.to_string().contains("is in the schema people"), "{error}");
    }
}

#[test]
fn a_token_column_of_another_type_than_the_user_id_is_refused() {
    for key in KEYS {
        for declared in ["integer", "bigint", "char(32)", "text", "datetime"] {
            let tables = vec![users("u", key, &["username"], &[]), tokens(Some("u"), declared, None)];
            let fits = ColumnKind::of_declared(declared).joins(&ColumnKind::of_declared(key.1));
            assert_eq!(detected(tables).unwrap().tokens().is_ok(), fits, "{declared} refers to {key:?}");
        }
    }
}

#[test]
fn an_additional_column_prevents_new_tokens_only_if_required() {
    for (not_null, has_default) in [(true, true), (true, false), (false, true), (false, false)] {
        let extra = Column { not_null, has_default, ..column("note", "text") };
        let tables = vec![users("u", KEYS[0], &["username"], &[]), tokens(Some("u"), "integer", Some(extra))];
        let layout = detected(tables).unwrap();
        assert!(layout.tokens().is_ok() && layout.notices[0].contains("note"));
        let outcome = layout.single_tokens().map_err(|error| error.kind());
        assert_eq!(outcome.err(), (not_null && !has_default).then_some(Kind::Unusable));
    }
}

#[test]
fn several_tokens_of_a_user_can_be_read_and_not_issued() {
    let mut tokens = tokens(Some("u"), "integer", None);
    tokens.unique.retain(|set| set[0] != "user_id");
    let layout = detected(vec![users("u", KEYS[0], &["username"], &[]), tokens]).unwrap();
    assert_eq!(layout.tokens().unwrap().per_user, PerUser::Several);
    assert_eq!(layout.single_tokens().unwrap_err().kind(), Kind::Unusable);
}

#[test]
fn a_username_of_a_parent_is_found_through_the_key() {
    let parent = users("auth_user", KEYS[0], &["username"], &[]);
    let child = Table {
        foreign_keys: reference("user_ptr_id", "auth_user"),
        ..table("member", vec![Column { primary_key: true, ..column("user_ptr_id", "integer") }], &[])
    };
    let users = detected(vec![parent, child, tokens(Some("member"), "integer", None)]).unwrap().users;
    let chain: Vec<&str> = users.chain.iter().map(|table| table.shape.name.as_str()).collect();
    assert_eq!(chain, ["member", "auth_user"]);
    assert_eq!(users.username, UsernameColumn::Known(ColumnRef { table: 1, name: "username".to_owned() }));
}

#[test]
fn exactly_the_tables_of_the_layout_are_described() {
    let whole = catalog(vec![
        users("u", KEYS[0], &["username"], &[]),
        tokens(Some("u"), "integer", None),
        table("stranger", Vec::new(), &[]),
    ]);
    let (given, history) = (ModelOptions::default(), History::default());
    let mut seen = Catalog { names: whole.names.clone(), ..Catalog::default() };
    let mut rounds = Vec::new();
    loop {
        let evidence = Evidence { catalog: &seen, history: &history, given: &given, models: None };
        let names = tables_to_describe(&evidence);
        if names.is_empty() {
            break;
        }
        for name in &names {
            seen.tables.insert(name.clone(), whole.tables[name].clone());
        }
        rounds.push(names);
    }
    assert_eq!(rounds, [[TOKEN_TABLE, "u"]]);
}
