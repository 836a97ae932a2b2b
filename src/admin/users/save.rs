//! Saves users: creates and updates the users of a request in one transaction.

use jiff::civil::DateTime;

use crate::admin::batch::Conflicts;
use crate::admin::model::Summary;
use crate::admin::open_transaction::Change;
use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::admin::tokens::{Issued, IssuedToken, Issuing, OnExisting, Random};
use crate::admin::transaction::Transaction;
use crate::admin::users::chunks::Chunks;
use crate::admin::users::data::{
    OnError, OnExistingUser, OnMissingUser, RandomBytes, Replacing, RowResult, SaveError, SavedUser, UserData,
    UserOutcome, UserSource, WithToken, exists_already,
};
use crate::admin::users::find::{FoundUser, not_found};
use crate::admin::users::groups::{Groups, check_missing};
use crate::admin::users::insert::NewRows;
use crate::admin::users::request::UserRequest;
use crate::admin::users::update::check_replacement;
use crate::engine::{Lock, Purpose};
use crate::error::{Error, Kind, Result, Retry};
use crate::hint::{Hint, Setting};
use crate::query::savepoint;
use crate::schema::layout::ColumnRef;

/// The maximum number of users that are saved together.
const TOGETHER: usize = 500;

/// With more users, the changes of the transaction do not fit into memory.
const MANY: u64 = 10_000;

/// What saving users needs.
struct Saving<'a, 'k> {
    request: &'a UserRequest<'a>,
    stored: DateTime,
    groups: Groups,
    keys: &'a mut Random<'k>,
    random: &'a mut RandomBytes<'k>,
    conflicts: &'a mut Conflicts,
}

impl Session {
    /// Creates or updates every user of a request, in one transaction.
    ///
    /// # Errors
    /// Conflict if a user exists or a value is a duplicate; rejected if a user
    /// or a group does not exist, or a column does not fit; busy or unusable;
    /// in each case with nothing changed; unknown if the outcome of the commit
    /// is unknown.
    pub fn save_users<'k>(
        &mut self,
        request: &UserRequest<'_>,
        source: &mut dyn UserSource,
        keys: &mut Random<'k>,
        random: &mut RandomBytes<'k>,
    ) -> Result<Summary, SaveError> {
        let stored = self.config.time.stored(request.now)?;
        let interrupt = self.config.options.interrupt.clone();
        let purpose = if request.expected > MANY { Purpose::WritingMuch } else { Purpose::Writing };
        let again = match request.on_missing {
            OnMissingUser::Create => Hint::option(Setting::Update).lead("run the command again with this option"),
            OnMissingUser::Refuse => Hint::advice("run the command again"),
        };
        let change = Change {
            purpose,
            prevented: Some("change the user in the application, because another table references it"),
            again,
        };
        let mut conflicts = Conflicts::new();
        let (mut index, mut created_groups) = (None, Vec::new());
        let committed = self.transaction(&change, &mut |transaction| {
            index = None;
            source.rewind()?;
            if request.with_token == WithToken::Yes {
                transaction.layout().single_tokens()?;
            }
            let (groups, conflicts) = (Groups::default(), &mut conflicts);
            let mut saving = Saving { request, stored, groups, keys, random, conflicts };
            let mut chunks = Chunks::new(transaction.dialect().many.asked().min(TOGETHER));
            let mut first = 0;
            loop {
                let users = chunks.next(source)?;
                if users.is_empty() {
                    break;
                }
                interrupt.check()?;
                let saved = saving.save_some(transaction, &users, first).map_err(|failure| {
                    index = failure.index;
                    failure.error
                })?;
                for result in saved {
                    source.take_result(result)?;
                }
                first += users.len();
            }
            created_groups = saving.groups.created;
            source.settle()?;
            transaction.check_witnesses()
        });
        let committed = committed.map_err(|error| SaveError { error, index })?;
        let mut summary = self.summary(committed.warning.into_iter().collect())?;
        summary.notices.extend(created_groups.into_iter().map(|name| format!("created group {name}")));
        Ok(summary)
    }
}

