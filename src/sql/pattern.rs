//! Patterns of names, and how an engine compares with them.

use crate::sql::Value;

/// A pattern of a name: `*` stands for any text, `?` for one character, and a
/// backslash before one of them, or before another backslash, takes that from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As it was typed.
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Literal(char),
    One,
    Any,
}

/// How an engine compares text with a pattern, every case being another letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// `GLOB`, with sets of characters in brackets.
    Glob,
    /// `LIKE`, with an escape character.
    Like,
    /// The same, letter by letter, where the column's own comparison may take some
    /// for one.
    LikeOfLetters,
}

impl Pattern {
    /// Reads a pattern, if the text is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pieces = pieces(text);
        let is_one = pieces.iter().any(|piece| !matches!(piece, Piece::Literal(_)));
        is_one.then(|| Self { text: text.to_owned(), pieces })
    }

    /// The name that a text without wildcards stands for.
    #[must_use]
    pub fn literal(text: &str) -> String {
        let of_piece = |piece: Piece| match piece {
            Piece::Literal(character) => character,
            Piece::One => '?',
            Piece::Any => '*',
        };
        pieces(text).into_iter().map(of_piece).collect()
    }

    /// What begins with a text.
    #[must_use]
    pub fn beginning_with(text: &str) -> Self {
        Self { text: text.to_owned(), pieces: text.chars().map(Piece::Literal).chain([Piece::Any]).collect() }
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A comparison of a column with the pattern: what stands before it, the
    /// pattern, and what stands after it.
    pub(super) fn comparison(&self, what: &str, matching: Matching) -> (String, Value, &'static str) {
        let pattern = |special: fn(char) -> Option<String>, one: &str, any: &str| {
            let piece = |piece: &Piece| match piece {
                Piece::Literal(literal) => special(*literal).unwrap_or_else(|| literal.to_string()),
                Piece::One => one.to_owned(),
                Piece::Any => any.to_owned(),
            };
            Value::text(&self.pieces.iter().map(piece).collect::<String>())
        };
        let bracketed = |c: char| matches!(c, '*' | '?' | '[').then(|| format!("[{c}]"));
        let escaped = |c: char| matches!(c, '%' | '_' | '!').then(|| format!("!{c}"));
        match matching {
            // GLOB ends at a NUL. What it takes before one is the whole name only where anything may follow.
            Matching::Glob if self.pieces.last() != Some(&Piece::Any) => {
                (format!("(instr({what}, char(0)) = 0 AND {what} GLOB "), pattern(bracketed, "?", "*"), ")")
            }
            Matching::Glob => (format!("{what} GLOB "), pattern(bracketed, "?", "*"), ""),
            Matching::Like => (format!("{what} LIKE "), pattern(escaped, "_", "%"), " ESCAPE '!'"),
            Matching::LikeOfLetters => (
                format!("CONVERT({what} USING utf8mb4) LIKE "),
                pattern(escaped, "_", "%"),
                " COLLATE utf8mb4_bin ESCAPE '!'",
            ),
        }
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '*' => Piece::Any,
            '?' => Piece::One,
            '\\' => Piece::Literal(characters.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
            other => Piece::Literal(other),
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_known_by_its_wildcards() {
        assert!(Pattern::parse("alice").is_none());
        assert!(Pattern::parse(r"a\*").is_none());
        assert_eq!((Pattern::literal(r"a\*"), Pattern::literal(r"SHOP\al")), ("a*".to_owned(), r"SHOP\al".to_owned()));
        let pieces = Pattern::parse(r"c\**").unwrap().pieces;
        assert_eq!(pieces, [Piece::Literal('c'), Piece::Literal('*'), Piece::Any]);
    }
}
