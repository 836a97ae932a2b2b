//! The layout: which tables and columns hold users and tokens.

use crate::engine::{Column, ColumnKind, Table};
use crate::error::{Error, Result};
use crate::schema::catalog::SchemaChoice;
use crate::schema::problem::TokenProblem;

/// The tables and columns that hold users and tokens.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The user table.
    pub users: UserTable,
    /// The token table, or why tokens cannot be used.
    tokens: Result<TokenTable, TokenProblem>,
    /// The schema of the token table, where the engine has schemas.
    pub schema: Option<SchemaChoice>,
    /// What is unusual in the database but harmless.
    pub notices: Vec<String>,
    /// What a person should know before trusting the layout.
    pub warnings: Vec<String>,
}

/// The token table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenTable {
    /// Its shape.
    pub shape: Table,
    /// The primary key, which identifies a token.
    pub pk: String,
    /// `Token.key`.
    pub key: String,
    /// `Token.created`.
    pub created: String,
    /// `Token.user`.
    pub user: String,
    /// How many tokens a user may have.
    pub per_user: PerUser,
    /// Whether it has no other columns.
    pub is_plain: bool,
}

/// How many tokens a user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerUser {
    /// One, as with DRF's own model.
    One,
    /// Any number: the user column is not unique.
    Several,
}

/// The user table and, with multi-table inheritance, its parents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTable {
    /// The table that tokens reference, then its parents. Their rows share the
    /// value of the primary key.
    pub chain: Vec<ModelTable>,
    /// The column of `USERNAME_FIELD`.
    pub username: UsernameColumn,
    /// `is_active`, if the model has it.
    pub is_active: Option<ColumnRef>,
    /// The groups of users, if the model has them.
    pub membership: Option<Membership>,
}

/// The column that users are looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsernameColumn {
    /// This column.
    Known(ColumnRef),
    /// One of these unique columns; the evidence does not decide. A name that
    /// matches one user means that user.
    OneOf(Vec<ColumnRef>),
}

/// The table of the users' groups: `User.groups.through`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its name.
    pub table: String,
    /// The column that references the user.
    pub user: String,
    /// The column that references the group.
    pub group: String,
    /// The table of the groups: Django's, or that of a model of the application.
    pub groups: String,
}

/// One table of the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelTable {
    /// Its shape.
    pub shape: Table,
    /// The column of its primary key.
    pub key: String,
}

/// A column of the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRef {
    /// The index into [`UserTable::chain`].
    pub table: usize,
    /// The column's name.
    pub name: String,
}

impl Layout {
    /// Returns a layout without notices and warnings.
    #[must_use]
    pub fn new(users: UserTable, tokens: Result<TokenTable, TokenProblem>) -> Self {
        Self { users, tokens, schema: None, notices: Vec::new(), warnings: Vec::new() }
    }

    /// Returns the token table.
    ///
    /// # Errors
    /// Unusable, with the reason, if tokens cannot be used.
    pub fn tokens(&self) -> Result<&TokenTable> {
        self.tokens.as_ref().map_err(TokenProblem::to_error)
    }

    /// Returns the token table, if drfctl can create its rows: each user has at
    /// most one token, and the database has a value for every other column.
    ///
    /// # Errors
    /// Same as [`Layout::tokens`]; unusable if a user may have several tokens,
    /// or a column needs a value.
    pub fn single_tokens(&self) -> Result<&TokenTable> {
        let tokens = self.tokens()?;
        let changed = |column: &str, how: &str| TokenProblem::Changed(column.to_owned(), how.to_owned()).to_error();
        if tokens.per_user == PerUser::Several {
            return Err(changed(&tokens.user, "is not unique: a user could have two tokens"));
        }
        let ours = [&tokens.key, &tokens.created, &tokens.user];
        let mut others = tokens.shape.columns.iter().filter(|column| !ours.contains(&&column.name));
        match others.find(|column| column.is_required()) {
            Some(column) => Err(changed(&column.name, "is required, but drfctl has no value for it")),
            None => Ok(tokens),
        }
    }

    /// Returns the token table; `None` if there is none.
    ///
    /// # Errors
    /// Unusable if it exists and cannot be used.
    pub fn tokens_if_any(&self) -> Result<Option<&TokenTable>> {
        match &self.tokens {
            Ok(tokens) => Ok(Some(tokens)),
            Err(TokenProblem::Missing | TokenProblem::NoDjangoTables | TokenProblem::Elsewhere(_)) => Ok(None),
            Err(problem) => Err(problem.to_error()),
        }
    }

