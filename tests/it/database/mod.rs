//! Which database a command works on, and which layouts of it drfctl knows.

mod inspect;
mod layouts;
mod login_columns;
mod project;
mod schemas;
mod selection;
mod settings;
mod variables;
