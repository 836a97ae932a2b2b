//! Statements that list users and tokens, one page at a time. Each page begins
//! after the last row of the page before, so that no database cursor stays open
//! in between.

use crate::engine::{Dialect, Statement, Value};
use crate::error::Result;
use crate::query::builder::{Builder, filtered, locked};
use crate::query::filter::{Filter, RowKey, Source, Subject};
use crate::query::listed::{CellSet, Listed};
use crate::query::listed_row_check::{Purpose, conditions};
use crate::query::page::{Order, sort_column};
use crate::query::row_check::cell;
use crate::query::{tokens, users};
use crate::schema::layout::TokenTable;
use crate::schema::tables::TOKEN_ALIAS;

pub use crate::query::page::{Direction, Page, Part, Sort};

/// The cells that are columns of the user model, in the order of [`Listed`].
const USER_CELLS: [(Listed, &str); 7] = [
    (Listed::Email, "email"),
    (Listed::IsActive, "is_active"),
    (Listed::IsStaff, "is_staff"),
    (Listed::IsSuperuser, "is_superuser"),
    (Listed::DateJoined, "date_joined"),
    (Listed::LastLogin, "last_login"),
    (Listed::Password, "password"),
];

/// Selects the rows of a page; see
/// [`ListedRow`](crate::query::listed::ListedRow).
///
/// # Errors
/// Rejected if the user model lacks a column of the filter or of the order.
pub fn page(source: &Source<'_>, dialect: &Dialect, page: &Page<'_>) -> Result<Statement> {
    let mut builder = Builder::new(dialect);
    let mut wanted = selected(source, dialect, sort_column(source, dialect, page.sort)?.sql, page.cells);
    let purpose = match page.lock {
        Some(_) => Purpose::Changing,
        None if page.sort == Sort::Username => Purpose::ReadingByName,
        None => Purpose::Reading,
    };
    wanted.push(cell(&conditions(&mut builder, page.filter, source, purpose)?));
    page_of(builder, &wanted, source, page)
}

/// Selects the sort values and primary keys of a page's rows, in the order of
/// the users' primary keys; see [`SortedRow`](crate::query::listed::SortedRow).
///
/// # Errors
/// Same as [`page`].
pub fn sort_keys(source: &Source<'_>, dialect: &Dialect, sort: Sort, page: &Page<'_>) -> Result<Statement> {
    let by = sort_column(source, dialect, sort)?.sql;
    let wanted = [by, users::key(source.users, dialect).sql, token_cell(source, dialect, |tokens| &tokens.pk)];
    page_of(Builder::new(dialect), &wanted, source, page)
}

fn page_of(mut builder: Builder<'_>, wanted: &[String], source: &Source<'_>, page: &Page<'_>) -> Result<Statement> {
    let dialect = builder.dialect;
    let order = Order::new(source, dialect, page)?;
    // Parameters are numbered in the order of the text.
    let bound = page.after.and_then(|cursor| order.bound_in_join(&mut builder, source, cursor));
    let mut conditions = builder.conditions(page.filter, source)?;
    if page.sort.has_nulls(source) {
        let not = if page.part == Part::Null { "" } else { "NOT " };
        conditions.push(format!("{} IS {not}NULL", order.sort.sql));
    }
    if let Some(cursor) = page.after {
        conditions.extend(order.after(&mut builder, source, cursor));
    }
    let alias = if source.subject == Subject::Tokens { TOKEN_ALIAS } else { users::FIRST };
    let text = format!(
        "SELECT {} FROM {}{} ORDER BY {} LIMIT {}{}",
        wanted.join(", "),
        source.joined(dialect, bound.as_deref()),
        filtered(&conditions),
        order.text(page.direction),
        page.limit,
        locked(dialect, page.lock, alias)
    );
    Ok(builder.statement(text))
}

/// Selects the rows with these keys (see [`Source::row_key`]) that match the
/// filter, in any order. The cells are those of [`page`].
///
/// # Errors
/// Same as [`page`].
pub fn of_keys(
    source: &Source<'_>,
    dialect: &Dialect,
    filter: &Filter,
    keys: Vec<Value>,
    cells: CellSet,
) -> Result<Statement> {
    let mut builder = Builder::new(dialect);
    let user = users::key(source.users, dialect);
    let mut wanted = selected(source, dialect, user.sql.clone(), cells);
    wanted.push(cell(&conditions(&mut builder, filter, source, Purpose::Reading)?));
    let mut conditions = builder.conditions(filter, source)?;
    let key = match (source.row_key(), source.tokens) {
        (RowKey::Token, Some(tokens)) => tokens::column(tokens, dialect, &tokens.pk),
        _ => user,
    };
    conditions.push(builder.one_of(&key, keys));
    let text = format!("SELECT {} FROM {}{}", wanted.join(", "), source.from(dialect), filtered(&conditions));
    Ok(builder.statement(text))
}

/// Counts the rows; see [`CountRow`](crate::query::rows::CountRow).
///
/// # Errors
/// Same as [`page`].
pub fn count(source: &Source<'_>, dialect: &Dialect, filter: &Filter) -> Result<Statement> {
    let mut builder = Builder::new(dialect);
    let conditions = builder.conditions(filter, source)?;
    let count = dialect.function("count");
    let text = format!("SELECT {count}(*) FROM {}{}", source.from(dialect), filtered(&conditions));
    Ok(builder.statement(text))
}

/// Returns the expressions of a row up to [`Listed::Password`], in that order;
/// NULL for cells that are not read.
fn selected(source: &Source<'_>, dialect: &Dialect, sort: String, cells: CellSet) -> Vec<String> {
    const OF_USERS_ALONE: [Listed; 3] = [Listed::Email, Listed::DateJoined, Listed::Password];
    let is_of_users = source.subject == Subject::Users;
    let has_token = source.has_token(dialect).filter(|_| is_of_users);
    let mut wanted = vec![
        sort,
        users::key(source.users, dialect).sql,
        token_cell(source, dialect, |tokens| &tokens.pk),
        source.username(dialect).sql,
        token_cell(source, dialect, |tokens| &tokens.key),
        token_cell(source, dialect, |tokens| &tokens.created),
        has_token.map_or_else(null, |has| format!("CASE WHEN {has} THEN 1 ELSE 0 END")),
    ];
    for (cell, at) in [(Listed::Username, 3), (Listed::Key, 4), (Listed::Created, 5), (Listed::HasToken, 6)] {
        if !cells.has(cell) {
            wanted[at] = null();
        }
    }
    // Where an index on the user column has all that is needed, the rows of
    // tokens are not read.
    if !cells.has(Listed::Token) && source.row_key() == RowKey::User {
        wanted[2] = null();
    }
    for (cell, name) in USER_CELLS {
        let is_wanted = cells.has(cell) && (is_of_users || !OF_USERS_ALONE.contains(&cell));
        let column = if is_wanted { source.user_column(dialect, name).ok() } else { None };
        wanted.push(column.map_or_else(null, |column| column.sql));
    }
    wanted
}

/// Returns a column of the token table, or NULL if it is not joined.
fn token_cell(source: &Source<'_>, dialect: &Dialect, name: fn(&TokenTable) -> &String) -> String {
    let tokens = source.joined_tokens();
    tokens.map_or_else(null, |tokens| tokens::column(tokens, dialect, name(tokens)).sql)
}

fn null() -> String {
    "NULL".to_owned()
}
