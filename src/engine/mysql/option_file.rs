//! Option files such as `~/.my.cnf`, as MySQL's own clients read them.

use std::path::Path;

use zeroize::Zeroizing;

use crate::engine::variables::Variables;
use crate::error::Result;
use crate::os::SecretFile;

/// The client options of an option file.
#[derive(Default)]
pub(super) struct OptionFile(Vec<(String, Zeroizing<String>)>);

impl OptionFile {
    /// Reads the named file, or the default one. A named group is read in
    /// addition to those of every client.
    ///
    /// # Errors
    /// Rejected, if the file cannot be read, or has a password and other
    /// accounts can read it.
    pub(super) fn read(named: Option<&str>, group: Option<&str>, variables: &Variables) -> Result<Self> {
        let found = match (named, variables.get("HOME")) {
            (Some(named), _) => SecretFile::read(Path::new(named))?,
            (None, Some(home)) => SecretFile::read_default(&Path::new(home).join(".my.cnf"))?,
            (None, None) => None,
        };
        let Some(found) = found else { return Ok(Self::default()) };
        let options = client_options(&found.text, group);
        if options.iter().any(|(name, _)| name == "password") {
            found.check_private()?;
        }
        Ok(Self(options))
    }

    /// Returns the value of an option; the last assignment wins.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.to_string())
    }
}

/// Returns the options of the groups that every client reads, with dashes in
/// their names.
fn client_options(text: &str, named: Option<&str>) -> Vec<(String, Zeroizing<String>)> {
    let mut is_ours = false;
    let mut options = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(group) = line.strip_prefix('[') {
            let group = group.trim_end_matches(']');
            is_ours = matches!(group, "client" | "client-mariadb" | "client-server") || Some(group) == named;
        } else if is_ours && !line.is_empty() && !line.starts_with(['#', ';']) {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            let value = value.trim();
            let quoted = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
            let bare = || value.split('#').next().unwrap_or_default().trim_end();
            let value = quoted('"').or_else(|| quoted('\'')).unwrap_or_else(bare);
            options.push((name.trim().replace('_', "-"), Zeroizing::new(value.to_owned())));
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[mysqld]\nuser=other\n[client]\nuser = 'shop'\n# password=no\npassword=\"a=b\"\nport=1 # x
ssl_ca=/ca.pem\n[mysql]\nhost=x\n";

    #[test]
    fn the_client_groups_of_an_option_file_are_read() {
        let file = OptionFile(client_options(TEXT, None));
        let found = ["user", "password", "ssl-ca", "host"].map(|name| file.get(name));
        assert_eq!(found.each_ref().map(Option::as_deref), [Some("shop"), Some("a=b"), Some("/ca.pem"), None]);
        let file = OptionFile(client_options(TEXT, Some("mysql")));
        assert_eq!((file.get("user").as_deref(), file.get("host").as_deref()), (Some("shop"), Some("x")));
    }
}
