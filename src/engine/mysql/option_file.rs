//! Option files such as `~/.my.cnf`, as MySQL's own clients read them.

use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::engine::variables::Variables;
use crate::error::{Error, Result};
use crate::os::SecretFile;

/// How deep files may include others.
const DEPTH: usize = 10;

/// The client options of an option file.
#[derive(Default)]
pub(super) struct OptionFile(Vec<(String, Zeroizing<String>)>);

impl OptionFile {
    /// Reads the named file, or the default one, and those that it includes. A
    /// named group is read in addition to those of every client.
    ///
    /// # Errors
    /// Rejected, if a file cannot be read, or has a password and other accounts
    /// can read it.
    pub(super) fn read(named: Option<&str>, group: Option<&str>, variables: &Variables) -> Result<Self> {
        let (path, found) = match (named, variables.get("HOME")) {
            (Some(named), _) => (PathBuf::from(named), SecretFile::read(Path::new(named))?),
            (None, Some(home)) => {
                let path = Path::new(home).join(".my.cnf");
                let found = SecretFile::read_default(&path)?;
                (path, found)
            }
            (None, None) => return Ok(Self::default()),
        };
        let mut options = Self::default();
        options.add(&path, found, group, DEPTH)?;
        Ok(options)
    }

    fn add(&mut self, path: &Path, found: Option<SecretFile>, group: Option<&str>, depth: usize) -> Result<()> {
        let Some(found) = found else { return Ok(()) };
        let mut is_ours = false;
        for line in found.text.lines().map(str::trim) {
            match parse(line) {
                Line::Group(name) => is_ours = is_client(name) || group.is_some_and(|group| same(group, name)),
                Line::Include(_) if depth == 0 => {
                    return Err(Error::rejected(format!("{} includes too many files", path.display())));
                }
                Line::Include(paths) => {
                    for path in paths {
                        self.add(&path, SecretFile::read(&path)?, group, depth - 1)?;
                    }
                }
                Line::Option(name, value) if is_ours => {
                    if name == "password" {
                        found.check_private()?;
                    }
                    self.0.push((name, value));
                }
                Line::Option(..) | Line::Nothing => {}
            }
        }
        Ok(())
    }

    /// Returns the value of an option; the last assignment wins.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.to_string())
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Returns whether every client reads a group.
fn is_client(name: &str) -> bool {
    ["client", "client-mariadb", "client-server"].iter().any(|known| same(known, name))
}

/// A line of an option file.
enum Line<'a> {
    /// Empty, or a comment.
    Nothing,
    Group(&'a str),
    Include(Vec<PathBuf>),
    /// A name, with dashes, and a value.
    Option(String, Zeroizing<String>),
}

fn parse(line: &str) -> Line<'_> {
    if line.is_empty() || line.starts_with(['#', ';']) {
        return Line::Nothing;
    }
    if let Some(group) = line.strip_prefix('[') {
        return Line::Group(group.split(']').next().unwrap_or_default().trim_end());
    }
    if let Some(directive) = line.strip_prefix('!') {
        let (word, path) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
        return match word {
            "include" => Line::Include(vec![PathBuf::from(path.trim())]),
            "includedir" => Line::Include(files_of(Path::new(path.trim()))),
            _ => Line::Nothing,
        };
    }
    let (name, value) = without_comment(line).split_once('=').unwrap_or((without_comment(line), ""));
    let name = name.trim_end().replace('_', "-");
    Line::Option(name.strip_prefix("loose-").unwrap_or(&name).to_owned(), unquoted(value.trim()))
}

/// Returns the option files of a folder.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "cnf"));
    files.sort();
    files
}

/// Returns a line up to a `#` that is not quoted.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut is_escaped) = (None, false);
    for (at, character) in line.char_indices() {
        match character {
            '\'' | '"' if !is_escaped && quote.is_none() => quote = Some(character),
            '\'' | '"' if !is_escaped && quote == Some(character) => quote = None,
            '#' if quote.is_none() => return &line[..at],
            _ => {}
        }
        is_escaped = quote.is_some() && character == '\\' && !is_escaped;
    }
    line
}

