//! A snapshot of every statement that drfctl sends to each engine. Needs neither a process nor a server.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test helper may panic like a test; .clippy.toml allows it only in test functions"
)]

mod layouts;

use std::fmt::Write;

use drfctl::django::authorization::key_in;
use drfctl::django::timestamp::TimeKeeping;
use drfctl::django::username::Username;
use drfctl::engine::{self, Dialect, Lock, Naming, Reference, Statement, Value};
use drfctl::migrations::HISTORY;
use drfctl::query;
use drfctl::query::filter::{Filter, Source, Subject};
use drfctl::query::listed::{CellSet, Cursor, Listed};
use drfctl::query::listing::{Direction, Page, Part, Sort, count, of_keys, page, sort_keys};
use drfctl::query::newest::{Newest, Sample};
use drfctl::query::pattern::Pattern;
use drfctl::query::template::{Copied, NthRow};
use drfctl::query::tokens::NewKey;
use drfctl::schema::layout::{ColumnRef, Membership, UserTable, UsernameColumn};
use layouts::{layout, several, with_every_kind, with_numbers_as_names, with_text_keys};

/// Returns a filter with every criterion.
fn full_filter() -> Filter {
    Filter {
        names: vec![Username::parse("alice".as_ref()).unwrap(), Username::parse("bob".as_ref()).unwrap()],
        patterns: vec![Pattern::parse("ci-*").unwrap()],
        keys: vec![key_in(b"k1").unwrap()],
        key_prefix: Some("ab".into()),
        older_than: Some("2026-01-31T00:00:00Z".parse().unwrap()),
        newer_than: Some("2025-01-31T00:00:00Z".parse().unwrap()),
        is_active: Some(true),
        is_staff: true,
        is_superuser: true,
        never_logged_in: true,
        has_weak_password: true,
        has_token: Some(true),
    }
}

/// Returns the statements for companion rows.
fn companions(dialect: &Dialect, users: &UserTable, membership: &Membership) -> Vec<(&'static str, Statement)> {
    let value = || Value::text("v");
    let grouped = UserTable { membership: Some(membership.clone()), ..users.clone() };
    let by = users.display_column();
    let sample = Sample { by, skip: 2, limit: 3 };
    let newest = Newest { password: by, last_login: Some(by), by, limit: 3 };
    let [table, column, to_table, to_column] = ["shop_profile", "user_id", "auth_user", "id"].map(str::to_owned);
    let profile =
        [Reference { table, column, to_table, to_column, is_unique: true, prevents_deletion: true, is_indexed: true }];
    let columns = ["locale".to_owned()];
    let (values, only) = (vec![("calendar", value())], Some(NthRow { by: "calendar", n: 1 }));
    let wide = with_every_kind(users);
    let columns_of_wide: Vec<ColumnRef> = wide.columns().map(|(column_ref, _)| column_ref).collect();
    let of_wide: Vec<&ColumnRef> = columns_of_wide.iter().collect();
    let copied = Copied { reference: &profile[0], columns: &columns, values, only };
    vec![
        ("newest::rows", query::newest::rows(users, dialect, &newest, &[users.display_column()])),
        ("newest::rows, of every kind", query::newest::rows(&wide, dialect, &newest, &of_wide)),
        ("newest::companions", query::newest::companions(&grouped, dialect, sample, &profile)),
        ("template::columns", query::template::columns(users, dialect, &[users.display_column()], value())),
        ("template::groups", query::template::groups(&grouped, dialect, membership, value())),
        ("template::tables", query::template::tables(users, dialect, &profile, &value())),
        ("template::copy", query::template::copy(users, dialect, &copied, value(), value())),
    ]
}

