//! `create-user`: creates a user.

use std::ffi::{OsStr, OsString};

use crate::admin::Session;
use crate::admin::users::{
    Login, LoginOrSimilar, OnError, OnExistingUser, OnMissingUser, SavedUser, UserData, UserModelFacts, UserOutcome,
    UserRequest, exists_already,
};
use crate::cli::args::password::{Dialogue, PasswordArgs};
use crate::cli::args::plain_password::Password;
use crate::cli::args::secrets::check_secrets;
use crate::cli::context::Context;
use crate::cli::summary::{warn_of_inactive, warn_of_refusal};
use crate::cli::users::after_save::{AfterSave, run_after_save};
use crate::cli::users::columns::{columns, new_name};
use crate::cli::users::create_args::Args;
use crate::cli::users::import;
use crate::cli::users::import_rows::{AcceptedUser, FileOutcome, FileResult, Pending};
use crate::cli::users::new_users::NewUsers;
use crate::cli::users::record::UserRecord;
use crate::cli::users::save::save_users;
use crate::cli::users::through_django::{self, Saved};
use crate::django::password::{Algorithm, Hasher};
use crate::django::password_validation::UserAttributes;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::output::{self, Behind, Destination};
use crate::prompt::{self, Place};

/// What to do if the output is lost.
const AGAIN: &str = "the user is saved: run set-password or create-token to get new secrets";

/// Creates the user, or updates it.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 to 9 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    if let Some(path) = &args.from {
        return import::run(path, args, context);
    }
    if args.keep_going {
        return Err(Error::usage("--keep-going needs a file of users").hint("name the file: --from FILE"));
    }
    check_secrets(usize::from(args.with_token) + usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let typed = username(args, context)?;
    if args.signals || args.through_django {
        context.application_of_database()?;
    }
    let mut session = context.session_to_change()?;
    if args.through_django {
        return save_through_django(args, &typed, session, destination, context);
    }
    let receivers = if args.signals { Some(context.receivers()?) } else { None };
    let (mut saved, password) = save(args, &typed, &mut session, context)?;
    let mut after = AfterSave::default();
    if let Some(receivers) = receivers {
        let name = saved.username.clone();
        let created: &[&str] = if saved.outcome == UserOutcome::Created { &[name.as_str()] } else { &[] };
        after = run_after_save(receivers, created, vec![name.clone()], args, &mut session, context);
        saved.token = after.tokens.remove(name.as_str());
        warn_of_inactive(saved.token.as_slice(), context);
    }
    drop(session);
    let record = UserRecord::of(&saved, password.as_ref());
    let bytes = output::render(context.style(), &[&record]);
    destination.deliver(&bytes, &Behind::change(AGAIN))?;
    after.check()
}

/// Creates or updates the user. Returns the password too, if one was set.
pub(in crate::cli) fn save(
    args: &Args,
    typed: &OsStr,
    session: &mut Session,
    context: &Context,
) -> Result<(SavedUser, Option<Password>)> {
    let Prepared { looked, password } = prepare(args, typed, session, context)?;
    let Looked { mut data, model, hasher, new, .. } = looked;
    if let Some(password) = &password {
        data.password = Some(args.password.encode(password, &hasher, &model, context)?);
    }
    let request = UserRequest {
        on_existing: args.on_existing(),
        on_missing: OnMissingUser::Create,
        on_missing_group: args.on_missing_group(),
        with_token: args.with_token_at_once(),
        replacing: args.password.replacing(),
        template: new.template(),
        on_error: OnError::Stop,
        expected: 1,
        now: context.now(),
    };
    let mut saved = save_users(session, &request, vec![data], context)?;
    let user = saved.pop().ok_or_else(|| Error::internal("no user came back"))?;
    // A user who existed keeps the password: there is none to show.
    let password = password.filter(|_| user.outcome != UserOutcome::Existing);
    Ok((user, password))
}

/// Has the application create the user, or update it.
fn save_through_django(
    args: &Args,
    typed: &OsStr,
    mut session: Session,
    destination: Destination,
    context: &Context,
) -> Result<()> {
    let Prepared { looked, password } = prepare(args, typed, &mut session, context)?;
    // The application opens the same database.
    drop(session);
    let user = AcceptedUser { data: looked.data, password };
    let Saved { mut results, after_commit } =
        through_django::save(vec![Pending::accepted(Place::of_line(1), user)], args, context)
            .map_err(|refusal| refusal.error)?;
    let Some(FileResult { username, outcome: FileOutcome::Saved(outcome), password, key, is_active, .. }) =
        results.pop()
    else {
        return Err(Error::internal("no user came back"));
    };
    if key.is_some() && !is_active {
        warn_of_refusal(&username, context);
    }
    let (password, key) = (password.as_ref().map(|text| text.as_str()), key.as_ref().map(|text| text.as_str()));
    let record = UserRecord { username: &username, outcome, password, key };
    destination.deliver(&output::render(context.style(), &[&record]), &Behind::change(AGAIN))?;
    after_commit.map_or(Ok(()), Err)
}

/// The user before anything is written.
struct Prepared<'a> {
    looked: Looked<'a>,
    password: Option<Password>,
}

