//! Rules of the architecture that the compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::files_below;

#[test]
fn every_test_file_is_declared_by_its_folder() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut undeclared = Vec::new();
    for path in files_below(&tests, "rs").into_iter().filter(|path| *path != tests.join("main.rs")) {
        // The file in the parent folder declares a folder.
        let module = if path.ends_with("mod.rs") { path.parent().expect("a folder").to_owned() } else { path };
        let folder = module.parent().expect("a folder");
        let above = folder.join(if folder == tests { "main.rs" } else { "mod.rs" });
        let name = module.file_stem().expect("a name").to_string_lossy();
        let declares = std::fs::read_to_string(above).is_ok_and(|text| text.contains(&format!("\nmod {name};\n")));
        if !declares {
            undeclared.push(module);
        }
    }
    assert_eq!(undeclared, Vec::<PathBuf>::new());
}

#[test]
fn test_files_import_shared_code_from_support_only() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut imports = Vec::new();
    for path in files_below(&tests, "rs").into_iter().filter(|path| !path.starts_with(tests.join("support"))) {
        let text = std::fs::read_to_string(&path).expect("a test file");
        // Text in a string, as in this file, is not an import.
        for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//") && !line.contains('"')) {
            let others = line.split("crate::").skip(1).filter(|rest| !rest.starts_with("support::"));
            if others.count() > 0 || line.contains("super::") {
                imports.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert_eq!(imports, Vec::<String>::new());
}

/// H13: hashes are not compared with `==` or by a hashing crate.
#[test]
fn hashes_are_compared_only_in_constant_time() {
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

/// The layers from top to bottom. Each imports only from layers below it.
const LAYERS: [&str; 16] = [
    "main",
    "lib",
    "cli",
    "output",
    "prompt",
    "terminal",
    "admin",
    "query",
    "schema",
    "django",
    "migrations",
    "settings",
    "engine",
    "os",
    "error",
    "hint",
];

/// Words that occur only in SQL.
const SQL_WORDS: [&str; 8] =
    ["SELECT ", "INSERT INTO", "UPDATE {", "DELETE FROM", "PRAGMA ", "COMMIT", "ROLLBACK", "BEGIN "];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    for path in files_below(&root, "rs") {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        sources.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    assert!(sources.len() > 30, "only {} files were found", sources.len());
    sources
}

fn layer_of(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| *layer == module)
        .unwrap_or_else(|| panic!("{module} has no layer: add it to LAYERS, and to the map of src/lib.rs"))
}

fn module_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// Returns whether a file is compiled only for tests.
fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// Returns the lines of code, without comments and unit tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Returns the lines of code with one of the words, in files for which `is_allowed` is false.
fn violations(words: &[&str], is_allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let mut violations = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_allowed(file) && !is_test(file)) {
        for line in code(text).filter(|line| words.iter().any(|word| line.contains(word))) {
            violations.push(format!("{file}: {}", line.trim()));
        }
    }
    violations
}

/// Returns the paths of the imported modules, without `crate::`.
fn imports(text: &str) -> Vec<String> {
    let code: String = code(text).collect::<Vec<_>>().join("\n");
    let mut paths = Vec::new();
    // A visibility such as `pub(in crate::admin)` is not an import.
    for rest in code.replace("in crate::", "").split("crate::").skip(1) {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let members = after.strip_prefix('{').and_then(|after| after.split_once('}')).map(|(members, _)| members);
        match members {
            // A name in braces may be a module.
            Some(members) => {
                for member in members.split(',').map(str::trim).filter(|member| !member.is_empty()) {
                    paths.push(format!("{path}{member}"));
                }
            }
            None => paths.push(path.to_owned()),
        }
    }
    paths
}

#[test]
fn layers_import_downward_only() {
    let mut upward = Vec::new();
    for (file, text) in sources() {
        let module = module_of(&file);
        let layer = layer_of(module);
        for import in imports(&text).iter().filter(|_| module != "main" && module != "lib") {
            let other = import.split("::").next().unwrap();
            if other != module && layer_of(other) <= layer {
                upward.push(format!("{file}: {import}"));
            }
        }
    }
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn every_layer_is_in_the_map() {
    let lib = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let map: String = lib.lines().filter(|line| line.starts_with("//! |")).collect();
    let missing: Vec<_> = LAYERS[2..].iter().filter(|layer| !map.contains(&format!("[`{layer}`]"))).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

/// Returns the files that each file imports from. A file imports from the modules that it declares.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let sources: BTreeMap<String, String> = sources().into_iter().filter(|(file, _)| !is_test(file)).collect();
    let file_of = |module: &str| {
        let path = module.replace("::", "/");
        [format!("{path}.rs"), format!("{path}/mod.rs")].into_iter().find(|file| sources.contains_key(file))
    };
    let mut graph = BTreeMap::new();
    for (file, text) in &sources {
        let mut edges = BTreeSet::new();
        for import in imports(text) {
            // The longest path that is a module is the imported file.
            let parts: Vec<&str> = import.split("::").filter(|part| !part.is_empty()).collect();
            let longest = (1..=parts.len()).rev().find_map(|end| file_of(&parts[..end].join("::")));
            edges.extend(longest.filter(|other| other != file));
        }
        let folder = match file.strip_suffix("mod.rs") {
            Some(folder) => folder.trim_end_matches('/').replace('/', "::"),
            None if file == "lib.rs" => String::new(),
            None => file.trim_end_matches(".rs").replace('/', "::"),
        };
        for line in code(text) {
            let name = line.trim().strip_suffix(';').and_then(|line| line.rsplit_once("mod ")).map(|(_, name)| name);
            let child = name.map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}::{name}") });
            edges.extend(child.and_then(|child| file_of(&child)));
        }
        assert!(!code(text).any(|line| line.contains("super::")), "{file} imports by super::");
        graph.insert(file.clone(), edges);
    }
    graph
}

