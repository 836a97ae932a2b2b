//! `list`: who holds which token since when, and who holds none.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::{Args as ClapArgs, ValueEnum};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::admin::users::no_such_users;
use crate::admin::{ListRequest, Listing, ONE_STATEMENT, Session};
use crate::cli::args::filter::{FilterArgs, settle};
use crate::cli::args::names::prefer_names;
use crate::cli::args::secrets::check_private_stdout;
use crate::cli::context::Context;
use crate::cli::future_times::{FutureTimes, warn_of_future};
use crate::cli::summary::warn_of_layout;
use crate::cli::tokens::list_records::{Keys, ListedToken, ListedUser, TOKEN_COLUMNS, USER_COLUMNS, cells};
use crate::django::token_key::KeyKind;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::os::end_with_closed_pipe;
use crate::output::{Behind, Destination, Field, Format, Record, Stream, Style};
use crate::query::filter::Subject;
use crate::query::listing::{Direction, Sort};
use crate::terminal;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    /// `tokens`, unless told otherwise, or `users`; then users by login name or
    /// by a pattern such as 'ci-*'
    #[arg(value_name = "USERNAME")]
    pub words: Vec<OsString>,

    /// Sort by this
    #[arg(long, value_enum, default_value_t = Order::Id)]
    pub sort: Order,

    /// The last ones first
    #[arg(long)]
    pub reverse: bool,

    /// Not more than so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,

    /// These columns, in this order
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub columns: Vec<String>,

    /// Only how many there are
    #[arg(long, conflicts_with_all = ["limit", "columns", "show_keys", "sort", "reverse"])]
    pub count: bool,

    /// Show whole keys
    #[arg(long)]
    pub show_keys: bool,

    /// Write out letters that ASCII does not have
    #[arg(long)]
    pub ascii: bool,

    /// Leave out the line of column names
    #[arg(long)]
    pub no_header: bool,

    /// CSV for programs: values as they are, even what a spreadsheet would
    /// calculate
    #[arg(long)]
    pub csv_raw: bool,

    /// End each line with a NUL, with values as they are: for xargs -0
    #[arg(short = '0', long, conflicts_with = "csv_raw")]
    pub null: bool,

    /// Users who hold a token
    #[arg(long, conflicts_with = "without_token", help_heading = "Filters")]
    pub with_token: bool,

    /// Users who hold none
    #[arg(long, help_heading = "Filters")]
    pub without_token: bool,

    /// Which of them.
    #[command(flatten)]
    pub filters: FilterArgs,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// When the token, or the user, was made
    Created,
    /// The login name
    Username,
    /// The last login; who never logged in comes last
    LastLogin,
    /// The user's key: mostly the order in which users were made
    #[default]
    Id,
}

/// Of what a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tokens,
    Users,
}

/// Prints the tokens or the users.
///
/// # Errors
/// Usage, if columns or formats do not fit; rejected, if a user does not exist;
/// else as the database says. Nothing is ever changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    let (kind, names) = kind(&args.words);
    let mut filter = args.filters.filter(names, context)?;
    filter.has_token = match (args.with_token || args.without_token, kind) {
        (true, Kind::Tokens) => {
            return Err(Error::usage("every token is held by somebody").hint("drfctl list users --without-token"));
        }
        (given, _) => given.then_some(args.with_token),
    };
    settle(&mut filter)?;
    if filter.names.len() > ONE_STATEMENT {
        return Err(Error::usage(format!("a list is of {ONE_STATEMENT} names at most"))
            .hint("list them all, and pick from the output"));
    }
    let style = style(args, kind, context)?;
    let destination = Destination::stdout()?;
    if args.show_keys {
        check_private_stdout()?;
    }
    // Whoever reads a list may stop when there was enough.
    end_with_closed_pipe();
    let mut session = context.session()?;
    warn_of_layout(&mut session, context)?;
    prefer_names(&mut session, &mut filter)?;
    if !filter.names.is_empty() {
        let unknown = session.snapshot()?.unknown(&filter.names)?;
        if !unknown.is_empty() {
            return Err(no_such_users(&unknown.into_iter().map(Username::as_str).collect::<Vec<_>>()));
        }
    }
    let subject = if kind == Kind::Tokens { Subject::Tokens } else { Subject::Users };
    warn_of_future(&mut session, &filter, subject, context)?;
    if args.count {
        let count = match kind {
            Kind::Tokens => session.count_tokens(&filter)?,
            Kind::Users => session.count_users(&filter)?,
        };
        return finish(destination.stream(style, Behind::Nothing), Count(count));
    }
    let direction = if args.reverse { Direction::Descending } else { Direction::Ascending };
    let cells = cells(&style.columns);
    let request = ListRequest { filter, sort: Some(args.sort.into()), direction, limit: args.limit, cells };
    let stream = destination.stream(style, Behind::Nothing);
    match kind {
        Kind::Tokens => {
            let keys = if args.show_keys { Keys::Whole } else { Keys::Shortened };
            tokens(&mut session, &request, keys, stream, context)
        }
        Kind::Users => users(&mut session, &request, stream, context),
    }
}

