//! Messages on standard error: errors, hints, warnings and notes. A message that
//! cannot be written is dropped and is not an error.

use std::io::{Write, stderr};

use anstyle::{AnsiColor, Style};

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
}
