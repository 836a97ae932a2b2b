//! Rendering hints: the layers below name what to do as data, and only this
//! layer knows the names of options and commands.

use crate::hint::{Action, Hint, Joint, Manage, Program, Setting};

/// The command line as it was typed, to be typed again by another account.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The whole command line, quoted for a shell.
    pub words: String,
    /// Whether it names the database, itself or by settings.
    pub names_database: bool,
}

/// Returns a hint as text.
#[must_use]
pub(super) fn render(hint: &Hint, invocation: &Invocation) -> String {
    let mut text = hint.lead.to_string();
    for (at, (joint, action)) in hint.actions.iter().enumerate() {
        let is_in_words = matches!(action, Action::Words(_));
        if at > 0 {
            text.push_str(match joint {
                Joint::Or => " or ",
                Joint::And => " ",
                Joint::Then if is_in_words => ", then ",
                Joint::Then => "; then: ",
            });
        } else if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&spelled(action, invocation));
    }
    if !hint.trail.is_empty() {
        text.push(' ');
        text.push_str(&hint.trail);
    }
    text
}

fn spelled(action: &Action, invocation: &Invocation) -> String {
    match action {
        Action::Option(Setting::Column(name), value) => {
            let value = value.as_deref().unwrap_or("VALUE");
            format!("--set {}={}", quoted(name), quoted(value))
        }
        Action::Option(setting, value) => {
            let (flag, placeholder) = option(setting);
            match value.as_deref().map(quoted).or_else(|| placeholder.map(str::to_owned)) {
                Some(value) => format!("{flag} {value}"),
                None => flag.to_owned(),
            }
        }
        Action::Run(program) => format!("drfctl {}", command(*program)),
        Action::Manage(manage) => format!("python manage.py {}", managed(manage)),
        Action::Shell(words) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        Action::AsUser(account, path) => as_user(account, path, invocation),
        Action::Words(words) => words.to_string(),
    }
}

/// Returns an option, and the placeholder of its value if it takes one.
fn option(setting: &Setting) -> (&'static str, Option<&'static str>) {
    match setting {
        Setting::Database => ("--database", Some("PATH")),
        Setting::Settings => ("--settings", Some("MODULE")),
        Setting::Alias => ("--alias", Some("NAME")),
        Setting::PythonPath => ("--pythonpath", Some("DIR")),
        Setting::UserTable => ("--user-table", Some("TABLE")),
        Setting::UsernameField => ("--username-field", Some("COLUMN")),
        Setting::TimeZone => ("--time-zone", Some("ZONE")),
        Setting::BusyTimeout => ("--busy-timeout", Some("TIME")),
        Setting::AllowAliases => ("--allow-aliases", None),
        Setting::AllowOtherOwner => ("--allow-other-owner", None),
        Setting::Reset => ("-r", None),
        Setting::IfNotExists => ("--if-not-exists", None),
        Setting::Update => ("--update", None),
        Setting::Column(_) => ("--set", Some("COLUMN=VALUE")),
        Setting::Group => ("--group", Some("NAME")),
        Setting::CreateGroups => ("--create-groups", None),
        Setting::Like => ("--like", Some("USERNAME")),
        Setting::Signals => ("--signals", None),
        Setting::Hasher => ("--hasher", Some("NAME")),
        Setting::FakeInitial => ("--fake-initial", None),
        Setting::Fake => ("--fake", None),
    }
}

fn command(program: Program) -> &'static str {
    match program {
        Program::Inspect => "inspect",
        Program::List => "list",
        Program::ListUsers => "list users",
        Program::Migrate => "migrate",
        Program::MigrateList => "migrate --list",
        Program::MigrateFakeInitial => "migrate --fake-initial",
    }
}

fn managed(manage: &Manage) -> String {
    match manage {
        Manage::Migrate => "migrate".to_owned(),
        Manage::MigrateApp(app) => format!("migrate {}", quoted(app)),
        Manage::MigrateTo(app, name) => format!("migrate {} {}", quoted(app), quoted(name)),
        Manage::Unapply(app) => format!("migrate {} zero", quoted(app)),
        Manage::Forget(app) => format!("migrate --fake {} zero", quoted(app)),
        Manage::FakeInitial => "migrate --fake-initial".to_owned(),
        Manage::CheckModels => "makemigrations --check".to_owned(),
        Manage::CheckApplied => "migrate --check".to_owned(),
    }
}

/// Returns the same command line for another account. That account has another
/// environment, so that the file is named unless the command line names it.
fn as_user(account: &str, path: &str, invocation: &Invocation) -> String {
    let database = if invocation.names_database { String::new() } else { format!(" --database {}", quoted(path)) };
    format!("sudo -u {} {}{database}", quoted(account), invocation.words)
}

/// Returns a word, quoted for a shell if necessary.
#[must_use]
pub(super) fn quoted(word: &str) -> String {
    // Inside a word, = has no meaning to a shell.
    let is_plain = |word: &str| shlex::try_quote(word).is_ok_and(|quoted| quoted == word);
    if !word.starts_with('=') && is_plain(&word.replace('=', "_")) {
        return word.to_owned();
    }
    shlex::try_quote(word).map_or_else(|_| "…".to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_rendered_as_they_are_typed() {
        let option = |value| Action::option(Setting::UsernameField, value);
        let forget = Hint::manage(Manage::Forget("authtoken".into()));
        let typed = Invocation { words: "drfctl list".to_owned(), names_database: false };
        for (hint, said) in [
            (Hint::advice("look again"), "look again"),
            (Hint::option(Setting::Settings).lead("name them"), "name them: --settings MODULE"),
            (
                Hint::action(option("e mail")).or(option("handle")).lead("name it"),
                "name it: --username-field 'e mail' or --username-field handle",
            ),
            (Hint::option(Setting::Reset).lead("replace its key"), "replace its key: -r"),
            (
                forget.then(Action::Manage(Manage::MigrateApp("authtoken".into()))),
                "python manage.py migrate --fake authtoken zero; then: python manage.py migrate authtoken",
            ),
            (
                Hint::action(Action::Shell(vec!["sqlite3".into(), "a b".into()])).then(Action::Words("look".into())),
                "sqlite3 'a b', then look",
            ),
            (
                Hint::action(Action::option(Setting::Column("a".into()), "1"))
                    .and(Action::Option(Setting::Column("b".into()), None)),
                "--set a=1 --set b=VALUE",
            ),
            (
                Hint::action(Action::AsUser("app".into(), "/srv/a b".into())),
                "sudo -u app drfctl list --database '/srv/a b'",
            ),
        ] {
            assert_eq!(render(&hint, &typed), said);
        }
    }
}
