//! Measures the parts of drfctl that compute without a database: `cargo bench --bench micro`.
//! `benches/compare` compares whole commands with Django.

#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::borrow::Cow;
use std::ffi::OsStr;

use divan::{Bencher, black_box, counter::ItemsCount};
use drfctl::admin::identity::{Evidence, ModelOptions, resolve};
use drfctl::django::new_username::{Characters, NewUsername};
use drfctl::django::password::{Algorithm, Hasher, RANDOM_BYTES, verify};
use drfctl::django::token_key::TokenKey;
use drfctl::engine::{Column, ColumnKind, ForeignKey, Table, TableName};
use drfctl::output::{Field, Format, Record, render};
use drfctl::schema::{Catalog, History};
use jiff::Timestamp;

fn main() {
    divan::main();
}

/// A small number of iterations: the time is proportional to it.
const ITERATIONS: u32 = 1_000;

/// Bytes that vary enough to be accepted as random.
const RANDOM: [u8; RANDOM_BYTES] = *b"zT4mQ8wLx1Rk7VdYc3NpHs9GfBj5AuE2vKo6WiXeMnJt0ZrDqPyCgShUaFlObI./";

fn hasher() -> Hasher {
    Hasher::newest(Algorithm::Pbkdf2Sha256).with_iterations(ITERATIONS).expect("a number in range")
}

#[divan::bench]
fn hash_with_pbkdf2_sha256_of_1000_iterations(bencher: Bencher<'_, '_>) {
    let hasher = hasher();
    bencher
        .counter(ItemsCount::new(ITERATIONS))
        .bench(|| hasher.hash(black_box(b"correct horse"), &RANDOM).expect("a hash"));
}

#[divan::bench]
fn hash_two_with_pbkdf2_sha256_of_1000_iterations(bencher: Bencher<'_, '_>) {
    let (hasher, passwords) = (hasher(), [&b"correct horse"[..], b"battery staple"]);
    bencher
        .counter(ItemsCount::new(2 * ITERATIONS))
        .bench(|| hasher.hash_pair(black_box(passwords), [&RANDOM; 2]).map(|hash| hash.expect("a hash")));
}

#[divan::bench]
fn verify_pbkdf2_sha256_of_1000_iterations(bencher: Bencher<'_, '_>) {
    let encoded = hasher().hash(b"correct horse", &RANDOM).expect("a hash");
    bencher.counter(ItemsCount::new(ITERATIONS)).bench(|| verify(black_box(b"correct horse"), encoded.reveal()));
}

fn column(name: &str, declared: &str) -> Column {
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

/// Returns the catalog of an application with Django's own user table, the token table and other tables.
fn catalog(others: usize) -> Catalog {
    let primary = |column: Column| Column { primary_key: true, ..column };
    let users = Table {
        name: "auth_user".to_owned(),
        columns: vec![
            primary(column("id", "integer")),
            column("username", "varchar(150)"),
            column("password", "varchar(128)"),
            Column { not_null: false, ..column("last_login", "datetime") },
            column("email", "varchar(254)"),
            column("is_active", "bool"),
        ],
        unique: vec![vec!["id".to_owned()], vec!["username".to_owned()]],
        ..Table::default()
    };
    let tokens = Table {
        name: "authtoken_token".to_owned(),
        columns: vec![
            primary(column("key", "varchar(40)")),
            column("created", "datetime"),
            column("user_id", "integer"),
        ],
        unique: vec![vec!["key".to_owned()], vec!["user_id".to_owned()]],
        foreign_keys: vec![ForeignKey {
            column: "user_id".to_owned(),
            table: "auth_user".to_owned(),
            schema: None,
            to: None,
        }],
        ..Table::default()
    };
    let name = |name: String, is_user_model| TableName { name, is_user_model, ..TableName::default() };
    let mut names: Vec<TableName> = Vec::with_capacity(others + 2);
    for number in 0..others {
        names.push(name(format!("shop_table{number}"), false));
    }
    names.push(name(users.name.clone(), true));
    names.push(name(tokens.name.clone(), false));
    Catalog { names, tables: [users, tokens].map(|table| (table.name.clone(), table)).into() }
}

#[divan::bench(args = [0, 500])]
fn detect_layout_among_other_tables(bencher: Bencher<'_, '_>, others: usize) {
    let (catalog, history, given) = (catalog(others), History::default(), ModelOptions::default());
    bencher.bench(|| {
        let evidence = Evidence { catalog: black_box(&catalog), history: &history, given: &given, models: None };
        resolve(&evidence).expect("a layout")
    });
}

/// The columns of [`Listed`].
const COLUMNS: [&str; 6] = ["username", "key", "created", "age", "active", "last_login"];

/// A token as a list shows it.
struct Listed {
    username: String,
    key: String,
    created: Timestamp,
}

impl Record for Listed {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.username.as_str()),
            1 => Field::text(self.key.as_str()),
            2 => Field::Moment(self.created),
            3 => Field::Age(86_400),
            4 => Field::Flag(true),
            _ => Field::Absent,
        }
    }
}

#[divan::bench(args = [Format::Jsonl, Format::Json, Format::Csv, Format::Tsv, Format::Table])]
fn render_1000_records(bencher: Bencher<'_, '_>, format: Format) {
    let created = "2026-01-31T12:00:00Z".parse().expect("a time");
    let mut listed = Vec::with_capacity(1_000);
    for n in 0..1_000 {
        listed.push(Listed { username: format!("user{n:07}"), key: format!("{n:040x}"), created });
    }
    let records: Vec<&dyn Record> = listed.iter().map(|record| record as &dyn Record).collect();
    bencher.counter(ItemsCount::new(records.len())).bench_local(|| render(format, black_box(&records)));
}

#[divan::bench(args = ["alice", "a.very-long+address@mail.example.com", "ｆｉｏｎａ_Åsa", "김민지"])]
fn normalize_username(typed: &str) -> NewUsername {
    NewUsername::parse(OsStr::new(typed), Characters::Validated, Some(150)).expect("a name that Django accepts")
}

#[divan::bench]
fn create_key_from_random_bytes() -> TokenKey {
    TokenKey::from_random(black_box(
        b"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10\x0f\x1e\x2d\x3c",
    ))
    .expect("bytes that vary")
}

#[divan::bench]
fn decode_key() -> Option<[u8; 20]> {
    TokenKey::bytes(black_box("0123456789abcdeffedcba98765432100f1e2d3c"))
}
