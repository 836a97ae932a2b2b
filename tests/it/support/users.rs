//! Users and tokens that tests add to a database.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::sandbox::Sandbox;

/// A key for a user's token.
pub(crate) const KEY: &str = "01dc0ffee01dc0ffee01dc0ffee01dc0ffee01dc";

/// A password that must not appear in any output.
pub(crate) const CANARY: &str = "CaNaRy-7d1e4b9a60f35c82-n0t-t0-b3-s33n";

/// More users than fit into one batch.
pub(crate) const MANY: u32 = 4_500;

/// The options to change tokens in batches and in a single transaction.
pub(crate) const PACES: [&[&str]; 2] = [&[], &["--single-transaction"]];

/// The users of [`Sandbox::four_tokens`] with their keys. `bob` has no token.
pub(crate) const FOUR_KEYS: [(&str, &str); 4] = [
    ("alice", KEY),
    ("ina", "cd10eeffcd10eeffcd10eeffcd10eeffcd10eeff"),
    ("ci-1", "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"),
    ("ci-2", "9944b0a299c62bcf9418ad846dd0e4bbdfc6ee4b"),
];

impl Sandbox {
    /// Creates the stock site with users `u1`, `u2`, …, each with a token of 2025.
    pub(crate) fn with_tokens(count: u32) -> Self {
        let sandbox = Self::stock();
        sandbox.add_users(count);
        sandbox.give_tokens("2025-01-02 03:04:05", "username LIKE 'u%'");
        sandbox
    }

    /// Creates the stock site with the users of [`FOUR_KEYS`] and their tokens of 2026-01-02.
    /// `ci-2` is staff and has a newer token.
    pub(crate) fn four_tokens() -> Self {
        let sandbox = Self::stock();
        sandbox.add_user("11", &quoted("ci-1"));
        sandbox.add_user("12", &quoted("ci-2"));
        for (user, key) in FOUR_KEYS {
            sandbox.give_token(user, key);
        }
        sandbox.exec(
            "UPDATE authtoken_token SET created = '2026-03-01 00:00:00' WHERE user_id = 12;
             UPDATE auth_user SET is_staff = id = 12, is_superuser = id = 11, last_login = iif(id = 1, '2026-01-01 00:00:00', NULL)",
        );
        sandbox
    }

    /// Creates the stock site with two tokens and fixed dates.
    pub(crate) fn with_known_dates() -> Self {
        let sandbox = Self::stock();
        sandbox.exec(
            "UPDATE auth_user SET date_joined = '2025-12-31 23:59:59.000007', password = '!';
             UPDATE auth_user SET last_login = '2026-01-31 12:00:00', is_staff = 1 WHERE username = 'alice'",
        );
        sandbox.give_token("alice", KEY);
        sandbox.give_token("ina", &KEY.chars().rev().collect::<String>());
        sandbox
    }

    /// Adds a user with SQL, which accepts names that Django's forms reject. `id` and `name` are
    /// SQL expressions.
    pub(crate) fn add_user(&self, id: &str, name: &str) {
        self.exec(&format!(
            "INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) \
             VALUES ({id}, '!', 0, {name}, '', '', 0, 1, '2026-01-01 00:00:00', '')"
        ));
    }

    /// Adds the users `u1` to `u<count>`, on every engine, and returns their names, one per line.
    pub(crate) fn add_users(&self, count: u32) -> String {
        let row = |n: u32| format!("('!', FALSE, 'u{n}', '', '', FALSE, TRUE, '2026-01-01 00:00:00', '')");
        let rows: Vec<_> = (1..=count).map(row).collect();
        self.exec(&format!(
            "INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) \
             VALUES {}",
            rows.join(", ")
        ));
        (1..=count).fold(String::new(), |names, n| names + &format!("u{n}\n"))
    }

    /// Gives a user a token of 2026-01-02.
    pub(crate) fn give_token(&self, user: &str, key: &str) {
        self.exec(&format!(
            "INSERT INTO authtoken_token (key, created, user_id) \
             SELECT '{key}', '2026-01-02 03:04:05', id FROM auth_user WHERE username = '{user}'"
        ));
    }

