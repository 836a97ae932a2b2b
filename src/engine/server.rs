//! What both kinds of servers need: where they are, and the secrets to get in.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::database_url::DatabaseUrl;
use crate::django::token_key::MIN_LENGTH;
use crate::engine::Options;
use crate::error::{Error, Result};
use crate::process;
use crate::schema::catalog::{Column, ColumnKind, ForeignKey, Table};
use crate::sql::Value;

/// How long a person waits before being told why.
const SAY_AFTER: Duration = Duration::from_secs(2);

/// How long is waited at first where the server is full, and how long at most:
/// every try costs it as much as a connection.
const BETWEEN_TRIES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// A wait, which a person is told of once when it takes long.
pub(super) struct Wait {
    started: Instant,
    is_told: bool,
}

impl Wait {
    pub(super) fn begin() -> Self {
        Self { started: Instant::now(), is_told: false }
    }

    /// Whether it has taken so long.
    pub(super) fn is_over(&self, timeout: Duration) -> bool {
        self.started.elapsed() >= timeout
    }

    /// Tells it, if it is time to.
    pub(super) fn tell(&mut self, on_wait: &dyn Fn()) {
        if self.is_over(SAY_AFTER) && !std::mem::replace(&mut self.is_told, true) {
            on_wait();
        }
    }
}

/// A file that may hold passwords.
pub(super) struct SecretFile {
    pub(super) text: Zeroizing<String>,
    path: PathBuf,
    is_public: bool,
}

impl SecretFile {
    /// Reads it; none, if it is not there.
    ///
    /// # Errors
    /// Rejected, if it cannot be read.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let unreadable = |error: std::io::Error| {
            Error::rejected(format!("the password file {} cannot be read: {error}", path.display())).caused_by(error)
        };
        let mut file = match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        let found = file.metadata().map_err(unreadable)?;
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(unreadable)?;
        let is_public = found.is_file() && found.permissions().mode() & 0o077 != 0;
        Ok(Some(Self { text, path: path.to_owned(), is_public }))
    }

    /// Refuses one that others can read.
    ///
    /// # Errors
    /// Rejected, if they can.
    pub(super) fn check_private(&self) -> Result<()> {
        let shown = self.path.display();
        if self.is_public {
            return Err(Error::rejected(format!("the password file {shown} can be read by others"))
                .hint(format!("chmod 600 {shown}")));
        }
        Ok(())
    }
}

/// The first option of these names.
pub(super) fn option<'a>(options: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    options.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
}

/// Refuses options that would be overlooked: a typing error could switch the
/// encryption off. Of an application's own, those that say where and how safely
/// to connect.
///
/// # Errors
/// Usage, if there is one that is neither served nor without harm.
pub(super) fn check_options(url: &DatabaseUrl, served: &[&str], harmless: &[&str]) -> Result<()> {
    let matters =
        |name: &str| ["ssl", "service", "hostaddr", "require_auth", "gss"].iter().any(|start| name.starts_with(start));
    let mut unknown = url
        .options
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !served.contains(name) && !harmless.contains(name));
    match unknown.find(|name| url.is_typed || matters(name)) {
        Some(name) => Err(Error::usage(format!("drfctl does not know the database option {name}"))
            .hint(format!("it knows {}", served.join(", ")))),
        None => Ok(()),
    }
}

/// What to look at where no connection came about.
pub(super) fn unconnected(place: &str, words: &str) -> Error {
    let hint = if words.contains("certificate") {
        "sslrootcert=FILE, or ssl_ca=FILE for MySQL, names whom to trust; the certificate has to be for this host"
    } else {
        "is the server there, and does it listen at this address?"
    };
    Error::unusable(format!("there is no connection to {place}: {words}"))
        .hint(hint)
        .caused_by(anyhow::Error::msg(words.to_owned()))
}

/// The words of a server without what may be a secret: the texts that were
/// bound, and all that is as long as a key.
pub(super) fn without_values(words: &str, values: &[Value]) -> String {
    // Names of tables and indexes are as long, but have their words apart.
    let long = |word: &str| word.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| run.len() >= MIN_LENGTH);
    let words: Vec<_> = words.split(' ').map(|word| if long(word) { "[redacted]" } else { word }).collect();
    let texts = values.iter().filter_map(Value::as_str).filter(|text| !text.is_empty());
    texts.fold(words.join(" "), |words, text| words.replace(text, "[redacted]"))
}

/// Connects, and waits where the server has no room for one more.
///
/// # Errors
/// Unusable, if the server says nothing for so long; what the last try said;
/// interrupted, if a signal came.
pub(super) fn connect_patiently<T: Send + 'static, E: Send + 'static>(
    options: &Options,
    limit: Duration,
    place: &str,
    is_full: impl Fn(&E) -> bool,
    connect: impl Fn() -> Result<T, E> + Clone + Send + 'static,
) -> Result<Result<T, E>> {
    let mut wait = Wait::begin();
    let [mut pause, longest] = BETWEEN_TRIES;
    loop {
        let (answer, answered) = sync_channel(1);
        let once = connect.clone();
        // What accepts a connection may still say nothing, for ever.
        thread::spawn(move || answer.send(once()));
        match answered.recv_timeout(limit) {
            Ok(Err(error)) if is_full(&error) && !wait.is_over(options.busy_timeout) => {}
            Ok(outcome) => return Ok(outcome),
            Err(_) => return Err(unconnected(place, &format!("there was no answer within {limit:?}"))),
        }
        process::heed_signals()?;
        wait.tell(&*options.on_wait);
        thread::sleep(pause);
        pause = (2 * pause).min(longest);
    }
}

/// A table, from what the catalog has of it: name, type, and three answers of
/// each column; index and column of what is unique; column, table and column of
/// the foreign keys.
pub(super) fn described(
    name: &str,
    columns: &[Vec<Value>],
    unique: &[Vec<Value>],
    foreign_keys: &[Vec<Value>],
) -> Table {
    let is = |value: &Value| value.as_integer() == Some(1);
    let column = |row: &Vec<Value>| {
        let [name, declared, not_null, has_default, primary_key] = row.as_slice() else { return None };
        let declared = declared.readable();
        Some(Column {
            name: name.readable(),
            kind: ColumnKind::of_declared(&declared),
            declared,
            not_null: is(not_null),
            has_default: is(has_default),
            primary_key: is(primary_key),
        })
    };
    let foreign_key = |row: &Vec<Value>| {
        let [column, table, to] = row.as_slice() else { return None };
        Some(ForeignKey { column: column.readable(), table: table.readable(), to: Some(to.readable()) })
    };
    let same_index =
        |one: &Vec<Value>, other: &Vec<Value>| one.first().map(Value::readable) == other.first().map(Value::readable);
    let sets = unique.chunk_by(same_index);
    Table {
        name: name.to_owned(),
        columns: columns.iter().filter_map(column).collect(),
        unique: sets.map(|set| set.iter().filter_map(|row| row.get(1)).map(Value::readable).collect()).collect(),
        foreign_keys: foreign_keys.iter().filter_map(foreign_key).collect(),
    }
}
