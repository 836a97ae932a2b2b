//! Servers whose commits do not survive a power failure.
//!
//! Tags such as `N91` name cases of `tests/CASES.md`.

use crate::support::{Invocation, PrivateServer};

/// N91: a command that changes nothing does not warn.
#[test]
fn a_change_that_a_power_failure_could_undo_warns() {
    for (server, url, warning) in [
        (PrivateServer::postgres as fn() -> PrivateServer, ["postgres", "postgres"], "fsync is off"),
        (PrivateServer::mysql, ["mysql", "shop"], "innodb_flush_log_at_trx_commit is 0"),
    ] {
        let server = server();
        let [scheme, name] = url;
        let run = |words: &str| {
            let call = Invocation::new(&std::env::temp_dir()).args(words.split(' '));
            call.env("DATABASE_URL", server.url(scheme, name)).run()
        };
        let warning = format!("warning: {warning} on the server: a power failure could undo this change\n");
        for (words, warns) in [
            ("migrate -v 0", true),
            ("create-user alice --no-password --with-token -v 0", true),
            ("create-token alice -v 0", false),
            ("list", false),
            ("create-token -r alice -v 0", true),
            ("create-token -r alice --dry-run", false),
            ("deactivate alice", true),
            ("revoke alice", true),
        ] {
            let outcome = run(words);
            assert_eq!(outcome.status, "0", "{words}: {outcome}");
            assert_eq!(outcome.stderr.contains(&warning), warns, "{scheme}: {words}: {outcome}");
        }
    }
}
