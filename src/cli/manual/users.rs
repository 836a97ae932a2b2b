//! The entries of the commands for users.

use crate::cli::manual::entry::{Entry, example};

/// How to give a password.
const PASSWORD: &str = "drfctl asks for the password, or reads it: --password-stdin, or --password-file FILE";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        command: "create-user",
        examples: &[
            example("Create a user and ask for the password", "drfctl create-user alice --email alice@example.com"),
            example(
                "Create a user with a token and no password, unless it exists",
                "drfctl create-user ci --no-password --with-token --if-not-exists",
            ),
            example(
                "Create a superuser with the password in a file",
                "drfctl create-user admin --superuser --password-file admin.password",
            ),
            example(
                "Create the users of a file and print their passwords",
                "drfctl create-user --from users.csv --generate-password --format csv",
            ),
        ],
        notes: &[
            "A file of users is CSV with a header line, a JSON object on each line, or a JSON array. An empty cell and \
             a null set nothing. Groups are separated by semicolons, or are a JSON list.",
            "drfctl createsuperuser takes the arguments of manage.py createsuperuser.",
        ],
        secret: PASSWORD,
        headings: &[
            (
                "Account",
                &[
                    "email",
                    "first_name",
                    "last_name",
                    "staff",
                    "superuser",
                    "inactive",
                    "group",
                    "create_groups",
                    "set",
                    "noinput",
                ],
            ),
            ("Related data", &["with_token", "like", "signals", "through_django"]),
            ("Existing users", &["if_not_exists", "update"]),
            ("Many users", &["from", "keep_going"]),
        ],
    },
    Entry {
        command: "set-password",
        examples: &[
            example("Ask for a new password", "drfctl set-password alice"),
            example("Generate a new password and print it", "drfctl set-password alice --generate-password"),
        ],
        notes: &[
            "drfctl changepassword takes the arguments of manage.py changepassword: without a username, it changes \
             the password of the user with your login name.",
        ],
        secret: PASSWORD,
        headings: &[],
    },
    Entry {
        command: "activate",
        examples: &[example("Let two users log in again", "drfctl activate alice bob")],
        notes: &[],
        secret: "",
        headings: &[],
    },
    Entry {
        command: "deactivate",
        examples: &[example("Stop two users from logging in", "drfctl deactivate alice bob")],
        notes: &["The tokens of the users are kept; DRF accepts them again once the users are active."],
        secret: "",
        headings: &[],
    },
    Entry { command: "createsuperuser", examples: &[], notes: &[], secret: PASSWORD, headings: &[] },
    Entry { command: "changepassword", examples: &[], notes: &[], secret: PASSWORD, headings: &[] },
];
