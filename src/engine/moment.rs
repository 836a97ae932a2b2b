//! Times as text, for databases without a type for times. Every server reads
//! this form.

use jiff::civil::DateTime;

/// The length of `2026-01-31 09:00:00`.
const SECONDS: usize = 19;

/// Returns the text of a time. The fraction has six digits, and is omitted if
/// it is zero.
///
/// Mirrors `str(datetime)`, which Django stores if the database has no type for
/// times.
#[must_use]
pub fn to_text(stored: DateTime) -> String {
    let mut text = Vec::with_capacity(26);
    write(stored, b' ', &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// The two digits of each number below 100. This is fast, because a list may
/// have millions of times.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let (mut number, mut tens, mut ones) = (0, b'0', b'0');
    while number < 100 {
        pairs[number] = [tens, ones];
        (tens, ones) = if ones == b'9' { (tens + 1, b'0') } else { (tens, ones + 1) };
        number += 1;
    }
    pairs
};

/// Writes a time, with `separator` between date and time.
pub fn write(stored: DateTime, separator: u8, text: &mut Vec<u8>) {
    if stored.year() < 0 {
        text.push(b'-');
    }
    let pair = |number: i8| PAIRS[usize::from(number.unsigned_abs()) % 100];
    let year = usize::from(stored.year().unsigned_abs());
    let ([y1, y2], [y3, y4]) = (PAIRS[year / 100 % 100], PAIRS[year % 100]);
    let ([m1, m2], [d1, d2]) = (pair(stored.month()), pair(stored.day()));
    let ([h1, h2], [i1, i2], [s1, s2]) = (pair(stored.hour()), pair(stored.minute()), pair(stored.second()));
    text.extend_from_slice(&[
        y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, separator, h1, h2, b':', i1, i2, b':', s1, s2,
    ]);
    let micros = usize::try_from(stored.subsec_nanosecond() / 1_000).unwrap_or_default();
    if micros != 0 {
        let ([f1, f2], [f3, f4]) = (PAIRS[micros / 10_000 % 100], PAIRS[micros / 100 % 100]);
        let [f5, f6] = PAIRS[micros % 100];
        text.extend_from_slice(&[b'.', f1, f2, f3, f4, f5, f6]);
    }
}

/// Parses the output of [`to_text`], and every ISO 8601 form that Django
/// accepts.
#[must_use]
pub fn from_text(text: &str) -> Option<DateTime> {
    usual(text.as_bytes()).or_else(|| text.parse().ok())
}

/// Parses only the form that [`to_text`] writes.
fn usual(text: &[u8]) -> Option<DateTime> {
    let (seconds, fraction) = text.split_at_checked(SECONDS)?;
    let nanos = match fraction {
        [] => 0,
        [b'.', micros @ ..] if micros.len() == 6 => number(micros)?.checked_mul(1_000)?,
        _ => return None,
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| seconds[*at] != *mark) {
        return None;
    }
    let part = |from: usize| number(&seconds[from..from + 2]).and_then(|part| i8::try_from(part).ok());
    let year = number(&seconds[..4]).and_then(|year| i16::try_from(year).ok())?;
    DateTime::new(year, part(5)?, part(8)?, part(11)?, part(14)?, part(17)?, nanos).ok()
}

fn number(digits: &[u8]) -> Option<i32> {
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i32::from(digit - b'0');
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn the_fraction_has_six_digits_or_is_omitted() {
        for (text, written) in [
            ("2026-01-31T09:00:00", "2026-01-31 09:00:00"),
            ("2026-01-31 09:00:00.000042", "2026-01-31 09:00:00.000042"),
            ("2026-01-31 09:00:00.5", "2026-01-31 09:00:00.500000"),
            ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
            ("0000-12-31 00:00:00", "0000-12-31 00:00:00"),
            ("-000001-12-31T00:00:00", "-0001-12-31 00:00:00"),
        ] {
            assert_eq!(from_text(text).map(to_text).as_deref(), Some(written), "{text}");
        }
    }

    #[test]
    fn an_invalid_time_is_not_parsed() {
        for text in ["", "2026-13-01 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:00:00.12345x", "yesterday"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_time_survives_a_round_trip(
            year in -9999_i16..=9999, month in 1_i8..=12, day in 1_i8..=28,
            hour in 0_i8..24, minute in 0_i8..60, second in 0_i8..60, micros in 0..1_000_000,
        ) {
            let at = DateTime::new(year, month, day, hour, minute, second, micros * 1_000).unwrap();
            let text = to_text(at);
            if year >= 0 {
                prop_assert_eq!(from_text(&text), Some(at));
                prop_assert_eq!(usual(text.as_bytes()), Some(at));
            }
        }
    }
}
