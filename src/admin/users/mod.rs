//! Users: find, list, create, update.

mod chunks;
mod columns;
mod companions;
mod data;
mod default;
pub(super) mod find;
mod groups;
mod insert;
mod list;
mod login;
mod model;
mod others;
mod request;
mod save;
mod similar;
mod suggest;
mod template;
pub(super) mod unknown;
mod update;
mod values;

pub use companions::Companions;
pub(in crate::admin) use companions::EachUser;
pub use data::{
    OnError, OnExistingUser, OnMissingGroup, OnMissingUser, RandomBytes, Replacing, RowResult, SaveError, SavedUser,
    UserData, UserOutcome, UserSource, WithToken, exists_already,
};
pub use groups::no_such_groups;
pub use list::UserRow;
pub use login::{Login, LoginOrSimilar};
pub use model::UserModelFacts;
pub use others::{OtherUsers, RequiredColumn, RequiredFor, check_fields};
pub use request::UserRequest;
pub use template::Template;
pub use unknown::{no_such_user, no_such_users};
