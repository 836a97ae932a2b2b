//! `createsuperuser`: `create-user --superuser` with Django's options and
//! words, for scripts that call `manage.py createsuperuser` today.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::commands::create_user;
use crate::commands::password::{PasswordArgs, TRIES};
use crate::commands::told::Told;
use crate::context::Context;
use crate::error::{Error, Kind, Result, shell_word};
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::prompt;
use crate::store::{Store, UserData, UserModelFacts};
use crate::terminal;

/// What to type where nothing can be asked.
const OTHERWISE: &str = "drfctl createsuperuser --username USERNAME";

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// The login name
    #[arg(long)]
    pub username: Option<OsString>,

    /// The e-mail address
    #[arg(long)]
    pub email: Option<String>,

    /// The value of another column of the user model; may be given again
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub set: Vec<String>,

    /// Ask nothing; the environment may have name, address, password and columns
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Makes a superuser.
///
/// # Errors
/// As [`create_user::run`].
pub fn run(args: &Args, context: &Context) -> Result<()> {
    super::check_raw(usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let mut store = context.store()?;
    let model = store.user_model()?;
    args.password.hasher(&model)?;
    let mut given = given(args, &model, context)?;
    if let Some(name) = &given.username {
        if name.to_str().map(|name| store.login(name)).transpose()?.flatten().is_some() {
            return Err(taken());
        }
        model.name(name)?;
    }
    let user =
        UserData { columns: create_user::columns(&order(args, &given), &model, context)?, ..UserData::default() };
    store.judge_columns(&user)?;
    drop(store);
    if !args.noinput {
        ask(&mut given, &model, context)?;
        ask_columns(user, &mut given, context)?;
    }
    let (saved, told) = create_user::save(&order(args, &given), context)?;
    let created = Superuser(Told::of(&saved, told.as_ref()));
    let bytes = output::render(context.format().unwrap_or(Format::Text), &[&created]);
    destination.deliver(&bytes, &Behind::change("the superuser is there: set-password gives another password"))
}

/// The same, as `create-user` takes it.
fn order(args: &Args, given: &Given) -> create_user::Args {
    create_user::Args {
        username: given.username.clone(),
        email: given.email.clone(),
        superuser: true,
        set: [&args.set[..], &given.set].concat(),
        noinput: args.noinput,
        password: args.password.clone(),
        ..create_user::Args::default()
    }
}

/// What Django's options and variables give, and what a person answers.
struct Given {
    username: Option<OsString>,
    email: Option<String>,
    /// Other columns, with their values as `--set` takes them.
    set: Vec<String>,
}

/// What is given without asking. Where users log in with their address, that is
/// the name.
fn given(args: &Args, model: &UserModelFacts, context: &Context) -> Result<Given> {
    let set = context.superuser();
    let (set_name, set_email) = if args.noinput {
        (set.column(&model.login).cloned().or(set.username.clone()), set.email.clone())
    } else {
        (None, None)
    };
    let username = args.username.clone().or(set_name);
    let email = args.email.clone().or_else(|| set_email.map(|set| set.to_string_lossy().into_owned()));
    if model.login == "email" {
        let name = username.or_else(|| email.filter(|email| !email.is_empty()).map(OsString::from));
        if args.noinput && name.is_none() {
            return Err(Error::usage("You must use --email with --noinput.").hint("or set DJANGO_SUPERUSER_EMAIL"));
        }
        return Ok(Given { username: name, email: None, set: Vec::new() });
    }
    if args.noinput && username.is_some() && email.is_none() && model.has_email {
        return Err(Error::usage("You must use --email with --noinput.").hint("or set DJANGO_SUPERUSER_EMAIL"));
    }
    Ok(Given { username, email, set: Vec::new() })
}

/// Asks for what is missing, as Django does: the name, then the address.
fn ask(given: &mut Given, model: &UserModelFacts, context: &Context) -> Result<()> {
    if given.username.is_none() {
        let question = if model.login == "email" { "Email" } else { "Username" };
        prompt::check_terminal(question, OTHERWISE)?;
        let offered = offered_name(model, &mut context.store()?, context)?;
        given.username = Some(ask_name(question, offered.as_deref(), model, context)?);
    }
    if given.email.is_none() && model.has_email && terminal::can_ask() {
        given.email = Some(ask_email(model, context)?);
    }
    Ok(())
}

/// Mirrors `get_default_username`: of a custom user model nothing is assumed.
fn offered_name(model: &UserModelFacts, store: &mut Store, context: &Context) -> Result<Option<String>> {
    let account = context.login_name().filter(|_| model.is_stock);
    let Some(name) = account.and_then(|account| model.offered_name(&account.to_string_lossy())) else {
        return Ok(None);
    };
    Ok(if store.login(&name)?.is_none() { Some(name) } else { None })
}

/// Asks until the name is one that nobody has.
fn ask_name(question: &str, offered: Option<&str>, model: &UserModelFacts, context: &Context) -> Result<OsString> {
    for _ in 0..TRIES {
        let typed = OsString::from(prompt::ask(question, offered, OTHERWISE)?);
        let wrong = match model.name(&typed) {
            Ok(name) if context.store()?.login(name.username().as_str())?.is_none() => return Ok(typed),
            Ok(_) => taken(),
            Err(error) => error,
        };
        context.notes().lines(&format!("Error: {wrong}"));
    }
    Err(Error::rejected(format!("no name after {TRIES} attempts")))
}

/// Asks until the address is one, or none.
fn ask_email(model: &UserModelFacts, context: &Context) -> Result<String> {
    for _ in 0..TRIES {
        let typed = prompt::ask("Email address", None, "drfctl createsuperuser --email ADDRESS")?;
        match model.email(&typed) {
            Ok(accepted) => return Ok(accepted),
            Err(error) => context.notes().lines(&format!("Error: {error}")),
        }
    }
    Err(Error::rejected(format!("no email address after {TRIES} attempts")))
}

/// Asks for each column that is required and has not been given, until the
/// value fits it. Only the application knows which of them may be blank:
/// Django's fields may not, unless they say so, and `--set COLUMN=` gives that.
fn ask_columns(mut user: UserData, given: &mut Given, context: &Context) -> Result<()> {
    for column in context.store()?.missing_columns(&user)? {
        let otherwise = format!("--set {}=VALUE", shell_word(&column));
        let mut tries = 0..TRIES;
        loop {
            if tries.next().is_none() {
                return Err(Error::rejected(format!("no {column} after {TRIES} attempts")).hint(otherwise));
            }
            let typed = prompt::ask(&question(&column), None, &otherwise)?;
            user.columns.push((column.clone(), typed.clone()));
            let wrong = match context.store()?.judge_columns(&user) {
                Ok(()) if !typed.is_empty() => break given.set.push(format!("{column}={typed}")),
                Ok(()) => Error::rejected("This field cannot be blank."),
                Err(error) => error,
            };
            context.notes().lines(&format!("Error: {wrong}"));
        }
    }
    Ok(())
}

/// Mirrors `capfirst(field.verbose_name)`, where the model gives no other.
fn question(column: &str) -> String {
    let mut letters = column.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
}

fn taken() -> Error {
    Error::new(Kind::Conflict, "That username is already taken.")
}

/// What became of a superuser.
struct Superuser<'a>(Told<'a>);

impl Record for Superuser<'_> {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        self.0.fields()
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let generated = self.0.password.map(|password| Zeroizing::new(format!("Generated password {password}")));
        std::iter::once(Zeroizing::new("Superuser created successfully.".to_owned())).chain(generated).collect()
    }

    fn key(&self) -> Option<&str> {
        Record::key(&self.0)
    }
}
