//! Where things are in *this* database: what the catalog says, and the layout
//! that follows from it. Pure: no database is asked from here.

pub mod catalog;
pub mod detect;
pub mod fit;
pub mod history;
pub mod layout;
pub mod user_model;
