//! The JSON in which Python prints an application's settings: no text causes a panic, and no error
//! repeats the database's password.
//!
//! The input is JSON in which the password is replaced by a secret.

#![no_main]

use drfctl::engine::{self, Target};
use drfctl::settings::{Settings, UserModel};
use drfctl_fuzz::{SECRET, error_text};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let _ = serde_json::from_slice::<UserModel>(input);
    let _ = serde_json::from_slice::<Settings>(input);
    let Ok(mut answer) = serde_json::from_slice::<Value>(input) else { return };
    // The fuzzer can find the secret in a comparison, and write it anywhere.
    if answer.to_string().contains(SECRET) {
        return;
    }
    let Some(password) = answer.get_mut("password") else { return };
    *password = SECRET.into();
    let Ok(settings) = serde_json::from_value::<Settings>(answer) else { return };
    assert!(!format!("{settings:?}").contains(SECRET));
    match settings.target(engine::backend) {
        Ok(target) => {
            assert!(!format!("{target:?}").contains(SECRET));
            if let Target::Url(url) = &target {
                assert!(!url.to_string().contains(SECRET));
                assert_eq!(target.holds_password(), url.password.is_some());
            }
        }
        Err(error) => {
            let text = error_text(&error);
            assert!(!text.contains(SECRET), "{text}");
        }
    }
});
