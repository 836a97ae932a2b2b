//! The rules that the sources themselves follow.

mod architecture;
mod cases;
mod statements;
mod words;
