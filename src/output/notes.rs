//! What is said beside the data, on standard error: errors, hints, warnings
//! and notes. A message that cannot be written is lost, never a fault.

use std::io::{Write, stderr};

use anstyle::{AnsiColor, Style};

use crate::output::escape::escape;

/// How messages are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes {
    /// Whether to color the first word.
    pub color: bool,
    /// Say nothing at all.
    pub silent: bool,
    /// Django's verbosity: 0 leaves the notes out.
    pub verbosity: u8,
    /// Show the causes of an error.
    pub causes: bool,
    /// Begin errors as Django's commands do.
    pub django: bool,
}

impl Notes {
    /// Something that a person may want to know.
    pub fn note(self, text: &str) {
        if self.verbosity > 0 {
            self.line("note: ", AnsiColor::Cyan, text);
        }
    }

    /// Something that a person should see to.
    pub fn warning(self, text: &str) {
        self.line("warning: ", AnsiColor::Yellow, text);
    }

    /// Why the command failed.
    pub fn error(self, text: &str) {
        self.line(if self.django { "CommandError: " } else { "error: " }, AnsiColor::Red, text);
    }

    /// What lay beneath an error.
    pub fn cause(self, text: &str) {
        self.line("caused by: ", AnsiColor::Red, text);
    }

    /// What to do next.
    pub fn hint(self, text: &str) {
        self.line("hint: ", AnsiColor::Green, text);
    }

    /// Lines that are made elsewhere and may repeat what was typed.
    pub fn lines(self, text: &str) {
        for line in text.lines() {
            self.write(&format!("{}\n", escape(&without_passwords(line))));
        }
    }

    fn line(self, label: &str, color: AnsiColor, text: &str) {
        let style = if self.color { Style::new().bold().fg_color(Some(color.into())) } else { Style::new() };
        self.write(&format!("{style}{label}{style:#}{}\n", escape(&without_passwords(text))));
    }

    fn write(self, line: &str) {
        if !self.silent {
            let _ = stderr().write_all(line.as_bytes());
        }
    }
}

/// The text with the password taken out of everything that looks like a URL:
/// messages may repeat what somebody else wrote.
fn without_passwords(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words.map(|word| hidden(word).unwrap_or_else(|| word.to_owned())).collect()
}

/// `scheme:/…user:[redacted]@…`, if the word is a URL with a password.
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
    fn a_password_in_a_url_is_not_repeated() {
        for (text, said) in [
            ("cannot parse postgres://bob:s3@cret@db/x now", "cannot parse postgres://bob:[redacted]@db/x now"),
            ("no directory postgres:/bob:s3cret@h", "no directory postgres:/bob:[redacted]@h"),
            ("user a:b@c of sqlite:///x", "user a:b@c of sqlite:///x"),
        ] {
            assert_eq!(without_passwords(text), said);
        }
    }
}
