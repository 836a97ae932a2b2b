//! Random sequences of commands, some of them killed at a write. After each, the lists agree with a
//! model in memory; at the end, Django agrees, too.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, ProptestConfig, Strategy, TestCaseError, any, prop_assert, prop_assert_eq, prop_oneof};
use proptest::proptest;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use serde_json::Value;

use crate::support::{Invocation, KEY, Sandbox, Shim, is_key};

/// The first three exist from the beginning; `ina` is inactive.
const NAMES: [&str; 6] = ["alice", "bob", "ina", "carol", "Alice", "dora"];

/// More writes than a command has, so that some commands are not killed.
const WRITES: u8 = 16;

/// A command.
#[derive(Clone, Debug)]
enum Command {
    CreateUser { name: &'static str, with_token: bool, existing: Option<&'static str> },
    CreateToken { names: Vec<&'static str>, reset: bool },
    ResetAll,
    CreateMissingTokens,
    Revoke(Vec<&'static str>),
    RevokeAll,
    SetActive { names: Vec<&'static str>, is_active: bool },
    Verify(&'static str),
}

/// A command, and the write at which it is killed.
#[derive(Clone, Debug)]
struct Step {
    command: Command,
    killed_at: Option<u8>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || select(&NAMES[..]);
    let names = || vec(name(), 1..4);
    let existing = option::of(select(&["--if-not-exists", "--update"][..]));
    let command = prop_oneof![
        3 => (name(), any::<bool>(), existing)
            .prop_map(|(name, with_token, existing)| Command::CreateUser { name, with_token, existing }),
        4 => (names(), any::<bool>()).prop_map(|(names, reset)| Command::CreateToken { names, reset }),
        1 => Just(Command::ResetAll),
        1 => Just(Command::CreateMissingTokens),
        2 => names().prop_map(Command::Revoke),
        1 => Just(Command::RevokeAll),
        2 => (names(), any::<bool>()).prop_map(|(names, is_active)| Command::SetActive { names, is_active }),
        2 => name().prop_map(Command::Verify),
    ];
    let step = (command, option::weighted(0.4, 1..WRITES)).prop_map(|(command, killed_at)| Step { command, killed_at });
    vec(step, 1..25)
}

/// The expected key of a user.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    None,
    Is(String),
    New,
}

/// Whether each user is active, and the user's key.
type Users<K> = BTreeMap<String, (bool, K)>;

/// The expected state.
struct Model {
    users: Users<Option<String>>,
    /// All keys that ever existed.
    keys: BTreeSet<String>,
}

impl Model {
    fn new() -> Self {
        let users = NAMES[..3].iter().map(|name| ((*name).to_owned(), (*name != "ina", None)));
        Self { users: users.collect(), keys: BTreeSet::new() }
    }

    /// Returns the exit status of a command, and the state after it.
    fn expect(&self, command: &Command) -> (&'static str, Users<Key>) {
        let before: Users<Key> = self
            .users
            .iter()
            .map(|(name, (is_active, key))| (name.clone(), (*is_active, key.clone().map_or(Key::None, Key::Is))))
            .collect();
        let mut after = before.clone();
        match command {
            Command::CreateUser { name, existing: None, .. } if before.contains_key(*name) => return ("4", before),
            Command::CreateToken { names, .. } | Command::Revoke(names) | Command::SetActive { names, .. }
                if names.iter().any(|name| !before.contains_key(*name)) =>
            {
                return ("3", before);
            }
            Command::Verify(name) => return (if self.presented(name).1 == Some(true) { "0" } else { "3" }, before),
            Command::CreateUser { name, with_token, .. } => {
                let user = after.entry((*name).to_owned()).or_insert((true, Key::None));
                if *with_token {
                    give(user);
                }
            }
            Command::CreateToken { names, reset: false } => each(&mut after, names).for_each(give),
            Command::CreateToken { names, reset: true } => each(&mut after, names).for_each(|user| user.1 = Key::New),
            Command::ResetAll => {
                after.values_mut().filter(|user| user.1 != Key::None).for_each(|user| user.1 = Key::New);
            }
            Command::CreateMissingTokens => after.values_mut().for_each(give),
            Command::Revoke(names) => each(&mut after, names).for_each(|user| user.1 = Key::None),
            Command::RevokeAll => after.values_mut().for_each(|user| user.1 = Key::None),
            Command::SetActive { names, is_active } => each(&mut after, names).for_each(|user| user.0 = *is_active),
        }
        ("0", after)
    }

    /// Returns the key to present for a user, and whether the user is active, if it is the user's.
    fn presented(&self, name: &str) -> (&str, Option<bool>) {
        if let Some((is_active, Some(key))) = self.users.get(name) {
            return (key, Some(*is_active));
        }
        let current: BTreeSet<_> = self.users.values().filter_map(|user| user.1.as_ref()).collect();
        let replaced = self.keys.iter().find(|key| !current.contains(key));
        (replaced.map_or(KEY, String::as_str), None)
    }

    /// Returns whether the database has the expected state. A new key must never have existed.
    fn matches(&self, expected: &Users<Key>, found: &Users<Option<String>>) -> bool {
        let mut new = BTreeSet::new();
        let matches = |expected: &Key, found: &Option<String>, new: &mut BTreeSet<String>| match (expected, found) {
            (Key::None, None) => true,
            (Key::Is(expected), Some(found)) => expected == found,
            (Key::New, Some(found)) => is_key(found) && !self.keys.contains(found) && new.insert(found.clone()),
            _ => false,
        };
        expected.len() == found.len()
            && expected.iter().all(|(name, (is_active, key))| {
                found.get(name).is_some_and(|user| *is_active == user.0 && matches(key, &user.1, &mut new))
            })
    }

    fn adopt(&mut self, found: Users<Option<String>>) {
        self.keys.extend(found.values().filter_map(|(_, key)| key.clone()));
        self.users = found;
    }
}

/// Returns the users with these names.
fn each<'a>(users: &'a mut Users<Key>, names: &'a [&str]) -> impl Iterator<Item = &'a mut (bool, Key)> {
    users.iter_mut().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, user)| user)
}

fn give(user: &mut (bool, Key)) {
    if user.1 == Key::None {
        user.1 = Key::New;
    }
}

fn call(sandbox: &Sandbox, command: &Command, model: &Model) -> Invocation {
    let drfctl = |command: &str| sandbox.drfctl([command]);
    match command {
        Command::CreateUser { name, with_token, existing } => drfctl("create-user")
            .args(["--no-password", name])
            .args(with_token.then_some("--with-token"))
            .args(existing),
        Command::CreateToken { names, reset } => drfctl("create-token").args(reset.then_some("-r")).args(names),
        Command::ResetAll => drfctl("create-token").args(["-r", "--all", "--yes"]),
        Command::CreateMissingTokens => drfctl("create-token").args(["--without-token", "--yes"]),
        Command::Revoke(names) => drfctl("revoke").arg("--yes").args(names),
        Command::RevokeAll => drfctl("revoke").args(["--all", "--yes"]),
        Command::SetActive { names, is_active } => {
            drfctl(if *is_active { "activate" } else { "deactivate" }).args(names)
        }
        Command::Verify(name) => drfctl("verify").stdin(model.presented(name).0),
    }
}

fn records(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let outcome = sandbox.drfctl(["list", "--format", "json"]).args(args).run().ok();
    serde_json::from_str(&outcome.stdout).expect("records")
}

/// Returns the output of the lists. Without `lists_users`, users without a token are taken from the
/// model.
fn listed(sandbox: &Sandbox, model: &Model, lists_users: bool) -> Users<Option<String>> {
    let user = |record: &Value| {
        (
            record["username"].as_str().expect("a name").to_owned(),
            record["active"].as_bool().expect("whether it is active"),
        )
    };
    let mut users: Users<Option<String>> = if lists_users {
        records(sandbox, &["users"]).iter().map(user).map(|(name, is_active)| (name, (is_active, None))).collect()
    } else {
        model.users.iter().map(|(name, (is_active, _))| (name.clone(), (*is_active, None))).collect()
    };
    for record in records(sandbox, &["--show-keys"]) {
        let (name, is_active) = user(&record);
        users.insert(name, (is_active, record["key"].as_str().map(str::to_owned)));
    }
    users
}

fn run_step(step: &Step, sandbox: &Sandbox, model: &mut Model) -> Result<(), TestCaseError> {
    let (status, after) = model.expect(&step.command);
    let mut call = call(sandbox, &step.command, model);
    let shim = Shim::new(sandbox);
    if let Some(write) = step.killed_at {
        call = shim.load(call).env("SHIM_WRITE", format!("kill:{write}"));
    }
    let outcome = call.run();
    let is_killed = outcome.status == "signal 9";
    prop_assert!(is_killed || outcome.status == status, "not {status}\n{outcome}");
    prop_assert_eq!(is_killed, shim.fired("write"));
    let lists_users = is_killed || matches!(step.command, Command::CreateUser { .. } | Command::SetActive { .. });
    let found = listed(sandbox, model, lists_users);
    let is_new = model.matches(&after, &found);
    prop_assert!(is_new || is_killed && found == model.users, "{found:?}\nis not\n{after:?}\n{outcome}");
    prop_assert!(outcome.keys().iter().all(|key| found.values().any(|user| user.1.as_ref() == Some(key))), "{outcome}");
    if let (Command::CreateToken { names, .. }, "0") = (&step.command, outcome.status.as_str()) {
        let theirs: Vec<_> = names.iter().filter_map(|name| found[*name].1.clone()).collect();
        prop_assert_eq!(outcome.keys(), theirs);
    }
    model.adopt(found);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        max_shrink_time: 60_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn killed_commands_leave_the_state_that_a_model_predicts(steps in steps()) {
        let sandbox = Sandbox::stock();
        let mut model = Model::new();
        for step in &steps {
            run_step(step, &sandbox, &mut model)?;
        }
        prop_assert_eq!(sandbox.sql("PRAGMA integrity_check").concat(), ["ok"]);
        prop_assert!(sandbox.sql("PRAGMA foreign_key_check").is_empty());
        let seen: Users<Option<String>> = sandbox.ask(&(), "from django.contrib.auth.models import User\n\
            answer = {user.username: (user.is_active, user.auth_token.key if hasattr(user, 'auth_token') else None)\n\
            \tfor user in User.objects.select_related('auth_token')}");
        prop_assert_eq!(seen, model.users);
    }
}