impl Saving<'_, '_> {
    /// Saves users together; one by one if that fails because of one of them.
    fn save_some(
        &mut self,
        transaction: &mut Transaction<'_>,
        users: &[UserData],
        first: usize,
    ) -> Result<Vec<RowResult>, SaveError> {
        let at = |index| move |error| SaveError { error, index: Some(index) };
        if let ([_], OnError::Stop) = (users, self.request.on_error) {
            return self.save(transaction, users).map_err(at(first));
        }
        let (had_witness, groups) = (!transaction.wants_witness(), self.groups.clone());
        transaction.execute(&savepoint::set())?;
        let outcome = self.save(transaction, users);
        let is_about_user = |error: &Error| {
            let is_its = matches!(error.kind(), Kind::Conflict | Kind::Rejected | Kind::NoSuchUser);
            is_its && error.retry() == Retry::Never
        };
        let error = match outcome {
            Ok(saved) => {
                transaction.execute(&savepoint::release())?;
                return Ok(saved);
            }
            Err(error) if is_about_user(&error) => error,
            Err(error) => return Err(error.into()),
        };
        transaction.execute(&savepoint::roll_back())?;
        self.groups = groups;
        transaction.execute(&savepoint::release())?;
        if !had_witness {
            transaction.forget_witnesses();
        }
        if let [user] = users {
            return Ok(vec![RowResult::Rejected { username: user.username.clone(), error }]);
        }
        let mut saved = Vec::with_capacity(users.len());
        for (n, user) in users.iter().enumerate() {
            saved.extend(self.save_some(transaction, std::slice::from_ref(user), first + n)?);
        }
        Ok(saved)
    }

    /// Saves all users or none.
    fn save(&mut self, transaction: &mut Transaction<'_>, data: &[UserData]) -> Result<Vec<RowResult>> {
        let layout = transaction.layout();
        let columns = self.columns_to_read(transaction, data);
        let names: Vec<&str> = data.iter().map(|user| user.username.as_str()).collect();
        let read: Vec<_> = columns.iter().collect();
        let found = transaction.snapshot().find_users(&names, &read, Some(Lock::Update))?;
        let mut outcomes = Vec::with_capacity(data.len());
        for (user, found) in data.iter().zip(&found) {
            let name = user.username.as_str();
            outcomes.push(match (found, self.request.on_existing, self.request.on_missing) {
                (Some(_), OnExistingUser::Refuse, _) => return Err(exists_already(name)),
                (Some(_), OnExistingUser::Keep, _) => UserOutcome::Existing,
                (Some(_), OnExistingUser::Update, _) => UserOutcome::Updated,
                (None, _, OnMissingUser::Refuse) => return Err(not_found(&layout.users, name)),
                (None, _, OnMissingUser::Create) => UserOutcome::Created,
            });
        }
        let of = |wanted: UserOutcome| {
            data.iter().zip(&outcomes).filter(move |(_, outcome)| **outcome == wanted).map(|(user, _)| user)
        };
        let changed: Vec<&UserData> = of(UserOutcome::Created).chain(of(UserOutcome::Updated)).collect();
        let missing = self.groups.find(&mut transaction.snapshot(), &changed)?;
        check_missing(&layout.users, &missing, self.request.on_missing_group)?;
        if !missing.is_empty() {
            self.groups.create(transaction, &missing).map_err(|error| self.conflicts.retried(error))?;
        }
        let created: Vec<&UserData> = of(UserOutcome::Created).collect();
        if !created.is_empty() {
            let rows = NewRows { users: &layout.users, time: transaction.time(), stored: self.stored };
            let inserted = transaction.create_users(&created, &rows, self.random);
            inserted.map_err(|error| self.created_by_another(error))?;
        }
        for (user, existing) in data.iter().zip(&found) {
            if let (Some(existing), OnExistingUser::Update) = (existing, self.request.on_existing) {
                if self.request.replacing == Replacing::Comparable {
                    check_replacement(user, existing, &layout.users)?;
                }
                transaction.update_user(user, existing)?;
            }
        }
        let mut saved: Vec<SavedUser> = Vec::with_capacity(data.len());
        for ((user, existing), outcome) in data.iter().zip(&found).zip(&outcomes) {
            let was_active = existing.as_ref().map(|existing| existing.is_active);
            saved.push(SavedUser { username: user.username.clone(), outcome: *outcome, was_active, token: None });
        }
        let tokens = self.join_and_issue(transaction, data, found, &outcomes)?;
        let saved = saved.into_iter().zip(tokens);
        let saved = saved.map(|(user, token)| RowResult::Saved(SavedUser { token, ..user })).collect();
        Ok(saved)
    }

