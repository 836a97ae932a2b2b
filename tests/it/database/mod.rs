//! Which database a command uses, and which database layouts drfctl supports.

mod inspect;
mod layouts;
mod project;
mod schemas;
mod selection;
mod settings;
mod username_columns;
mod variables;
