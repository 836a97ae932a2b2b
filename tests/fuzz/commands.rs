//! The commands that the targets run on a damaged database or against a server that sends invalid answers.

use std::ffi::OsStr;
use std::time::{Duration, SystemTime};

use drfctl::admin::migrate::{FakeMode, MigrateRequest};
use drfctl::admin::model::{Moment, StoredName};
use drfctl::admin::tokens::{BulkRequest, IssueRequest, OnExisting, RevokeRequest, TokenRow};
use drfctl::admin::users::{
    OnError, OnExistingUser, OnMissingGroup, OnMissingUser, Replacing, RowResult, UserData, UserRequest, UserRow,
    UserSource, WithToken,
};
use drfctl::admin::{ListRequest, Listing, Pace, Session};
use drfctl::django::authorization::PresentedKey;
use drfctl::django::password::EncodedPassword;
use drfctl::django::token_key::TokenKey;
use drfctl::django::username::Username;
use drfctl::error::Result;
use drfctl::os::{SECRET_BYTES, Spool};
use drfctl::query::filter::Filter;
use drfctl::query::listing::Direction;
use zeroize::Zeroizing;

/// The key of an existing token.
pub const KEY: &str = "f1eed000f1eed000f1eed000f1eed000f1eed000";

/// The key of every spool.
const SPOOL_SECRET: &[u8; SECRET_BYTES] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";

/// Runs one of twelve commands, with one of two options. Sets `only_reads` if
/// the command writes nothing.
///
/// # Errors
/// As the command.
pub fn run(session: &mut Session, operation: u8, only_reads: &mut bool) -> Result<()> {
    let name = |name: &str| Username::parse(OsStr::new(name));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut count = 0;
    let mut keys = || {
        count += 1;
        TokenKey::from_random(&std::array::from_fn(|at| count ^ u8::try_from(at).unwrap_or_default()))
    };
    let is_odd = operation >= 128;
    let on_existing = if is_odd { OnExisting::Reset } else { OnExisting::Keep };
    *only_reads = operation % 12 < 6;
    match operation % 12 {
        0 => {
            let direction = if is_odd { Direction::Descending } else { Direction::Ascending };
            session.list_tokens(&ListRequest { direction, ..ListRequest::default() }, &mut |event| match event {
                Listing::Row(token) => read_token(token),
                Listing::EndOfPage => Ok(()),
            })?;
            session.count_tokens(&Filter::default())?;
        }
        1 => {
            let filter = Filter { is_active: is_odd.then_some(true), ..Filter::default() };
            let request = ListRequest { filter: filter.clone(), ..ListRequest::default() };
            session.list_users(&request, &mut |event| match event {
                Listing::Row(user) => read_user(user),
                Listing::EndOfPage => Ok(()),
            })?;
            session.count_users(&filter)?;
        }
        2 => drop(session.inspect()?),
        3 => {
            let mut snapshot = session.snapshot()?;
            let _ = snapshot.user_model()?.hasher(None, None);
            snapshot.login("alice")?;
            snapshot.existing(&["alice", "missing"])?;
            snapshot.similar_users(&["ALICE"])?;
            session.names_like("alcie", 3)?;
            session.names_beginning_with("a", 10)?;
        }
        4 => {
            let key = PresentedKey::new(KEY);
            let mut snapshot = session.snapshot()?;
            snapshot.verify_token(&key)?;
            snapshot.unknown_keys(&[key])?;
        }
        5 if is_recorded(session)? => {
            drop(session.plan(&[], if is_odd { FakeMode::Initial } else { FakeMode::Nothing })?)
        }
        5 => {}
        6 | 7 => {
            let usernames = vec![name("alice")?, name("bob")?];
            let request = IssueRequest { usernames, on_existing, preset: None, pace: Pace::Single, now };
            session.issue_tokens(&request, &mut keys, &mut |_| {}, &mut |_| Ok(()))?;
        }
        8 => {
            let pace = if is_odd { Pace::Single } else { Pace::Batches };
            let request = RevokeRequest { filter: Filter::default(), pace, most: None };
            session.revoke_tokens(request, &mut || Ok(Spool::new(SPOOL_SECRET)), &mut |_| Ok(()))?;
        }
        9 => {
            let (filter, pace) = (Filter::default(), Pace::Batches);
            let request = BulkRequest { filter, on_existing, pace, most: None, now };
            session.issue_in_bulk(request, &mut keys, &mut || Ok(Spool::new(SPOOL_SECRET)), &mut |_| Ok(()))?;
        }
        10 => {
            let request = UserRequest {
                on_missing_group: OnMissingGroup::Refuse,
                on_existing: if is_odd { OnExistingUser::Update } else { OnExistingUser::Refuse },
                on_missing: OnMissingUser::Create,
                with_token: WithToken::Yes,
                replacing: Replacing::Comparable,
                template: None,
                on_error: OnError::Stop,
                expected: 1,
                now,
            };
            // A new user needs a password; alice exists.
            let password = Some(EncodedPassword::new(Zeroizing::new("!unusable".to_owned())));
            let user = UserData { password, ..UserData::new(name(if is_odd { "alice" } else { "carol" })?) };
            let mut source = OneUser { user, is_next: true };
            let mut random = |bytes: &mut [u8]| {
                for (byte, n) in bytes.iter_mut().zip(0..) {
                    *byte = n;
                }
                Ok(())
            };
            let saved = session.save_users(&request, &mut source, &mut keys, &mut random);
            saved.map_err(|failure| failure.error)?;
        }
        11 if is_recorded(session)? => {
            drop(session.migrate(&MigrateRequest { labels: Vec::new(), fake_mode: FakeMode::Nothing, now })?)
        }
        _ => {}
    }
    Ok(())
}

/// One user to save.
struct OneUser {
    user: UserData,
    /// Whether the user is still to be saved.
    is_next: bool,
}

impl UserSource for OneUser {
    fn rewind(&mut self) -> Result<()> {
        self.is_next = true;
        Ok(())
    }

    fn next(&mut self) -> Result<Option<UserData>> {
        let is_next = std::mem::take(&mut self.is_next);
        Ok(is_next.then(|| self.user.clone()))
    }

    fn take_result(&mut self, _: RowResult) -> Result<()> {
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Reads all cells of a token, which are decoded when they are read.
fn read_token(token: TokenRow<'_>) -> Result<()> {
    read_name(StoredName::of_cell(&token.user.username()?));
    let _ = (token.user.id()?.readable(), token.key()?.readable());
    let _ = (token.id()?, token.user.is_active()?, token.user.is_staff()?, token.user.is_superuser()?);
    read_moments([token.created()?, token.user.last_login()?]);
    Ok(())
}

/// Reads all cells of a user.
fn read_user(row: UserRow<'_>) -> Result<()> {
    read_name(StoredName::of_cell(&row.user.username()?));
    let _ = (row.email()?.readable(), row.password()?, row.has_token()?);
    let _ = (row.user.is_active()?, row.user.is_staff()?, row.user.is_superuser()?);
    read_moments([row.date_joined()?, row.user.last_login()?]);
    Ok(())
}

fn read_name(name: StoredName) {
    let _ = (name.readable(), name.to_value());
}

fn read_moments(moments: [Option<Moment<'_>>; 2]) {
    for moment in moments.iter().flatten() {
        let _ = moment.text();
    }
}

/// Returns whether every migration is recorded. Otherwise `plan` and `migrate` would wait a second.
fn is_recorded(session: &mut Session) -> Result<bool> {
    let inventory = session.inventory(&[])?;
    Ok(inventory.history.pending(&inventory.migrations).is_empty())
}
