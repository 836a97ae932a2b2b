//! Patterns of names: the database finds exactly the matching names, and text without wildcards is a
//! name.
//!
//! The input: a name, in which `\x01` is replaced by a NUL; a NUL; a pattern.

#![no_main]

use std::ffi::OsStr;

use drfctl::admin::{ListRequest, Listing, Session};
use drfctl::django::username::Username;
use drfctl::engine::Target;
use drfctl::query::filter::Filter;
use drfctl::query::pattern::Pattern;
use drfctl_fuzz::{example, folder, open};
use libfuzzer_sys::fuzz_target;

/// A database with one user, a connection to rename it and a session to find it.
struct Setting {
    connection: rusqlite::Connection,
    session: std::cell::RefCell<Session>,
    _folder: tempfile::TempDir,
}

thread_local! {
    static SETTING: Setting = {
        let folder = folder();
        let path = folder.path().join("db.sqlite3");
        example(&path);
        let connection = rusqlite::Connection::open(&path).expect("a database");
        connection
            .execute_batch("DELETE FROM auth_user WHERE id > 1; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
            .expect("one user");
        let session = std::cell::RefCell::new(open(Target::File(path)).expect("a session"));
        Setting { connection, session, _folder: folder }
    };
}

fuzz_target!(|input: &str| {
    // A pattern is an argument of a command line, which contains no NUL.
    let Some((name, text)) = input.split_once('\0').filter(|(_, text)| !text.contains('\0')) else { return };
    if name.is_empty() {
        return;
    }
    let name = &name.replace('\x01', "\0");
    let is_whole = !name.contains('\0');
    SETTING.with(|setting| {
        setting.connection.execute("UPDATE auth_user SET username = ?1", [name]).expect("another name");
        let finds = |filter: Filter| {
            let mut found = 0;
            let request = ListRequest { filter, ..ListRequest::default() };
            let listed = setting.session.borrow_mut().list_users(&request, &mut |event| {
                found += usize::from(matches!(event, Listing::Row(_)));
                Ok(())
            });
            listed.expect("a list");
            found == 1
        };
        let literal = Pattern::literal(text);
        match Pattern::parse(text) {
            Some(pattern) => {
                assert_eq!(pattern.text(), text);
                let expected = matches(&pieces(text), &name.chars().collect::<Vec<_>>());
                let filter = Filter { patterns: vec![pattern], ..Filter::default() };
                // GLOB stops at a NUL: it may miss such a name, but must not match another name.
                let is_found = finds(filter);
                assert!(is_found == expected || !is_whole && !is_found, "{name:?} {text:?}");
            }
            None => {
                if let Ok(literal) = Username::parse(OsStr::new(&literal)) {
                    let expected = literal.as_str() == name;
                    let filter = Filter { names: vec![literal], ..Filter::default() };
                    assert_eq!(finds(filter), expected, "{name:?} {text:?}");
                }
            }
        }
        let escaped: String =
            name.chars().flat_map(|c| ['\\', c].into_iter().skip(usize::from(!"*?\\".contains(c)))).collect();
        assert!(Pattern::parse(&escaped).is_none() && Pattern::literal(&escaped) == *name, "{escaped:?}");
        let beginning = Filter { patterns: vec![Pattern::beginning_with(&literal)], ..Filter::default() };
        let (is_found, expected) = (finds(beginning), name.starts_with(&literal));
        assert!(is_found == expected || !is_whole && !is_found, "{name:?} {literal:?}");
    });
});

/// A piece of a pattern: it matches one character, any character, or any text.
#[derive(Clone, Copy)]
enum Piece {
    This(char),
    One,
    Any,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escaped = rest.strip_prefix('\\').and_then(|after| after.chars().next()).filter(|c| "*?\\".contains(*c));
        rest = &rest[c.len_utf8() + usize::from(escaped.is_some())..];
        pieces.push(match (escaped, c) {
            (Some(escaped), _) => Piece::This(escaped),
            (None, '*') => Piece::Any,
            (None, '?') => Piece::One,
            (None, c) => Piece::This(c),
        });
    }
    pieces
}

fn matches(pattern: &[Piece], name: &[char]) -> bool {
    // Whether the pieces so far match the first `at` characters of the name.
    let mut matched = vec![false; name.len() + 1];
    matched[0] = true;
    for piece in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            next[at] = match piece {
                Piece::Any => matched[..=at].contains(&true),
                Piece::One => at > 0 && matched[at - 1],
                Piece::This(c) => at > 0 && matched[at - 1] && name[at - 1] == *c,
            };
        }
        matched = next;
    }
    matched[name.len()]
}
