//! `tests/CASES.md`: the cases, with the tests that cover them.
//!
//! A test covers a case if a comment above it begins with the tag of the case (`A1`, `N7b`):
//! `/// A1, A2: why`, in `tests/faults` `# C1, C2: why`.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{files_below, root};

/// Returns whether a word is a tag: a letter, a number, and a letter for a variant (`A1`, `N7b`).
fn is_tag(word: &str) -> bool {
    let (letter, number) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    matches!(letter, "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "N")
        && number.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse::<u8>().is_ok()
}

/// Returns the tags at the beginning of a comment.
fn tags(comment: &str) -> Vec<String> {
    let words = comment.split([',', ' ', ':', '.']).filter(|word| !word.is_empty());
    words.take_while(|word| is_tag(word)).map(ToOwned::to_owned).collect()
}

/// Returns the tests of each tag.
fn tests_by_tag() -> BTreeMap<String, Vec<String>> {
    let mut tests_of = BTreeMap::<String, Vec<String>>::new();
    for (folder, ending, comment, function) in [
        ("tests/it", "rs", "///", "fn "),
        ("tests/statements", "rs", "///", "fn "),
        ("src", "rs", "///", "fn "),
        ("tests/faults", "py", "#", "def "),
    ] {
        for path in files_below(&root().join(folder), ending) {
            let (mut above, mut needs) = (Vec::new(), String::new());
            for line in fs::read_to_string(&path).unwrap().lines().map(str::trim) {
                if let Some(words) = line.strip_prefix(comment) {
                    above.extend(tags(words));
                } else if let Some(reason) = line.strip_prefix("#[ignore = \"") {
                    needs = format!(" ({})", reason.trim_end_matches("\"]"));
                } else if let Some((_, rest)) = line.split_once(function) {
                    let name = rest.split(['(', '<']).next().unwrap();
                    let module = path.strip_prefix(root().join(folder)).unwrap().with_extension("");
                    let module = module.to_str().unwrap().trim_end_matches("/mod").replace('/', "::");
                    let module = if folder == "tests/it" { module } else { format!("{folder}/{module}") };
                    for tag in above.drain(..) {
                        let tests = tests_of.entry(tag).or_default();
                        let test = format!("`{module}::{name}`{needs}");
                        if !tests.contains(&test) {
                            tests.push(test);
                        }
                    }
                    needs.clear();
                } else if line.is_empty() {
                    above.clear();
                    needs.clear();
                }
            }
        }
    }
    tests_of
}

#[test]
fn every_case_has_a_test_or_a_reason() {
    let path = root().join("tests/CASES.md");
    let current = fs::read_to_string(&path).unwrap();
    let mut tests_of = tests_by_tag();
    let mut uncovered = Vec::new();
    let mut generated = String::new();
    for line in current.lines() {
        let row = line.strip_prefix("| ").and_then(|row| row.split(" | ").next()).filter(|tag| is_tag(tag));
        if let Some(tag) = row {
            let (what, why) = line.trim_end_matches(" |").rsplit_once(" | ").unwrap();
            let tests = tests_of.remove(tag).map(|tests| tests.join(", "));
            // The names of removed tests are not a reason.
            let why = Some(why.trim().to_owned()).filter(|why| !why.is_empty() && !why.starts_with('`'));
            let cell = tests.or(why).unwrap_or_else(|| {
                uncovered.push(tag.to_owned());
                String::new()
            });
            generated.extend([what, " | ", &cell, " |\n"]);
        } else {
            generated.extend([line, "\n"]);
        }
    }
    assert_eq!(tests_of.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "unknown tags");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &generated).unwrap();
    } else {
        assert!(generated == current, "tests/CASES.md does not match the tags: BLESS=1 cargo test cases");
    }
    assert_eq!(uncovered, Vec::<String>::new(), "cases without a test or a reason");
    let count = generated
        .lines()
        .filter(|line| line.strip_prefix("| ").is_some_and(|row| is_tag(row.split(' ').next().unwrap())));
    let expected = format!("lists {} cases", count.count());
    assert!(
        fs::read_to_string(root().join("README.md")).unwrap().contains(&expected),
        "README.md does not contain: {expected}"
    );
}

/// The guarantees of the guide to safety, and the comparison in README.md.
#[test]
fn every_promise_is_written_as_it_is_tested() {
    let in_one_line = |path: &str| {
        let text = fs::read_to_string(root().join(path)).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let promises = [in_one_line("man/drfctl-safety.7.md"), in_one_line("README.md")];
    let cases = fs::read_to_string(root().join("tests/CASES.md")).unwrap();
    let mut tested = Vec::new();
    for row in cases.lines().filter_map(|line| line.strip_prefix("| I")) {
        let sentence = row.split(" | ").nth(1).unwrap();
        assert!(promises.iter().any(|text| text.contains(sentence)), "no promise: {sentence}");
        tested.push(sentence);
    }
    let guide = fs::read_to_string(root().join("man/drfctl-safety.7.md")).unwrap();
    let guarantees = guide.split("\n## ").find_map(|section| section.strip_prefix("Guarantees\n")).unwrap();
    for line in guarantees.lines() {
        if let Some((_, beginning)) = line.split_once(". ").filter(|(number, _)| number.parse::<u8>().is_ok()) {
            let is_tested = |sentence: &&str| sentence.starts_with(beginning) || beginning.starts_with(*sentence);
            assert!(tested.iter().any(is_tested), "without tests: {beginning}");
        }
    }
}
