//! The types that requests and results consist of.

mod moment;
mod stored_name;
mod summary;
mod user_id;

pub use moment::Moment;
pub use stored_name::StoredName;
pub use summary::Summary;
pub use user_id::{TokenId, UserId};
