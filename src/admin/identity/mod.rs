//! Which table holds users, which of its columns is the username, which table
//! holds tokens: one answer for every command.
//!
//! Pure: the evidence is handed in. It follows keys and what the application
//! says, or stops and names the option to give. It never guesses.

mod evidence;
mod resolve;
mod token_table;
mod user_table;
mod username;
mod wanted;

pub use evidence::{Evidence, Given, ModelFacts};
pub use resolve::{models_may_tell, resolve};
pub(super) use user_table::{custom_user_model, user_model};
pub use wanted::wanted;
