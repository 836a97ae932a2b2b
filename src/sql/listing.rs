//! Statements that list users and tokens, a page at a time: each page begins
//! after the last row of the one before, so that no cursor is held between.

use crate::error::Result;
use crate::schema::layout::TokenTable;
use crate::sql::filter::{Query, Source, TokenFilter};
use crate::sql::users::column;
use crate::sql::{Dialect, Statement, Value};

/// What is selected of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// The login name.
    Login,
    /// The token's key, or NULL.
    TokenKey,
    /// When the token was made, or NULL.
    TokenCreated,
    /// A column of the user model, or NULL where it has none of that name.
    User(&'static str),
}

/// By what rows are sorted. A page has those orders alone that have an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The user's key: mostly the order in which users were made.
    #[default]
    Id,
    /// The login name.
    Username,
    /// When the token, or else the user, was made.
    Created,
    /// When the user last logged in; those who never did come last.
    LastLogin,
}

impl Sort {
    /// Whether the database has the rows in this order, and need not sort all
    /// of them for every page.
    #[must_use]
    pub fn has_index(self) -> bool {
        matches!(self, Self::Id | Self::Username)
    }

    /// Whether a row may have nothing to be sorted by.
    #[must_use]
    pub fn has_nulls(self, source: &Source<'_>) -> bool {
        self == Self::Username && !source.has_logins()
    }
}

/// Where a page ended: what it was sorted by, and the user's key.
pub type Cursor = (Value, Value);

/// One page.
pub struct Page<'a> {
    /// Which rows.
    pub filter: &'a TokenFilter,
    /// By what they are sorted.
    pub sort: Sort,
    /// Whether the last come first.
    pub reverse: bool,
    /// Whether it is of those who have nothing to be sorted by: they come last,
    /// and a search for both would have no index to go by.
    pub are_null: bool,
    /// Where the page before ended.
    pub after: Option<&'a Cursor>,
    /// How many rows at most.
    pub limit: u64,
    /// Whether they are about to be changed.
    pub for_update: bool,
}

/// The rows of a page: the [`Cursor`]'s two values, then what is selected.
///
/// # Errors
/// Rejected, if the user model lacks a column of the filter or of the order.
pub fn page(source: &Source<'_>, dialect: &Dialect, selected: &[Selected], page: &Page<'_>) -> Result<Statement> {
    let mut query = Query::new(dialect);
    let key = format!("u0.{}", dialect.name(source.users.key()));
    let sort = sort_column(source, dialect, page.sort)?;
    let mut wanted = vec![sort.clone(), key.clone()];
    for one in selected {
        wanted.push(select(source, dialect, *one));
    }
    let is_by_key = page.sort == Sort::Id || page.are_null;
    let than = if page.reverse { "<" } else { ">" };
    // The first in the text is the first to be bound.
    let beyond = match page.after {
        Some((_, at)) if is_by_key && source.tokens.is_some() => format!("{than} {}", query.bind(at.clone())),
        _ => String::new(),
    };
    let mut conditions = query.conditions(page.filter, source)?;
    if page.sort.has_nulls(source) {
        conditions.push(format!("{sort} IS {}NULL", if page.are_null { "" } else { "NOT " }));
    }
    if let Some((last, at)) = page.after {
        let (last, at) = (last.clone(), at.clone());
        conditions.push(if is_by_key {
            format!("{key} {than} {}", query.bind(at))
        } else {
            format!("({sort}, {key}) {than} ({}, {})", query.bind(last), query.bind(at))
        });
    }
    let direction = if page.reverse { " DESC" } else { "" };
    let order = if is_by_key { format!("{key}{direction}") } else { format!("{sort}{direction}, {key}{direction}") };
    Ok(Statement {
        text: format!(
            "SELECT {} FROM {}{} ORDER BY {order} LIMIT {}{}",
            wanted.join(", "),
            source.joined_beyond(dialect, &beyond),
            those(&conditions),
            page.limit,
            if page.for_update { dialect.for_update } else { "" }
        ),
        parameters: query.parameters,
    })
}

/// What rows are sorted by.
///
/// # Errors
/// Rejected, if the user model lacks the column.
pub fn sort_column(source: &Source<'_>, dialect: &Dialect, sort: Sort) -> Result<String> {
    match sort {
        Sort::Id => Ok(format!("u0.{}", dialect.name(source.users.key()))),
        Sort::Username => Ok(column(dialect, &source.users.login)),
        Sort::Created => source.made(dialect),
        Sort::LastLogin => source.user_column(dialect, "last_login"),
    }
}

/// The rows of these users, as far as they pass the filter: what [`page`]
/// finds, in any order.
///
/// # Errors
/// As [`page`].
pub fn of_users(
    source: &Source<'_>,
    dialect: &Dialect,
    selected: &[Selected],
    filter: &TokenFilter,
    users: Vec<Value>,
) -> Result<Statement> {
    let mut query = Query::new(dialect);
    let key = format!("u0.{}", dialect.name(source.users.key()));
    let mut wanted = vec![key.clone(), key.clone()];
    wanted.extend(selected.iter().map(|one| select(source, dialect, *one)));
    let mut conditions = query.conditions(filter, source)?;
    conditions.push(query.one_of(&key, users.into_iter()));
    let text = format!("SELECT {} FROM {}{}", wanted.join(", "), source.from(dialect), those(&conditions));
    Ok(Statement { text, parameters: query.parameters })
}

/// How many rows there are.
///
/// # Errors
/// As [`page`].
pub fn count(source: &Source<'_>, dialect: &Dialect, filter: &TokenFilter) -> Result<Statement> {
    let mut query = Query::new(dialect);
    let conditions = query.conditions(filter, source)?;
    Ok(Statement {
        text: format!("SELECT COUNT(*) FROM {}{}", source.from(dialect), those(&conditions)),
        parameters: query.parameters,
    })
}

fn select(source: &Source<'_>, dialect: &Dialect, selected: Selected) -> String {
    let of_token = |name: fn(&TokenTable) -> &String| source.token_column(dialect, name).ok();
    let found = match selected {
        Selected::Login => Some(column(dialect, &source.users.login)),
        Selected::TokenKey => of_token(|tokens| &tokens.key),
        Selected::TokenCreated => of_token(|tokens| &tokens.created),
        Selected::User(name) => source.user_column(dialect, name).ok(),
    };
    found.unwrap_or_else(|| "NULL".to_owned())
}

fn those(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}
