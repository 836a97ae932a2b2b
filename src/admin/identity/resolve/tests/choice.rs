//! Which table and columns are chosen, and what new tables reference.

use super::shapes::{catalog, column, reference, table, tokens, users};
use super::*;
use crate::admin::identity::user_model;
use crate::schema::tables::HISTORY_TABLE;

#[test]
fn two_equal_foreign_keys_are_one() {
    let mut token_table = tokens(Some("people_user"), "integer", None);
    let mut again = reference("user_id", "people_user");
    token_table.foreign_keys.append(&mut again.clone());
    let people = || users("people_user", KEYS[0], &["username"], &[]);
    assert_eq!(detected(vec![people(), token_table.clone()]).unwrap().users.name(), "people_user");
    again[0].to = Some("username".to_owned());
    token_table.foreign_keys.append(&mut again);
    let error = detected(vec![people(), token_table]).unwrap_err();
    assert!(error.to_string().contains("references several tables"), "{error}");
}

#[test]
fn usernames_in_a_parent_table_may_be_in_any_of_its_columns() {
    let child = |unique: &[&str]| {
        let mut columns = vec![Column { primary_key: true, ..column("user_ptr_id", "integer") }];
        columns.extend(unique.iter().map(|name| column(name, "varchar(254)")));
        Table { foreign_keys: reference("user_ptr_id", "people_user"), ..table("member", columns, unique) }
    };
    let found = |child: Table, parent: &[&str]| {
        let tables = vec![users("people_user", KEYS[0], parent, &[]), child, tokens(Some("member"), "integer", None)];
        detected(tables).map(|layout| layout.users.username)
    };
    let column_ref = |table, name: &str| ColumnRef { table, name: name.to_owned() };
    assert_eq!(
        found(child(&[]), &["email", "username"]).unwrap(),
        UsernameColumn::OneOf(vec![column_ref(1, "username"), column_ref(1, "email")])
    );
    assert_eq!(
        found(child(&["username"]), &["email"]).unwrap(),
        UsernameColumn::OneOf(vec![column_ref(0, "username"), column_ref(1, "email")])
    );
    assert_eq!(found(child(&["email"]), &["username"]).unwrap_err().kind(), Kind::Unusable);
}

#[test]
fn a_table_that_the_models_name_and_that_is_missing_is_an_error() {
    let catalog =
        catalog(vec![users("people_user", KEYS[0], &["username"], &[]), tokens(Some("people_user"), "integer", None)]);
    let given = ModelOptions { user_model: Some("club.Member".to_owned()), ..ModelOptions::default() };
    assert_eq!(resolved(&catalog, &given, None).unwrap().users.name(), "people_user");
    let models = ModelFacts { table: "members".to_owned(), username: "username".to_owned(), fields: Vec::new() };
    let error = resolved(&catalog, &given, Some(&models)).unwrap_err();
    assert_eq!(error.kind(), Kind::Unusable);
    assert!(error.to_string().contains("the table members of the user model club.Member is missing"), "{error}");
}

#[test]
fn a_token_table_of_several_schemas_is_noted() {
    let name = |schema: Option<&str>| TableName {
        name: TOKEN_TABLE.to_owned(),
        schema: schema.map(str::to_owned),
        path_schema: schema.is_none().then(|| "tenant".to_owned()),
        ..TableName::default()
    };
    for (others, expected) in [
        (&[][..], None),
        (&["a"], Some("another schema also has one")),
        (&["a", "b"], Some("2 other schemas also have one")),
    ] {
        let mut catalog =
            catalog(vec![users("auth_user", KEYS[0], &["username"], &[]), tokens(Some("auth_user"), "integer", None)]);
        catalog.names.retain(|table| table.name != TOKEN_TABLE);
        catalog.names.push(name(None));
        catalog.names.extend(others.iter().map(|schema| name(Some(schema))));
        let expected = expected
            .map(|others| format!("the search path selects the table authtoken_token of the schema tenant; {others}"));
        let notices = resolved(&catalog, &ModelOptions::default(), None).unwrap().notices;
        assert_eq!(notices, Vec::from_iter(expected));
    }
}