    /// Returns the columns of its tables.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        let users = self.users.chain.iter().map(|table| &table.shape);
        users.chain(self.tokens.iter().map(|tokens| &tokens.shape)).flat_map(|shape| &shape.columns)
    }

    /// Refuses tables whose storage engine has no transactions.
    ///
    /// # Errors
    /// Unusable, naming the first such table.
    pub fn check_transactions(&self) -> Result<()> {
        let users = self.users.chain.iter().map(|table| &table.shape);
        for shape in users.chain(self.tokens.iter().map(|tokens| &tokens.shape)) {
            if let Some(engine) = &shape.non_transactional_engine {
                let table = &shape.name;
                return Err(Error::unusable(format!(
                    "the table {table} uses the storage engine {engine}, which has no transactions"
                ))
                .hint(format!("convert it: ALTER TABLE {table} ENGINE = InnoDB")));
            }
        }
        Ok(())
    }
}

impl TokenTable {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shape.name
    }

    /// Returns one of its columns.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.shape.column(name)
    }
}

impl UsernameColumn {
    /// Returns the columns to search, the preferred one first.
    #[must_use]
    pub fn columns(&self) -> &[ColumnRef] {
        match self {
            Self::Known(column_ref) => std::slice::from_ref(column_ref),
            Self::OneOf(columns) => columns,
        }
    }

    /// Returns the column to show.
    #[must_use]
    pub fn first(&self) -> &ColumnRef {
        match self {
            Self::Known(column_ref) => column_ref,
            Self::OneOf(columns) => &columns[0],
        }
    }
}

impl UserTable {
    /// Returns the name of the table that tokens reference.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.chain[0].shape.name
    }

    /// Returns the name of the column that tokens reference.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.chain[0].key
    }

    /// Returns the column that tokens reference.
    #[must_use]
    pub fn key_column(&self) -> Option<&Column> {
        self.chain[0].shape.column(&self.chain[0].key)
    }

    /// Returns the kind of the column that tokens reference.
    #[must_use]
    pub fn key_kind(&self) -> ColumnKind {
        self.key_column().map_or(ColumnKind::Text, |column| column.kind.clone())
    }

    /// Returns the username column to show.
    #[must_use]
    pub fn display_column(&self) -> &ColumnRef {
        self.username.first()
    }

    /// Returns the column with this name in the first table that has it: exact,
    /// else ignoring ASCII case.
    #[must_use]
    pub fn find_column(&self, name: &str) -> Option<ColumnRef> {
        self.chain.iter().enumerate().find_map(|(at, table)| {
            let column = table.shape.column(name)?;
            Some(ColumnRef { table: at, name: column.name.clone() })
        })
    }

    /// Returns the columns of all its tables, in order.
    pub fn columns(&self) -> impl Iterator<Item = (ColumnRef, &Column)> {
        self.chain.iter().enumerate().flat_map(|(table, model)| {
            model.shape.columns.iter().map(move |column| (ColumnRef { table, name: column.name.clone() }, column))
        })
    }

    /// Returns the shape of a column.
    #[must_use]
    pub fn column(&self, column_ref: &ColumnRef) -> Option<&Column> {
        self.chain[column_ref.table].shape.columns.iter().find(|column| column.name == column_ref.name)
    }

    /// Returns whether a column is unique.
    #[must_use]
    pub fn is_unique(&self, column_ref: &ColumnRef) -> bool {
        self.chain[column_ref.table].shape.is_unique(&column_ref.name)
    }

    /// Returns the unique columns that could be `USERNAME_FIELD`, except those
    /// that users are looked up by.
    pub fn other_unique(&self) -> impl Iterator<Item = &str> {
        let tables = self.chain.iter().enumerate();
        tables.flat_map(|(at, table)| unique_columns(&table.shape).map(move |column| (at, column))).filter_map(
            |(at, column)| {
                let is_searched = self
                    .username
                    .columns()
                    .iter()
                    .any(|column_ref| column_ref.table == at && column_ref.name == column.name);
                (!is_searched).then_some(column.name.as_str())
            },
        )
    }
}

/// Returns the columns of a table that could be `USERNAME_FIELD`: unique text
/// or integers, except an integer primary key and foreign keys.
pub fn unique_columns(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| {
        let is_kind = column.kind == ColumnKind::Text || (column.kind.is_integer() && !column.primary_key);
        is_kind && table.is_unique(&column.name) && table.references(&column.name).next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_transactions_is_refused() {
        for (engine, is_refused) in [(None, false), (Some("MyISAM".to_owned()), true)] {
            let shape = Table { non_transactional_engine: engine, ..Table::default() };
            let chain = vec![ModelTable { shape, key: "id".to_owned() }];
            let username = UsernameColumn::OneOf(Vec::new());
            let users = UserTable { chain, username, is_active: None, membership: None };
            let layout = Layout::new(users, Err(TokenProblem::Missing));
            assert_eq!(layout.check_transactions().is_err(), is_refused);
        }
    }
}
