//! `tests/CASES.md`: every case, with the tests that cover it.
//!
//! A test holds a case whose tag (`A1`, `N7b`) begins a comment above it: `/// A1, A2: why`, and in the
//! harness of `tests/faults` `# C1, C2: why`.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{files_below, root};

/// Whether this is a letter, a number, and perhaps a letter for a variant: `A1`, `N7b`.
fn is_tag(word: &str) -> bool {
    let (letter, number) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    matches!(letter, "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "J" | "N")
        && number.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse::<u8>().is_ok()
}

/// The tags that begin a comment.
fn tags(comment: &str) -> Vec<String> {
    let words = comment.split([',', ' ', ':', '.']).filter(|word| !word.is_empty());
    words.take_while(|word| is_tag(word)).map(ToOwned::to_owned).collect()
}

/// For each tag, the tests beneath it.
fn holders() -> BTreeMap<String, Vec<String>> {
    let mut holders = BTreeMap::<String, Vec<String>>::new();
    for (folder, ending, comment, function) in
        [("tests/it", "rs", "///", "fn "), ("src", "rs", "///", "fn "), ("tests/faults", "py", "#", "def ")]
    {
        for path in files_below(&root().join(folder), ending) {
            let (mut above, mut needs) = (Vec::new(), String::new());
            for line in fs::read_to_string(&path).unwrap().lines().map(str::trim) {
                if let Some(words) = line.strip_prefix(comment) {
                    above.extend(tags(words));
                } else if let Some(reason) = line.strip_prefix("#[ignore = \"") {
                    needs = format!(" ({})", reason.trim_end_matches("\"]"));
                } else if let Some((_, rest)) = line.split_once(function) {
                    let name = rest.split(['(', '<']).next().unwrap();
                    let place = path.strip_prefix(root().join(folder)).unwrap().with_extension("");
                    let place = place.to_str().unwrap().trim_end_matches("/mod").replace('/', "::");
                    let place = if folder == "tests/it" { place } else { format!("{folder}/{place}") };
                    for tag in above.drain(..) {
                        let tests = holders.entry(tag).or_default();
                        let test = format!("`{place}::{name}`{needs}");
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
    holders
}

#[test]
fn every_case_has_a_test_or_a_reason() {
    let path = root().join("tests/CASES.md");
    let kept = fs::read_to_string(&path).unwrap();
    let mut holders = holders();
    let mut unheld = Vec::new();
    let mut made = String::new();
    for line in kept.lines() {
        let row = line.strip_prefix("| ").and_then(|row| row.split(" | ").next()).filter(|tag| is_tag(tag));
        if let Some(tag) = row {
            let (what, why) = line.trim_end_matches(" |").rsplit_once(" | ").unwrap();
            let tests = holders.remove(tag).map(|tests| tests.join(", "));
            // The names of removed tests are not a reason.
            let why = Some(why.trim().to_owned()).filter(|why| !why.is_empty() && !why.starts_with('`'));
            let held = tests.or(why).unwrap_or_else(|| {
                unheld.push(tag.to_owned());
                String::new()
            });
            made.extend([what, " | ", &held, " |\n"]);
        } else {
            made.extend([line, "\n"]);
        }
    }
    assert_eq!(holders.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "tags that are no case");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    } else {
        assert!(made == kept, "tests/CASES.md is not what the tags say: BLESS=1 cargo test cases");
    }
    assert_eq!(unheld, Vec::<String>::new(), "neither a test nor a reason");
    let count =
        made.lines().filter(|line| line.strip_prefix("| ").is_some_and(|row| is_tag(row.split(' ').next().unwrap())));
    let told = format!("lists {} cases", count.count());
    assert!(
        fs::read_to_string(root().join("README.md")).unwrap().contains(&told),
        "README.md has another number: {told}"
    );
}
