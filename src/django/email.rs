//! The e-mail address of a new user, except where it is the username.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::django::python_text::strip;
use crate::django::validators::{max_length, refuse};
use crate::error::Result;

/// The longest address that `EmailValidator` accepts, in characters.
const MAX_LENGTH: usize = 320;

/// The longest IP address that `is_valid_ipv6_address` accepts, in characters.
const MAX_IPV6_ADDRESS_LENGTH: usize = 39;

/// Characters that `re.IGNORECASE` treats as ASCII letters, because their other
/// case is one.
const FOLDING: [char; 4] = ['İ', 'ı', 'ſ', '\u{212A}'];

/// An address that Django accepts, with its domain in lower case. It is not
/// empty; Django does not validate an empty address.
///
/// Mirrors what `createsuperuser` makes of one: `EmailField.clean`, then
/// `BaseUserManager.normalize_email`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Validates an address. `limit` is the column's length.
    ///
    /// # Errors
    /// Rejected, in Django's words, if it is not valid, or too long as given
    /// or as stored.
    pub fn parse(typed: &str, limit: Option<usize>) -> Result<Self> {
        let normal = normalize_email(typed);
        let invalid = (!is_valid(typed)).then(|| "Enter a valid email address.".to_owned());
        let too_long = max_length(typed, limit).or_else(|| max_length(&normal, limit));
        refuse(invalid.into_iter().chain(too_long))?;
        Ok(Self(normal))
    }

    /// Returns the address to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the address with its domain in lower case.
///
/// Mirrors `BaseUserManager.normalize_email`: white space around it is removed
/// only if there is an `@`.
#[must_use]
pub fn normalize_email(email: &str) -> String {
    match strip(email).rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => email.to_owned(),
    }
}

/// Mirrors `EmailValidator.__call__`.
fn is_valid(email: &str) -> bool {
    email.chars().count() <= MAX_LENGTH
        && email.rsplit_once('@').is_some_and(|(local, domain)| {
            (is_dot_atom(local) || is_quoted(local))
                && (domain == "localhost" || is_host_name(domain) || is_literal(domain))
        })
}

fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric() || FOLDING.contains(&c)
}

fn is_dot_atom(local: &str) -> bool {
    let is_atext = |c: char| is_alphanumeric(c) || "-!#$%&'*+/=?^_`{}|~".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_quoted(local: &str) -> bool {
    let Some(text) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let is_text = |c| {
        matches!(c, '\x01'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '!' | '#'..='[' | ']'..='\x7f')
            || FOLDING.contains(&c)
    };
    let is_escapable = |c| matches!(c, '\x01'..='\x09' | '\x0b' | '\x0c' | '\x0e'..='\x7f') || FOLDING.contains(&c);
    let mut text = text.chars();
    while let Some(c) = text.next() {
        let fits = if c == '\\' { text.next().is_some_and(is_escapable) } else { is_text(c) };
        if !fits {
            return false;
        }
    }
    true
}

/// `EmailValidator.domain_regex`: at least two labels, the last without digits
/// unless it is in Punycode.
fn is_host_name(domain: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || ('\u{a1}'..='\u{ffff}').contains(&c);
    let is_label = |label: &str| {
        label.chars().all(|c| is_letter(c) || c.is_ascii_digit() || c == '-')
            && (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_top = |label: &str| {
        let punycode = label.get(4..).filter(|_| label[..4].eq_ignore_ascii_case("xn--"));
        let in_punycode = |rest: &str| (1..=59).contains(&rest.chars().count()) && rest.chars().all(is_alphanumeric);
        is_label(label)
            && (label.chars().count() > 1 && !label.contains(|c: char| c.is_ascii_digit())
                || punycode.is_some_and(in_punycode))
    };
    domain.rsplit_once('.').is_some_and(|(labels, top)| labels.split('.').all(is_label) && is_top(top))
}

/// `EmailValidator.literal_regex`, then `validate_ipv46_address`.
fn is_literal(domain: &str) -> bool {
    domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|address| {
        address.parse::<Ipv4Addr>().is_ok()
            || address.len() <= MAX_IPV6_ADDRESS_LENGTH && address.parse::<Ipv6Addr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn the_domain_is_in_lower_case_and_the_rest_as_given() {
        assert_eq!(EmailAddress::parse("Ada@EXAMPLE.com", Some(254)).unwrap().as_str(), "Ada@example.com");
    }

    #[test]
    fn an_address_too_long_once_stored_is_rejected() {
        // The lower case of this letter is two characters.
        let typed = "a@İİ.com";
        assert!(EmailAddress::parse(typed, Some(10)).is_ok());
        let error = EmailAddress::parse(typed, Some(9)).unwrap_err();
        assert_eq!(error.to_string(), "Ensure this value has at most 9 characters (it has 10).");
    }

    /// The same answers as those of `EmailValidator`.
    #[test]
    fn each_part_of_an_address_is_validated() {
        let (longest, too_long) = ("a".repeat(63), "a".repeat(64));
        for (typed, is_valid) in [
            ("a@example.com", true),
            ("a.b+c@example.com", true),
            ("a..b@example.com", false),
            (".a@example.com", false),
            ("a b@example.com", false),
            ("@example.com", false),
            ("\"a!b\"@example.com", true),
            ("\"a\\ b\"@example.com", true),
            ("\"a b\"@example.com", false),
            ("\"a\"b@example.com", false),
            ("a@localhost", true),
            ("a@example", false),
            ("a@exa_mple.com", false),
            ("a@-example.com", false),
            ("a@example-.com", false),
            ("a@example..com", false),
            ("a@example.c", false),
            ("a@example.c0m", false),
            ("a@example.xn--p1ai", true),
            ("a@example.xn--", false),
            ("a@example.xn--a-1b", false),
            (&format!("a@{longest}.com"), true),
            (&format!("a@{too_long}.com"), false),
            ("a@[127.0.0.1]", true),
            ("a@[127.0.0.300]", false),
            ("a@[::1]", true),
            ("a@[::1", false),
            ("a@[1:2:3:4:5:6:7::8:9]", false),
        ] {
            assert_eq!(EmailAddress::parse(typed, Some(254)).is_ok(), is_valid, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_address_is_validated_without_a_panic(typed in any::<String>()) {
            let _ = EmailAddress::parse(&typed, Some(254));
        }

        #[test]
        fn a_stored_address_is_valid_and_normalized(
            typed in "([a-zA-Z.!]{1,5}|\"[ -~]{0,4}\")@([a-zA-Z0-9üÜ.-]{1,9}\\.[a-zA-Z]{2,3}|\\[[0-9a-f:.]{2,9}\\])"
        ) {
            if let Ok(address) = EmailAddress::parse(&typed, Some(254)) {
                prop_assert_eq!(EmailAddress::parse(address.as_str(), Some(254)).unwrap(), address);
            }
        }
    }
}
