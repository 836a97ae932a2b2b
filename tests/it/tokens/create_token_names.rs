//! The names that `create-token` is given: from arguments and standard input, and how a user is
//! looked up by one.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

#[test]
fn a_dash_reads_names_from_standard_input() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token", "-"]).stdin("bob\nalice\n").run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]]
    );
}

#[test]
fn the_last_line_of_standard_input_needs_no_end() {
    let outcome = Sandbox::stock().drfctl(["create-token", "--format", "raw", "-"]).stdin("bob\nalice").run().ok();
    assert_eq!(outcome.stdout.lines().count(), 2);
}

#[test]
fn lines_of_standard_input_may_end_as_on_windows() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token", "-"]).stdin("bob\r\nalice\r\n").run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]]
    );
}

#[test]
fn a_dash_among_names_keeps_its_place() {
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
fn an_empty_line_of_standard_input_is_refused_and_counted() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["create-token", "-"]).stdin("alice\n\nbob\n").run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: line 2 of standard input: the name is empty

"#]]
    );
    assert_eq!(sandbox.dump(), before);
}

#[test]
fn standard_input_without_a_name_is_refused() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token", "-"]).stdin("").run().to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: standard input holds no name
hint: one name a line

"#]]
    );
}

#[test]
fn a_name_with_a_nul_character_is_refused() {
    // Not a snapshot: those take a backslash for a separator of paths.
    assert_eq!(
        Sandbox::stock().drfctl(["create-token", "-"]).stdin("ali\0ce\n").run().to_string(),
        "exit: 3\n--- stdout\n--- stderr\n\
         error: line 1 of standard input: the name ali\\u{0}ce holds a NUL character\n"
    );
}

#[test]
fn a_name_that_is_not_utf_8_is_refused() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token", "-"]).stdin(b"ali\xffce\n").run().to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: line 1 of standard input: the name [..] is not UTF-8

"#]]
    );
}

#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token"]).arg(std::ffi::OsStr::from_bytes(b"ali\xffce")).run().to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the name [..] is not UTF-8

"#]]
    );
}

#[test]
fn an_empty_name_is_refused() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", ""])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the name is empty

"#]]
    );
}

#[test]
fn a_blank_name_is_refused() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "  "])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the name is empty

"#]]
    );
}

#[test]
fn no_name_without_a_terminal_is_a_usage_error_that_says_what_to_type() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token"])).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: Username is missing, and there is no terminal to ask for it
hint: drfctl create-token USERNAME, or - to read names from standard input

"#]]
    );
}

#[test]
fn a_name_is_matched_with_its_case() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "Alice"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: user Alice does not exist
...
"#]]
    );
}

#[test]
fn a_name_is_looked_up_without_normalisation_as_django_does() {
    let sandbox = Sandbox::stock();
    // The ligature: another name than `fiona`, and both may be in the table.
    sandbox.exec("UPDATE auth_user SET username = 'fiona' WHERE username = 'alice'");
    assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "\u{fb01}ona"])).status, "3");
}

#[test]
fn what_sql_gives_a_meaning_to_is_only_a_name() {
    for name in ["o'; DROP TABLE auth_user--", "%", "_lice", "\"", "`", "a%"] {
        let sandbox = Sandbox::stock();
        assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "--", name])).status, "3", "{name}");
        sandbox.exec(&format!("UPDATE auth_user SET username = '{}' WHERE username = 'bob'", name.replace('\'', "''")));
        let outcome = sandbox.drfctl(["create-token", "--", name]).run().ok();
        assert_eq!(outcome.mask_keys().stdout, format!("Generated token KEY for user {name}\n"));
    }
}