fn statements(dialect: &Dialect) -> Vec<(&'static str, Statement)> {
    let layout = layout(dialect);
    let users = &layout.users;
    let (several, time) = (several(dialect), TimeKeeping::utc());
    let value = || Value::text("v");
    let update = Some(Lock::Update);
    let membership = Membership {
        table: "auth_user_groups".into(),
        user: "user_id".into(),
        group: "group_id".into(),
        groups: "auth_group".into(),
    };
    let key = |user| NewKey { key: value(), user: Value::Integer(user) };
    let all_users = UserTable {
        username: UsernameColumn::OneOf(vec![users.display_column().clone(), users.find_column("password").unwrap()]),
        ..users.clone()
    };
    let (by_text, by_number) = (with_text_keys(users), with_numbers_as_names(users));
    let tokens = layout.tokens().unwrap();
    let source = |tokens, subject| Source { users, tokens: Some(tokens), subject, time: &time };
    let of_tokens = source(tokens, Subject::Tokens);
    let (no_filter, filter) = (Filter::default(), full_filter());
    let after = Cursor { sort: value(), user: Value::Integer(7), token: value() };
    let first = Page {
        filter: &no_filter,
        sort: Sort::Id,
        direction: Direction::Ascending,
        part: Part::Sorted,
        after: None,
        limit: 1_000,
        lock: None,
        cells: CellSet::default(),
    };
    let few = Page { cells: CellSet::of(&[Listed::Username]), ..first };
    let next = Page { after: Some(&after), ..first };
    let by_name = Page { sort: Sort::Username, ..next };
    let locked = Page { direction: Direction::Descending, lock: Some(Lock::Delete), ..next };
    let shape = &users.chain[1].shape;
    let names = [(users.display_column(), vec![value(), value()])];
    let both: Vec<_> = all_users.username.columns().iter().map(|column_ref| (column_ref, vec![value()])).collect();
    let new = |rows| vec![vec![value(), Value::Integer(1)]; rows];
    let companion_rows = companions(dialect, users, &membership);
    let mut statements = vec![
        ("tokens::held", query::tokens::held(tokens, dialect, vec![value(), value()], Some(Lock::Delete))),
        ("tokens::holders", query::tokens::holders(tokens, dialect, vec![value()], None)),
        ("tokens::outermost_keys", query::tokens::outermost_keys(tokens, dialect, 50)),
        ("tokens::presented", query::tokens::presented(&layout, dialect, "k").unwrap()),
        ("tokens::insert, one", query::tokens::insert(tokens, dialect, vec![key(1)], &value())),
        ("tokens::insert, two", query::tokens::insert(tokens, dialect, vec![key(1), key(2)], &value())),
        ("tokens::reset, one", query::tokens::reset(&layout, tokens, dialect, vec![key(1)], &value())),
        ("tokens::reset, two", query::tokens::reset(&layout, tokens, dialect, vec![key(1), key(2)], &value())),
        ("tokens::delete, one", query::tokens::delete(&several, dialect, vec![value()])),
        ("tokens::delete, two", query::tokens::delete(&several, dialect, vec![value(), value()])),
        ("tokens::existing", query::tokens::existing(&several, dialect, vec![value(), value()], update)),
        ("tokens::delete_all", query::tokens::delete_all(tokens, dialect)),
        ("users::find", query::users::find(users, dialect, &names, &[users.display_column()], None)),
        ("users::find, in one of two columns", query::users::find(&all_users, dialect, &both, &[], update)),
        ("users::similar", query::users::similar(users, dialect, &["alice", "bob"])),
        ("users::groups", query::users::groups(dialect, &membership, &["ops", "dev"])),
        ("users::members", query::users::members(dialect, &membership, vec![value()], vec![value(), value()])),
        ("users::create_group", query::users::create_group(dialect, &membership, value())),
        ("users::join", query::users::join(dialect, &membership, new(2))),
        ("rows::insert_many", query::rows::insert_many(dialect, "auth_user", &["username", "is_active"], new(2))),
        ("rows::update", query::rows::update(dialect, shape, &[("is_active", Value::Integer(0))], "id", vec![value()])),
        ("rows::has", query::rows::has(dialect, shape, &("id", value()), &[("is_active", Value::Integer(0))])),
        ("rows::count", query::rows::count(dialect, "authtoken_token")),
        ("rows::presence", query::rows::presence(dialect, &["knox_authtoken".into(), "other \"token\"".into()])),
        ("listing::page, the first", page(&of_tokens, dialect, &first).unwrap()),
        ("listing::page, of few cells", page(&of_tokens, dialect, &few).unwrap()),
        ("listing::page, the next", page(&of_tokens, dialect, &locked).unwrap()),
        ("listing::page, several tokens a user", page(&source(&several, Subject::Tokens), dialect, &next).unwrap()),
        ("listing::page, users with several", page(&source(&several, Subject::Users), dialect, &next).unwrap()),
        ("listing::page, the next by text", page(&Source { users: &by_text, ..of_tokens }, dialect, &next).unwrap()),
        ("listing::page, by name", page(&of_tokens, dialect, &by_name).unwrap()),
        (
            "listing::page, without a name",
            page(&of_tokens, dialect, &Page { part: Part::Null, after: None, ..by_name }).unwrap(),
        ),
        ("listing::page, of a filter", page(&of_tokens, dialect, &Page { filter: &filter, ..next }).unwrap()),
        ("listing::sort_keys", sort_keys(&of_tokens, dialect, Sort::Created, &next).unwrap()),
        (
            "listing::of_keys",
            of_keys(&source(tokens, Subject::Users), dialect, &no_filter, vec![value(), value()], CellSet::default())
                .unwrap(),
        ),
        ("listing::count, of numbers", count(&Source { users: &by_number, ..of_tokens }, dialect, &filter).unwrap()),
        ("listing::count", count(&source(tokens, Subject::Users), dialect, &filter).unwrap()),
    ];
    statements.extend(companion_rows);
    statements
}

