//! What drfctl computes between two statements, piece by piece: `cargo bench --bench micro`.
//! How fast the whole is, beside Django, tells `benches/compare`.

#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::ffi::OsStr;

use divan::{Bencher, black_box, counter::ItemsCount};
use drfctl::django::new_username::{Characters, NewUsername};
use drfctl::django::password::{Algorithm, Hasher, RANDOM_BYTES, verify};
use drfctl::django::token_key::TokenKey;
use drfctl::output::{Field, Format, Record, render};
use drfctl::schema::catalog::{Catalog, Column, ColumnKind, ForeignKey, Table};
use drfctl::schema::detect::detect;
use drfctl::schema::layout::Overrides;

fn main() {
    divan::main();
}

/// Few, as the time is in proportion to them.
const ITERATIONS: u32 = 1_000;

/// As varied as bytes have to be that are taken for random.
const RANDOM: [u8; RANDOM_BYTES] = *b"zT4mQ8wLx1Rk7VdYc3NpHs9GfBj5AuE2vKo6WiXeMnJt0ZrDqPyCgShUaFlObI./";

fn hasher() -> Hasher {
    Hasher::newest(Algorithm::Pbkdf2Sha256).with_iterations(ITERATIONS).expect("a usual number")
}

#[divan::bench]
fn pbkdf2_sha256_of_1000_iterations(bencher: Bencher<'_, '_>) {
    let hasher = hasher();
    bencher
        .counter(ItemsCount::new(ITERATIONS))
        .bench(|| hasher.hash(black_box(b"correct horse"), &RANDOM).expect("a hash"));
}

#[divan::bench]
fn verifying_pbkdf2_sha256_of_1000_iterations(bencher: Bencher<'_, '_>) {
    let encoded = hasher().hash(b"correct horse", &RANDOM).expect("a hash");
    bencher.counter(ItemsCount::new(ITERATIONS)).bench(|| verify(black_box(b"correct horse"), &encoded));
}

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

/// The stock user table and its tokens, and as many other tables as a large application has.
fn catalog(others: usize) -> Catalog {
    let primary = |column: Column| Column { primary_key: true, ..column };
    let users = Table {
        name: "auth_user".to_owned(),
        columns: vec![
            primary(column("id", "integer")),
            column("username", "varchar(150)"),
            column("password", "varchar(128)"),
            column("email", "varchar(254)"),
            column("is_active", "bool"),
        ],
        unique: vec![vec!["id".to_owned()], vec!["username".to_owned()]],
        foreign_keys: Vec::new(),
    };
    let tokens = Table {
        name: "authtoken_token".to_owned(),
        columns: vec![
            primary(column("key", "varchar(40)")),
            column("created", "datetime"),
            column("user_id", "integer"),
        ],
        unique: vec![vec!["key".to_owned()], vec!["user_id".to_owned()]],
        foreign_keys: vec![ForeignKey { column: "user_id".to_owned(), table: "auth_user".to_owned(), to: None }],
    };
    let mut names: Vec<String> = (0..others).map(|number| format!("shop_table{number}")).collect();
    names.extend([users.name.clone(), tokens.name.clone()]);
    Catalog { names, tables: [users, tokens].map(|table| (table.name.clone(), table)).into() }
}

#[divan::bench(args = [0, 500])]
fn detecting_the_layout_beside_other_tables(bencher: Bencher<'_, '_>, others: usize) {
    let catalog = catalog(others);
    bencher.bench(|| detect(black_box(&catalog), &Overrides::default()).expect("a layout"));
}

struct Listed {
    username: String,
    key: String,
}

impl Record for Listed {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username", Field::text(self.username.as_str())),
            ("key", Field::text(self.key.as_str())),
            ("created", Field::Moment("2026-01-31T12:00:00Z".into())),
            ("age", Field::Age(86_400)),
            ("active", Field::Flag(true)),
            ("last_login", Field::Absent),
        ]
    }
}

#[divan::bench(args = [Format::Jsonl, Format::Json, Format::Csv, Format::Tsv, Format::Table])]
fn rendering_1000_records(bencher: Bencher<'_, '_>, format: Format) {
    let listed: Vec<Listed> =
        (0..1_000).map(|n| Listed { username: format!("user{n:07}"), key: format!("{n:040x}") }).collect();
    let records: Vec<&dyn Record> = listed.iter().map(|record| record as &dyn Record).collect();
    bencher.counter(ItemsCount::new(records.len())).bench_local(|| render(format, black_box(&records)));
}

#[divan::bench(args = ["alice", "a.very-long+address@mail.example.com", "ｆｉｏｎａ_Åsa", "김민지"])]
fn normalising_a_username(typed: &str) -> NewUsername {
    NewUsername::parse(OsStr::new(typed), Characters::Validated, Some(150)).expect("a name that Django takes")
}

#[divan::bench]
fn making_a_key_of_random_bytes() -> TokenKey {
    TokenKey::from_random(black_box(
        b"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10\x0f\x1e\x2d\x3c",
    ))
    .expect("bytes that could be random")
}

#[divan::bench]
fn reading_a_key_back() -> Option<[u8; 20]> {
    TokenKey::bytes(black_box("0123456789abcdeffedcba98765432100f1e2d3c"))
}
