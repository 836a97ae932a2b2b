//! Which columns of a table fit a terminal, and how wide each of them is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The number of blanks between two columns.
pub(super) const GAP: usize = 2;

/// The width that a text keeps as long as an optional column can be omitted:
/// most email addresses are readable in it.
const READABLE: usize = 32;

/// The width below which no text is shortened.
const SHORTEST: usize = 8;

/// When a column is omitted from a table that is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    /// Never.
    Required,
    /// If texts would otherwise be narrower than [`SHORTEST`].
    Useful,
    /// If texts would otherwise be narrower than [`READABLE`]; the lowest rank
    /// first.
    Optional(usize),
}

/// What the layout has to know of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// The width of the widest cell, or of the header.
    pub(super) natural: usize,
    /// The width of what is never shortened: the header, keys, numbers, times.
    pub(super) fixed: usize,
    pub(super) priority: Priority,
}

impl Measure {
    fn at_most(self, limit: usize) -> usize {
        self.fixed.max(self.natural.min(limit))
    }
}

/// Returns the columns to show in a terminal of that width, in their order;
/// none, if the required ones do not fit.
pub(super) fn columns(measures: &[Measure], width: usize) -> Option<Vec<usize>> {
    let mut shown: Vec<usize> = (0..measures.len()).collect();
    let total = |shown: &[usize], limit| total(shown.iter().map(|at| measures[*at].at_most(limit)));
    while total(&shown, READABLE) > width {
        let rank = |at: &usize| match measures[*at].priority {
            Priority::Optional(rank) => Some(rank),
            _ => None,
        };
        let Some(first) = shown.iter().filter_map(rank).min() else { break };
        shown.retain(|at| rank(at) != Some(first));
    }
    // A narrow column may fit where a wider one did not. No text is shortened for it.
    let mut omitted: Vec<(usize, usize)> = Vec::new();
    for (at, measure) in measures.iter().enumerate() {
        match measure.priority {
            Priority::Optional(rank) if !shown.contains(&at) => omitted.push((rank, at)),
            _ => {}
        }
    }
    omitted.sort_unstable();
    let limit = if total(&shown, usize::MAX) <= width { usize::MAX } else { READABLE };
    while let Some((_, at)) = omitted.pop() {
        let mut wider = shown.clone();
        wider.push(at);
        wider.sort_unstable();
        if total(&wider, limit) <= width {
            shown = wider;
        }
    }
    while total(&shown, SHORTEST) > width {
        let last = shown.iter().rposition(|at| measures[*at].priority == Priority::Useful)?;
        shown.remove(last);
    }
    Some(shown)
}

/// Returns the widths of columns in a terminal of that width: the widest texts
/// are shortened first.
pub(super) fn widths(measures: &[Measure], width: usize) -> Vec<usize> {
    let at_most = |limit| measures.iter().map(move |measure| measure.at_most(limit));
    let widest = measures.iter().map(|measure| measure.natural).max().unwrap_or_default();
    if total(at_most(widest)) <= width {
        return at_most(widest).collect();
    }
    // No cell that fits is wider than the terminal.
    let limit = (SHORTEST..=width).rev().find(|limit| total(at_most(*limit)) <= width).unwrap_or(SHORTEST);
    let mut spare = width.saturating_sub(total(at_most(limit)));
    measures
        .iter()
        .map(|measure| {
            let (narrow, wide) = (measure.at_most(limit), measure.at_most(limit + 1));
            let more = (wide - narrow).min(spare);
            spare -= more;
            narrow + more
        })
        .collect()
}

/// Returns the width of a row.
fn total(widths: impl Iterator<Item = usize>) -> usize {
    widths.map(|width| width.saturating_add(GAP)).fold(0, usize::saturating_add).saturating_sub(GAP)
}