/// Returns the statements for migrations and savepoints.
fn statements_of_migrations(dialect: &Dialect) -> Vec<(&'static str, Statement)> {
    let value = || Value::text("v");
    vec![
        ("history::applied", query::history::applied(dialect, &["auth", "authtoken"])),
        ("history::record", query::history::record(dialect, HISTORY[0], value())),
        ("permissions::content_type", query::permissions::content_type(dialect, "auth", "user")),
        ("permissions::insert_content_type", query::permissions::insert_content_type(dialect, "auth", "user")),
        ("permissions::codenames", query::permissions::codenames(dialect, value())),
        (
            "permissions::insert_permission",
            query::permissions::insert_permission(dialect, value(), "add_user", "Can add user"),
        ),
        (
            "permissions::insert_named_content_type",
            query::permissions::insert_named_content_type(dialect, "auth", "user"),
        ),
        ("sites::any", query::sites::any(dialect)),
        ("savepoint::set", query::savepoint::set()),
        ("savepoint::roll_back", query::savepoint::roll_back()),
        ("savepoint::release", query::savepoint::release()),
    ]
}

/// `SNAPSHOTS=overwrite` rewrites the snapshot.
#[test]
fn every_statement_matches_the_snapshot() {
    let mut page = String::new();
    for (name, dialect) in engine::dialects() {
        writeln!(page, "-- {name}\n").unwrap();
        for (what, statement) in statements(dialect).into_iter().chain(statements_of_migrations(dialect)) {
            writeln!(page, "-- {what}, {} parameters\n{};\n", statement.parameters.len(), statement.text).unwrap();
        }
    }
    snapbox::assert_data_eq!(page, snapbox::file!["statements.sql"].raw());
}

/// N83: if other roles can create functions and operators, a plain name could be one of theirs.
#[test]
fn statements_name_functions_and_operators_with_their_schema() {
    let (_, dialect) = engine::dialects().find(|(_, dialect)| dialect.naming == Naming::Qualified).unwrap();
    for (what, statement) in statements(dialect).into_iter().chain(statements_of_migrations(dialect)) {
        assert_eq!(unqualified(&statement.text), Vec::<String>::new(), "{what}: {}", statement.text);
    }
}

/// The SQL keywords before a parenthesis.
const KEYWORDS: [&str; 12] =
    ["AND", "ANY", "AS", "EXISTS", "FROM", "NOT", "ON", "OR", "VALUES", "WHEN", "WHERE", "OPERATOR"];

/// Returns the functions and operators that a statement names without a schema.
fn unqualified(statement: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Assignments of an update are not operators.
    let rest = match statement.split_once(" SET ") {
        None => statement,
        Some((_, after)) => {
            let end = [" FROM ", " WHERE "].iter().filter_map(|end| after.find(end)).min().unwrap_or(after.len());
            &after[end..]
        }
    };
    for word in rest.split(' ') {
        let is_operator = !word.is_empty() && word.chars().all(|c| "=<>~|+-/%".contains(c));
        if is_operator || word == "IN" || word == "LIKE" {
            found.push(word.to_owned());
        }
    }
    for (at, _) in rest.match_indices('(') {
        let before = rest[..at].trim_end();
        let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').next().unwrap_or_default();
        let is_alias = before.strip_suffix(name).is_some_and(|before| before.ends_with(" AS "));
        let is_plain = !name.is_empty() && !name.contains('.') && !KEYWORDS.contains(&name);
        if is_plain && !is_alias {
            found.push(format!("{name}()"));
        }
    }
    found
}
