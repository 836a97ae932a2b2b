//! Rules that the source files follow.

mod architecture;
mod cases;
mod words;
