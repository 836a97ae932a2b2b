//! The password file `.pgpass`, as libpq reads it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::engine::variables::Variables;
use crate::error::Result;
use crate::os::SecretFile;

/// A password file.
pub(super) struct PasswordFile(Option<SecretFile>);

impl PasswordFile {
    /// Reads the named file, or the default one.
    ///
    /// # Errors
    /// Rejected, if the file cannot be read, or other accounts can read it.
    pub(super) fn read(named: Option<&str>, variables: &Variables) -> Result<Self> {
        let found = match (named, variables.get("PGPASSFILE"), variables.get("HOME")) {
            (Some(named), _, _) => SecretFile::read(Path::new(named))?,
            (None, Some(named), _) => SecretFile::read(&PathBuf::from(named))?,
            (None, None, Some(home)) => SecretFile::read_default(&Path::new(home).join(".pgpass"))?,
            (None, None, None) => None,
        };
        if let Some(file) = &found {
            file.check_private()?;
        }
        Ok(Self(found))
    }

    /// Returns the password for a connection: host, port, database and user.
    pub(super) fn password(&self, wanted: [&str; 4]) -> Option<Zeroizing<String>> {
        self.0.as_ref()?.text.lines().find_map(|line| password(line, wanted))
    }
}

/// Returns the password of a line if the line matches the connection. It ends at
/// a colon; a backslash escapes a colon or a backslash.
fn password(line: &str, wanted: [&str; 4]) -> Option<Zeroizing<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line;
    for field in wanted {
        rest = after_field(rest, field)?;
    }
    let mut password = Zeroizing::new(String::with_capacity(rest.len()));
    let mut characters = rest.chars();
    while let Some(character) = characters.next().filter(|character| *character != ':') {
        let escaped = if character == '\\' { characters.next() } else { None };
        password.push(escaped.unwrap_or(character));
    }
    Some(password)
}

/// Returns what follows the first field of a line if that field matches.
fn after_field<'a>(line: &'a str, wanted: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("*:") {
        return Some(rest);
    }
    let (mut found, mut wanted) = (line.chars(), wanted.chars());
    loop {
        match (found.next()?, wanted.next()) {
            (':', None) => return Some(found.as_str()),
            ('\\', Some(next)) if found.next() == Some(next) => {}
            (character, Some(next)) if character == next && character != '\\' => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn the_first_matching_line_of_pgpass_has_the_password() {
        let of = |line: &str| password(line, ["db", "5432", "shop", "a:b"]).map(|found| found.to_string());
        for (line, found) in [
            (r"db:5432:shop:a\:b:s3\:cr\\et", Some(r"s3:cr\et")),
            (r"\db:*:*:*:x", Some("x")),
            ("*:*:*:*:x:y", Some("x")),
            (r"*:*:*:*:x\", Some(r"x\")),
            ("*:*:*:*:", Some("")),
            (r"db:5433:shop:a\:b:x", None),
            (r"\*:*:*:*:x", None),
            ("#*:*:*:*:x", None),
            ("*:*:*:x", None),
            ("", None),
            ("db:5432:shop:b:x", None),
            ("db:5432:shop:a:b:x", Some("x")),
        ] {
            assert_eq!(of(line).as_deref(), found, "{line}");
        }
    }

    proptest! {
        #[test]
        fn escaped_fields_match_and_the_password_is_read_back(fields in any::<[String; 4]>(), secret in any::<String>()) {
            let escaped = |text: &str| text.replace('\\', r"\\").replace(':', r"\:");
            let line: String = fields.iter().map(|field| escaped(field) + ":").collect();
            let wanted = [fields[0].as_str(), &fields[1], &fields[2], &fields[3]];
            let found = password(&(line.clone() + &escaped(&secret)), wanted).map(|found| found.to_string());
            // A line that begins with `#` is a comment.
            let expected = (!line.starts_with('#')).then_some(secret);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_line_can_be_read(line in any::<String>(), fields in any::<[String; 4]>()) {
            let _ = password(&line, [&fields[0], &fields[1], &fields[2], &fields[3]]);
        }
    }
}
