//! The username of a new user. Usernames to look up, which follow no such
//! rules, are in `username`.

use std::ffi::OsStr;

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;

use crate::django::python_text::{is_word, strip};
use crate::django::username::{Username, utf8};
use crate::django::validators::{max_length, prohibit_null_characters, refuse};
use crate::error::{Error, Result};

/// Which characters a username column accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// Letters, numbers and `@.+-_`: `UnicodeUsernameValidator`, which is on
    /// `AbstractUser.username`.
    Validated,
    /// All characters: the username column of a custom model.
    Any,
}

/// A value for a new user's `USERNAME_FIELD`, normalized like Django's forms
/// do.
///
/// Mirrors `UsernameField.to_python` and `AbstractBaseUser.normalize_username`:
/// it is in NFKC. [`Characters::Validated`] rejects a character that is newer
/// than drfctl's Unicode tables. A Python with older tables rejects some of the
/// accepted names in its forms, but can look them up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUsername(Username);

impl NewUsername {
    /// Returns the username for a typed name.
    ///
    /// `limit` is the column's length, if it has one.
    ///
    /// # Errors
    /// Rejected, in Django's words, if `BaseUserCreationForm` would refuse the
    /// name. White space around it is kept, unlike in a form.
    pub fn parse(typed: &OsStr, characters: Characters, limit: Option<usize>) -> Result<Self> {
        let typed = utf8(typed)?;
        if strip(typed).is_empty() {
            return Err(Error::rejected("This field cannot be blank."));
        }
        // NFKC could also shorten a name, but a name that is too long is not
        // normalized.
        let is_too_long = max_length(typed, limit).is_some();
        let name = if is_too_long { typed.to_owned() } else { typed.nfkc().collect() };
        refuse(max_length(&name, limit).into_iter().chain(prohibit_null_characters(&name)))?;
        if characters == Characters::Validated && !is_ordinary(&name) {
            return Err(Error::rejected(
                "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
            ));
        }
        Username::parse(OsStr::new(&name)).map(Self)
    }

    /// Returns the username that Django suggests for this account of the
    /// system.
    ///
    /// Mirrors `get_default_username`, except that it does not check whether
    /// the name exists.
    #[must_use]
    pub fn offered(account: &str, limit: Option<usize>) -> Option<Self> {
        let ascii: String = account.nfkd().filter(|c| c.is_ascii() && *c != ' ').collect();
        Self::parse(OsStr::new(&ascii.to_ascii_lowercase()), Characters::Validated, limit).ok()
    }

    /// Returns the name to look up and to store.
    #[must_use]
    pub fn username(&self) -> &Username {
        &self.0
    }

    /// Returns whether it mixes scripts, as `аdmin` with a Cyrillic `а` does.
    /// Follows UTS 39, which counts the scripts of Japanese and of Korean as
    /// one. Django does not check this.
    #[must_use]
    pub fn mixes_scripts(&self) -> bool {
        !self.0.as_str().is_single_script()
    }
}

/// Returns whether Django's forms accept all characters of a name.
///
/// Mirrors `UnicodeUsernameValidator`.
#[must_use]
pub fn is_ordinary(name: &str) -> bool {
    name.chars().all(|c| is_word(c) || ".@+-".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

    use super::*;

    fn validated(typed: &str) -> Result<NewUsername> {
        NewUsername::parse(OsStr::new(typed), Characters::Validated, Some(150))
    }

    #[test]
    fn the_stored_name_is_in_nfkc() {
        assert_eq!(validated("ﬁona").unwrap().username().as_str(), "fiona");
        assert_eq!(validated("e\u{301}").unwrap().username().as_str(), "é");
    }

    #[test]
    fn the_suggested_username_of_an_account_is_ascii() {
        let offered = |account: &str| NewUsername::offered(account, Some(150)).map(|name| name.username().to_string());
        for (account, name) in [("José Ruiz", Some("joseruiz")), ("Ada.L", Some("ada.l")), ("a/b", None), ("山", None)]
        {
            assert_eq!(offered(account).as_deref(), name, "{account}");
        }
    }

    #[test]
    fn a_custom_username_column_accepts_all_characters() {
        let any = |typed: &str| NewUsername::parse(OsStr::new(typed), Characters::Any, None);
        assert_eq!(any("+49 30/ﬁ").unwrap().username().as_str(), "+49 30/fi");
        assert!(any(&"x".repeat(1000)).is_ok());
        assert!(any(" ").is_err() && any("a\0b").is_err());
    }

    #[test]
    fn a_column_has_its_own_length() {
        let short = |typed: &str| NewUsername::parse(OsStr::new(typed), Characters::Any, Some(3));
        assert!(short("abc").is_ok());
        assert_eq!(short("abcd").unwrap_err().to_string(), "Ensure this value has at most 3 characters (it has 4).");
        // Three characters after NFKC, but four before.
        assert!(short("abe\u{301}").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf_8_is_rejected() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"a\xff");
        assert_eq!(NewUsername::parse(name, Characters::Any, None).unwrap_err().kind().exit_status(), 3);
    }

    #[test]
    fn mixed_scripts_are_detected() {
        for mixed in ["аdmin", "pаypal", "αlpha", "roοt", "ѕcope", "admin中"] {
            assert!(validated(mixed).unwrap().mixes_scripts(), "{mixed}");
        }
        for single in
            ["admin", "админ", "αβγ", "山田たろう", "山田カナ", "김중國", "ada.l+1@x-y_z", "иван_2", "José", "٣_سلام"]
        {
            assert!(!validated(single).unwrap().mixes_scripts(), "{single}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_normal_and_can_be_seen(typed in any::<String>()) {
            if let Ok(name) = validated(&typed) {
                let name = name.username().as_str();
                prop_assert_eq!(name.nfkc().collect::<String>(), name);
                prop_assert!(name.chars().all(|c| c.general_category_group() != GeneralCategoryGroup::Other), "{name:?}");
                prop_assert!(name.chars().count() <= 150);
            }
        }

        #[test]
        fn any_username_is_validated_without_a_panic(typed in "[\\w.@+\\-]{1,160}") {
            if let Ok(name) = validated(&typed) {
                let again = validated(name.username().as_str()).unwrap();
                prop_assert_eq!(again, name);
            }
        }

        #[test]
        fn any_text_for_a_custom_column_is_validated_without_a_panic(typed in any::<String>(), limit in 0_usize..20) {
            if let Ok(name) = NewUsername::parse(OsStr::new(&typed), Characters::Any, Some(limit)) {
                let name = name.username().as_str();
                prop_assert_eq!(name.nfkc().collect::<String>(), name);
                prop_assert!(name.chars().count() <= limit);
            }
        }
    }
}
