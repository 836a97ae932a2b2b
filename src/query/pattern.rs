//! Patterns of names, and how each engine matches them.

use crate::engine::{Matching, Value};

/// A pattern of a name: `*` matches any text, `?` one character. A backslash
/// escapes these two and itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The pattern as typed.
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Literal(char),
    One,
    Any,
}

/// A comparison with a pattern: the text before and after the parameter.
pub(super) struct Comparison {
    pub(super) before: String,
    pub(super) pattern: Value,
    pub(super) after: &'static str,
}

impl Pattern {
    /// Parses a pattern; `None` if the text has no wildcards.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pieces = pieces(text);
        let is_one = pieces.iter().any(|piece| !matches!(piece, Piece::Literal(_)));
        is_one.then(|| Self { text: text.to_owned(), pieces })
    }

    /// Returns the name of a text without wildcards.
    #[must_use]
    pub fn literal(text: &str) -> String {
        let of_piece = |piece: Piece| match piece {
            Piece::Literal(character) => character,
            Piece::One => '?',
            Piece::Any => '*',
        };
        pieces(text).into_iter().map(of_piece).collect()
    }

    /// Returns the pattern of names that begin with a text.
    #[must_use]
    pub fn beginning_with(text: &str) -> Self {
        Self { text: text.to_owned(), pieces: text.chars().map(Piece::Literal).chain([Piece::Any]).collect() }
    }

    /// Returns the pattern as typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns a comparison of an expression with the pattern. `like` is the
    /// spelling of the operator in engines that have one.
    pub(super) fn comparison(&self, what: &str, like: &str, matching: Matching) -> Comparison {
        let (before, after) = match matching {
            // GLOB stops at a NUL, so that it matches whole names only if the
            // pattern ends with `*`.
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

    /// Returns the pattern as the engine spells it.
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
    fn special_characters_of_an_engine_are_literal() {
        let written = |typed: &str| {
            let pattern = Pattern::parse(typed).unwrap();
            [Matching::Glob, Matching::Like, Matching::LikeOfLetters].map(|matching| pattern.written(matching))
        };
        assert_eq!(written("a%_!?*"), ["a%_!?*", r"a\%\_!_%", "a!%!_!!_%"]);
        assert_eq!(written(r"[\*\\?"), [r"[[][*]\?", r"[*\\_", r"[*\_"]);
    }
}
