//! Who holds which token, and who does not. Never writes, and no statement is
//! open while a page is looked at.

use jiff::Timestamp;

use super::Store;
use super::paging::Reading;
use crate::django::password;
use crate::django::timestamp::{self, TimeKeeping};
use crate::django::username::Username;
use crate::error::Result;
use crate::schema::layout::{TOKEN_TABLE, TokenTable, UserTable};
use crate::sql::filter::{Source, TokenFilter};
use crate::sql::listing::{Cursor, Page, Selected, Sort};
use crate::sql::{self, Value};

/// So many names or keys a statement takes.
pub const ONE_STATEMENT: usize = 20_000;

/// Which rows are wanted, and how many.
#[derive(Clone, Debug, Default)]
pub struct ListOrder {
    /// Which.
    pub filter: TokenFilter,
    /// By what they are sorted.
    pub sort: Sort,
    /// Whether the last come first.
    pub reverse: bool,
    /// How many at most.
    pub limit: Option<u64>,
}

/// A moment in the database.
#[derive(Clone, Debug)]
pub struct Stored {
    /// As RFC 3339 in UTC, or what is stored instead.
    pub text: String,
    /// The moment itself, if it is one.
    pub at: Option<Timestamp>,
}

/// A token with its user.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// The user's key.
    pub user: Value,
    /// The login name, which need not be text.
    pub username: Value,
    /// The token's key.
    pub key: Value,
    /// When the token was made.
    pub created: Option<Stored>,
    /// Whether the user may log in.
    pub is_active: bool,
    /// Whether the user may log into the admin site.
    pub is_staff: Option<bool>,
    /// Whether the user has all permissions.
    pub is_superuser: Option<bool>,
    /// When the user last logged in.
    pub last_login: Option<Stored>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// The login name, which need not be text.
    pub username: Value,
    /// The e-mail address.
    pub email: Value,
    /// Whether the user may log in.
    pub is_active: bool,
    /// Whether the user may log into the admin site.
    pub is_staff: Option<bool>,
    /// Whether the user has all permissions.
    pub is_superuser: Option<bool>,
    /// When the user was made.
    pub date_joined: Option<Stored>,
    /// When the user last logged in.
    pub last_login: Option<Stored>,
    /// Whether the user holds a token; nothing, where there are no tokens.
    pub has_token: Option<bool>,
    /// The algorithm and work factor of the password; nothing of the hash.
    pub password: Option<String>,
}

/// The rows of some users or tokens, each with the user's key as its second
/// value: what [`Store::page`] finds.
pub(super) type Rows = Vec<Vec<Value>>;

/// Where the rows of a list come from.
pub(super) struct Tables {
    pub(super) users: UserTable,
    pub(super) tokens: Option<TokenTable>,
}

impl Tables {
    pub(super) fn source<'a>(&'a self, only_holders: bool, time: &'a TimeKeeping) -> Source<'a> {
        Source { users: &self.users, tokens: self.tokens.as_ref(), only_holders, time }
    }
}

impl Store {
    /// Hands the tokens over, page by page.
    ///
    /// # Errors
    /// Rejected, if the user model lacks a column that the order speaks of;
    /// busy or unusable, if the database cannot be read; else what `on_page`
    /// says.
    pub fn list_tokens(
        &mut self,
        order: &ListOrder,
        on_page: &mut (dyn FnMut(Vec<TokenRow>) -> Result<()> + Send),
    ) -> Result<()> {
        let layout = self.layout()?;
        let tables = Tables { users: layout.users, tokens: Some(layout.tokens) };
        let reader = Reader { tables: &tables, time: self.time.clone() };
        for filter in order.filter.chunks(ONE_STATEMENT) {
            let order = ListOrder { filter, ..*order };
            let reading = Reading { tables: &tables, only_holders: true, order: &order, selected: &TOKEN_COLUMNS };
            self.pages(&reading, &mut |rows| on_page(rows.into_iter().filter_map(|row| reader.token(row)).collect()))?;
        }
        Ok(())
    }

    /// Hands the users over, page by page.
    ///
    /// # Errors
    /// As [`Store::list_tokens`].
    pub fn list_users(
        &mut self,
        order: &ListOrder,
        on_page: &mut (dyn FnMut(Vec<UserRow>) -> Result<()> + Send),
    ) -> Result<()> {
        let tables = self.tables()?;
        let reader = Reader { tables: &tables, time: self.time.clone() };
        for filter in order.filter.chunks(ONE_STATEMENT) {
            let order = ListOrder { filter, ..*order };
            let reading = Reading { tables: &tables, only_holders: false, order: &order, selected: &USER_COLUMNS };
            self.pages(&reading, &mut |rows| on_page(rows.into_iter().filter_map(|row| reader.user(row)).collect()))?;
        }
        Ok(())
    }

    /// How many tokens there are.
    ///
    /// # Errors
    /// As [`Store::list_tokens`].
    pub fn count_tokens(&mut self, filter: &TokenFilter) -> Result<u64> {
        let layout = self.layout()?;
        let tables = Tables { users: layout.users, tokens: Some(layout.tokens) };
        self.count_rows(&tables, true, filter)
    }

    /// How many tokens there are, give or take those whose users are not there:
    /// with all of them, looking for users would take longer than it is worth.
    ///
    /// # Errors
    /// As [`Store::list_tokens`].
    pub fn estimate_tokens(&mut self, filter: &TokenFilter) -> Result<u64> {
        if !filter.is_empty() {
            return self.count_tokens(filter);
        }
        let tokens = self.layout()?.tokens.name;
        Ok(u64::try_from(self.count(&tokens)?).unwrap_or_default())
    }

