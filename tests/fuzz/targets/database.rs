//! Database files that are damaged, or made to do harm: every command answers,
//! what only looks or is refused leaves the file as it was, no message tells a
//! secret, and nothing appears but what belongs to the database.
//!
//! The input: an operation, which file is beside the database, how many places
//! are overwritten (page, offset of two bytes, length, bytes), and then that file.

#![no_main]

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use drfctl::django::token_key::TokenKey;
use drfctl::django::username::Username;
use drfctl::error::{Kind, Result};
use drfctl::sql::filter::TokenFilter;
use drfctl::store::{
    BulkOrder, Existing, Faking, ListOrder, MigrateOrder, Order, Pace, Passage, Revocation, Store, UserData, UserOrder,
};
use drfctl_fuzz::{example, folder, open, said};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// The key of a token that is there.
const KEY: &str = "f1eed000f1eed000f1eed000f1eed000f1eed000";

/// The bytes of a page, as `example` makes them.
const PAGE: usize = 512;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

/// The database as it was, and a part of everything in it that is secret.
static BASE: LazyLock<(Vec<u8>, Vec<String>)> = LazyLock::new(|| {
    let path = path();
    example(&path);
    let connection = rusqlite::Connection::open(&path).expect("a database");
    connection
        .execute_batch(&format!("INSERT INTO authtoken_token VALUES ('{KEY}', '2026-01-02 03:04:05', 1)"))
        .expect("a token");
    let mut hashes = connection.prepare("SELECT substr(password, 6, 16) FROM auth_user").expect("a statement");
    let hashes = hashes.query_map([], |row| row.get(0)).expect("hashes").map(|hash| hash.expect("a hash"));
    let secrets = hashes.chain([KEY[8..24].to_owned()]).collect();
    (fs::read(&path).expect("the database"), secrets)
});

fn path() -> PathBuf {
    FOLDER.path().join("db.sqlite3")
}

fn beside(ending: &str) -> PathBuf {
    FOLDER.path().join(format!("db.sqlite3-{ending}"))
}

fuzz_target!(|input: &[u8]| {
    let Some(([operation, side, places], mut rest)) = input.split_first_chunk::<3>() else { return };
    let (base, secrets) = &*BASE;
    let mut bytes = base.clone();
    for _ in 0..*places {
        let Some(([page, high, low, length], after)) = rest.split_first_chunk::<4>() else { break };
        let at = (usize::from(*page) * PAGE + usize::from(u16::from_be_bytes([*high, *low]))) % bytes.len();
        let length = usize::from(*length).min(after.len()).min(bytes.len() - at);
        bytes[at..at + length].copy_from_slice(&after[..length]);
        rest = &after[length..];
    }
    let endings = ["journal", "wal", "shm"];
    for ending in endings {
        let _ = fs::remove_file(beside(ending));
    }
    let side = endings.get(usize::from(*side));
    if let Some(ending) = side {
        fs::write(beside(ending), rest).expect("a file beside it");
    } else {
        // What remains cuts the file off.
        bytes.truncate(bytes.len() - rest.len().min(bytes.len()));
    }
    fs::write(path(), &bytes).expect("the database");

    let mut only_looks = true;
    let outcome = open(path()).and_then(|mut store| {
        let outcome = work(&mut store, *operation, &mut only_looks);
        store.farewell();
        outcome
    });
    let unchanged = match &outcome {
        Ok(()) => only_looks,
        Err(error) => {
            let said = said(error);
            assert_ne!(error.kind(), Kind::Internal, "{said}");
            // The fuzzer sees a secret in a comparison, and writes it where it is none.
            let is_theirs = |secret: &String| input.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            let mut secrets = secrets.iter().filter(|secret| !is_theirs(secret));
            assert!(!secrets.any(|secret| said.contains(secret)), "{said}");
            error.kind() != Kind::Unknown
        }
    };
    // With a journal it is changed by being opened: that is what a journal is for.
    if unchanged && side.is_none() {
        assert!(fs::read(path()).expect("the database") == bytes, "{operation}: {outcome:?}");
    }
    for entry in FOLDER.path().read_dir().expect("the folder") {
        let name = entry.expect("an entry").file_name();
        assert!(name.to_str().is_some_and(|name| name.starts_with("db.sqlite3")), "{name:?}");
    }
});

fn work(store: &mut Store, operation: u8, only_looks: &mut bool) -> Result<()> {
    let name = |name: &str| Username::parse(OsStr::new(name));
    let filter = TokenFilter::default;
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut count = 0;
    let mut keys = || {
        count += 1;
        TokenKey::from_random(&std::array::from_fn(|at| count ^ u8::try_from(at).unwrap_or_default()))
    };
    let is_odd = operation >= 128;
    *only_looks = operation % 12 < 6;
    match operation % 12 {
        0 => {
            let order = ListOrder { reverse: is_odd, ..ListOrder::default() };
            store.list_tokens(&order, &mut |_| Ok(()))?;
            store.count_tokens(&filter())?;
        }
        1 => {
            let filter = TokenFilter { is_active: is_odd.then_some(true), ..filter() };
            store.list_users(&ListOrder { filter: filter.clone(), ..ListOrder::default() }, &mut |_| Ok(()))?;
            store.count_users(&filter)?;
        }
        2 => drop(store.inspect()?),
        3 => {
            let model = store.user_model()?;
            let _ = model.hasher(None);
            store.login("alice")?;
            store.existing(&["alice", "nobody"])?;
            store.twins(&["ALICE"])?;
            store.names_like("alcie", 3)?;
            store.names_beginning_with("a", 10)?;
        }
        4 => {
            store.verify_token(KEY)?;
            store.unknown_keys(&TokenFilter { keys: vec![TokenKey::stored(KEY)], ..filter() })?;
        }
        5 if is_recorded(store)? => drop(store.plan(if is_odd { Faking::Initial } else { Faking::Nothing })?),
        5 => {}
        6 | 7 => {
            let usernames = vec![name("alice")?, name("bob")?];
            let order = Order { usernames, reset: is_odd, preset: None, at_once: true, now };
            store.issue_tokens(&order, &mut keys, &mut |_| Ok(()))?;
        }
        8 => {
            let order = Revocation { filter: filter(), pace: Pace::Batches, most: None };
            store.revoke_tokens(order, &mut |_| Ok(()))?;
        }
        9 => {
            let order = BulkOrder { filter: filter(), reset: is_odd, pace: Pace::Batches, most: None, now };
            store.issue_in_bulk(order, &mut keys, &mut |_| Ok(()))?;
        }
        10 => {
            let user = UserData { username: "carol".to_owned(), ..UserData::default() };
            let existing = if is_odd { Existing::Updated } else { Existing::Refused };
            let order = UserOrder { existing, create: true, with_token: true, keep_going: false, are_many: false, now };
            let mut users = [Ok(user)].into_iter();
            let mut passage = Passage { users: &mut users, on_saved: &mut |_| Ok(()) };
            let mut random = |bytes: &mut [u8]| {
                bytes.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
                Ok(())
            };
            store.save_users(&order, &mut passage, &mut keys, &mut random).map_err(|(error, _)| error)?;
        }
        11 if is_recorded(store)? => drop(store.migrate(MigrateOrder { faking: Faking::Nothing, now })?),
        _ => {}
    }
    Ok(())
}

/// Whether all migrations are: for one that is not, a migration waits a while.
fn is_recorded(store: &mut Store) -> Result<bool> {
    Ok(store.recorded()?.pending().next().is_none())
}
