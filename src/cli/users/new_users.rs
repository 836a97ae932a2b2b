//! What other users have and a new user would lack, said before anything is
//! written.

use std::cell::{Cell, OnceCell, RefCell};

use crate::admin::Session;
use crate::admin::identity::{AskDjango, FieldFacts};
use crate::admin::users::{
    Companions, OtherUsers, RequiredColumn, Template, UserData, UserModelFacts, WithToken, check_fields,
};
use crate::cli::context::Context;
use crate::cli::hints::render;
use crate::cli::users::create_args::Args;
use crate::django::secret::may_hold_secret;
use crate::django::username::Username;
use crate::error::{Kind, Result};
use crate::hint::{Action, Hint, Setting};

/// The names of the columns that a user was given, and the columns that were added.
struct Previous {
    given: Vec<String>,
    added: Vec<(String, String)>,
}

/// The new users of one command. What several of them lack is said once.
pub(in crate::cli) struct NewUsers<'a> {
    others: OtherUsers,
    template: Option<Template>,
    /// What the code says of the fields, if the application was asked.
    fields: OnceCell<Vec<FieldFacts>>,
    args: &'a Args,
    context: &'a Context,
    /// The notes and warnings that were given.
    reported: RefCell<Vec<String>>,
    /// The previous user: those of a file mostly have the same columns.
    previous: RefCell<Option<Previous>>,
    /// The groups that each of the new users joins.
    groups: RefCell<Option<Vec<String>>>,
    is_announced: Cell<bool>,
}

impl<'a> NewUsers<'a> {
    /// New users in a database with these others.
    ///
    /// # Errors
    /// No such user, where new users are to copy from one; unusable or busy if the
    /// database cannot be read.
    pub(in crate::cli) fn new(
        model: &UserModelFacts,
        args: &'a Args,
        session: &mut Session,
        context: &'a Context,
    ) -> Result<Self> {
        let mut snapshot = session.snapshot()?;
        let others = &model.others;
        let template = match &args.like {
            Some(typed) => Some(snapshot.template(Username::parse(typed)?.as_str())?),
            None => None,
        };
        let fields = OnceCell::new();
        if context.ask_django() == AskDjango::Always && !args.through_django {
            let _ = fields.set(session.model_fields()?);
        }
        Ok(Self {
            others: others.clone(),
            template,
            fields,
            args,
            context,
            reported: RefCell::default(),
            previous: RefCell::default(),
            groups: RefCell::default(),
            is_announced: Cell::new(false),
        })
    }

    /// The user that new users copy from.
    pub(in crate::cli) fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    /// Gives a new user what the template has, and the columns whose value is
    /// certain; then checks that the user could be saved. Warns of what the user
    /// lacks. What the application saves itself, it checks itself.
    ///
    /// # Errors
    /// Same as [`Snapshot::check_new_user`].
    pub(in crate::cli) fn check(&self, user: &mut UserData, session: &mut Session) -> Result<()> {
        if self.args.through_django {
            return Ok(());
        }
        if let Some(template) = &self.template {
            template.fill(user);
        }
        match &mut *self.groups.borrow_mut() {
            Some(groups) => groups.retain(|group| user.groups.contains(group)),
            groups => *groups = Some(user.groups.clone()),
        }
        let given: Vec<String> = user.columns.iter().map(|(name, _)| name.clone()).collect();
        let previous = self.previous.borrow_mut().take().filter(|previous| previous.given == given);
        let previous = match previous {
            Some(previous) => {
                user.columns.extend(previous.added.iter().cloned());
                previous
            }
            None => Previous { added: self.complete(user, session)?, given },
        };
        *self.previous.borrow_mut() = Some(previous);
        check_fields(user, self.fields())
    }

    /// Checks what only the code says of the values of an existing user.
    ///
    /// # Errors
    /// Rejected if a value does not fit its field.
    pub(in crate::cli) fn check_update(&self, user: &UserData, session: &mut Session) -> Result<()> {
        if !self.args.through_django {
            self.judge_decimals(user, session)?;
        }
        check_fields(user, self.fields())
    }

    /// Asks the application how many digits the given numbers may have, where the
    /// database does not keep it, or says that it is not known.
    fn judge_decimals(&self, user: &UserData, session: &mut Session) -> Result<()> {
        let mut names = session.snapshot()?.boundless_columns(user);
        if let Some(template) = &self.template {
            names.retain(|name| !template.has_column(name));
        }
        if names.is_empty() {
            return Ok(());
        }
        self.ask(session);
        if self.fields().is_empty() {
            let names = names.join(", ");
            self.note(&format!(
                "the database does not keep how many digits {names} may have; the application cannot read a longer number"
            ));
        }
        Ok(())
    }

