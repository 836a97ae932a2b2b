//! The names that `create-token` accepts as arguments and on standard input, and how drfctl looks
//! up a user by name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

#[test]
fn a_dash_reads_a_name_from_each_line_of_standard_input() {
    for names in ["bob\nalice\n", "bob\nalice", "bob\r\nalice\r\n"] {
        assert_data_eq!(
            Sandbox::stock().drfctl(["create-token", "-"]).stdin(names).run().mask_keys().to_string(),
            str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]]
        );
    }
}

#[test]
fn a_dash_among_names_keeps_their_order() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token", "ina", "-", "bob", "-q"]).stdin("alice\n").run().to_string(),
        str![[r#"
exit: 0
--- stdout
--- stderr

"#]]
    );
}

#[test]
fn standard_input_without_a_valid_name_is_rejected() {
    for (names, status, report) in [
        // N64: all unknown names are reported; blank lines and a byte order mark are ignored.
        (
            &b"\xef\xbb\xbfalice\r\n\n  \nnobody\nbob\nnoone\n"[..],
            "3",
            str![[r#"
error: 2 users do not exist: nobody, noone
hint: --missing-ok skips unknown users

"#]],
        ),
        (
            b"# staff\nalice\n",
            "3",
            str![[r#"
error: user # staff does not exist
...
"#]],
        ),
        (
            b"\n\nali\xffce\n",
            "3",
            str![[r#"
error: line 3 of standard input: the name [..] is not UTF-8

"#]],
        ),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.unchanged(sandbox.drfctl(["create-token", "-"]).stdin(names)).reports(status, report);
    }
}

#[test]
fn a_name_with_a_nul_character_is_rejected() {
    // Not a snapshot: snapbox converts backslashes to slashes.
    assert_eq!(
        Sandbox::stock().drfctl(["create-token", "-"]).stdin("ali\0ce\n").run().to_string(),
        "exit: 3\n--- stdout\n--- stderr\n\
         error: line 1 of standard input: the name ali\\u{0}ce contains a NUL character\n"
    );
}

#[test]
fn an_invalid_or_unknown_name_is_rejected() {
    for (name, report) in [
        (
            &b"ali\xffce"[..],
            str![[r#"
error: the name [..] is not UTF-8

"#]],
        ),
        (
            b"",
            str![[r#"
error: the name is empty

"#]],
        ),
        (
            b"  ",
            str![[r#"
error: the name is empty

"#]],
        ),
        // Upper and lower case differ.
        (
            b"Alice",
            str![[r#"
error: user Alice does not exist
...
"#]],
        ),
    ] {
        let sandbox = Sandbox::stock();
        let call = sandbox.drfctl(["create-token"]).arg(OsStr::from_bytes(name));
        sandbox.unchanged(call).reports("3", report);
    }
}

#[test]
fn without_a_name_and_a_terminal_a_hint_is_printed() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token"])).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: username required, but there is no terminal to ask on
hint: give a username, or - to read names from standard input: drfctl create-token USERNAME

"#]]
    );
}

#[test]
fn a_name_is_looked_up_without_normalization_like_in_django() {
    let sandbox = Sandbox::stock();
    // The ligature is another name than `fiona`; both may exist.
    sandbox.exec("UPDATE auth_user SET username = 'fiona' WHERE username = 'alice'");
    assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "\u{fb01}ona"])).status, "3");
}

#[test]
fn special_characters_of_sql_are_plain_text_in_a_name() {
    for name in ["o'; DROP TABLE auth_user--", "%", "_lice", "\"", "`", "a%"] {
        let sandbox = Sandbox::stock();
        assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "--", name])).status, "3", "{name}");
        sandbox.exec(&format!("UPDATE auth_user SET username = '{}' WHERE username = 'bob'", name.replace('\'', "''")));
        let outcome = sandbox.drfctl(["create-token", "--", name]).run().ok();
        assert_eq!(outcome.mask_keys().stdout, format!("Generated token KEY for user {name}\n"));
    }
}
