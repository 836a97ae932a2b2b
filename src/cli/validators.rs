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
