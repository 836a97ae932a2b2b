//! Which columns identify a person, by their names.

/// Names of columns that name a person.
const NAMES: [&str; 10] = [
    "display_name",
    "displayname",
    "first_name",
    "full_name",
    "fullname",
    "last_name",
    "name",
    "nick",
    "nickname",
    "username",
];

/// Words of names of columns with an address or a picture of a person.
const WORDS: [&str; 7] = ["avatar", "email", "mail", "mobile", "phone", "photo", "picture"];

/// Returns whether a text column identifies a person.
#[must_use]
pub fn is_personal(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    NAMES.contains(&column.as_str()) || column.split('_').any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_an_address_or_a_picture_is_personal() {
        for name in ["full_name", "Name", "username", "phone_number", "commit_email", "avatar"] {
            assert!(is_personal(name), "{name}");
        }
        for name in ["language", "theme_name", "time_zone", "organization", "phonetics"] {
            assert!(!is_personal(name), "{name}");
        }
    }
}
