//! Which table holds users, which of its columns is the username, and which
//! table holds tokens: one answer for every command.
//!
//! Pure: the caller provides the evidence. It follows foreign keys and what the
//! application says. If several answers remain, it fails and names the option
//! that decides. It never guesses.

mod evidence;
mod resolve;
mod tables_to_describe;
mod token_table;
mod user_table;
mod username;

pub use evidence::{AskDjango, Evidence, FieldFacts, ModelFacts, ModelOptions};
pub use resolve::{models_may_decide, resolve};
pub use tables_to_describe::{tables_to_describe, usual_tables};
pub(super) use user_table::{custom_user_model, user_model};
