//! Django's four password validators, with their options.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use zeroize::Zeroizing;

use crate::django::python_text::{is_digit, is_word, strip};

/// The passwords of Django's `common-passwords.txt.gz`, one per line, sorted by
/// their bytes. They are Django's work, under the license in
/// `common_passwords.LICENSE`.
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// The columns of a user that a password is compared with, with their values.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserAttributes<'a>(&'a [(String, String)]);

impl<'a> UserAttributes<'a> {
    /// Returns the attributes of a user with these columns. The last of several
    /// columns of the same name counts.
    #[must_use]
    pub fn of(columns: &'a [(String, String)]) -> Self {
        Self(columns)
    }

    fn get(&self, name: &str) -> &'a str {
        self.0.iter().rev().find(|(column, _)| column == name).map_or("", |(_, value)| value)
    }
}

/// A validator of `AUTH_PASSWORD_VALIDATORS`.
#[derive(Clone, Debug, PartialEq)]
pub enum Validator {
    /// `UserAttributeSimilarityValidator`
    UserAttributeSimilarity {
        /// The names of the attributes.
        user_attributes: Vec<String>,
        /// The similarity, from 0.1 to 1, from which a password is rejected.
        max_similarity: f64,
    },
    /// `MinimumLengthValidator`, with a number of characters.
    MinimumLength(usize),
    /// `CommonPasswordValidator` with Django's own list.
    CommonPassword,
    /// `CommonPasswordValidator` with another list.
    ListedPassword(HashSet<String>),
    /// `NumericPasswordValidator`
    NumericPassword,
}

impl Validator {
    /// The module that has Django's validators.
    pub const MODULE: &'static str = "django.contrib.auth.password_validation";

    /// `MinimumLengthValidator` with its default option.
    pub const MIN_LENGTH: Self = Self::MinimumLength(8);

    /// Returns `UserAttributeSimilarityValidator` with these options, or their
    /// defaults.
    #[must_use]
    pub fn similarity(user_attributes: Option<Vec<String>>, max_similarity: Option<f64>) -> Self {
        let default = || ["username", "first_name", "last_name", "email"].map(str::to_owned).to_vec();
        Self::UserAttributeSimilarity {
            user_attributes: user_attributes.unwrap_or_else(default),
            max_similarity: max_similarity.unwrap_or(0.7),
        }
    }

    /// Returns the validators that `startproject` writes into the settings of
    /// a new project.
    #[must_use]
    pub fn of_new_project() -> Vec<Self> {
        vec![Self::similarity(None, None), Self::MIN_LENGTH, Self::CommonPassword, Self::NumericPassword]
    }

    /// Returns Django's complaint about a password. `lower` is the same
    /// password in lower case.
    fn complaint(&self, password: &str, lower: &str, user: &UserAttributes<'_>) -> Option<String> {
        match self {
            Self::UserAttributeSimilarity { user_attributes, max_similarity } => {
                let is_like = |name: &&String| is_like(lower, user.get(name), *max_similarity);
                let name = user_attributes.iter().find(is_like)?;
                Some(format!("The password is too similar to the {}.", verbose_name(name)))
            }
            Self::MinimumLength(least) => {
                let characters = if *least == 1 { "character" } else { "characters" };
                (password.chars().count() < *least)
                    .then(|| format!("This password is too short. It must contain at least {least} {characters}."))
            }
            Self::CommonPassword => is_common(strip(lower)).then(|| "This password is too common.".to_owned()),
            Self::ListedPassword(list) => {
                list.contains(strip(lower)).then(|| "This password is too common.".to_owned())
            }
            Self::NumericPassword => (!password.is_empty() && password.chars().all(is_digit))
                .then(|| "This password is entirely numeric.".to_owned()),
        }
    }
}

/// Returns every complaint about a password, in the order of the validators.
///
/// Mirrors `validate_password`.
#[must_use]
pub fn validate(password: &str, user: &UserAttributes<'_>, validators: &[Validator]) -> Vec<String> {
    let lower = Zeroizing::new(password.to_lowercase());
    validators.iter().filter_map(|validator| validator.complaint(password, &lower, user)).collect()
}

/// Returns the `verbose_name` that Django's user models give to a field, or
/// derive from its name.
fn verbose_name(attribute: &str) -> String {
    if attribute == "email" { "email address".to_owned() } else { attribute.replace('_', " ") }
}

/// Returns whether a password is similar to a value, or to a word of it.
fn is_like(lower: &str, value: &str, max_similarity: f64) -> bool {
    if value.is_empty() {
        return false;
    }
    let value = value.to_lowercase();
    let mut parts = value.split(|c| !is_word(c)).chain([value.as_str()]);
    parts.any(|part| {
        !exceeds_maximum_length_ratio(lower, max_similarity, part) && quick_ratio(lower, part) >= max_similarity
    })
}

