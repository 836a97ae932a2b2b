//! Files with passwords of servers (`.pgpass`, `.pg_service.conf`, `.my.cnf`): no content causes a panic,
//! and no error repeats a password.
//!
//! The input: which file, then its content besides a line with a password.

#![no_main]

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

use drfctl::engine::{DatabaseUrl, Target, Variables};
use drfctl_fuzz::{SECRET, error_text, folder, open_with};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static HOME: LazyLock<TempDir> = LazyLock::new(folder);

/// A file, the text before the password, and the URL of a server that does not run.
const FILES: [(&str, &str, &str); 3] = [
    (".pgpass", "127.0.0.1:1:*:*:", "postgres://shop@127.0.0.1:1/shop?sslmode=disable"),
    (".pg_service.conf", "[shop]\npassword=", "postgres://shop@127.0.0.1:1/shop?service=shop&sslmode=disable"),
    (".my.cnf", "[client]\npassword=", "mysql://shop@127.0.0.1:1/shop?ssl_mode=DISABLED"),
];

fuzz_target!(|input: &[u8]| {
    let Some((which, content)) = input.split_first() else { return };
    let (name, start, url) = FILES[usize::from(*which) % FILES.len()];
    // Skips a file that names another server, which would be contacted, or has the secret elsewhere.
    let holds = |word: &str| content.windows(word.len()).any(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()));
    if holds("host") || holds("socket") || holds(SECRET) {
        return;
    }
    for (other, ..) in FILES {
        let _ = fs::remove_file(HOME.path().join(other));
    }
    let path = HOME.path().join(name);
    let line = [start.as_bytes(), SECRET.as_bytes(), b"\n"].concat();
    // drfctl reads a `.pgpass` up to the first line that matches, so this line comes last.
    let all = if name == ".pgpass" { [content, b"\n", &line].concat() } else { [&line, content].concat() };
    fs::write(&path, all).expect("the file");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a private file");
    let url = DatabaseUrl::parse(url).expect("a URL");
    let home = (OsString::from("HOME"), HOME.path().as_os_str().to_owned());
    let opened = open_with(Target::Url(url), Variables::of([home].into_iter()));
    if let Err(error) = opened.and_then(|mut session| session.inspect().map(drop)) {
        let text = error_text(&error);
        assert!(!text.contains(SECRET), "{text}");
    }
});