    /// Asks the application, if it can be asked and was not yet.
    fn ask(&self, session: &mut Session) {
        if self.fields.get().is_none() && session.can_ask_application() {
            let fields = session.model_fields().unwrap_or_else(|error| {
                self.note(&format!("the models could not be read, so drfctl uses only the database: {error}"));
                Vec::new()
            });
            let _ = self.fields.set(fields);
        }
    }

    /// What the code says of the fields, if the application was asked.
    fn fields(&self) -> &[FieldFacts] {
        self.fields.get().map_or(&[], Vec::as_slice)
    }

    /// Gives a new user the columns whose value is certain, and returns these.
    fn complete(&self, user: &mut UserData, session: &mut Session) -> Result<Vec<(String, String)>> {
        if !session.snapshot()?.required_columns(user, &self.others).is_empty() {
            self.ask(session);
        }
        self.judge_decimals(user, session)?;
        check_fields(user, self.fields())?;
        let snapshot = session.snapshot()?;
        let mut added = Vec::new();
        for (column, value) in snapshot.default_columns(user, self.fields()) {
            if !may_hold_secret(&column) {
                self.note(&format!("{column} is {value}, the default of the user model"));
            }
            added.push((column, value));
        }
        user.columns.extend(added.iter().cloned());
        for (column, value) in snapshot.certain_columns(user, &self.others) {
            self.note(&format!("{column} is {value}, as for all users"));
            user.columns.push((column.clone(), value.clone()));
            added.push((column, value));
        }
        snapshot.check_new_user(user, &self.others)?;
        let left = snapshot.columns_left_null(user, &self.others);
        if !left.is_empty() {
            let names: Vec<&str> = left.iter().map(|column| column.name.as_str()).collect();
            let text = format!("every other user has a value in {}; the new user has none", names.join(", "));
            self.warn(&text, &RequiredColumn::hint(&left));
        }
        Ok(added)
    }

    /// Reports once what is copied, and what the new users lack.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub(in crate::cli) fn announce(&self, session: &mut Session) -> Result<()> {
        if self.is_announced.replace(true) {
            return Ok(());
        }
        if let (Some(template), Some(like)) = (&self.template, &self.args.like) {
            let copied = template.copied();
            let copied = if copied.is_empty() { "nothing".to_owned() } else { copied.join(", ") };
            self.note(&format!("copying from {}: {copied}", like.display()));
            if !template.left_out.is_empty() {
                self.note(&format!("not copied: {}", template.left_out.join(", ")));
            }
        }
        if self.args.signals || self.args.through_django {
            return Ok(());
        }
        let Companions { users, mut tables, mut groups, have_tokens } = match session.snapshot()?.companions() {
            // An account of the database may lack the right to read other tables.
            Err(error) if error.kind() == Kind::Unusable => {
                self.note(&format!("the new user was not compared with the others: {error}"));
                return Ok(());
            }
            companions => companions?,
        };
        if let Some(template) = &self.template {
            tables.retain(|table| !template.tables().any(|copied| copied == table));
        }
        if let Some(joined) = &*self.groups.borrow() {
            groups.retain(|group| !joined.contains(group));
        }
        if !tables.is_empty() {
            let tables = tables.join(", ");
            if users == 0 {
                self.note(&format!("the application may need a row for each user in {tables}"));
            } else {
                let like = Hint::option(Setting::Like).trail("copies the rows of a user");
                let signals = Hint::option(Setting::Signals).trail("lets the application's own receivers create them");
                let text =
                    format!("nearly every user has a row in {tables}; the application may fail for a user without one");
                if self.template.is_some() {
                    // These rows cannot be copied.
                    self.warn(&text, &signals);
                } else {
                    self.warn(&text, &like);
                    self.hint(&signals);
                }
            }
        }
        if !groups.is_empty() {
            let mut hint = Hint::advice("");
            for group in &groups {
                hint = hint.and(Action::option(Setting::Group, group));
            }
            let what = if groups.len() == 1 { "the group" } else { "the groups" };
            self.warn(&format!("nearly every user is in {what} {}", groups.join(", ")), &hint);
        }
        if have_tokens && self.args.with_token() == WithToken::No {
            self.note("nearly every user has a token: --with-token creates one");
        }
        Ok(())
    }

    fn note(&self, text: &str) {
        if self.is_new(text) {
            self.context.notes().note(text);
        }
    }

    fn warn(&self, text: &str, hint: &Hint) {
        if self.is_new(text) {
            self.context.notes().warning(text);
            self.hint(hint);
        }
    }

    fn hint(&self, hint: &Hint) {
        // Django's commands do not have these options.
        if self.context.notes().django {
            return;
        }
        self.context.notes().hint(&render(hint, self.context.invocation()));
    }

    fn is_new(&self, text: &str) -> bool {
        let mut reported = self.reported.borrow_mut();
        let is_new = !reported.iter().any(|earlier| earlier == text);
        if is_new {
            reported.push(text.to_owned());
        }
        is_new
    }
}
