//! Placeholders for the parts of an output that every run prints differently.

use std::path::Path;

use drfctl::os::account_name;
use regex_lite::{Captures, Regex};

use crate::database::Database;

/// The time of the rows of `$ tokens`, in seconds since 1970.
const ROW_TIME: i64 = 1_767_323_045;

/// Replaces keys, times, hashes, generated passwords and the database of a section. A key has the
/// same number wherever it is printed, in full or shortened.
pub(crate) struct Placeholders {
    database: String,
    /// The host and the port of its server, between `@` and `/`.
    server: Option<String>,
    /// The account of the URL, as MySQL names it.
    user: String,
    /// An account with its host, as MySQL names it.
    account: Regex,
    /// The messages of MySQL and MariaDB about a check.
    check: Regex,
    /// How MySQL and MariaDB name a table in messages about privileges.
    table: Regex,
    /// The name of the product.
    product: Regex,
    folder: String,
    owner: Regex,
    key: Regex,
    time: Regex,
    number: Regex,
    /// The age of a row that a command of the section created.
    new_age: Regex,
    hash: Regex,
    password: Regex,
    /// The first characters of the keys so far.
    keys: Vec<String>,
    /// The dates of yesterday, today and tomorrow.
    days: [String; 3],
    /// The age in seconds of a row of that time, 2026-01-02T03:04:05Z.
    age: i64,
}

impl Placeholders {
    pub(crate) fn new(folder: &Path, database: &Database) -> Self {
        let regex = |text: &str| Regex::new(text).expect("an expression");
        let account = account_name().expect("an account");
        let now = jiff::Timestamp::now();
        let day = |hours: i64| (now - jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%d").to_string();
        Self {
            database: database.url().to_owned(),
            user: database.server().map(|[user, ..]| format!("'{user}'@")).unwrap_or_default(),
            server: database.server().map(|[_, host, port]| format!("@{host}:{port}/")),
            account: regex(r"('(?:[a-z0-9_]+|\[NAME\])'@)'[^']+'"),
            check: regex("Check constraint '([a-z]+)' is violated.|CONSTRAINT `([a-z]+)` failed for `[a-z0-9_`.]+`"),
            table: regex(r"for table (?:`[^`]+`\.`([a-z_]+)`|'([a-z_]+)')"),
            product: regex("engine: (?:MariaDB|MySQL)"),
            folder: folder.to_str().expect("a path in UTF-8").to_owned(),
            owner: regex(&format!(r#"(?m)(owner(?:: | |":")|use '|[,\t]){}([,\t"']|$)"#, regex_lite::escape(&account))),
            key: regex(r"\b([0-9a-f]{8})([0-9a-f]{32}\b|…)"),
            time: regex(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00(?::00)?)?"),
            number: regex(r"\b\d{7,9}\b"),
            new_age: regex(r"\[NOW\]\t\d{1,3}\b"),
            hash: regex(r"\b([a-z0-9_]+\$(?:\d+\$)*)[A-Za-z0-9+/=.$,]{20,}"),
            password: regex(r#"(?m)(Generated password |"password":"|[\t,]|^)[A-Za-z0-9]{22}([" \t,\r]|$)"#),
            keys: Vec::new(),
            days: [day(24), day(0), day(-24)],
            age: now.as_second() - ROW_TIME,
        }
    }

    /// Returns a text with placeholders.
    pub(crate) fn replace(&mut self, text: &str) -> String {
        let mut text = text.replace(&self.folder, "[FOLDER]").replace(rusqlite::version(), "[VERSION]");
        if self.database.contains("://") {
            text = text.replace(&format!("{}_second", self.database), "[SECOND]").replace(&self.database, "[DATABASE]");
            text = text.replace(self.database.rsplit('/').next().expect("a name"), "[NAME]");
            text = text.replace(self.server.as_deref().expect("a server"), "@[SERVER]/");
            text = self.account.replace_all(&text, "$1'[HOST]'").into_owned();
            text = text.replace(&self.user, "'[USER]'@");
            text = self.check.replace_all(&text, "[CHECK $1$2]").into_owned();
            text = self.table.replace_all(&text, "for table [TABLE $1$2]").into_owned();
            text = self.product.replace_all(&text, "engine: [PRODUCT]").into_owned();
        } else {
            text = text.replace("second.sqlite3", "[SECOND]");
        }
        let text = self.owner.replace_all(&text, "$1[OWNER]$2");
        let text = self.hash.replace_all(&text, "$1[HASH]");
        let text = self.password.replace_all(&text, "$1[PASSWORD]$2");
        let age = self.age;
        let text = self.number.replace_all(&text, |found: &Captures<'_>| {
            let is_age = found[0].parse::<i64>().is_ok_and(|number| (number - age).abs() < 3600);
            if is_age { "[AGE]".to_owned() } else { found[0].to_owned() }
        });
        let days = &self.days;
        let text = self.time.replace_all(&text, |found: &Captures<'_>| {
            if days.contains(&found[1].to_owned()) { "[NOW]".to_owned() } else { found[0].to_owned() }
        });
        let text = self.new_age.replace_all(&text, "[NOW]\t[AGE]");
        let keys = &mut self.keys;
        let text = self.key.replace_all(&text, |found: &Captures<'_>| {
            let at = keys.iter().position(|key| *key == found[1]).unwrap_or_else(|| {
                keys.push(found[1].to_owned());
                keys.len() - 1
            });
            format!("[KEY {}]{}", at + 1, if &found[2] == "…" { "…" } else { "" })
        });
        text.into_owned()
    }
}
