//! `createsuperuser`: `create-user --superuser` with the arguments and messages
//! of `manage.py createsuperuser`.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::Session;
use crate::admin::identity::AskDjango;
use crate::admin::users::{RequiredColumn, UserData, UserModelFacts};
use crate::cli::args::password::{PasswordArgs, TRIES};
use crate::cli::args::secrets::check_secrets;
use crate::cli::context::Context;
use crate::cli::hints::quoted;
use crate::cli::users::record::UserRecord;
use crate::cli::users::{columns, create, create_args};
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::output::{self, Behind, Destination, Field, Record};
use crate::prompt;
use crate::terminal;

/// What to type if no question can be asked.
const OTHERWISE: &str = "give a username: drfctl createsuperuser --username USERNAME";

/// The arguments.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Set the username
    #[arg(long)]
    pub username: Option<OsString>,

    /// Set the email address
    #[arg(long)]
    pub email: Option<String>,

    /// Set another column of the user model; repeatable
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub set: Vec<String>,

    /// Ask nothing; read the variables of createsuperuser
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Creates a superuser.
///
/// # Errors
/// Same as [`create::run`].
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_secrets(usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let mut session = context.session_to_change()?;
    let mut snapshot = session.snapshot()?;
    let model = snapshot.user_model_with_others()?;
    args.password.hasher(&model, None)?;
    let mut given = given(args, &model, context)?;
    if let Some(name) = &given.username {
        if name.to_str().map(|name| snapshot.login(name)).transpose()?.flatten().is_some() {
            return Err(taken());
        }
        model.name(name)?;
    }
    // The columns are checked before a name is known.
    let mut user = UserData::new(Username::parse("superuser".as_ref())?);
    user.columns = columns::columns(&equivalent(args, &given), &model, context)?;
    snapshot.check_columns(&user)?;
    if !args.noinput {
        ask(&mut given, &model, &mut session, context)?;
        ask_columns(user, &model, &mut given, &mut session, context)?;
    }
    let args = equivalent(args, &given);
    let typed = create::username(&args, context)?;
    let (saved, password) = create::save(&args, &typed, &mut session, context)?;
    drop(session);
    let created = Superuser(UserRecord::of(&saved, password.as_ref()));
    let bytes = output::render(context.style(), &[&created]);
    destination.deliver(&bytes, &Behind::change("the superuser is created; set-password sets another password"))
}

/// Returns the equivalent arguments of `create-user`.
fn equivalent(args: &Args, given: &Given) -> create_args::Args {
    create_args::Args {
        username: given.username.clone(),
        email: given.email.clone(),
        superuser: true,
        set: [&args.set[..], &given.set].concat(),
        noinput: args.noinput,
        password: args.password.clone(),
        ..create_args::Args::default()
    }
}

/// The values from options and variables, and a person's answers.
struct Given {
    username: Option<OsString>,
    email: Option<String>,
    /// Other columns, with their values as `--set` takes them.
    set: Vec<String>,
}

/// Returns the values from options and variables. If `USERNAME_FIELD` is the
/// email address, that is the username.
fn given(args: &Args, model: &UserModelFacts, context: &Context) -> Result<Given> {
    let set = context.superuser();
    let (set_name, set_email) = if args.noinput {
        let email = set.email.clone().filter(|_| model.has_column("email"));
        (set.column(&model.username).cloned().or(set.username.clone()), email)
    } else {
        (None, None)
    };
    let username = args.username.clone().or(set_name);
    let email = args.email.clone().or_else(|| set_email.map(|set| set.to_string_lossy().into_owned()));
    if model.username == "email" {
        let name = username.or_else(|| email.filter(|email| !email.is_empty()).map(OsString::from));
        if args.noinput && name.is_none() {
            return Err(Error::usage("You must use --email with --noinput.")
                .hint("give --email, or set DJANGO_SUPERUSER_EMAIL"));
        }
        return Ok(Given { username: name, email: None, set: Vec::new() });
    }
    if args.noinput && username.is_some() && email.is_none() && model.has_email {
        return Err(
            Error::usage("You must use --email with --noinput.").hint("give --email, or set DJANGO_SUPERUSER_EMAIL")
        );
    }
    Ok(Given { username, email, set: Vec::new() })
}

/// Asks for missing values as Django does: the username, then the email address.
/// Holds no lock during a question.
fn ask(given: &mut Given, model: &UserModelFacts, session: &mut Session, context: &Context) -> Result<()> {
    if given.username.is_none() {
        let question = if model.username == "email" { "Email" } else { "Username" };
        prompt::check_terminal(question, OTHERWISE)?;
        let offered = offered_name(model, session)?;
        given.username = Some(ask_name(question, offered.as_deref(), model, session, context)?);
    }
    if given.email.is_none() && model.has_email && terminal::can_ask() {
        session.suspend();
        given.email = Some(ask_email(model, context)?);
    }
    Ok(())
}

