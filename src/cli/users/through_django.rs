//! `create-user --through-django`: users saved by the application's own manager.

use crate::admin::users::{OnExistingUser, UserOutcome, WithToken, exists_already, no_such_groups};
use crate::cli::args::plain_password::Password;
use crate::cli::context::Context;
use crate::cli::users::after_save::warn_of_missing_rows;
use crate::cli::users::create_args::Args;
use crate::cli::users::import_rows::{AcceptedUser, FileOutcome, FileResult, Pending, PendingUser};
use crate::error::{Error, Kind, Result};
use crate::prompt::Place;
use crate::settings::{
    ManagerChange, ManagerOnExisting, ManagerOutcome, ManagerRefusal, ManagerRequest, ManagerResult, ManagerUser,
};

/// Why the users of rows were not saved, and the place of the row that caused it.
pub(super) struct Refusal {
    pub(super) error: Error,
    pub(super) place: Option<Place>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, place: None }
    }
}

/// The results of the rows, and the failure of the application after the commit.
pub(super) struct Saved {
    pub(super) results: Vec<FileResult>,
    pub(super) after_commit: Option<Error>,
}

/// Saves the users of checked rows in one transaction. Returns the result of each
/// row.
///
/// # Errors
/// Same as [`Context::save_through_manager`]; else that of the first user who
/// cannot be saved, unless the others are saved then.
pub(super) fn save(rows: Vec<Pending>, args: &Args, context: &Context) -> Result<Saved, Refusal> {
    let mut users = Vec::with_capacity(rows.len());
    for AcceptedUser { data, password } in rows.iter().filter_map(Pending::user) {
        users.push(ManagerUser {
            username: data.username.as_str(),
            password: password.as_ref().and_then(Password::reveal),
            sets_password: password.is_some(),
            columns: &data.columns,
            groups: &data.groups,
        });
    }
    let request = ManagerRequest {
        on_existing: match args.on_existing() {
            OnExistingUser::Refuse => ManagerOnExisting::Refuse,
            OnExistingUser::Keep => ManagerOnExisting::Keep,
            OnExistingUser::Update => ManagerOnExisting::Update,
        },
        keeps_going: args.keep_going,
        create_groups: args.create_groups,
        with_token: args.with_token() == WithToken::Yes,
        validates: validates(args),
        users,
    };
    let ManagerOutcome { results: saved, after_commit } = context.save_through_manager(&request)?;
    let mut saved = saved.into_iter();
    drop(request);
    let mut results = Vec::with_capacity(rows.len());
    let mut new_groups = Vec::new();
    for Pending { place, user } in rows {
        let AcceptedUser { data, password } = match user {
            PendingUser::Accepted(user) => user,
            PendingUser::Rejected(rejection) => {
                results.push(FileResult::of_rejection(place, rejection));
                continue;
            }
        };
        let username = data.username.as_str();
        let result = saved.next().ok_or_else(|| Error::internal("the application returned no result for a user"))?;
        let error = match result {
            ManagerResult::Saved { outcome, key, is_active, created_groups } => {
                new_groups.extend(created_groups);
                let outcome = match outcome {
                    ManagerChange::Created => UserOutcome::Created,
                    ManagerChange::Existing => UserOutcome::Existing,
                    ManagerChange::Updated => UserOutcome::Updated,
                };
                // A user who existed keeps the password.
                let new = password.filter(|_| outcome != UserOutcome::Existing);
                results.push(FileResult {
                    place,
                    username: username.to_owned(),
                    outcome: FileOutcome::Saved(outcome),
                    password: new.and_then(Password::into_generated),
                    key,
                    is_active,
                });
                continue;
            }
            ManagerResult::MissingGroups { missing_groups } => no_such_groups(&missing_groups),
            ManagerResult::Refused { kind: ManagerRefusal::Exists, .. } => exists_already(username),
            ManagerResult::Refused { kind: ManagerRefusal::Conflict, error } => Error::new(Kind::Conflict, error),
            ManagerResult::Refused { kind: ManagerRefusal::Rejected, error } => Error::rejected(error),
        };
        if !args.keep_going {
            return Err(Refusal { error, place: Some(place) });
        }
        results.push(FileResult::refused(place, username.to_owned(), &error));
    }
    for name in new_groups {
        context.notes().note(&format!("created group {name}"));
    }
    let failed = |error| {
        Error::new(
            Kind::Partial,
            format!("the users are saved, but what the application does after the commit failed: {error}"),
        )
    };
    let is_created = |result: &&FileResult| matches!(result.outcome, FileOutcome::Saved(UserOutcome::Created));
    let created = results.iter().filter(is_created).count();
    if let Some(first) = results.iter().find(is_created) {
        // The users are saved: that they cannot be looked at does not change the outcome.
        match context.session() {
            Ok(mut session) => warn_of_missing_rows(&first.username, created, &mut session, context),
            Err(error) => context.notes().note(&format!("the new users were not compared with the others: {error}")),
        }
    }
    Ok(Saved { results, after_commit: after_commit.map(failed) })
}

/// Whether passwords are validated: those that a person types, and all with
/// `--validate-password`.
fn validates(args: &Args) -> bool {
    let is_typed = args.from.is_none() && !args.noinput && !args.password.names_source();
    args.password.validate_password || (is_typed && !args.password.skip_validation)
}
