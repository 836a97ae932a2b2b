//! Service files, as libpq reads them: `~/.pg_service.conf` and the system's
//! `pg_service.conf`.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::engine::variables::Variables;
use crate::error::{Error, Result};
use crate::os::SecretFile;

/// Where distributions keep the system's file, unless `PGSYSCONFDIR` names the
/// folder.
const SYSTEM: [&str; 3] = ["/etc/postgresql-common", "/etc/sysconfig/pgsql", "/usr/local/pgsql/etc"];

/// Options by their keyword.
pub(super) type Options = Vec<(String, Zeroizing<String>)>;

/// Returns the options of a service.
///
/// # Errors
/// Rejected, if a file cannot be read or has an invalid line, or no file
/// defines the service.
pub(super) fn read(service: &str, named: Option<&str>, variables: &Variables) -> Result<Options> {
    let (own, is_named) = match (named, variables.get("PGSERVICEFILE"), variables.get("HOME")) {
        (Some(named), _, _) => (Some(PathBuf::from(named)), true),
        (None, Some(named), _) => (Some(PathBuf::from(named)), true),
        (None, None, home) => (home.map(|home| Path::new(home).join(".pg_service.conf")), false),
    };
    let folders = match variables.get("PGSYSCONFDIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => SYSTEM.map(PathBuf::from).to_vec(),
    };
    let files = folders.into_iter().map(|folder| (folder.join("pg_service.conf"), false));
    for (path, is_named) in own.map(|path| (path, is_named)).into_iter().chain(files) {
        let file = if is_named { SecretFile::read(&path)? } else { SecretFile::read_default(&path)? };
        match file {
            Some(file) => {
                if let Some(options) = section(&file.text, service).map_err(|line| invalid(&path, line))? {
                    return Ok(options);
                }
            }
            None if is_named => return Err(Error::rejected(format!("no service file {}", path.display()))),
            None => {}
        }
    }
    Err(Error::rejected(format!("the service {service} is not defined"))
        .hint("define it in ~/.pg_service.conf, or name the file with PGSERVICEFILE"))
}

fn invalid(path: &Path, line: usize) -> Error {
    Error::rejected(format!("line {line} of the service file {} is invalid", path.display()))
        .hint("write keyword=value, without spaces around =")
}

/// Returns the options of a section. The first value of a keyword counts.
///
/// # Errors
/// The number of an invalid line.
fn section(text: &str, service: &str) -> Result<Option<Options>, usize> {
    let mut found: Option<Options> = None;
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            let is_it = name.strip_prefix(service).is_some_and(|rest| rest.starts_with(']'));
            found = is_it.then(Options::new);
        } else if let Some(options) = &mut found {
            // A line that begins with `ldap` would ask a directory server.
            let (keyword, value) = line.split_once('=').filter(|_| !line.starts_with("ldap")).ok_or(number + 1)?;
            if keyword == "service" || keyword.contains(char::is_whitespace) {
                return Err(number + 1);
            }
            if options.iter().all(|(known, _)| known != keyword) {
                options.push((keyword.to_owned(), Zeroizing::new(value.to_owned())));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    /// N34
    #[test]
    fn a_section_has_the_options_of_its_service() {
        let text = "# shop\n[other]\nhost=x\n[shop]\n  host=db\nport=1\nport=2\npassword=a=b c\n\n[shop]\nuser=late\n";
        let of = |service: &str| {
            let options = section(text, service).unwrap();
            options.map(|options| {
                options.iter().map(|(name, value)| format!("{name}={}", value.as_str())).collect::<Vec<_>>()
            })
        };
        assert_eq!(of("shop").unwrap(), ["host=db", "port=1", "password=a=b c"]);
        assert_eq!(of("other").unwrap(), ["host=x"]);
        assert_eq!(of("sho"), None);
        for (text, line) in [
            ("[shop]\nhost = db", 2),
            ("[shop]\nhost", 2),
            ("[shop]\n\nservice=other", 3),
            ("[shop]\nldap://directory/x=y", 2),
        ] {
            assert_eq!(section(text, "shop").unwrap_err(), line, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_section_is_read_back_between_others(
            options in proptest::collection::btree_map("[a-z]{1,8}", "[^\\s=]([^\r\n]*[^\\s])?", 0..5),
            others in "(\\[[^\\]x\r\n]*\\]\n([a-z]+=[^\r\n]*\n)*){0,3}",
        ) {
            let lines: Vec<_> = options.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            let lines = lines.concat();
            let found = section(&format!("{others}[x]\n{lines}{others}"), "x");
            let is_invalid = options.keys().any(|name| name == "service" || name.starts_with("ldap"));
            let found = found.map(|found| {
                found.unwrap().iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
            });
            prop_assert_eq!(found.ok(), (!is_invalid).then_some(options));
        }

        #[test]
        fn any_text_can_be_read(text in "([\\[\\]#=x \\PC]|\n){0,60}") {
            let _ = section(&text, "x");
        }
    }
}