/// Looks up the user, warns of what a new one lacks, and reads the password.
fn prepare<'a>(args: &'a Args, typed: &OsStr, session: &mut Session, context: &'a Context) -> Result<Prepared<'a>> {
    let looked = look(args, typed, session, context)?;
    let Looked { data, model, login, new, .. } = &looked;
    if login.is_none() {
        new.announce(session)?;
    } else if args.like.is_some() && args.on_existing() != OnExistingUser::Refuse {
        context.notes().note(&format!("user {} exists: --like is for new users", data.username));
    }
    let password = match (login, args.on_existing()) {
        (Some(_), OnExistingUser::Refuse) => return Err(exists_already(data.username.as_str())),
        (Some(_), OnExistingUser::Keep) => None,
        (login, _) => {
            let stored = login.as_ref().map_or(&[][..], |login| &login.attributes);
            let missing = if login.is_some() { Missing::Kept } else { Missing::Asked };
            password(args, &model.attributes(stored, data), missing, session, context)?
        }
    };
    Ok(Prepared { looked, password })
}

/// The user before anything is asked or hashed.
struct Looked<'a> {
    data: UserData,
    new: NewUsers<'a>,
    model: UserModelFacts,
    login: Option<Login>,
    hasher: Hasher,
}

fn look<'a>(args: &'a Args, typed: &OsStr, session: &mut Session, context: &'a Context) -> Result<Looked<'a>> {
    let mut snapshot = session.snapshot()?;
    let model = snapshot.user_model_with_others()?;
    // A name that is stored is found as it is, whatever is asked of new ones.
    let stored = typed.to_str().map(|name| snapshot.login_or_similar(name)).transpose()?;
    let username = match stored {
        Some(LoginOrSimilar::Login(_)) => Username::parse(typed)?,
        _ => new_name(typed, &model, context)?,
    };
    let stored = match stored {
        Some(stored @ LoginOrSimilar::Login(_)) => stored,
        Some(stored) if typed.to_str() == Some(username.as_str()) => stored,
        _ => snapshot.login_or_similar(username.as_str())?,
    };
    let (login, similar) = match stored {
        LoginOrSimilar::Login(login) => (Some(login), None),
        LoginOrSimilar::Similar(similar) => (None, similar),
    };
    let mut data = UserData::new(username);
    data.groups.clone_from(&args.group);
    data.columns = columns(args, &model, context)?;
    let hasher = if sets_password(args, login.as_ref(), context) && !args.through_django {
        args.password.hasher(&model, login.as_ref().map(|login| login.password.reveal()))?
    } else {
        Hasher::newest(Algorithm::Pbkdf2Sha256)
    };
    let new = NewUsers::new(&model, args, session, context)?;
    let mut snapshot = session.snapshot()?;
    if args.noinput && login.is_none() {
        data.columns.extend(context.superuser().columns(snapshot.settable_columns(&data)));
    }
    match (&login, args.on_existing()) {
        (Some(_), OnExistingUser::Refuse | OnExistingUser::Keep) => {}
        _ if args.through_django => {}
        (Some(_), OnExistingUser::Update) => {
            snapshot.check_update(&data)?;
            snapshot.check_groups_and_token(&data, args.on_missing_group(), args.with_token())?;
            new.check_update(&data, session)?;
        }
        (None, _) => {
            new.check(&mut data, session)?;
            let mut snapshot = session.snapshot()?;
            snapshot.check_values(&data)?;
            snapshot.check_groups_and_token(&data, args.on_missing_group(), args.with_token())?;
            if let Some(similar) = similar {
                context
                    .notes()
                    .warning(&format!("the name differs only in case from that of the existing user {similar}"));
            }
        }
    }
    Ok(Looked { data, new, model, login, hasher })
}

/// Returns whether a password is hashed: not for a user who is kept or rejected, and
/// not for an update without a password.
fn sets_password(args: &Args, login: Option<&Login>, context: &Context) -> bool {
    let is_given = args.password.names_source() || (args.noinput && context.superuser().password.is_some());
    match (login, args.on_existing()) {
        (None, _) => is_given || !args.noinput,
        (Some(_), OnExistingUser::Update) => is_given,
        (Some(_), OnExistingUser::Refuse | OnExistingUser::Keep) => false,
    }
}

/// Returns the given name, or asks for it.
pub(in crate::cli) fn username(args: &Args, context: &Context) -> Result<OsString> {
    let set = args.noinput.then(|| context.superuser().username.clone()).flatten();
    match (&args.username, set) {
        (Some(typed), _) => Ok(typed.clone()),
        (None, Some(set)) => Ok(set),
        (None, None) if args.noinput => Err(Error::usage("You must use --username with --noinput.")
            .hint("give --username, or set DJANGO_SUPERUSER_USERNAME")),
        (None, None) => {
            prompt::ask("Username", None, "give a username: drfctl create-user USERNAME").map(OsString::from)
        }
    }
}

/// What to do without a given password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Keep the stored one.
    Kept,
    /// Ask for it.
    Asked,
}

/// Returns the password, unless the user keeps the stored one.
fn password(
    args: &Args,
    attributes: &[(String, String)],
    missing: Missing,
    session: &mut Session,
    context: &Context,
) -> Result<Option<Password>> {
    let user = UserAttributes::of(attributes);
    // What the application saves, it validates.
    let unvalidated = PasswordArgs { validate_password: false, skip_validation: true, ..args.password.clone() };
    let sources = if args.through_django { &unvalidated } else { &args.password };
    if sources.names_source() {
        return sources.read(&user, context).map(Some);
    }
    match &context.superuser().password {
        Some(set) if args.noinput => sources.accept_set(set, &user, context).map(Some),
        _ if missing == Missing::Kept => Ok(None),
        _ if args.noinput => Ok(Some(Password::Unusable)),
        _ => sources.ask(Dialogue::Create, &user, session, context).map(Password::Given).map(Some),
    }
}