#[test]
fn files_have_no_import_cycles() {
    let graph = graph();
    let mut cycles = BTreeSet::new();
    for start in graph.keys() {
        // The files that this file imports from, directly or indirectly.
        let mut reached: BTreeSet<&String> = BTreeSet::new();
        let mut open: Vec<&String> = graph[start].iter().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(&graph[file]);
            }
        }
        if reached.contains(start) {
            cycles.insert(start.clone());
        }
    }
    assert_eq!(cycles, BTreeSet::new(), "import cycles");
}

#[test]
fn sql_is_only_in_its_layers() {
    let violations = violations(&SQL_WORDS, |file| ["query", "engine", "migrations"].contains(&module_of(file)));
    assert_eq!(violations, Vec::<String>::new());
}

#[test]
fn engines_are_named_only_in_their_layers() {
    let names = ["SQLite", "Sqlite", "sqlite::", "PostgreSQL", "Postgres", "MySQL", "MySql", "MariaDB", "rusqlite"];
    let violations = violations(&names, |file| ["engine", "migrations"].contains(&module_of(file)));
    assert_eq!(violations, Vec::<String>::new());
}

/// Returns the string literals of a line.
fn strings(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

#[test]
fn options_and_commands_are_spelled_by_the_command_line_only() {
    let commands = drfctl::cli::definition();
    let commands: Vec<String> =
        commands.get_subcommands().map(|command| format!("drfctl {}", command.get_name())).collect();
    let mut violations = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_test(file)) {
        for line in code(text).filter(|_| !["cli", "lib"].contains(&module_of(file))) {
            for string in strings(line) {
                let has_option = string.match_indices("--").any(|(at, _)| {
                    string[at + 2..].starts_with(|c: char| c.is_ascii_lowercase()) && !string[..at].ends_with('-')
                });
                let has_command = commands.iter().any(|command| string.contains(command));
                if has_option || has_command || string.contains("manage.py ") {
                    violations.push(format!("{file}: {string}"));
                }
            }
        }
    }
    assert_eq!(violations, Vec::<String>::new());
}

#[test]
fn public_functions_take_no_positional_bools() {
    let mut positional = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_test(file)) {
        let code = code(text).collect::<Vec<_>>().join(" ");
        for (at, _) in code.match_indices("pub") {
            let rest = code[at..].trim_start_matches("pub");
            let rest = rest.strip_prefix("(").map_or(rest, |rest| rest.split_once(')').map_or(rest, |(_, rest)| rest));
            let Some(signature) = rest.trim_start().strip_prefix("fn ") else { continue };
            let signature = signature.split(['{', ';']).next().unwrap_or_default();
            let parameters = signature.split("->").next().unwrap_or_default();
            if parameters.contains(": bool") {
                positional.push(format!("{file}: {}", parameters.trim()));
            }
        }
    }
    assert_eq!(positional, Vec::<String>::new());
}

#[test]
fn the_environment_is_read_only_in_its_files() {
    for (words, prefixes) in [
        (&["std::env", "env::"][..], &["terminal"][..]),
        (&["use std::io"][..], &["output", "prompt", "terminal", "os", "engine", "settings"][..]),
        (&["io::std"][..], &[][..]),
        (&["println!", "eprint!"][..], &[][..]),
        (&["SystemTime::now"][..], &["cli/context"][..]),
        (&["unsafe"][..], &["os/memory", "os/process", "os/signals"][..]),
        // A child process, or a second descriptor of the database, would release its locks.
        (&["Command::new"][..], &["settings"][..]),
        (&["File::open", "OpenOptions::new"][..], &["output", "prompt", "engine", "os"][..]),
    ] {
        let violations = violations(words, |file| prefixes.iter().any(|prefix| file.starts_with(prefix)));
        assert_eq!(violations, Vec::<String>::new(), "only in {prefixes:?}: {words:?}");
    }
}

#[test]
fn no_source_file_exceeds_the_line_limit() {
    let large: Vec<_> =
        sources().into_iter().filter(|(_, text)| text.lines().count() > 320).map(|(file, _)| file).collect();
    assert_eq!(large, Vec::<String>::new());
}
