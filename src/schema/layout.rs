//! The layout: which tables and columns hold tokens and users here.

use crate::engine::{Column, ColumnKind, Table};
use crate::error::{Error, Result};
use crate::schema::problem::TokenProblem;

/// Where tokens and users are.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The user table.
    pub users: UserTable,
    /// The token table, or why tokens cannot be used.
    tokens: Result<TokenTable, TokenProblem>,
    /// What is unusual here but does no harm.
    pub notices: Vec<String>,
    /// What a person should know before trusting the result.
    pub warnings: Vec<String>,
}

/// The token table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenTable {
    /// Its shape.
    pub shape: Table,
    /// The primary key, by which a token is identified.
    pub pk: String,
    /// `Token.key`.
    pub key: String,
    /// `Token.created`.
    pub created: String,
    /// `Token.user`.
    pub user: String,
    /// How many tokens a user may have.
    pub per_user: PerUser,
    /// Whether it has these columns alone.
    pub is_plain: bool,
}

/// How many tokens a user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerUser {
    /// One, as with DRF's own model.
    One,
    /// Any number: the column of the user is not unique.
    Several,
}

/// The user table, and with multi-table inheritance its parents behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTable {
    /// The table that tokens refer to, then its parents; row by row they share
    /// the value of their key.
    pub chain: Vec<Link>,
    /// The column of `USERNAME_FIELD`.
    pub username: UsernameColumn,
    /// `is_active`, where the model has one.
    pub is_active: Option<Place>,
    /// The groups of users, where the model has them.
    pub membership: Option<Membership>,
}

/// The column by which users are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsernameColumn {
    /// This one.
    Known(Place),
    /// One of these, each of which is unique; nothing tells which. A name that
    /// fits one user only means that user.
    OneOf(Vec<Place>),
}

/// The table that says which users are in which groups: `User.groups.through`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its name.
    pub table: String,
    /// The column that refers to the user.
    pub user: String,
    /// The column that refers to the group.
    pub group: String,
}

/// One table of the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its shape.
    pub shape: Table,
    /// Its key.
    pub key: String,
}

/// A column of the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The index into [`UserTable::chain`].
    pub link: usize,
    /// The column's name.
    pub column: String,
}

impl Layout {
    /// A layout with what was detected.
    #[must_use]
    pub fn new(users: UserTable, tokens: Result<TokenTable, TokenProblem>) -> Self {
        Self { users, tokens, notices: Vec::new(), warnings: Vec::new() }
    }

    /// The token table.
    ///
    /// # Errors
    /// Unusable, saying why tokens cannot be used.
    pub fn tokens(&self) -> Result<&TokenTable> {
        self.tokens.as_ref().map_err(TokenProblem::to_error)
    }

    /// The token table, where each user has one token at most.
    ///
    /// # Errors
    /// As [`Layout::tokens`]; unusable, if a user may have several tokens.
    pub fn single_tokens(&self) -> Result<&TokenTable> {
        let tokens = self.tokens()?;
        match tokens.per_user {
            PerUser::One => Ok(tokens),
            PerUser::Several => {
                let how = "is not unique: a user could have two tokens";
                Err(TokenProblem::Changed(tokens.user.clone(), how.to_owned()).to_error())
            }
        }
    }

    /// The token table; none, if there is none.
    ///
    /// # Errors
    /// Unusable, if it exists and cannot be used.
    pub fn tokens_if_any(&self) -> Result<Option<&TokenTable>> {
        match &self.tokens {
            Ok(tokens) => Ok(Some(tokens)),
            Err(TokenProblem::Missing | TokenProblem::NoDjangoTables | TokenProblem::Elsewhere(_)) => Ok(None),
            Err(problem) => Err(problem.to_error()),
        }
    }

    /// The names of the tables that it was detected from.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let users = self.users.chain.iter().map(|link| link.shape.name.as_str());
        users.chain(self.tokens.iter().map(|tokens| tokens.shape.name.as_str()))
    }

    /// Refuses tables whose changes could not be rolled back.
    ///
    /// # Errors
    /// Unusable, naming the first.
    pub fn check_transactions(&self) -> Result<()> {
        let users = self.users.chain.iter().map(|link| &link.shape);
        for shape in users.chain(self.tokens.iter().map(|tokens| &tokens.shape)) {
            if let Some(engine) = &shape.without_transactions {
                let table = &shape.name;
                return Err(Error::unusable(format!(
                    "the table {table} is of the engine {engine}, without transactions"
                ))
                .hint(format!("ALTER TABLE {table} ENGINE = InnoDB")));
            }
        }
        Ok(())
    }
}

impl TokenTable {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shape.name
    }

    /// The shape of one of its columns.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.shape.column(name)
    }
}

impl UsernameColumn {
    /// The columns to search, the likeliest first.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        match self {
            Self::Known(place) => std::slice::from_ref(place),
            Self::OneOf(places) => places,
        }
    }

    /// The column that a user is shown by.
    #[must_use]
    pub fn first(&self) -> &Place {
        match self {
            Self::Known(place) => place,
            Self::OneOf(places) => &places[0],
        }
    }
}

impl UserTable {
    /// The name of the table that tokens refer to.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.chain[0].shape.name
    }

    /// The key that tokens refer to.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.chain[0].key
    }

    /// The shape of that key.
    #[must_use]
    pub fn key_column(&self) -> Option<&Column> {
        self.chain[0].shape.column(&self.chain[0].key)
    }

    /// The kind of that key.
    #[must_use]
    pub fn key_kind(&self) -> ColumnKind {
        self.key_column().map_or(ColumnKind::Text, |column| column.kind.clone())
    }

    /// The column that a user is shown by.
    #[must_use]
    pub fn shown_by(&self) -> &Place {
        self.username.first()
    }

    /// Where a column is, by its exact name or but for ASCII case: in the first
    /// table that has it.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Place> {
        self.chain.iter().enumerate().find_map(|(link, table)| {
            let column = table.shape.column(name)?;
            Some(Place { link, column: column.name.clone() })
        })
    }

    /// The shape of a column.
    #[must_use]
    pub fn column(&self, place: &Place) -> Option<&Column> {
        self.chain[place.link].shape.columns.iter().find(|column| column.name == place.column)
    }

    /// Whether a column identifies a user.
    #[must_use]
    pub fn is_unique(&self, place: &Place) -> bool {
        self.chain[place.link].shape.is_unique(&place.column)
    }

    /// The unique columns of text or numbers that could be `USERNAME_FIELD`,
    /// but for those by which users are found.
    pub fn other_unique(&self) -> impl Iterator<Item = &str> {
        let links = self.chain.iter().enumerate();
        links.flat_map(|(at, link)| unique_columns(&link.shape).map(move |column| (at, column))).filter_map(
            |(at, column)| {
                let is_searched =
                    self.username.places().iter().any(|place| place.link == at && place.column == column.name);
                (!is_searched).then_some(column.name.as_str())
            },
        )
    }
}

/// The columns of a table that could be `USERNAME_FIELD`: unique, of text or of
/// numbers, and neither its key nor a reference.
pub fn unique_columns(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| {
        let is_kind = column.kind == ColumnKind::Text || (column.kind.is_integer() && !column.primary_key);
        is_kind && table.is_unique(&column.name) && table.references(&column.name).next().is_none()
    })
}
