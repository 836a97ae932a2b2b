//! Times as text: the form in which databases without a type for them hold
//! them, and which every server reads.

use jiff::civil::DateTime;

/// The length of `2026-01-31 09:00:00`.
const SECONDS: usize = 19;

/// The text of a time: the fraction has six digits, or is left out when it is
/// zero.
///
/// Mirrors `str(datetime)`, which Django stores where there is no type.
#[must_use]
pub fn to_text(stored: DateTime) -> String {
    let mut text = Vec::with_capacity(26);
    write(stored, b' ', &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes a time, with that byte between date and time. Digit by digit: a list
/// writes millions of them.
pub fn write(stored: DateTime, between: u8, text: &mut Vec<u8>) {
    if stored.year() < 0 {
        text.push(b'-');
    }
    digits::<4>(u32::from(stored.year().unsigned_abs()), text);
    for (before, part) in [
        (b'-', stored.month()),
        (b'-', stored.day()),
        (between, stored.hour()),
        (b':', stored.minute()),
        (b':', stored.second()),
    ] {
        text.push(before);
        digits::<2>(u32::from(part.unsigned_abs()), text);
    }
    let micros = stored.subsec_nanosecond().unsigned_abs() / 1_000;
    if micros != 0 {
        text.push(b'.');
        digits::<6>(micros, text);
    }
}

fn digits<const N: usize>(number: u32, text: &mut Vec<u8>) {
    let mut written = [b'0'; N];
    let mut rest = number;
    for digit in written.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    text.extend_from_slice(&written);
}

/// Reads [`to_text`] back, and every ISO 8601 form that Django accepts there.
#[must_use]
pub fn from_text(text: &str) -> Option<DateTime> {
    usual(text.as_bytes()).or_else(|| text.parse().ok())
}

/// Reads the form that [`to_text`] writes, without a look at any other.
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
    fn the_fraction_has_six_digits_or_is_left_out() {
        for (text, written) in [
            ("2026-01-31T09:00:00", "2026-01-31 09:00:00"),
            ("2026-01-31 09:00:00.000042", "2026-01-31 09:00:00.000042"),
            ("2026-01-31 09:00:00.5", "2026-01-31 09:00:00.500000"),
            ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
        ] {
            assert_eq!(from_text(text).map(to_text).as_deref(), Some(written), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in ["", "2026-13-01 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:00:00.12345x", "yesterday"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_time_comes_back(
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
