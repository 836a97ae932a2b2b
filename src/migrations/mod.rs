//! Django's own migrations of the apps that drfctl knows.
//!
//! A migration is a file of SQL for each engine, under the name that Django
//! gives it: `sqlite/auth/0001_initial.sql` has the statements that Django runs
//! for `django/contrib/auth/migrations/0001_initial.py`. [`Script`] reads such
//! a file. A new engine is a new folder and a new row of `migrations!`.

mod plan;
mod script;
mod scripts;

pub use plan::{ASSUMED, CORE, apps, plan, predecessors};
pub use script::{ApplicationOnlyRow, Script, Spelling, UserModel};
pub use scripts::{HISTORY, Migration, Scripts};
