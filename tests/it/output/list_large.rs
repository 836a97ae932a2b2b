//! Cells of any length, in lists and in commands that change many rows. The memory stays bounded.
//!
//! Tags such as `N87` name cases of `tests/CASES.md`.

use crate::support::{Sandbox, Terminal};

/// What drfctl may use, in bytes, for its data.
const MEMORY: &str = "--data=33554432";

/// Creates a site with 80 users, each with a token and a username of half a megabyte.
fn large() -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DELETE FROM auth_user;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 80)
         INSERT INTO auth_user (id, username, email, password, first_name, last_name, is_active, is_staff, is_superuser, date_joined)
         SELECT n, printf('u%03d', n) || replace(hex(zeroblob(250000)), '00', 'xx'), '', '!', '', '', 1, 0, 0, '2026-01-02 03:04:05' FROM n;
         INSERT INTO authtoken_token SELECT printf('%040d', id), '2026-01-02 03:04:05', id FROM auth_user",
    );
    sandbox
}

/// N87
#[test]
fn lists_and_changes_of_huge_cells_use_little_memory() {
    let sandbox = large();
    for words in [
        "list --format tsv",
        "list --format csv",
        "list --format json",
        "list --format table",
        "list --sort created",
        "list users --sort username --reverse",
        "create-token -r --all --yes --single-transaction --format tsv",
        "revoke --all --yes --format tsv",
    ] {
        let outcome = sandbox.drfctl(words.split(' ')).through(["prlimit", MEMORY]).run().ok();
        assert_eq!(outcome.stdout.matches("xxu").count() + outcome.stdout.matches("u001").count(), 1, "{words}");
        let names = outcome.stdout.split(['\n', '\t', ',', '"', ' ']).filter(|word| word.len() == 500_004);
        assert_eq!(names.count(), 80, "{words}");
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// N87
#[test]
fn a_huge_cell_is_shortened_on_a_terminal_of_any_width() {
    let sandbox = Sandbox::stock();
    for length in [65_533, 65_534, 65_535, 65_536, 200_000] {
        sandbox.exec(&format!("UPDATE auth_user SET username = 'alice' || substr(replace(hex(zeroblob({length})), '0', 'x'), 1, {length}) WHERE username LIKE 'alice%'"));
        for columns in [10, 80, 1000] {
            let script = format!(r#"stty cols {columns} rows 24; exec "$0" "$@""#);
            let (shown, status) =
                Terminal::script(&sandbox, &script, &["list", "users", "--columns", "username"]).end();
            assert_eq!(status, "0", "{length} {columns}: {shown}");
            assert!(shown.contains("alice") && shown.len() < 12_000, "{length} {columns}: {}", shown.len());
        }
    }
}
