//! One story for every engine: what an operator does, with the real Django on the same database.
//!
//! A scenario is a function of the engine. What is one engine's alone has its own file.

mod access;
mod bulk;
mod concurrency;
mod faults;
mod listing;
mod migrate;
mod servers;
mod tokens;
mod users;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout};

use crate::support::Sandbox;

/// Runs scenarios of this module on every engine.
macro_rules! scenarios {
    ($($name:ident,)+) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(crate::support::Engine::Sqlite); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(crate::support::Engine::Postgres); })+
        }
        mod mysql {
            $(#[test] fn $name() { super::$name(crate::support::Engine::MySql); })+
        }
    };
}
use scenarios;

/// Runs scenarios of this module on every engine that is a server.
macro_rules! servers_only {
    ($($name:ident,)+) => {
        mod postgres {
            $(#[test] fn $name() { super::$name(crate::support::Engine::Postgres); })+
        }
        mod mysql {
            $(#[test] fn $name() { super::$name(crate::support::Engine::MySql); })+
        }
    };
}
use servers_only;

/// That many users `u1`, `u2`, …
fn crowd(sandbox: &Sandbox, count: u32) {
    let numbers: Vec<u32> = (1..=count).collect();
    for some in numbers.chunks(1_000) {
        let user = |n: &u32| format!("('!', FALSE, 'u{n}', '', '', FALSE, TRUE, '2026-01-01 00:00:00', '')");
        sandbox.exec(&format!(
            "INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) \
             VALUES {}",
            some.iter().map(user).collect::<Vec<_>>().join(", ")
        ));
    }
}

/// Every user's token, of last year, with a key that is the user's number.
fn give_all(sandbox: &Sandbox) {
    let users = sandbox.sql("SELECT id FROM auth_user ORDER BY id").concat();
    for some in users.chunks(1_000) {
        let token = |id: &String| format!("('{id:0>40}', '2025-01-02 03:04:05', {id})");
        let tokens: Vec<_> = some.iter().map(token).collect();
        sandbox.exec(&format!("INSERT INTO authtoken_token VALUES {}", tokens.join(", ")));
    }
}

/// The key of every user who holds one.
fn stored(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let rows = sandbox.sql("SELECT u.username, t.* FROM authtoken_token t JOIN auth_user u ON t.user_id = u.id");
    rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

/// The real application, which reads and writes in a loop until it is told to end.
struct Application {
    django: Child,
    said: BufReader<ChildStdout>,
}

impl Application {
    fn at_work(sandbox: &Sandbox) -> Self {
        let mut django = sandbox.django_started(
            "import select, sys
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
print('ready', flush=True)
n = 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    n += 1
    User.objects.filter(pk=n % 1000 + 1).update(last_name=str(n))
    list(Token.objects.select_related('user').filter(user_id=n % 1000 + 1))
    Token.objects.get_or_create(user_id=n % 1000 + 1)
print('no error in', n > 0)",
        );
        let said = BufReader::new(django.stdout.take().unwrap());
        let mut application = Self { django, said };
        assert_eq!(application.line(), "ready\n");
        application
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    /// Asserts that it had no error.
    fn end(mut self) {
        self.django.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert_eq!(self.line(), "no error in True\n");
        assert!(self.django.wait().unwrap().success());
    }
}