fn kind(words: &[OsString]) -> (Kind, &[OsString]) {
    match words {
        [first, names @ ..] if first == "tokens" => (Kind::Tokens, names),
        [first, names @ ..] if first == "users" => (Kind::Users, names),
        names => (Kind::Tokens, names),
    }
}

fn style(args: &Args, kind: Kind, context: &Context) -> Result<Style> {
    let lines = args.csv_raw || args.null;
    let format = match context.format() {
        Some(format) => format,
        None if args.count => Format::Text,
        None if args.csv_raw => Format::Csv,
        None if terminal::stdout_is_terminal() && !lines => Format::Table,
        None => Format::Tsv,
    };
    if args.show_keys && kind == Kind::Users && format != Format::Raw {
        return Err(Error::usage("a list of users has no keys").hint("drfctl list tokens --show-keys"));
    }
    if format == Format::Raw && (!args.show_keys || kind == Kind::Users) {
        return Err(Error::usage("raw prints whole keys").hint("say so: list tokens --show-keys --format raw"));
    }
    if format == Format::Raw && !args.columns.is_empty() {
        return Err(Error::usage("raw prints keys and nothing else").hint("--format tsv --no-header has columns"));
    }
    if (args.null && format != Format::Tsv) || (args.csv_raw && format != Format::Csv) {
        return Err(Error::usage("--null is for --format tsv, --csv-raw for --format csv"));
    }
    let columns = if args.count { vec!["count"] } else { columns(&args.columns, kind)? };
    let color = context.stdout_has_color();
    Ok(Style {
        format,
        columns,
        header: !args.no_header,
        ascii: args.ascii,
        csv_raw: args.csv_raw,
        null: args.null,
        color,
    })
}

/// The columns that are wanted.
fn columns(typed: &[String], kind: Kind) -> Result<Vec<&'static str>> {
    let (usual, others) = if kind == Kind::Tokens { TOKEN_COLUMNS } else { (USER_COLUMNS, &[][..]) };
    if typed.is_empty() {
        return Ok(usual.to_vec());
    }
    let all = || usual.iter().chain(others);
    let find = |typed: &String| {
        all().find(|name| *name == typed).copied().ok_or_else(|| {
            Error::usage(format!("there is no column {typed}"))
                .hint(format!("there are {}", all().copied().collect::<Vec<_>>().join(", ")))
        })
    };
    let columns = typed.iter().map(find).collect::<Result<Vec<_>>>()?;
    if let Some((_, twice)) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name)) {
        return Err(Error::usage(format!("the column {twice} is named twice")));
    }
    Ok(columns)
}

fn tokens(
    session: &mut Session,
    request: &ListRequest,
    keys: Keys,
    mut stream: Stream,
    context: &Context,
) -> Result<()> {
    let now = Timestamp::try_from(context.now()).unwrap_or_default();
    let mut strange = 0_usize;
    let mut future = FutureTimes::new(&request.filter, context);
    session.list_tokens(request, &mut |event| match event {
        Listing::Row(row) => {
            let token = ListedToken::new(row, now, keys)?;
            strange += usize::from(token.key_kind() != KeyKind::Drf);
            future.see(token.times());
            stream.record(&token);
            Ok(())
        }
        Listing::EndOfPage => stream.end_page(),
    })?;
    stream.finish()?;
    future.warn(session, context)?;
    if strange > 0 {
        let tokens = if strange == 1 { "token has a key" } else { "tokens have keys" };
        context
            .notes()
            .note(&format!("{strange} {tokens} that DRF did not make: --columns username,key,key_kind tells which"));
    }
    Ok(())
}

fn users(session: &mut Session, request: &ListRequest, mut stream: Stream, context: &Context) -> Result<()> {
    let mut future = FutureTimes::new(&request.filter, context);
    session.list_users(request, &mut |event| match event {
        Listing::Row(row) => {
            let user = ListedUser::new(row)?;
            future.see(user.times());
            stream.record(&user);
            Ok(())
        }
        Listing::EndOfPage => stream.end_page(),
    })?;
    stream.finish()?;
    future.warn(session, context)
}

fn finish(mut stream: Stream, count: Count) -> Result<()> {
    stream.page(&[count])?;
    stream.finish()
}

impl From<Order> for Sort {
    fn from(order: Order) -> Self {
        match order {
            Order::Created => Self::Created,
            Order::Username => Self::Username,
            Order::LastLogin => Self::LastLogin,
            Order::Id => Self::Id,
        }
    }
}

/// How many there are.
struct Count(u64);

impl Record for Count {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["count"])
    }

    fn field(&self, _: usize) -> Field<'_> {
        Field::Number(i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.0.to_string())]
    }
}
