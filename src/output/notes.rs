//! Messages on standard error: errors, hints, warnings and notes. A message that
//! cannot be written is dropped and is not an error.

use std::io::{Write, stderr};

use anstyle::{AnsiColor, Style};

use crate::django::token_key::as_name;
use crate::output::escape::escape;

/// How messages are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes {
    /// Whether the label has a color.
    pub color: bool,
    /// Whether nothing is printed.
    pub silent: bool,
    /// Django's verbosity: 0 omits notes.
    pub verbosity: u8,
    /// Whether the causes of an error are printed.
    pub causes: bool,
    /// Whether errors have the label of Django's commands.
    pub django: bool,
}

impl Notes {
    /// Prints a fact that the user may want to know.
    pub fn note(self, text: &str) {
        if self.verbosity > 0 {
            self.line("note: ", AnsiColor::Cyan, text);
        }
    }

    /// Prints a problem that the user should look at.
    pub fn warning(self, text: &str) {
        self.line("warning: ", AnsiColor::Yellow, text);
    }

    /// Prints why the command failed.
    pub fn error(self, text: &str) {
        self.line(if self.django { "CommandError: " } else { "error: " }, AnsiColor::Red, text);
    }

    /// Prints a cause of the error.
    pub fn cause(self, text: &str) {
        self.line("caused by: ", AnsiColor::Red, text);
    }

    /// Prints what to do next.
    pub fn hint(self, text: &str) {
        self.line("hint: ", AnsiColor::Green, text);
    }

    /// Prints text of another library, which may repeat arguments.
    pub fn lines(self, text: &str) {
        for line in text.lines() {
            self.write(&format!("{}\n", escape(&without_secrets(line))));
        }
    }

    fn line(self, label: &str, color: AnsiColor, text: &str) {
        let style = if self.color { Style::new().bold().fg_color(Some(color.into())) } else { Style::new() };
        self.write(&format!("{style}{label}{style:#}{}\n", escape(&without_secrets(text))));
    }

    fn write(self, line: &str) {
        if !self.silent {
            let _ = stderr().write_all(line.as_bytes());
        }
    }
}

fn without_secrets(text: &str) -> String {
    without_keys(&without_passwords(text))
}

/// Returns the text with each key shortened: a message may repeat an argument,
/// and any argument may be a key in the wrong place.
fn without_keys(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let end = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric()).len();
        shown.push_str(&as_name(&word[..end]));
        shown.push_str(&word[end..]);
    }
    shown
}

/// Returns the text without the passwords of URLs: messages of libraries and
/// servers may contain them.
fn without_passwords(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words.map(|word| hidden(word).unwrap_or_else(|| word.to_owned())).collect()
}

/// Returns `scheme:/…user:[redacted]@…` if the word is a URL with a password.
fn hidden(word: &str) -> Option<String> {
    let login = word.find(":/")? + 2;
    let at = login + word.get(login..)?.rfind('@')?;
    let colon = login + word.get(login..at)?.find(':')?;
    Some(format!("{}:[redacted]{}", &word[..colon], &word[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_url_is_redacted() {
        for (text, expected) in [
            ("cannot parse postgres://bob:s3@cret@db/x now", "cannot parse postgres://bob:[redacted]@db/x now"),
            ("no directory postgres:/bob:s3cret@h", "no directory postgres:/bob:[redacted]@h"),
            ("user a:b@c of sqlite:///x", "user a:b@c of sqlite:///x"),
        ] {
            assert_eq!(without_passwords(text), expected);
        }
    }

    #[test]
    fn a_key_in_a_message_is_shortened() {
        let key = "0bb2f3ad94c5fb2cd26a4bb6ad2ecf2e44be0ea5";
        for (text, shown) in [
            (format!("the database {key} does not exist"), "the database 0bb2f3ad… does not exist"),
            (format!("./{key}, {key}"), "./0bb2f3ad…, 0bb2f3ad…"),
            (format!("no module {key}.settings"), "no module 0bb2f3ad….settings"),
            ("user alice does not exist".to_owned(), "user alice does not exist"),
        ] {
            assert_eq!(without_keys(&text), shown);
        }
    }
}
