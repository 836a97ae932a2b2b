//! A user's password, and the attributes that a password must not resemble.

use zeroize::Zeroizing;

use crate::admin::snapshot::Snapshot;
use crate::admin::users::find::{FoundUser, found_user, only_one};
use crate::admin::users::similar::Spellings;
use crate::django::password::EncodedPassword;
use crate::engine::{ColumnKind, Query, Row, Value};
use crate::error::{Error, Result};
use crate::query;
use crate::schema::layout::{ColumnRef, UserTable};

/// What is stored about a user that concerns the password.
#[derive(Clone, Debug)]
pub struct Login {
    /// The encoded password.
    pub password: EncodedPassword,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The texts among the columns, with their names: a validator compares a
    /// password with some of them.
    pub attributes: Vec<(String, String)>,
}

/// What is stored under a name.
#[derive(Debug)]
pub enum LoginOrSimilar {
    /// A user has it.
    Login(Login),
    /// No user has it. Another one's name may differ only in case.
    Similar(Option<String>),
}

impl Snapshot<'_> {
    /// Returns what is stored about the user of a name.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read; rejected if several
    /// users have the name.
    pub fn login(&mut self, username: &str) -> Result<Option<Login>> {
        let columns = LoginColumns::of(&self.layout().users)?;
        Ok(self.find_user(username, &columns.all())?.map(|user| columns.login(&user)))
    }

    /// Returns the same; if there is no such user, another one whose name differs
    /// only in case.
    ///
    /// # Errors
    /// Same as [`Snapshot::login`].
    pub fn login_or_similar(&mut self, username: &str) -> Result<LoginOrSimilar> {
        let users = &self.layout().users;
        let columns = LoginColumns::of(users)?;
        let all = columns.all();
        let (mut found, mut spellings) = (Vec::new(), Spellings::of(&[username]));
        let mut add_user = |row: Row<'_>| {
            found.extend(found_user(users, &all, row)?);
            Ok(())
        };
        let mut add_spelling = |row: Row<'_>| spellings.add(row);
        let similar = query::users::similar(users, self.dialect(), &[username]);
        let matching = self.matching(&[username], &all, None);
        let mut queries = vec![Query { statement: &similar, on_row: &mut add_spelling }];
        queries.extend(matching.as_ref().map(|statement| Query { statement, on_row: &mut add_user }));
        self.all(&mut queries)?;
        Ok(match only_one(users, username, &found)? {
            Some(user) => LoginOrSimilar::Login(columns.login(&user)),
            None => LoginOrSimilar::Similar(spellings.other(username)),
        })
    }
}

/// The columns of a [`Login`].
struct LoginColumns {
    password: ColumnRef,
    attributes: Vec<ColumnRef>,
}

impl LoginColumns {
    /// # Errors
    /// Unusable if there is no column for passwords.
    fn of(users: &UserTable) -> Result<Self> {
        let Some(password) = users.find_column("password") else {
            return Err(Error::unusable(format!("the user model {} has no password column", users.name())));
        };
        let mut attributes: Vec<ColumnRef> = Vec::new();
        for (table, model) in users.chain.iter().enumerate() {
            for column in model.shape.columns.iter().filter(|column| column.kind == ColumnKind::Text) {
                let attribute = ColumnRef { table, name: column.name.clone() };
                if attribute != password && attribute.name != model.key {
                    attributes.push(attribute);
                }
            }
        }
        Ok(Self { password, attributes })
    }

    fn all(&self) -> Vec<&ColumnRef> {
        std::iter::once(&self.password).chain(&self.attributes).collect()
    }

    fn login(&self, user: &FoundUser) -> Login {
        let text = |column_ref| user.value(column_ref).and_then(Value::as_str).unwrap_or_default().to_owned();
        let named = self.attributes.iter().map(|column_ref| (column_ref.name.clone(), text(column_ref)));
        Login {
            password: EncodedPassword::new(Zeroizing::new(text(&self.password))),
            is_active: user.is_active,
            attributes: named.collect(),
        }
    }
}
