//! `list`: lists tokens with their users, or users.

use std::ffi::OsString;

use clap::{Args as ClapArgs, ValueEnum};
use jiff::Timestamp;

use crate::admin::users::no_such_users;
use crate::admin::{ListRequest, Listing, ONE_STATEMENT, Session};
use crate::cli::args::filter::{FilterArgs, settle};
use crate::cli::args::names::prefer_names;
use crate::cli::args::secrets::check_private_stdout;
use crate::cli::context::Context;
use crate::cli::future_times::{FutureTimes, warn_of_future};
use crate::cli::summary::warn_of_layout;
use crate::cli::tokens::list_records::{Count, Keys, ListedToken, ListedUser, TOKEN_COLUMNS, USER_COLUMNS, cells};
use crate::django::token_key::KeyKind;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::os::end_with_closed_pipe;
use crate::output::{Behind, Destination, Format, Stream, Style};
use crate::query::filter::Subject;
use crate::query::listing::{Direction, Sort};
use crate::terminal;

/// The arguments of `list`.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    /// `tokens` (the default) or `users`; then usernames, or patterns such as
    /// 'ci-*'
    #[arg(value_name = "USERNAME")]
    pub words: Vec<OsString>,

    /// Sort by this column
    #[arg(long, value_enum, default_value_t = Order::Id)]
    pub sort: Order,

    /// Reverse the order
    #[arg(long)]
    pub reverse: bool,

    /// Show at most N rows
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit: Option<u64>,

    /// Show these columns, in this order
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub columns: Vec<String>,

    /// Print only the number of rows
    #[arg(long, conflicts_with_all = ["limit", "columns", "show_keys", "sort", "reverse"])]
    pub count: bool,

    /// Show keys in full
    #[arg(long)]
    pub show_keys: bool,

    /// Escape characters outside ASCII
    #[arg(long)]
    pub ascii: bool,

    /// Omit the line of column names
    #[arg(long)]
    pub no_header: bool,

    /// Print CSV or TSV for programs, without guards against formulas
    #[arg(long)]
    pub raw: bool,

    /// End lines with NUL and leave values unescaped, for xargs -0
    #[arg(short = '0', long, conflicts_with = "raw")]
    pub null: bool,

    /// Select users with a token
    #[arg(long, conflicts_with = "without_token", help_heading = "Filters")]
    pub with_token: bool,

    /// Select users without a token
    #[arg(long, help_heading = "Filters")]
    pub without_token: bool,

    /// The filters that other commands have, too.
    #[command(flatten)]
    pub filters: FilterArgs,
}

/// The column that a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The creation time of the token or user
    Created,
    /// The username
    Username,
    /// The last login; users who never logged in come last
    LastLogin,
    /// The primary key of the user: mostly the order of creation
    #[default]
    Id,
}

/// What a list contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tokens,
    Users,
}

/// Prints the tokens or the users.
///
/// # Errors
/// Usage, if columns or formats do not fit; rejected, if a user does not exist;
/// else an error of the database. Nothing is ever changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    let (kind, names) = kind(&args.words);
    let mut filter = args.filters.filter(names, context)?;
    filter.has_token = match (args.with_token || args.without_token, kind) {
        (true, Kind::Tokens) => {
            let option = if args.with_token { "--with-token" } else { "--without-token" };
            return Err(Error::usage("--with-token and --without-token select users, not tokens")
                .hint(format!("run drfctl list users {option}")));
        }
        (given, _) => given.then_some(args.with_token),
    };
    settle(&mut filter)?;
    if filter.names.len() > ONE_STATEMENT {
        return Err(Error::usage(format!("expected at most {ONE_STATEMENT} names, found {}", filter.names.len()))
            .hint("list all users and filter the output"));
    }
    let style = style(args, kind, context)?;
    let destination = Destination::stdout()?;
    if args.show_keys {
        check_private_stdout()?;
    }
    // The reader may close the pipe early, as `head` does.
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
    let is_for_programs = args.raw || args.null;
    let format = match context.format() {
        Some(format) => format,
        None if args.count => Format::Text,
        None if terminal::stdout_is_terminal() && !is_for_programs => Format::Table,
        None => Format::Tsv,
    };
    if args.show_keys && kind == Kind::Users && format != Format::Raw {
        return Err(Error::usage("users have no keys").hint("run drfctl list tokens --show-keys"));
    }
    if format == Format::Raw && (!args.show_keys || kind == Kind::Users) {
        return Err(
            Error::usage("--format raw prints keys in full").hint("run drfctl list tokens --show-keys --format raw")
        );
    }
    if format == Format::Raw && !args.columns.is_empty() {
        return Err(Error::usage("--format raw has no columns").hint("use --format tsv --no-header"));
    }
    if args.null && format != Format::Tsv {
        return Err(Error::usage("--null requires --format tsv"));
    }
    if args.raw && !matches!(format, Format::Csv | Format::Tsv) {
        return Err(Error::usage("--raw requires --format csv or tsv"));
    }
    Ok(Style {
        format,
        columns: if args.count { vec!["count"] } else { columns(&args.columns, kind, format)? },
        keeps_columns: !args.columns.is_empty(),
        header: !args.no_header,
        ascii: args.ascii,
        raw: args.raw,
        null: args.null,
        ..context.style()
    })
}

