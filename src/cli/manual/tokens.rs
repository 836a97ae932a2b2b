//! The entries of the commands for tokens.

use crate::cli::manual::entry::{Entry, example};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        command: "create-token",
        examples: &[
            example("Create a token, or print the existing one", "drfctl create-token alice"),
            example("Replace the tokens of two users", "drfctl create-token -r alice bob"),
            example("Print only the key", "drfctl create-token --format raw alice"),
            example(
                "Read usernames from standard input, print a JSON object for each",
                "printf '%s\\n' alice bob | drfctl create-token --format jsonl -",
            ),
            example("Show which tokens would be replaced", "drfctl create-token -r 'ci-*' --older-than 90d --dry-run"),
            example(
                "Create tokens for all active users without one",
                "drfctl create-token --without-token --active --yes",
            ),
            example("Replace the leaked keys of a file", "drfctl create-token -r --keys-from leaked.txt"),
        ],
        notes: &[
            "Patterns and filters select users with a token if -r is given, and users without a token otherwise. They \
             ask for confirmation, except --key-prefix; --yes answers in advance.",
            "A username that begins with a dash goes after --.",
            "drfctl drf_create_token takes the arguments of manage.py drf_create_token and fails with its messages.",
        ],
        secret: "--key-from FILE reads a key from a file, --key-from - from standard input",
        headings: &[],
    },
    Entry {
        command: "list",
        examples: &[
            example("List all tokens", "drfctl list"),
            example("List users without a token", "drfctl list users --without-token"),
            example("List old tokens of some users", "drfctl list 'ci-*' --older-than 90d --sort created"),
            example("Print the tokens of inactive users as JSON", "drfctl list --format jsonl --inactive"),
            example("Count the tokens", "drfctl list --count"),
        ],
        notes: &[
            "Columns of tokens: username, key, created, age, active, staff, superuser, last_login; with --columns also \
             user_id and key_kind (drf, other or unsendable). Tables have age only with --columns; other \
             formats have it in seconds.",
            "Columns of users: username, email, active, staff, superuser, date_joined, last_login, has_token, password.",
            "--older-than and --newer-than compare the time a token was created; in a list of users, the time a user \
             joined.",
        ],
        secret: "",
        headings: &[],
    },
    Entry {
        command: "revoke",
        examples: &[
            example("Delete the token of a user", "drfctl revoke alice"),
            example("Delete the tokens whose keys are in a file", "drfctl revoke --keys-from leaked.txt --missing-ok"),
            example("Delete the token whose key begins with a prefix", "drfctl revoke --key-prefix 9944b091"),
            example("Show which tokens would be deleted", "drfctl revoke --inactive --older-than 90d --dry-run"),
        ],
        notes: &[
            "Patterns, filters and --all ask for confirmation; --yes answers in advance. Named users, listed keys and \
             --key-prefix do not ask.",
            "An application that caches tokens accepts a deleted one until the cache entry expires; drfctl warns if \
             INSTALLED_APPS has a package that does so.",
        ],
        secret: "--keys-from FILE reads keys from a file, --keys-from - from standard input",
        headings: &[],
    },
    Entry {
        command: "verify",
        examples: &[
            example("Check the key in a file", "drfctl verify < leaked.token"),
            example("Check a password", "drfctl verify --user alice --password-stdin < typed.password"),
        ],
        notes: &[
            "If the token or the password is rejected, the exit status is 3. Several keys, one per line, are one record \
             each; the exit status is 3 if any is rejected.",
        ],
        secret: "drfctl verify asks for the key, or reads it from standard input: drfctl verify < FILE",
        headings: &[],
    },
];
