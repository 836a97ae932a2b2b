//! `create-user`: a user that Django accepts as its own.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::commands::password::{Dialogue, Password, PasswordArgs};
use crate::commands::told::Told;
use crate::commands::user_file;
use crate::context::Context;
use crate::django::password::Hasher;
use crate::django::password_validation::UserAttributes;
use crate::error::{Error, Result};
use crate::output::{self, Behind, Destination, Format};
use crate::prompt;
use crate::store::{self, Existing, Login, SavedUser, UserData, UserModelFacts, UserOrder, UserOutcome};

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The login name
    pub username: Option<OsString>,

    /// May log into the admin site
    #[arg(long)]
    pub staff: bool,

    /// Has all permissions, and may log into the admin site
    #[arg(long)]
    pub superuser: bool,

    /// May not log in
    #[arg(long)]
    pub inactive: bool,

    /// The e-mail address
    #[arg(long)]
    pub email: Option<String>,

    /// The first name
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,

    /// The last name
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,

    /// A group to join, which has to exist; may be given again
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,

    /// The value of another column of the user model; may be given again
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub set: Vec<String>,

    /// Give the user an API token in the same step
    #[arg(long)]
    pub with_token: bool,

    /// Leave a user who exists as it is
    #[arg(long, conflicts_with = "update")]
    pub if_not_exists: bool,

    /// Change what is given of a user who exists
    #[arg(long)]
    pub update: bool,

    /// Ask nothing; the environment may have name, address, password and columns
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,

    /// Make the users of a file, `-` for standard input: CSV with a header, or
    /// a JSON object a line; all or none
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "noinput", "password_stdin", "password_file"])]
    pub from: Option<PathBuf>,

    /// Leave out the users of the file that cannot be made
    #[arg(long)]
    pub keep_going: bool,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

impl Args {
    /// What becomes of a user who is there.
    pub(super) fn existing(&self) -> Existing {
        match (self.if_not_exists, self.update) {
            (true, _) => Existing::Kept,
            (_, true) => Existing::Updated,
            _ => Existing::Refused,
        }
    }
}

/// Makes the user, or changes it.
///
/// # Errors
/// See [`crate::error::EXIT_STATUSES`]; all but 7 and 8 mean that nothing was
/// changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    if let Some(path) = &args.from {
        return user_file::run(path, args, context);
    }
    if args.keep_going {
        return Err(Error::usage("--keep-going is for the users of a file").hint("name the file: --from FILE"));
    }
    super::check_raw(usize::from(args.with_token) + usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let (saved, told) = save(args, context)?;
    let bytes = output::render(context.format().unwrap_or(Format::Text), &[&Told::of(&saved, told.as_ref())]);
    destination.deliver(
        &bytes,
        &Behind::change("the user is there: set-password and create-token give what could not be shown"),
    )
}

/// Makes the user, or changes it; and the password, if one was given.
pub(super) fn save(args: &Args, context: &Context) -> Result<(SavedUser, Option<Password>)> {
    let Looked { mut data, model, login, hasher } = look(args, context)?;
    let password = match (login.is_some(), args.existing()) {
        (true, Existing::Refused) => return Err(store::exists_already(&data.username)),
        (true, Existing::Kept) => None,
        _ => {
            let stored = login.as_ref().map_or(&[][..], |login| &login.attributes);
            password(args, &model.attributes(stored, &data), login.is_some(), context)?
        }
    };
    if let Some(password) = &password {
        data.password = Some(args.password.encode(password, &hasher, &model, context)?);
    }
    let order = UserOrder {
        existing: args.existing(),
        create: true,
        with_token: args.with_token,
        keep_going: false,
        are_many: false,
        now: context.now(),
    };
    let mut saved = super::save_users(&order, vec![data], context)?;
    let user = saved.pop().ok_or_else(|| Error::internal("no user came back"))?;
    // Who was there keeps the password: there is none to tell.
    let password = password.filter(|_| user.outcome != UserOutcome::Existing);
    Ok((user, password))
}

/// What is known before anything is asked or hashed: the database is closed
/// again by then.
struct Looked {
    data: UserData,
    model: UserModelFacts,
    login: Option<Login>,
    hasher: Hasher,
}