/// Mirrors the function of that name.
#[allow(clippy::cast_precision_loss, reason = "lengths of texts")]
fn exceeds_maximum_length_ratio(password: &str, max_similarity: f64, value: &str) -> bool {
    let (password, value) = (password.chars().count(), value.chars().count());
    password >= 10 * value && (value as f64) < max_similarity / 2.0 * password as f64
}

/// Returns the number of characters that two texts share, in any order, in
/// relation to their lengths.
///
/// Mirrors `SequenceMatcher.quick_ratio`.
#[allow(clippy::cast_precision_loss, reason = "lengths of texts")]
fn quick_ratio(password: &str, value: &str) -> f64 {
    let mut available: HashMap<char, usize> = HashMap::new();
    for c in value.chars() {
        *available.entry(c).or_default() += 1;
    }
    let mut matches: usize = 0;
    for c in password.chars() {
        if let Some(left) = available.get_mut(&c).filter(|left| **left > 0) {
            *left -= 1;
            matches += 1;
        }
    }
    let length = password.chars().count() + value.chars().count();
    if length == 0 { 1.0 } else { 2.0 * matches as f64 / length as f64 }
}

/// Returns whether Django's list has this password.
fn is_common(password: &str) -> bool {
    // The list is sorted, so this is a binary search over lines.
    let mut rest = COMMON_PASSWORDS;
    while !rest.is_empty() {
        let middle = rest.as_bytes()[..rest.len() / 2].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (before, from_middle) = rest.split_at(middle);
        let Some((line, after)) = from_middle.split_once('\n') else { return false };
        match password.cmp(line) {
            Ordering::Less => rest = before,
            Ordering::Equal => return true,
            Ordering::Greater => rest = after,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn validated(password: &str, columns: &[(&str, &str)]) -> Vec<String> {
        let columns: Vec<_> = columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        validate(password, &UserAttributes::of(&columns), &Validator::of_new_project())
    }

    const ADA: [(&str, &str); 4] =
        [("username", "ada"), ("first_name", "Ada"), ("last_name", "Lovelace"), ("email", "countess@example.com")];

    #[test]
    fn all_complaints_are_made_in_the_order_of_djangos_settings() {
        assert_eq!(
            validated("1234567", &[("username", "1234567")]),
            [
                "The password is too similar to the username.",
                "This password is too short. It must contain at least 8 characters.",
                "This password is too common.",
                "This password is entirely numeric.",
            ]
        );
        assert_eq!(validated("gift-of-9-tongues", &ADA), [""; 0]);
    }

    #[test]
    fn a_password_is_compared_with_each_part_of_an_attribute() {
        assert_eq!(validated("Countess!9", &ADA), ["The password is too similar to the email address."]);
        assert_eq!(validated("evolLace#1", &ADA), ["The password is too similar to the last name."]);
    }

    #[test]
    fn a_common_password_is_a_line_of_djangos_list() {
        let lines: Vec<&str> = COMMON_PASSWORDS.lines().collect();
        assert!(lines.is_sorted() && COMMON_PASSWORDS.ends_with('\n'));
        for line in &lines {
            assert!(is_common(line), "{line}");
        }
        for other in ["", "\n", "password\n123456", "gift-of-9-tongues", "\u{10ffff}", "passwor\0d"] {
            assert!(!is_common(other), "{other}");
        }
    }

    #[test]
    fn a_long_password_is_compared_only_with_long_values() {
        for (password, value, similarity, is_exceeded) in [
            (15, 2, 0.7, false),
            (20, 2, 0.7, true),
            (19, 2, 0.7, false),
            (2, 1, 0.7, false),
            // Even equal characters would not make them that similar.
            (20, 2, 0.2, false),
            (21, 2, 0.2, true),
        ] {
            let texts = ["x".repeat(password), "y".repeat(value)];
            assert_eq!(
                exceeds_maximum_length_ratio(&texts[0], similarity, &texts[1]),
                is_exceeded,
                "{password} {value}"
            );
        }
    }

    #[test]
    fn a_character_counts_as_often_as_both_texts_have_it() {
        for (password, value, matches) in
            [("aaa", "a", 1.0), ("aab", "baa", 3.0), ("abc", "def", 0.0), ("aa", "aaaa", 2.0)]
        {
            let length = f64::from(u32::try_from(password.len() + value.len()).unwrap());
            assert!((quick_ratio(password, value) - 2.0 * matches / length).abs() < 1e-9, "{password} {value}");
        }
    }

    proptest! {
        #[test]
        fn any_password_is_validated_without_a_panic(password in any::<String>(), name in any::<String>()) {
            prop_assert!(validated(&password, &[("username", &name), ("email", &name)]).len() <= 4);
            prop_assert_eq!(is_common(&password), COMMON_PASSWORDS.lines().any(|line| line == password));
        }
    }
}