/// Returns the columns of a terminal that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns the text with its end replaced by a mark, in at most that width.
pub(super) fn shortened(text: String, limit: usize, mark: &str) -> String {
    if width(&text) <= limit {
        return text;
    }
    let limit = limit.saturating_sub(width(mark));
    let mut used = 0;
    let fits = |c: &char| {
        // The selector for emoji widens the character before it.
        used += if *c == '\u{fe0f}' { 1 } else { c.width().unwrap_or_default() };
        used <= limit
    };
    let mut short: String = text.chars().take_while(fits).collect();
    // The escape of an invisible character is not cut.
    if let Some(start) = short.rfind(r"\u{").filter(|start| !short[*start..].contains('}')) {
        short.truncate(start);
    }
    short.push_str(mark);
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    const FLAG: usize = 6;
    const KEY: usize = 9;
    const TIME: usize = 16;

    fn text(natural: usize) -> Measure {
        Measure { natural, fixed: 5, priority: Priority::Required }
    }

    fn fixed(fixed: usize, priority: Priority) -> Measure {
        Measure { natural: fixed, fixed, priority }
    }

    /// A username, a key, when it was created, and two columns that may be omitted.
    fn tokens(username: usize) -> [Measure; 5] {
        [
            text(username),
            fixed(KEY, Priority::Required),
            fixed(TIME, Priority::Useful),
            fixed(FLAG, Priority::Optional(1)),
            fixed(TIME, Priority::Optional(0)),
        ]
    }

    #[test]
    fn columns_are_omitted_by_priority() {
        for (username, width, shown) in [
            (10, 80, Some(vec![0, 1, 2, 3, 4])),
            (40, 87, Some(vec![0, 1, 2, 3, 4])),
            (40, 86, Some(vec![0, 1, 2, 3])),
            (40, 68, Some(vec![0, 1, 2])),
            (40, 37, Some(vec![0, 1, 2])),
            (40, 36, Some(vec![0, 1])),
            (40, 19, Some(vec![0, 1])),
            (40, 18, None),
        ] {
            assert_eq!(columns(&tokens(username), width), shown, "{username} {width}");
        }
    }

    #[test]
    fn a_narrow_column_is_shown_where_a_more_important_one_does_not_fit() {
        let measures = [text(10), fixed(FLAG, Priority::Optional(0)), fixed(TIME, Priority::Optional(1))];
        assert_eq!(columns(&measures, 20), Some(vec![0, 1]));
    }

    #[test]
    fn no_text_is_shortened_for_an_omitted_column_that_fits() {
        let measures = [text(40), fixed(FLAG, Priority::Optional(0)), fixed(20, Priority::Optional(1))];
        for (width, shown) in [(39, &[0][..]), (40, &[0]), (47, &[0]), (48, &[0, 1]), (61, &[0, 2]), (62, &[0, 1, 2])] {
            assert_eq!(columns(&measures, width).as_deref(), Some(shown), "{width}");
        }
    }

    #[test]
    fn the_widest_texts_are_shortened_first() {
        let [email, key] = [text(40), fixed(KEY, Priority::Required)];
        for (measures, width, wanted) in [
            (&[text(12), email, key][..], 80, &[12, 40, 9][..]),
            (&[text(12), email, key], 60, &[12, 35, 9]),
            (&[text(30), email, key], 60, &[24, 23, 9]),
            (&[key, text(30), email], 60, &[9, 24, 23]),
            (&[email, key], 10, &[8, 9]),
        ] {
            assert_eq!(widths(measures, width), wanted, "{width}");
        }
    }

    #[test]
    fn a_shortened_text_ends_with_the_mark_and_counts_wide_letters_twice() {
        for (text, limit, mark, wanted) in [
            ("alexandra", 9, "…", "alexandra"),
            ("alexandra", 8, "…", "alexand…"),
            ("alexandra", 8, "...", "alexa..."),
            ("山田太郎", 8, "…", "山田太郎"),
            ("山田太郎", 7, "…", "山田太…"),
            ("山田太郎", 6, "…", "山田…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "…", "e\u{301}…"),
            (r"al\u{202e}ice", 8, "…", "al…"),
            (r"al\u{202e}ice", 11, "…", r"al\u{202e}…"),
            ("❤\u{fe0f}❤\u{fe0f}", 3, "…", "❤\u{fe0f}…"),
        ] {
            assert_eq!(shortened(text.to_owned(), limit, mark), wanted, "{text} {limit}");
        }
    }

    proptest! {
        #[test]
        fn no_shortened_text_is_wider_than_the_limit(text in any::<String>(), limit in 3_usize..40) {
            prop_assert!(width(&shortened(text, limit, "…")) <= limit);
        }
    }
}
