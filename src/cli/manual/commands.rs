//! Every entry, and the commands in groups.

use crate::cli::manual::entry::{Entry, example};
use crate::cli::manual::{database, shell, tokens, users};

/// The commands in groups, in the order of help.
pub(in crate::cli) const GROUPS: [(&str, &[&str]); 4] = [
    ("Tokens", &["create-token", "list", "revoke", "verify"]),
    ("Users", &["create-user", "set-password", "activate", "deactivate"]),
    ("Database", &["migrate", "inspect"]),
    ("Shell", &["completions", "man", "help"]),
];

/// The entry of the program.
pub(in crate::cli) const PROGRAM: Entry = Entry {
    command: "",
    examples: &[
        example("Create a token in the database of the project", "cd /srv/shop && drfctl create-token alice"),
        example(
            "Replace a token in a database that is named",
            "drfctl --database /srv/shop/db.sqlite3 create-token -r alice",
        ),
        example(
            "List old tokens of the database that the settings name",
            "drfctl --settings shop.settings list --older-than 90d",
        ),
    ],
    notes: &["The database is the first of these that is set: --database, DRFCTL_DATABASE, --settings, DATABASE_URL, \
         DJANGO_SETTINGS_MODULE, ./manage.py, DATABASE_URL in ./.env, ./db.sqlite3"],
    secret: "a key goes to standard input: drfctl verify < FILE",
    headings: &[],
};

/// What a command has that help does not list.
const HIDDEN: Entry = Entry { command: "", examples: &[], notes: &[], secret: "", headings: &[] };

/// Returns the entry of a command; an empty one if it has none.
pub(in crate::cli) fn of(command: &str) -> Entry {
    let entries = [tokens::ENTRIES, users::ENTRIES, database::ENTRIES, shell::ENTRIES];
    let found = entries.into_iter().flatten().find(|entry| entry.command == command);
    found.copied().unwrap_or(HIDDEN)
}
