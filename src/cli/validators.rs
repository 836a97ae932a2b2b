//! The password validators of the settings.

use crate::django::password_validation::Validator;
use crate::output::Notes;
use crate::settings::PasswordValidator;

/// Returns the validators that drfctl supports, and warns of the others.
pub(super) fn supported(validators: Vec<PasswordValidator>, notes: Notes) -> Vec<Validator> {
    let mut supported = Vec::new();
    for validator in validators {
        let PasswordValidator { name, min_length, max_similarity, user_attributes, passwords } = validator;
        supported.push(match name.strip_prefix(Validator::MODULE) {
            Some(".UserAttributeSimilarityValidator") => Validator::similarity(user_attributes, max_similarity),
            Some(".MinimumLengthValidator") => min_length.map_or(Validator::MIN_LENGTH, Validator::MinimumLength),
            Some(".CommonPasswordValidator") => passwords.map_or(Validator::CommonPassword, Validator::ListedPassword),
            Some(".NumericPasswordValidator") => Validator::NumericPassword,
            _ => {
                notes.warning(&format!("password validator {name} is not supported and was skipped"));
                continue;
            }
        });
    }
    supported
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn djangos_validators_are_used_with_their_options_and_others_skipped() {
        let validator = |name: &str| PasswordValidator {
            name: name.to_owned(),
            min_length: None,
            max_similarity: None,
            user_attributes: None,
            passwords: None,
        };
        let of_django = |name: &str| validator(&format!("{}.{name}", Validator::MODULE));
        let attributes = Some(vec!["email".to_owned()]);
        let passwords = HashSet::from(["secret".to_owned()]);
        let notes = Notes { silent: true, ..Notes::default() };
        let used = supported(
            vec![
                of_django("UserAttributeSimilarityValidator"),
                PasswordValidator {
                    max_similarity: Some(0.5),
                    user_attributes: attributes.clone(),
                    ..of_django("UserAttributeSimilarityValidator")
                },
                of_django("MinimumLengthValidator"),
                PasswordValidator { min_length: Some(12), ..of_django("MinimumLengthValidator") },
                of_django("OtherValidator"),
                validator("shop.MinimumLengthValidator"),
                of_django("CommonPasswordValidator"),
                PasswordValidator { passwords: Some(passwords.clone()), ..of_django("CommonPasswordValidator") },
                of_django("NumericPasswordValidator"),
            ],
            notes,
        );
        let wanted = [
            Validator::similarity(None, None),
            Validator::similarity(attributes, Some(0.5)),
            Validator::MinimumLength(8),
            Validator::MinimumLength(12),
            Validator::CommonPassword,
            Validator::ListedPassword(passwords),
            Validator::NumericPassword,
        ];
        assert_eq!(used, wanted);
    }
}
