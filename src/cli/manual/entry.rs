//! The type of an entry: what is known about one command.

/// What help and manual say about a command besides its options.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Entry {
    /// The command; empty for the program.
    pub(in crate::cli) command: &'static str,
    /// What a person would type.
    pub(in crate::cli) examples: &'static [Example],
    /// Paragraphs that follow the examples.
    pub(in crate::cli) notes: &'static [&'static str],
    /// How to give the command a secret, for someone who gave it as an argument.
    pub(in crate::cli) secret: &'static str,
    /// Headings of options, each with the ids of its options. An option without
    /// one keeps the heading of its definition.
    pub(in crate::cli) headings: &'static [(&'static str, &'static [&'static str])],
}

/// An example.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Example {
    /// What it does, as an imperative.
    pub(in crate::cli) purpose: &'static str,
    /// The line to type.
    pub(in crate::cli) line: &'static str,
}

/// Returns an example.
pub(super) const fn example(purpose: &'static str, line: &'static str) -> Example {
    Example { purpose, line }
}