#[test]
fn new_primary_keys_have_the_type_of_the_history_or_of_the_settings() {
    let model = |history: Option<&str>, auto_field: Option<&str>| {
        let history = history.map(|declared| {
            let id = Column { primary_key: true, ..column("id", declared) };
            table(HISTORY_TABLE, vec![id], &[])
        });
        let tables = history.into_iter().chain([users("auth_user", KEYS[0], &["username"], &[])]);
        let given = ModelOptions { auto_field: auto_field.map(str::to_owned), ..ModelOptions::default() };
        let (catalog, history) = (catalog(tables.collect()), History::default());
        user_model(&Evidence { catalog: &catalog, history: &history, given: &given, models: None }).unwrap()
    };
    let default = model(None, None).auto_field;
    for (history, auto_field, expected) in [
        (Some("bigint"), Some("django.db.models.AutoField"), "bigint"),
        (Some("integer"), Some("django.db.models.BigAutoField"), "integer"),
        (Some("text"), Some("django.db.models.SmallAutoField"), "smallint"),
        (None, Some("django.db.models.SmallAutoField"), "smallint"),
        (None, Some("django.db.models.AutoField"), "integer"),
        (None, Some("django.db.models.BigAutoField"), default.as_str()),
        (Some("text"), None, default.as_str()),
    ] {
        assert_eq!(model(history, auto_field).auto_field, expected, "{history:?} {auto_field:?}");
    }
}

#[test]
fn a_new_reference_has_the_type_of_those_in_other_tables() {
    let people = Table {
        foreign_keys: reference("manager_id", "people_user"),
        ..users("people_user", ("id", "serial"), &["username"], &["manager_id"])
    };
    let other = |to: Option<&str>| {
        let mut foreign_keys = reference("owner_id", "people_user");
        foreign_keys[0].to = to.map(str::to_owned);
        Table { foreign_keys, ..table("shop_order", vec![column("owner_id", "BIGINT")], &[]) }
    };
    let given = ModelOptions { user_table: Some("people_user".to_owned()), ..ModelOptions::default() };
    for (tables, expected) in [
        (vec![people.clone(), other(None)], "bigint"),
        (vec![people.clone(), other(Some("ID"))], "bigint"),
        (vec![people.clone(), other(Some("username"))], "serial"),
        (vec![people], "serial"),
    ] {
        let (catalog, history) = (catalog(tables), History::default());
        let evidence = Evidence { catalog: &catalog, history: &history, given: &given, models: None };
        let model = user_model(&evidence).unwrap();
        assert_eq!((model.key.as_str(), model.key_type.as_str(), model.stock), ("id", expected, false));
    }
}

#[test]
fn groups_of_the_application_need_the_columns_of_django() {
    let id = |name: &str| Column { primary_key: true, ..column(name, "integer") };
    let team = |key: &str, name: &str| table("people_team", vec![id(key), column(name, "text")], &[name]);
    let mut foreign_keys = reference("user_id", "people_user");
    foreign_keys.extend(reference("group_id", "people_team"));
    let columns = vec![id("id"), column("user_id", "integer"), column("group_id", "integer")];
    let members = Table { foreign_keys, ..table("people_user_groups", columns, &[]) };
    for (team, is_used) in [(team("id", "name"), true), (team("id", "title"), false), (team("code", "name"), false)] {
        let people = users("people_user", KEYS[0], &["username"], &[]);
        let tables = vec![people, tokens(Some("people_user"), "integer", None), members.clone(), team];
        let expected = is_used.then(|| Membership {
            table: "people_user_groups".to_owned(),
            user: "user_id".to_owned(),
            group: "group_id".to_owned(),
            groups: "people_team".to_owned(),
        });
        assert_eq!(detected(tables).unwrap().users.membership, expected);
    }
}