/// Returns the default username. Mirrors `get_default_username`, which has none
/// for a custom user model.
fn offered_name(model: &UserModelFacts, session: &mut Session) -> Result<Option<String>> {
    let account = terminal::login_name().filter(|_| model.is_stock);
    let Some(name) = account.and_then(|account| model.offered_name(&account.to_string_lossy())) else {
        return Ok(None);
    };
    Ok(if session.snapshot()?.login(&name)?.is_none() { Some(name) } else { None })
}

/// Asks until the username is valid and no user has it.
fn ask_name(
    question: &str,
    offered: Option<&str>,
    model: &UserModelFacts,
    session: &mut Session,
    context: &Context,
) -> Result<OsString> {
    for _ in 0..TRIES {
        session.suspend();
        let typed = OsString::from(prompt::ask(question, offered, OTHERWISE)?);
        let wrong = match model.name(&typed) {
            Ok(name) if session.snapshot()?.login(name.username().as_str())?.is_none() => return Ok(typed),
            Ok(_) => taken(),
            Err(error) => error,
        };
        context.notes().lines(&format!("Error: {wrong}"));
    }
    Err(Error::rejected(format!("no username after {TRIES} attempts")))
}

/// Asks until the email address is valid or empty.
fn ask_email(model: &UserModelFacts, context: &Context) -> Result<String> {
    for _ in 0..TRIES {
        let typed =
            prompt::ask("Email address", None, "give an email address: drfctl createsuperuser --email ADDRESS")?;
        match model.email(&typed) {
            Ok(accepted) => return Ok(accepted),
            Err(error) => context.notes().lines(&format!("Error: {error}")),
        }
    }
    Err(Error::rejected(format!("no email address after {TRIES} attempts")))
}

/// Asks for each required column without a value, until the value is valid. Only
/// the application knows which of them may be blank; `blank=False` is Django's
/// default, and `--set COLUMN=` sets a blank value.
fn ask_columns(
    mut user: UserData,
    model: &UserModelFacts,
    given: &mut Given,
    session: &mut Session,
    context: &Context,
) -> Result<()> {
    let mut columns = Vec::new();
    if context.ask_django() == AskDjango::Always {
        let fields = session.model_fields()?;
        columns.extend(session.snapshot()?.required_fields(&user, &fields).into_iter().map(|name| (name, None)));
    }
    for RequiredColumn { name, shared, .. } in session.snapshot()?.required_columns(&user, &model.others) {
        columns.retain(|(known, _)| *known != name);
        columns.push((name, shared));
    }
    for (column, shared) in columns {
        let otherwise = format!("--set {}=VALUE", quoted(&column));
        let mut tries = 0..TRIES;
        loop {
            if tries.next().is_none() {
                return Err(Error::rejected(format!("no {column} after {TRIES} attempts")).hint(otherwise));
            }
            session.suspend();
            let typed = prompt::ask(&question(&column), shared.as_deref(), &otherwise)?;
            user.columns.push((column.clone(), typed.clone()));
            let wrong = match session.snapshot()?.check_columns(&user) {
                Ok(()) if !typed.is_empty() => break given.set.push(format!("{column}={typed}")),
                Ok(()) => Error::rejected("This field cannot be blank."),
                Err(error) => error,
            };
            context.notes().lines(&format!("Error: {wrong}"));
        }
    }
    Ok(())
}

/// Returns the question for a column. Mirrors `capfirst(field.verbose_name)` for a
/// field without a `verbose_name` of its own.
fn question(column: &str) -> String {
    let mut letters = column.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
}

fn taken() -> Error {
    Error::new(Kind::Conflict, "That username is already taken.")
}

/// A created superuser.
struct Superuser<'a>(UserRecord<'a>);

impl Record for Superuser<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        self.0.columns()
    }

    fn field(&self, at: usize) -> Field<'_> {
        self.0.field(at)
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let mut sentences = vec![Zeroizing::new("Superuser created successfully.".to_owned())];
        sentences.extend(self.0.password.map(|password| Zeroizing::new(format!("Generated password {password}"))));
        sentences
    }

    fn key(&self) -> Option<&str> {
        Record::key(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::users::UserOutcome;
    use crate::output::Format;

    #[test]
    fn a_generated_password_of_a_superuser_is_printed() {
        for (password, format, wanted) in [
            (Some("s3cret"), Format::Raw, "s3cret\n"),
            (None, Format::Raw, ""),
            (Some("s3cret"), Format::Text, "Superuser created successfully.\nGenerated password s3cret\n"),
            (None, Format::Text, "Superuser created successfully.\n"),
            (Some("s3cret"), Format::Tsv, "username\toutcome\tpassword\tkey\nann\tcreated\ts3cret\t\n"),
        ] {
            let created = Superuser(UserRecord { username: "ann", outcome: UserOutcome::Created, password, key: None });
            assert_eq!(std::str::from_utf8(&output::render(format, &[&created])).unwrap(), wanted, "{format:?}");
        }
    }

    #[test]
    fn a_question_is_the_name_of_its_column_as_django_writes_it() {
        for (column, asked) in [("floor", "Floor"), ("home_city", "Home city"), ("über_x", "Über x"), ("", "")] {
            assert_eq!(question(column), asked);
        }
    }
}
