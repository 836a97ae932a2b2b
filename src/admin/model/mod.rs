//! The types that requests and results consist of.

mod ids;
mod moment;
mod primary_key;
mod stored_name;
mod summary;
mod user_cells;

pub(super) use ids::{GroupId, RowId};
pub use ids::{TokenId, UserId};
pub use moment::Moment;
pub use stored_name::StoredName;
pub use summary::Summary;
pub use user_cells::UserCells;
