//! A page of a list: its order, and the rows that come after the page before.

use crate::engine::{Dialect, Lock, Value};
use crate::error::Result;
use crate::query::builder::{Builder, Operand};
use crate::query::filter::{Filter, Source, Subject};
use crate::query::listed::{CellSet, Cursor};
use crate::query::{tokens, users};
use crate::schema::layout::PerUser;

/// The sort order of a list. A page supports only orders that have an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The user's primary key: mostly the order of creation.
    #[default]
    Id,
    /// The username.
    Username,
    /// When the token was created; in a list of users, when the user was.
    Created,
    /// When the user last logged in. Users who never did come last.
    LastLogin,
}

impl Sort {
    /// Returns whether an index provides this order, so that the database does
    /// not sort all rows for every page.
    #[must_use]
    pub fn has_index(self) -> bool {
        matches!(self, Self::Id | Self::Username)
    }

    /// Returns whether the sort value of a row may be NULL.
    #[must_use]
    pub fn has_nulls(self, source: &Source<'_>) -> bool {
        self == Self::Username && !source.has_names()
    }
}

/// The direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    #[default]
    Ascending,
    /// The largest first.
    Descending,
}

impl Direction {
    fn suffix(self) -> &'static str {
        if self == Self::Descending { " DESC" } else { "" }
    }
}

/// The part of the order that a page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Rows with a sort value.
    #[default]
    Sorted,
    /// Rows whose sort value is NULL. They come last, on separate pages: no
    /// index supports a condition for both parts.
    Null,
}

/// A page of a list.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The rows to include.
    pub filter: &'a Filter,
    /// The sort order.
    pub sort: Sort,
    /// The direction of the order.
    pub direction: Direction,
    /// The part of the order.
    pub part: Part,
    /// Where the page before ended.
    pub after: Option<&'a Cursor>,
    /// The maximum number of rows.
    pub limit: u64,
    /// The lock to take, if the rows are about to change.
    pub lock: Option<Lock>,
    /// The cells to read.
    pub cells: CellSet,
}

/// The columns that rows are sorted by: the requested one, then the user's
/// primary key, then the token's if a user may have several.
pub(super) struct Order {
    pub(super) sort: Operand,
    /// Whether another column comes before the user's primary key.
    has_sort: bool,
    /// Whether rows are sorted by the user's primary key first, and every joined
    /// table sorts it alike.
    has_bounds: bool,
    user: Operand,
    token: Option<Operand>,
    than: &'static str,
}

impl Order {
    pub(super) fn new(source: &Source<'_>, dialect: &Dialect, page: &Page<'_>) -> Result<Self> {
        let tokens = source.tokens.filter(|_| source.subject == Subject::Tokens);
        let several = tokens.filter(|tokens| tokens.per_user == PerUser::Several);
        let has_sort = page.sort != Sort::Id && page.part == Part::Sorted;
        let user = match tokens {
            // An index has tokens in the order of their users, so that the
            // users' index need not be searched for each token.
            Some(tokens) if !has_sort => tokens::column(tokens, dialect, &tokens.user),
            _ => users::key(source.users, dialect),
        };
        Ok(Self {
            sort: sort_column(source, dialect, page.sort)?,
            has_sort,
            has_bounds: !has_sort && is_sorted_alike(source),
            user,
            token: several.map(|tokens| tokens::column(tokens, dialect, &tokens.pk)),
            than: if page.direction == Direction::Descending { "<" } else { ">" },
        })
    }

    pub(super) fn text(&self, direction: Direction) -> String {
        let first = self.has_sort.then_some(&self.sort);
        let columns = first.into_iter().chain([&self.user]).chain(&self.token);
        let columns: Vec<String> = columns.map(|column| format!("{}{}", column.sql, direction.suffix())).collect();
        columns.join(", ")
    }

    /// Returns the conditions that a row comes after the cursor. Those on the other
    /// joined tables follow from the joins, but a query planner that does not derive
    /// them reads these tables from the beginning for each page.
    pub(super) fn after(&self, builder: &mut Builder<'_>, source: &Source<'_>, cursor: &Cursor) -> Vec<String> {
        let first = self.has_sort.then_some((&self.sort, &cursor.sort));
        let rest =
            [(&self.user, &cursor.user)].into_iter().chain(self.token.iter().map(|token| (token, &cursor.token)));
        let columns: Vec<_> = first.into_iter().chain(rest).collect();
        let mut conditions = vec![beyond(builder, self.than, &columns)];
        if self.has_bounds {
            let keys: Vec<Operand> = users::keys(source.users, builder.dialect).collect();
            for key in keys.iter().filter(|key| key.sql != self.user.sql) {
                conditions.push(builder.compare(key, &format!("{}=", self.than), cursor.user.clone()));
            }
        }
        conditions
    }

    /// Returns that condition for the tokens of a list of users. It belongs into the
    /// outer join, because users without a token are listed, too.
    pub(super) fn bound_in_join(
        &self,
        builder: &mut Builder<'_>,
        source: &Source<'_>,
        cursor: &Cursor,
    ) -> Option<String> {
        let tokens = source.joined_tokens().filter(|_| self.has_bounds && source.subject == Subject::Users)?;
        let user = tokens::column(tokens, builder.dialect, &tokens.user);
        Some(builder.compare(&user, self.than, cursor.user.clone()))
    }
}

/// Returns whether every joined table sorts the primary keys of users alike. Two
/// columns of text may have different collations.
fn is_sorted_alike(source: &Source<'_>) -> bool {
    let keys = source.users.chain.iter().map(|table| table.shape.column(&table.key));
    let of_tokens = source.joined_tokens().map(|tokens| tokens.column(&tokens.user));
    let mut columns = keys.chain(of_tokens);
    columns.all(|column| column.is_some_and(|column| column.kind.is_integer() || column.declared == "uuid"))
}

/// Returns the condition that a row is beyond these values, column by column.
/// The first comparison bounds the search in an index.
fn beyond(builder: &mut Builder<'_>, than: &str, columns: &[(&Operand, &Value)]) -> String {
    match columns {
        [] => "FALSE".to_owned(),
        [(column, value)] => builder.compare(column, than, Value::clone(value)),
        [(column, value), rest @ ..] => {
            let bounded = builder.compare(column, &format!("{than}="), Value::clone(value));
            let further = builder.compare(column, than, Value::clone(value));
            let tied = beyond(builder, than, rest);
            format!("{bounded} AND ({further} OR {tied})")
        }
    }
}

/// Returns the column of the sort value.
///
/// # Errors
/// Rejected if the user model lacks the column.
pub(super) fn sort_column(source: &Source<'_>, dialect: &Dialect, sort: Sort) -> Result<Operand> {
    match sort {
        Sort::Id => Ok(users::key(source.users, dialect)),
        Sort::Username => Ok(source.username(dialect)),
        Sort::Created => source.created(dialect),
        Sort::LastLogin => source.user_column(dialect, "last_login"),
    }
}
