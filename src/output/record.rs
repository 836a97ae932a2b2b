//! What a command has to say: named fields, and for people sentences.

use zeroize::Zeroizing;

/// One result of a command.
pub trait Record {
    /// The fields, in their order; the same names for every record.
    fn fields(&self) -> Vec<(&'static str, Field)>;

    /// The lines for people; without any, a line is written for each field.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        Vec::new()
    }

    /// The key, for scripts that want nothing else.
    fn key(&self) -> Option<&str> {
        None
    }
}

/// A field's value. May be a secret: has no `Debug`.
pub enum Field {
    /// Nothing is known or there is nothing.
    Absent,
    /// A number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// Text, wiped from memory when dropped.
    Text(Zeroizing<String>),
    /// Some texts.
    List(Vec<String>),
}

impl Field {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Zeroizing::new(text.into()))
    }

    /// A text, if there is one.
    pub fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    /// The value in one cell, not escaped.
    pub(super) fn plain(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Absent => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) => return text.clone(),
            Self::List(texts) => texts.join(" "),
        })
    }
}
