//! The validators of text columns, with Django's messages. Usernames and e-mail
//! addresses have their own modules.

use crate::error::{Error, Result};

/// Returns the message of `MaxLengthValidator` for a value. Python counts code
/// points.
#[must_use]
pub fn max_length(value: &str, limit: Option<usize>) -> Option<String> {
    let length = value.chars().count();
    let limit = limit.filter(|limit| length > *limit)?;
    let characters = if limit == 1 { "character" } else { "characters" };
    Some(format!("Ensure this value has at most {limit} {characters} (it has {length})."))
}

/// Returns the message of `ProhibitNullCharactersValidator` for a value.
#[must_use]
pub fn prohibit_null_characters(value: &str) -> Option<String> {
    value.contains('\0').then(|| "Null characters are not allowed.".to_owned())
}

/// Fails if there are complaints about a value.
///
/// Mirrors the `CommandError` of `createsuperuser`, which joins them.
///
/// # Errors
/// Rejected, with the complaints.
pub fn refuse(complaints: impl IntoIterator<Item = String>) -> Result<()> {
    let complaints: Vec<String> = complaints.into_iter().collect();
    if complaints.is_empty() { Ok(()) } else { Err(Error::rejected(complaints.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_counts_code_points_and_knows_one_from_many() {
        assert_eq!(max_length("éé", Some(2)), None);
        assert_eq!(max_length("éé", None), None);
        assert_eq!(max_length("éé", Some(1)).unwrap(), "Ensure this value has at most 1 character (it has 2).");
        assert_eq!(max_length("ééé", Some(2)).unwrap(), "Ensure this value has at most 2 characters (it has 3).");
    }

    #[test]
    fn complaints_are_joined_as_django_joins_them() {
        let error = refuse(["a.".to_owned(), "b.".to_owned()]).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind().exit_status()), ("a.; b.", 3));
    }

    #[test]
    fn a_null_character_is_prohibited() {
        assert_eq!(prohibit_null_characters("a\0b").as_deref(), Some("Null characters are not allowed."));
        assert_eq!(prohibit_null_characters("a\\0b"), None);
    }
}
