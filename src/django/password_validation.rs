//! Django's four default password validators. Not whether a password may be
//! empty, and nothing that keeps one.

use std::collections::HashMap;

use zeroize::Zeroizing;
use zxcvbn::zxcvbn;

use crate::django::python_text::{is_digit, is_word, strip};

/// The default of `MinimumLengthValidator`, in characters.
const MIN_LENGTH: usize = 8;

/// The longest password of Django's list of common ones, in characters.
const LONGEST_COMMON: usize = 33;

/// A password that is found with fewer guesses, as zxcvbn counts them, is common.
///
/// With less, many passwords of Django's list are missed; with ten times more,
/// half of all words with two digits are refused, which Django accepts.
const COMMON_GUESSES: u64 = 100_000;

/// What a password is not to be like: `DEFAULT_USER_ATTRIBUTES`, empty where
/// there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserAttributes<'a> {
    /// The column `username`; not a login column of another name.
    pub username: &'a str,
    /// The given name.
    pub first_name: &'a str,
    /// The family name.
    pub last_name: &'a str,
    /// The e-mail address.
    pub email: &'a str,
}

impl<'a> UserAttributes<'a> {
    /// The attributes of a user with these columns; the last of a name counts.
    #[must_use]
    pub fn of(columns: &'a [(String, String)]) -> Self {
        let column =
            |name: &str| columns.iter().rev().find(|(column, _)| column == name).map_or("", |(_, value)| value);
        Self {
            username: column("username"),
            first_name: column("first_name"),
            last_name: column("last_name"),
            email: column("email"),
        }
    }
}

/// All that Django's default validators say against a password, in the order
/// in which a new project's settings name them.
///
/// Mirrors `validate_password`.
#[must_use]
pub fn validate(password: &str, user: &UserAttributes<'_>) -> Vec<String> {
    let lower = Zeroizing::new(password.to_lowercase());
    let similar = similar_attribute(&lower, user);
    let length = password.chars().count();
    let checks = [
        similar.map(|name| format!("The password is too similar to the {name}.")),
        (length < MIN_LENGTH)
            .then(|| format!("This password is too short. It must contain at least {MIN_LENGTH} characters.")),
        is_common(&lower).then(|| "This password is too common.".to_owned()),
        (length > 0 && password.chars().all(is_digit)).then(|| "This password is entirely numeric.".to_owned()),
    ];
    checks.into_iter().flatten().collect()
}

/// `UserAttributeSimilarityValidator`: the attribute that the password is like.
fn similar_attribute(lower: &str, user: &UserAttributes<'_>) -> Option<&'static str> {
    // Django names the fields by their `verbose_name`.
    let attributes = [
        (user.username, "username"),
        (user.first_name, "first name"),
        (user.last_name, "last name"),
        (user.email, "email address"),
    ];
    let is_like = |value: &str| {
        let value = value.to_lowercase();
        let mut parts = value.split(|c| !is_word(c)).chain([value.as_str()]);
        parts.any(|part| !exceeds_maximum_length_ratio(lower, part) && is_similar(lower, part))
    };
    attributes.into_iter().find(|(value, _)| is_like(value)).map(|(_, name)| name)
}

/// Mirrors the function of that name: a short cut, as texts of such lengths
/// are never alike. Its second condition follows from the first.
fn exceeds_maximum_length_ratio(password: &str, value: &str) -> bool {
    password.chars().count() >= 10 * value.chars().count()
}

/// `SequenceMatcher.quick_ratio` of at least 0.7: what two texts share, in
/// whatever order, in relation to their lengths.
fn is_similar(password: &str, value: &str) -> bool {
    let mut available: HashMap<char, usize> = HashMap::new();
    for c in value.chars() {
        *available.entry(c).or_default() += 1;
    }
    let mut matches = 0;
    for c in password.chars() {
        if let Some(left) = available.get_mut(&c).filter(|left| **left > 0) {
            *left -= 1;
            matches += 1;
        }
    }
    let length = password.chars().count() + value.chars().count();
    // 2 · matches / length ≥ 0.7, without rounding.
    20 * matches >= 7 * length
}

/// `CommonPasswordValidator`, with the judgement of zxcvbn in place of Django's
/// list. Four in five passwords of that list that no other validator refuses
/// are found, with some that the list lacks: most words that stand alone, and
/// rows of a keyboard. What is longer than any password of the list is not common.
/// (Inside, zxcvbn looks up the present year, as a number near it is a likely one.)
fn is_common(lower: &str) -> bool {
    let password = strip(lower);
    !password.is_empty()
        && password.chars().count() <= LONGEST_COMMON
        && zxcvbn(password, &[]).guesses() < COMMON_GUESSES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    const ADA: UserAttributes<'_> =
        UserAttributes { username: "ada", first_name: "Ada", last_name: "Lovelace", email: "countess@example.com" };

    #[test]
    fn all_complaints_are_made_in_the_order_of_djangos_settings() {
        let numbers = UserAttributes { username: "1234567", ..ADA };
        assert_eq!(
            validate("1234567", &numbers),
            [
                "The password is too similar to the username.",
                "This password is too short. It must contain at least 8 characters.",
                "This password is too common.",
                "This password is entirely numeric.",
            ]
        );
        assert_eq!(validate("gift-of-9-tongues", &ADA), [""; 0]);
    }

    #[test]
    fn a_password_is_held_against_each_part_of_an_attribute() {
        assert_eq!(validate("Countess!9", &ADA), ["The password is too similar to the email address."]);
        assert_eq!(validate("evolLace#1", &ADA), ["The password is too similar to the last name."]);
    }

    #[test]
    fn common_is_what_is_guessed_at_once_and_no_longer_than_djangos_list() {
        for common in ["password", "PassWord ", "iloveyou1", "qwertyuiop", "secret123"] {
            assert!(is_common(&common.to_lowercase()), "{common}");
        }
        for uncommon in ["", "gift-of-9-tongues", "countess!9", "hT4kPq9Zc2Lm", &"a".repeat(34)] {
            assert!(!is_common(uncommon), "{uncommon}");
        }
    }

    proptest! {
        #[test]
        fn any_password_is_judged_without_a_fault(password in any::<String>(), name in any::<String>()) {
            let user = UserAttributes { username: &name, email: &name, ..ADA };
            let complaints = validate(&password, &user);
            prop_assert!(complaints.len() <= 4);
        }
    }
}