/// Returns the columns of the command line, or the default ones.
fn columns(typed: &[String], kind: Kind, format: Format) -> Result<Vec<&'static str>> {
    let (defaults, others) = if kind == Kind::Tokens { TOKEN_COLUMNS } else { (USER_COLUMNS, &[][..]) };
    if typed.is_empty() {
        // People can read the age off the creation time; programs rely on the column.
        let is_redundant = |name: &str| format == Format::Table && name == "age";
        return Ok(defaults.iter().copied().filter(|name| !is_redundant(name)).collect());
    }
    let all = || defaults.iter().chain(others);
    let find = |typed: &String| {
        all().find(|name| *name == typed).copied().ok_or_else(|| {
            Error::usage("--columns: unknown column")
                .hint(format!("choose from {}", all().copied().collect::<Vec<_>>().join(", ")))
        })
    };
    let columns = typed.iter().map(find).collect::<Result<Vec<_>>>()?;
    if let Some((_, twice)) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name)) {
        return Err(Error::usage(format!("duplicate column: {twice}")));
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
    let mut foreign = 0_usize;
    let mut is_empty = true;
    let mut future = FutureTimes::new(&request.filter, context);
    session.list_tokens(request, &mut |event| match event {
        Listing::Row(row) => {
            let token = ListedToken::new(row, now, keys)?;
            foreign += usize::from(token.key_kind() != KeyKind::Drf);
            is_empty = false;
            future.see(token.times());
            stream.record(&token);
            Ok(())
        }
        Listing::EndOfPage => stream.end_page(),
    })?;
    stream.finish()?;
    future.warn(session, context)?;
    if foreign > 0 {
        let tokens = if foreign == 1 { "token has a key" } else { "tokens have keys" };
        context
            .notes()
            .note(&format!("{foreign} {tokens} not created by DRF; --columns username,key,key_kind shows which"));
    }
    if is_empty {
        note_empty("tokens", request, context);
    }
    Ok(())
}

fn users(session: &mut Session, request: &ListRequest, mut stream: Stream, context: &Context) -> Result<()> {
    let mut future = FutureTimes::new(&request.filter, context);
    let mut is_empty = true;
    session.list_users(request, &mut |event| match event {
        Listing::Row(row) => {
            let user = ListedUser::new(row)?;
            future.see(user.times());
            is_empty = false;
            stream.record(&user);
            Ok(())
        }
        Listing::EndOfPage => stream.end_page(),
    })?;
    stream.finish()?;
    if is_empty {
        note_empty("users", request, context);
    }
    future.warn(session, context)
}

/// Notes on a terminal that a list has no rows. Programs count them.
fn note_empty(what: &str, request: &ListRequest, context: &Context) {
    if !terminal::stdout_is_terminal() || request.limit == Some(0) {
        return;
    }
    let condition = if request.filter.is_empty() { "" } else { " match" };
    context.notes().note(&format!("no {what}{condition}"));
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
