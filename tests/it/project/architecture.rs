//! The rules of the house that a compiler does not know.

use std::path::{Path, PathBuf};

use crate::support::files_below;

#[test]
fn every_file_of_tests_is_declared_by_its_folder() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut orphans = Vec::new();
    for path in files_below(&tests, "rs").into_iter().filter(|path| *path != tests.join("main.rs")) {
        // A folder is declared by the file above it.
        let module = if path.ends_with("mod.rs") { path.parent().expect("a folder").to_owned() } else { path };
        let folder = module.parent().expect("a folder");
        let above = folder.join(if folder == tests { "main.rs" } else { "mod.rs" });
        let name = module.file_stem().expect("a name").to_string_lossy();
        let declares = std::fs::read_to_string(above).is_ok_and(|text| text.contains(&format!("\nmod {name};\n")));
        if !declares {
            orphans.push(module);
        }
    }
    assert_eq!(orphans, Vec::<PathBuf>::new());
}

#[test]
fn test_files_import_shared_code_from_support_only() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut imports = Vec::new();
    for path in files_below(&tests, "rs").into_iter().filter(|path| !path.starts_with(tests.join("support"))) {
        let text = std::fs::read_to_string(&path).expect("a test file");
        // Words in a string, as in this file, are no import.
        for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//") && !line.contains('"')) {
            let others = line.split("crate::").skip(1).filter(|rest| !rest.starts_with("support::"));
            if others.count() > 0 || line.contains("super::") {
                imports.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert_eq!(imports, Vec::<String>::new());
}

/// H13: neither our own comparison nor one of the hashers' crates.
#[test]
fn a_hash_is_compared_in_constant_time_alone() {
    let hashers = sources().into_iter().filter(|(name, _)| name.starts_with("django/password"));
    let code: Vec<(String, String)> =
        hashers.map(|(name, text)| (name, text.split("#[cfg(test)]").next().unwrap_or_default().to_owned())).collect();
    let with = |words: &str| -> usize { code.iter().map(|(_, text)| text.matches(words).count()).sum() };
    assert_eq!(with("constant_time_compare(&"), 2, "`verify` and `check` compare");
    for other in
        ["== encoded", "encoded ==", "!= encoded", "encoded !=", "eq(encoded", "verify_password(", "bcrypt::verify"]
    {
        assert_eq!(with(other), 0, "{other}");
    }
}

/// The floors from the top. A file of one floor imports from those below it.
const FLOORS: [&str; 19] = [
    "main",
    "lib",
    "cli",
    "commands",
    "context",
    "output",
    "prompt",
    "terminal",
    "store",
    "spool",
    "engine",
    "sql",
    "schema",
    "django",
    "migrations",
    "settings",
    "database_url",
    "process",
    "error",
];

/// Words that only stand in SQL.
const SQL_WORDS: [&str; 8] =
    ["SELECT ", "INSERT INTO", "UPDATE {", "DELETE FROM", "PRAGMA ", "COMMIT", "ROLLBACK", "BEGIN "];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let name = entry.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                sources.push((name, std::fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    assert!(sources.len() > 30, "only {} files were found", sources.len());
    sources
}

fn floor_of(room: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| *floor == room)
        .unwrap_or_else(|| panic!("{room} has no floor: give it one in FLOORS, and in the map of src/lib.rs"))
}

fn room_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// The lines of code, without comments and unit tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The lines of code in files that `is_theirs` refuses, which hold one of the words.
fn strays(words: &[&str], is_theirs: impl Fn(&str) -> bool) -> Vec<String> {
    let mut strays = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_theirs(file)) {
        for line in code(text).filter(|line| words.iter().any(|word| line.contains(word))) {
            strays.push(format!("{file}: {}", line.trim()));
        }
    }
    strays
}

#[test]
fn imports_run_downward_only() {
    let mut upward = Vec::new();
    for (file, text) in sources() {
        let room = room_of(&file);
        let floor = floor_of(room);
        for line in code(&text).filter(|_| room != "main" && room != "lib") {
            for import in line.split("crate::").skip(1) {
                let other = import.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                if other != room && floor_of(other) <= floor {
                    upward.push(format!("{file}: {}", line.trim()));
                }
            }
        }
    }
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn every_floor_is_in_the_map_of_the_house() {
    let lib = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let missing: Vec<_> = FLOORS[2..].iter().filter(|floor| !lib.contains(&format!("//! | [`{floor}`]"))).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

#[test]
fn sql_stands_only_in_its_rooms() {
    let strays = strays(&SQL_WORDS, |file| ["sql", "engine", "migrations"].contains(&room_of(file)));
    assert_eq!(strays, Vec::<String>::new());
}

#[test]
fn engines_are_named_only_in_their_rooms() {
    let names = ["SQLite", "Sqlite", "sqlite::", "PostgreSQL", "Postgres", "MySQL", "MariaDB", "rusqlite"];
    let strays = strays(&names, |file| ["engine", "migrations"].contains(&room_of(file)));
    assert_eq!(strays, Vec::<String>::new());
}

#[test]
fn the_surroundings_are_looked_at_only_from_their_rooms() {
    for (words, rooms) in [
        (&["std::env", "env::"][..], &["terminal"][..]),
        (&["use std::io"][..], &["output", "prompt", "terminal", "spool", "engine", "settings"][..]),
        (&["io::std"][..], &[][..]),
        (&["SystemTime::now"][..], &["context"][..]),
        (&["unsafe"][..], &["process"][..]),
        // A second program, or a second descriptor of the database, would drop its locks.
        (&["Command::new"][..], &["settings"][..]),
        (&["File::open", "OpenOptions::new"][..], &["output", "prompt", "engine"][..]),
    ] {
        let strays = strays(words, |file| rooms.contains(&room_of(file)));
        assert_eq!(strays, Vec::<String>::new(), "only in {rooms:?}: {words:?}");
    }
}

#[test]
fn no_file_has_grown_too_large_to_know() {
    let large: Vec<_> =
        sources().into_iter().filter(|(_, text)| text.lines().count() > 320).map(|(file, _)| file).collect();
    assert_eq!(large, Vec::<String>::new());
}