    /// How many users there are.
    ///
    /// # Errors
    /// As [`Store::list_tokens`].
    pub fn count_users(&mut self, filter: &TokenFilter) -> Result<u64> {
        let tables = self.tables()?;
        self.count_rows(&tables, false, filter)
    }

    /// The names that no user has.
    ///
    /// # Errors
    /// Rejected, if several users have a name; busy or unusable, if the
    /// database cannot be read.
    pub fn unknown<'a>(&mut self, names: &'a [Username]) -> Result<Vec<&'a Username>> {
        let tables = self.tables()?;
        let mut unknown = Vec::new();
        for name in names {
            if self.key_of(&tables.users, name.as_str())?.is_none() {
                unknown.push(name);
            }
        }
        Ok(unknown)
    }

    /// Where users are; and tokens, if there are any.
    pub(super) fn tables(&mut self) -> Result<Tables> {
        if self.table_names()?.spelling(TOKEN_TABLE).is_some() {
            let layout = self.layout()?;
            return Ok(Tables { users: layout.users, tokens: Some(layout.tokens) });
        }
        Ok(Tables { users: self.users(false)?.0, tokens: None })
    }

    fn count_rows(&mut self, tables: &Tables, only_holders: bool, filter: &TokenFilter) -> Result<u64> {
        let time = self.time.clone();
        let source = tables.source(only_holders, &time);
        let mut all = 0;
        for filter in filter.chunks(ONE_STATEMENT) {
            let statement = sql::listing::count(&source, self.connection.dialect(), &filter)?;
            let rows = self.rows(&statement)?;
            let count = rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
            all += count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
        }
        Ok(all)
    }

    /// One page, and where it ends.
    pub(super) fn page(
        &mut self,
        tables: &Tables,
        only_holders: bool,
        selected: &[Selected],
        page: &Page<'_>,
    ) -> Result<(Rows, Option<Cursor>)> {
        let time = self.time.clone();
        let source = tables.source(only_holders, &time);
        let statement = sql::listing::page(&source, self.connection.dialect(), selected, page)?;
        let rows = self.rows(&statement)?;
        let cursor = rows.last().and_then(|row| Some((row.first()?.clone(), row.get(1)?.clone())));
        Ok((rows, cursor))
    }

    /// A moment, if there is one.
    pub(super) fn stored(&self, value: &Value) -> Option<Stored> {
        stored(&self.time, value)
    }
}

/// Makes rows from the values of a page.
struct Reader<'a> {
    tables: &'a Tables,
    time: TimeKeeping,
}

impl Reader<'_> {
    fn token(&self, row: Vec<Value>) -> Option<TokenRow> {
        let [_, user, username, key, created, active, staff, superuser, last_login] =
            <[Value; 9]>::try_from(row).ok()?;
        Some(TokenRow {
            user,
            username,
            key,
            created: stored(&self.time, &created),
            is_active: is_active(&self.tables.users, &active),
            is_staff: truth(&staff),
            is_superuser: truth(&superuser),
            last_login: stored(&self.time, &last_login),
        })
    }

    fn user(&self, row: Vec<Value>) -> Option<UserRow> {
        let [_, _, username, email, active, staff, superuser, joined, last_login, key, encoded] =
            <[Value; 11]>::try_from(row).ok()?;
        let has_password = self.tables.users.place("password").is_some();
        Some(UserRow {
            username,
            email,
            is_active: is_active(&self.tables.users, &active),
            is_staff: truth(&staff),
            is_superuser: truth(&superuser),
            date_joined: stored(&self.time, &joined),
            last_login: stored(&self.time, &last_login),
            has_token: self.tables.tokens.as_ref().map(|_| !matches!(key, Value::Null)),
            password: has_password.then(|| password::describe(encoded.as_str().unwrap_or_default())),
        })
    }
}

fn stored(time: &TimeKeeping, value: &Value) -> Option<Stored> {
    if matches!(value, Value::Null) {
        return None;
    }
    let at = value.as_datetime().and_then(|stored| time.timestamp(stored));
    Some(Stored { text: at.map_or_else(|| value.readable(), timestamp::rfc3339), at })
}

/// What [`TokenRow`] is made from.
pub(super) const TOKEN_COLUMNS: [Selected; 7] = [
    Selected::Login,
    Selected::TokenKey,
    Selected::TokenCreated,
    Selected::User("is_active"),
    Selected::User("is_staff"),
    Selected::User("is_superuser"),
    Selected::User("last_login"),
];

/// What [`UserRow`] is made from.
const USER_COLUMNS: [Selected; 9] = [
    Selected::Login,
    Selected::User("email"),
    Selected::User("is_active"),
    Selected::User("is_staff"),
    Selected::User("is_superuser"),
    Selected::User("date_joined"),
    Selected::User("last_login"),
    Selected::TokenKey,
    Selected::User("password"),
];

/// Mirrors `AbstractBaseUser.is_active`, which is true without a column.
pub(super) fn is_active(users: &UserTable, stored: &Value) -> bool {
    users.is_active.is_none() || truth(stored).unwrap_or(false)
}

fn truth(stored: &Value) -> Option<bool> {
    stored.as_integer().map(|stored| stored != 0)
}