    /// Returns the columns whose stored values are needed: those that show
    /// whether a row changes, and the password that is replaced.
    fn columns_to_read(&self, transaction: &Transaction<'_>, data: &[UserData]) -> Vec<ColumnRef> {
        let users = &transaction.layout().users;
        let mut columns: Vec<ColumnRef> = Vec::new();
        if self.request.on_existing != OnExistingUser::Update {
            return columns;
        }
        if transaction.wants_witness() {
            for column in data.iter().flat_map(|user| user.given_columns(users)) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        } else if data.iter().any(|user| user.password.is_some()) {
            columns.extend(users.find_column("password"));
        }
        columns
    }

    /// Marks the conflict of an insert as retryable where another session may
    /// have created the user: the retry finds that user.
    fn created_by_another(&mut self, error: Error) -> Error {
        match self.request.on_existing {
            OnExistingUser::Refuse => error,
            OnExistingUser::Keep | OnExistingUser::Update => self.conflicts.retried(error),
        }
    }

    /// Joins groups, copies the template's rows and issues tokens. All need the
    /// primary keys of saved users.
    fn join_and_issue(
        &mut self,
        transaction: &mut Transaction<'_>,
        data: &[UserData],
        found: Vec<Option<FoundUser>>,
        outcomes: &[UserOutcome],
    ) -> Result<Vec<Option<IssuedToken>>> {
        let mut none = Vec::new();
        none.resize_with(data.len(), || None);
        let with_token = self.request.with_token == WithToken::Yes;
        let template = self.request.template.filter(|_| outcomes.contains(&UserOutcome::Created));
        if !with_token && template.is_none() && data.iter().all(|user| user.groups.is_empty()) {
            return Ok(none);
        }
        let users = saved_users(&mut transaction.snapshot(), data, found)?;
        let mut joining = Vec::new();
        for ((user, data), outcome) in users.iter().zip(data).zip(outcomes) {
            if *outcome != UserOutcome::Existing && !data.groups.is_empty() {
                joining.push((user.id.clone(), data.groups.as_slice()));
            }
        }
        self.groups.join(transaction, &joining)?;
        if let Some(template) = template {
            for (user, _) in users.iter().zip(outcomes).filter(|(_, outcome)| **outcome == UserOutcome::Created) {
                transaction.copy_rows(template, &user.id, self.random)?;
            }
        }
        if !with_token {
            return Ok(none);
        }
        let mut issued = Issued::default();
        let mut issuing = Issuing {
            on_existing: OnExisting::Keep,
            preset: None,
            stored: self.stored,
            keys: self.keys,
            conflicts: self.conflicts,
        };
        transaction.issue_to(&users, &mut issuing, &mut issued)?;
        let mut tokens = Vec::with_capacity(users.len());
        for (user, data) in users.iter().zip(data) {
            let token = issued.get(&user.id).cloned();
            tokens.push(token.map(|token| IssuedToken { username: data.username.as_str().into(), ..token }));
        }
        Ok(tokens)
    }
}

/// Returns the users who were found or created.
fn saved_users(
    snapshot: &mut Snapshot<'_>,
    data: &[UserData],
    found: Vec<Option<FoundUser>>,
) -> Result<Vec<FoundUser>> {
    let mut names = Vec::new();
    for (user, found) in data.iter().zip(&found) {
        if found.is_none() {
            names.push(user.username.as_str());
        }
    }
    let mut new = snapshot.find_users(&names, &[], None)?.into_iter();
    let mut users = Vec::with_capacity(data.len());
    for existing in found {
        let user = existing.or_else(|| new.next().flatten());
        users.push(user.ok_or_else(|| Error::internal("a saved user is missing"))?);
    }
    Ok(users)
}