fn look(args: &Args, context: &Context) -> Result<Looked> {
    let typed = username(args, context)?;
    let mut store = context.store()?;
    let model = store.user_model()?;
    // A name that is stored is found as it is, whatever is asked of new ones.
    let stored = typed.to_str().map(|name| store.login(name)).transpose()?.flatten();
    let username = match (&stored, typed.to_str()) {
        (Some(_), Some(name)) => name.to_owned(),
        _ => new_name(&typed, &model, context)?,
    };
    let mut data = UserData { username, ..UserData::default() };
    data.groups.clone_from(&args.group);
    data.columns = columns(args, &model, context)?;
    let login = if stored.is_some() { stored } else { store.login(&data.username)? };
    let hasher = args.password.hasher(&model)?;
    match (&login, args.existing()) {
        (Some(_), Existing::Refused | Existing::Kept) => {}
        (Some(_), Existing::Updated) => store.judge_user(&data, true, args.with_token)?,
        (None, _) => {
            if args.noinput {
                data.columns.extend(context.superuser().columns(store.missing_columns(&data)?));
            }
            store.judge_user(&data, false, args.with_token)?;
            if let Some(twin) = store.twin(&data.username)? {
                context.notes().warning(&format!("user {twin} exists, whose name differs in nothing but case"));
            }
        }
    }
    Ok(Looked { data, model, login, hasher })
}

/// A name for a new user, with a word where it could mislead.
pub(super) fn new_name(typed: &OsStr, model: &UserModelFacts, context: &Context) -> Result<String> {
    let name = model.name(typed)?;
    if name.mixes_scripts() {
        let name = name.username();
        context.notes().warning(&format!("the name {name} mixes letters of several scripts: it may look like another"));
    }
    Ok(name.username().to_string())
}

fn username(args: &Args, context: &Context) -> Result<OsString> {
    let set = args.noinput.then(|| context.superuser().username.clone()).flatten();
    match (&args.username, set) {
        (Some(typed), _) => Ok(typed.clone()),
        (None, Some(set)) => Ok(set),
        (None, None) if args.noinput => {
            Err(Error::usage("You must use --username with --noinput.").hint("or set DJANGO_SUPERUSER_USERNAME"))
        }
        (None, None) => prompt::ask("Username", None, "drfctl create-user USERNAME").map(OsString::from),
    }
}

/// The columns that have an option, then those of `--set`.
pub(super) fn columns(args: &Args, model: &UserModelFacts, context: &Context) -> Result<Vec<(String, String)>> {
    let mut columns = Vec::new();
    let set = args.noinput.then(|| context.superuser().email.clone()).flatten().filter(|set| !set.is_empty());
    let address = args.email.clone().or_else(|| set.map(|set| set.to_string_lossy().into_owned()));
    if let Some(address) = address {
        columns.push(("email".to_owned(), model.email(&address)?));
    }
    for (name, value) in [("first_name", &args.first_name), ("last_name", &args.last_name)] {
        columns.extend(value.as_ref().map(|value| (name.to_owned(), value.clone())));
    }
    if args.superuser {
        columns.extend(rights(args, model)?.map(|name| (name.to_owned(), "true".to_owned())));
    }
    for (name, flag, value) in [("is_staff", args.staff, "true"), ("is_active", args.inactive, "false")] {
        columns.extend(flag.then(|| (name.to_owned(), value.to_owned())));
    }
    for typed in &args.set {
        let (name, value) = column(typed)?;
        let value = if name.eq_ignore_ascii_case("email") { model.email(&value)? } else { value };
        columns.push((name, value));
    }
    Ok(columns)
}

/// What makes a superuser, as far as the model has columns for it.
///
/// Mirrors `UserManager.create_superuser`. A custom user model may have a way of
/// its own, which only a person can tell.
fn rights(args: &Args, model: &UserModelFacts) -> Result<impl Iterator<Item = &'static str>> {
    let there = ["is_staff", "is_superuser"].map(|name| model.has_column(name).then_some(name));
    if there == [None; 2] && args.set.is_empty() {
        return Err(Error::rejected("the user model has neither a column is_superuser nor is_staff")
            .hint("--set COLUMN=true, for the column that makes a superuser here"));
    }
    Ok(there.into_iter().flatten())
}

/// The password, unless the user may keep the old one.
fn password(
    args: &Args,
    attributes: &[(String, String)],
    is_there: bool,
    context: &Context,
) -> Result<Option<Password>> {
    let user = UserAttributes::of(attributes);
    let sources = &args.password;
    if sources.names_source() {
        return sources.read(&user, context).map(Some);
    }
    match &context.superuser().password {
        Some(set) if args.noinput => sources.accept_set(set, &user).map(Some),
        _ if is_there => Ok(None),
        _ if args.noinput => Ok(Some(Password::Unusable)),
        _ => sources.ask(Dialogue::Create, &user, context).map(Password::Given).map(Some),
    }
}

fn column(typed: &str) -> Result<(String, String)> {
    let (name, value) = typed.split_once('=').ok_or_else(|| Error::usage("write COLUMN=VALUE"))?;
    if name.eq_ignore_ascii_case("password") {
        return Err(Error::usage("a password on the command line can be seen by every user of this machine"));
    }
    Ok((name.to_owned(), value.to_owned()))
}