/// Returns a value without its quotes and escapes.
fn unquoted(value: &str) -> Zeroizing<String> {
    let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let mut plain = Zeroizing::new(String::with_capacity(value.len()));
    let mut characters = inner.unwrap_or(value).chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next() } else { None };
        match escaped {
            None => plain.push(character),
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('b') => plain.push('\u{8}'),
            Some('s') => plain.push(' '),
            Some(other @ ('\\' | '"' | '\'')) => plain.push(other),
            Some(other) => plain.extend(['\\', other]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::*;

    /// Reads a file of this text.
    fn read(text: &str, group: Option<&str>) -> OptionFile {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cnf");
        fs::write(&path, text.replace("{folder}", folder.path().to_str().unwrap())).unwrap();
        fs::create_dir(folder.path().join("more")).unwrap();
        for (name, text) in
            [("more/b.cnf", "[client]\nhost=b\n"), ("more/a.cnf", "[client]\nhost=a\n"), ("more/c", "x")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        OptionFile::read(path.to_str(), group, &Variables::default()).unwrap()
    }

    /// N86: the values are those that `my_print_defaults` prints.
    #[test]
    fn values_are_those_that_the_servers_own_clients_read() {
        let file = read(
            r#"
[mysqld]
user=other
[client]
user = 'shop' # c
password="a=b#c"
host=h#x
port = 1 # y
socket = /a b/c
ssl_ca=/ca.pem
loose-ssl-cert=/c.pem
; semi
database = "x\"y"
ssl-key = a\tb\\c\sd
ssl
connect-timeout=1;2
prompt = '\\u\z'
bind-address=
[client ]
foo=1
[Client]
bar=2
[mysql]
quick
"#,
            None,
        );
        let lines: Vec<String> = file.0.iter().map(|(name, value)| format!("{name}={}", value.as_str())).collect();
        let expected = [
            "user=shop",
            "password=a=b#c",
            "host=h",
            "port=1",
            "socket=/a b/c",
            "ssl-ca=/ca.pem",
            "ssl-cert=/c.pem",
            "database=x\"y",
            "ssl-key=a\tb\\c d",
            "ssl=",
            "connect-timeout=1;2",
            "prompt=\\u\\z",
            "bind-address=",
            "foo=1",
            "bar=2",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn groups_and_files_can_be_added() {
        let file = read("[client]\nhost=x\n[mine]\nuser=shop\n!includedir {folder}/more\n", Some("mine"));
        assert_eq!((file.get("host").as_deref(), file.get("user").as_deref()), (Some("b"), Some("shop")));
        let file = read("[client]\nhost=x\n!include {folder}/more/a.cnf\n!include {folder}/missing.cnf\n", None);
        assert_eq!(file.get("host").as_deref(), Some("a"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cnf");
        fs::write(&path, format!("!include {}\n", path.display())).unwrap();
        assert!(OptionFile::read(path.to_str(), None, &Variables::default()).is_err());
    }

    /// Returns the options that the server's own program reads; `None` where it is
    /// not installed, or finds an error.
    fn printed_defaults(path: &Path) -> Option<Vec<(String, String)>> {
        let mut command = Command::new("my_print_defaults");
        command.arg(format!("--defaults-file={}", path.display())).arg("client");
        let output = command.output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        let option = |line: &str| {
            let (name, value) = line.strip_prefix("--")?.split_once('=').unwrap_or((&line[2..], ""));
            Some((name.replace('_', "-"), value.to_owned()))
        };
        text.lines().map(option).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        /// N86: each piece is one that a parser could read in another way.
        #[test]
        fn any_option_is_read_like_by_the_servers_own_program(
            start in "a|#|;|\\[client\\]",
            pieces in proptest::collection::vec("[a-c]|[ '\"#;=\\\\_-]|\\\\[nsx'\"]|\\[client\\]", 0..10),
        ) {
            let (folder, line) = (tempfile::tempdir().unwrap(), format!("{start}{}", pieces.concat()));
            let path = folder.path().join("x.cnf");
            fs::write(&path, format!("[client]\n{line}\nlast=1\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let found = OptionFile::read(path.to_str(), None, &Variables::default()).unwrap();
            if let Some(printed) = printed_defaults(&path) {
                let found: Vec<_> = found.0.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
                prop_assert_eq!(found, printed, "{}", line);
            }
        }
    }
}
