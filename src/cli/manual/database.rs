//! The entries of the commands for the database as a whole.

use crate::cli::manual::entry::{Entry, example};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        command: "migrate",
        examples: &[
            example("Apply all migrations", "drfctl migrate"),
            example("Apply the migrations of one app", "drfctl migrate authtoken"),
            example("Create a database", "drfctl migrate --database /srv/shop/db.sqlite3"),
            example("Check that nothing is left to apply", "drfctl migrate --check --settings shop.settings"),
            example("Check two apps", "drfctl migrate --check auth sessions"),
            example("List all migrations", "drfctl migrate --list --format json"),
        ],
        notes: &[
            "The application creates the table of a custom user model; once the table exists, drfctl creates the \
             others.",
        ],
        secret: "",
        headings: &[],
    },
    Entry {
        command: "inspect",
        examples: &[
            example("Show what drfctl detects", "drfctl inspect"),
            example("Show it as JSON", "drfctl inspect --database /srv/shop/db.sqlite3 --format json"),
        ],
        notes: &[],
        secret: "",
        headings: &[],
    },
];
