//! A file of variables, `.env`, as python-dotenv reads it: nothing in a value is
//! expanded.

use std::fmt;
use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};

/// The name of the file.
const NAME: &str = ".env";

/// The variables of a `.env` file. `Debug` does not show their values.
#[derive(Clone, Default)]
pub struct EnvFile(Vec<(String, Zeroizing<String>)>);

impl EnvFile {
    /// Reads the `.env` of a folder; without one, there are no variables.
    ///
    /// # Errors
    /// Unusable, if it cannot be read. The message has no value.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let unreadable = |what: String| {
            Error::unusable(format!("./{NAME} cannot be read: {what}"))
                .hint(Hint::option(Setting::Database).lead("name the database"))
        };
        let bytes = Zeroizing::new(fs::read(&path).map_err(|error| unreadable(error.to_string()))?);
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        Self::parse(text.trim_start_matches('\u{feff}'))
            .map_err(|line| unreadable(format!("line {line} is not NAME=value")))
    }

    /// Parses the text of a file; returns the number of the first line that is
    /// not a variable.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut variables = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let number = 1 + text[..text.len() - rest.len()].matches('\n').count();
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                rest = after;
                continue;
            }
            let assignment = trimmed.strip_prefix("export ").unwrap_or(trimmed);
            let (name, _) = assignment.split_once('=').ok_or(number)?;
            let name = name.trim();
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
                return Err(number);
            }
            // From the value on, as a quoted one may have several lines.
            let (_, value) = rest.split_once('=').ok_or(number)?;
            let start = value.trim_start_matches([' ', '\t']);
            let (value, after) = match start.chars().next().filter(|c| matches!(c, '"' | '\'')) {
                Some(quote) => quoted(&start[1..], quote).ok_or(number)?,
                None => (Zeroizing::new(plain(line).to_owned()), after),
            };
            variables.push((name.to_owned(), value));
            rest = after;
        }
        Ok(Self(variables))
    }

    /// Returns the value of a variable, unless it is empty. The last of several
    /// assignments counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().rev().find(|(other, _)| other == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns all variables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Returns the value of a line without quotes: up to a comment.
fn plain(line: &str) -> &str {
    let value = line.split_once('=').map_or("", |(_, value)| value);
    match value.find(" #").or_else(|| value.find("\t#")) {
        Some(comment) => value[..comment].trim(),
        None => value.trim(),
    }
}

/// Returns the text up to the closing quote, and the lines after it.
fn quoted(text: &str, quote: char) -> Option<(Zeroizing<String>, &str)> {
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            let rest = &text[at + 1..];
            return Some((value, rest.split_once('\n').map_or("", |(_, after)| after)));
        }
        if letter != '\\' {
            value.push(letter);
            continue;
        }
        match letters.next()? {
            (_, escaped) if escaped == quote || escaped == '\\' => value.push(escaped),
            (_, 'n') if quote == '"' => value.push('\n'),
            (_, other) => value.extend(['\\', other]),
        }
    }
    None
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn a_value_is_parsed_like_python_dotenv() {
        let text = "# the shop\r\n\nexport A=1\r\nHOSTS=localhost 127.0.0.1 [::1]\nKEY=pa$word#1 # a comment\n\
                    IT=it's\nQ='a $b # c'\nD=\"x\\n\\\"y\\\" $z\"  # more\nTWO='first\nsecond'\nE=\nA=2\nB = \" b \"\nW=a\\b\n\
                    N='a\\nb\\'c'\n";
        let file = EnvFile::parse(text).unwrap();
        for (name, value) in [
            ("A", "2"),
            ("HOSTS", "localhost 127.0.0.1 [::1]"),
            ("KEY", "pa$word#1"),
            ("IT", "it's"),
            ("Q", "a $b # c"),
            ("D", "x\n\"y\" $z"),
            ("TWO", "first\nsecond"),
            ("B", " b "),
            ("W", "a\\b"),
            ("N", "a\\nb'c"),
        ] {
            assert_eq!(file.get(name), Some(value), "{name}");
        }
        assert_eq!((file.get("E"), file.get("F")), (None, None));
    }

    #[test]
    fn an_invalid_line_is_reported_by_its_number() {
        for (text, line) in [("A=1\nB\n", 2), ("A='1\n\n", 1), ("A='\n'\n=x", 3), ("a b=1", 1)] {
            assert_eq!(EnvFile::parse(text).err(), Some(line), "{text}");
        }
    }

    proptest! {
        #[test]
        fn quoted_values_are_read_back(values in any::<Vec<String>>()) {
            let escaped = |value: &str| value.replace('\\', r"\\").replace('"', "\\\"");
            let line = |(at, value): (usize, &String)| format!("V{at}=\"{}\" # comment\n", escaped(value));
            let text: String = values.iter().enumerate().map(line).collect();
            let file = EnvFile::parse(&text).unwrap();
            let found: Vec<_> = file.iter().map(|(_, value)| value.to_owned()).collect();
            prop_assert_eq!(found, values);
        }

        #[test]
        fn any_text_can_be_read(text in "([A='\"#\\\\ \\PC]|\n){0,60}") {
            let _ = EnvFile::parse(&text);
        }
    }

    #[test]
    fn debug_shows_the_names_of_variables_only() {
        assert_eq!(format!("{:?}", EnvFile::parse("A=marker\nB=marker\n").unwrap()), r#"{"A", "B"}"#);
    }
}
