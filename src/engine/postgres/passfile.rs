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

/// Returns the password of a line if the line matches the connection. A
/// backslash escapes a colon or a backslash.
fn password(line: &str, wanted: [&str; 4]) -> Option<Zeroizing<String>> {
    let mut fields = vec![Zeroizing::new(String::with_capacity(line.len()))];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' if fields.len() < 5 => fields.push(Zeroizing::new(String::with_capacity(line.len()))),
            '\\' => fields.last_mut()?.push(characters.next()?),
            other => fields.last_mut()?.push(other),
        }
    }
    let password = if fields.len() == 5 { fields.pop()? } else { return None };
    let fits = fields.iter().zip(wanted).all(|(field, wanted)| field.as_str() == "*" || field.as_str() == wanted);
    (fits && !line.starts_with('#')).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matching_line_of_pgpass_has_the_password() {
        let of = |line: &str| password(line, ["db", "5432", "shop", "a:b"]).map(|found| found.to_string());
        assert_eq!(of(r"db:5432:shop:a\:b:s3:cr\\et").as_deref(), Some(r"s3:cr\et"));
        assert_eq!(of("*:*:*:*:x").as_deref(), Some("x"));
        for other in [r"db:5433:shop:a\:b:x", "#db:*:*:*:x", "*:*:*:x", "", "db:5432:shop:b:x"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