    /// Gives a token with a random key to every user who matches a condition in SQL.
    pub(crate) fn give_tokens(&self, created: &str, condition: &str) {
        self.exec(&format!(
            "INSERT INTO authtoken_token SELECT lower(hex(randomblob(20))), '{created}', id FROM auth_user WHERE {condition}"
        ));
    }

    /// Gives every user a token of 2025 whose key is the user id, on every engine.
    pub(crate) fn give_numbered_tokens(&self) {
        let users = self.sql("SELECT id FROM auth_user ORDER BY id").concat();
        let token = |id: &String| format!("('{id:0>40}', '2025-01-02 03:04:05', {id})");
        let tokens: Vec<_> = users.iter().map(token).collect();
        self.exec(&format!("INSERT INTO authtoken_token VALUES {}", tokens.join(", ")));
    }

    /// Returns the key of every user who has a token, on every engine.
    pub(crate) fn keys(&self) -> BTreeMap<String, String> {
        let rows = self.sql("SELECT u.username, t.* FROM authtoken_token t JOIN auth_user u ON t.user_id = u.id");
        rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
    }

    /// Returns each token as a line with the username and the key.
    pub(crate) fn token_lines(&self) -> Vec<String> {
        self.sql("SELECT username || ' ' || key FROM authtoken_token JOIN auth_user ON user_id = id ORDER BY 1")
            .concat()
    }

    /// Returns the usernames of the users who have a token.
    pub(crate) fn usernames_with_token(&self) -> String {
        self.sql("SELECT username FROM auth_user JOIN authtoken_token ON user_id = id ORDER BY id").concat().join(" ")
    }

    /// Returns whether each user has that password. Django checks it and changes no row.
    pub(crate) fn passwords_match(&self, pairs: &[(&str, &str)]) -> Vec<bool> {
        self.ask(
            &pairs,
            r#"
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.test import override_settings
NAMES = ["PBKDF2", "PBKDF2SHA1", "Argon2", "Scrypt", "BCryptSHA256", "BCrypt", "MD5"]
override_settings(
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}PasswordHasher" for name in NAMES]
).enable()
stored = lambda name: get_user_model().objects.get_by_natural_key(name).password
answer = [check_password(password, stored(name)) for name, password in table]
"#,
        )
    }
}

/// Returns how many of the keys the bytes contain.
pub(crate) fn count_keys<'a>(bytes: &[u8], keys: impl Iterator<Item = &'a String>) -> usize {
    let windows: HashSet<&[u8]> = bytes.windows(40).filter(|window| window.iter().all(u8::is_ascii_hexdigit)).collect();
    keys.filter(|key| windows.contains(key.as_bytes())).count()
}

/// Returns a text as an SQL literal.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns the keys of the complete lines `Generated token … for user …`.
pub(crate) fn printed_keys(stdout: &str) -> BTreeMap<String, String> {
    let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let of_line = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        (words[5].to_owned(), words[2].to_owned())
    };
    whole.lines().map(of_line).collect()
}

impl Sandbox {
    /// Adds a user who has logged in and is newer than all others, with a password that Django
    /// hashed with that hasher.
    pub(crate) fn add_newest_user(&self, name: &str, hasher: &str, parameters: &Value) {
        let _: bool = self.ask(
            &json!([name, hasher, parameters]),
            r#"
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.utils import timezone
name, hasher, parameters = table
hasher = getattr(hashers, hasher + "PasswordHasher")()
vars(hasher).update(parameters)
User.objects.create(username=name, password=hashers.make_password("x", hasher=hasher), last_login=timezone.now())
answer = True
"#,
        );
    }

    /// Returns the stored password of a user of the stock site.
    pub(crate) fn stored_password(&self, name: &str) -> String {
        self.value(&format!("SELECT password FROM auth_user WHERE username = '{name}'"))
    }
}
