//! Patterns of names, and how an engine compares with them.

use crate::engine::{Matching, Value};

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

/// A comparison with a pattern: what is written before it and after it.
pub(super) struct Comparison {
    pub(super) before: String,
    pub(super) pattern: Value,
    pub(super) after: &'static str,
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

    /// A comparison of an expression with the pattern, by an operator that is
    /// spelled `like` where the engine has one.
    pub(super) fn comparison(&self, what: &str, like: &str, matching: Matching) -> Comparison {
        let (before, after) = match matching {
            // GLOB ends at a NUL. What it takes before one is the whole name only where anything may follow.
            Matching::Glob if self.pieces.last() != Some(&Piece::Any) => {
                (format!("(instr({what}, char(0)) = 0 AND {what} GLOB "), ")")
            }
            Matching::Glob => (format!("{what} GLOB "), ""),
            Matching::Like => (format!("{what} {like} "), ""),
            Matching::LikeOfLetters => {
                (format!("CONVERT({what} USING utf8mb4) LIKE "), " COLLATE utf8mb4_bin ESCAPE '!'")
            }
        };
        Comparison { before, pattern: Value::text(&self.written(matching)), after }
    }

    /// The pattern as an engine reads it.
    fn written(&self, matching: Matching) -> String {
        let mut written = String::new();
        for piece in &self.pieces {
            match (piece, matching) {
                (Piece::Any, Matching::Glob) => written.push('*'),
                (Piece::One, Matching::Glob) => written.push('?'),
                (Piece::Any, _) => written.push('%'),
                (Piece::One, _) => written.push('_'),
                (Piece::Literal(special @ ('*' | '?' | '[')), Matching::Glob) => {
                    written.extend(['[', *special, ']']);
                }
                (Piece::Literal(special @ ('%' | '_' | '\\')), Matching::Like) => written.extend(['\\', *special]),
                (Piece::Literal(special @ ('%' | '_' | '!')), Matching::LikeOfLetters) => {
                    written.extend(['!', *special]);
                }
                (Piece::Literal(literal), _) => written.push(*literal),
            }
        }
        written
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

    #[test]
    fn what_is_special_to_an_engine_is_taken_literally() {
        let written = |typed: &str| {
            let pattern = Pattern::parse(typed).unwrap();
            [Matching::Glob, Matching::Like, Matching::LikeOfLetters].map(|matching| pattern.written(matching))
        };
        assert_eq!(written("a%_!?*"), ["a%_!?*", r"a\%\_!_%", "a!%!_!!_%"]);
        assert_eq!(written(r"[\*\\?"), [r"[[][*]\?", r"[*\\_", r"[*\_"]);
    }
}
