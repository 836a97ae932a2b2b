//! Calls of `create-user`.

use std::fs;

use super::invocation::Invocation;
use super::sandbox::Sandbox;

/// Two users that can be created, on lines 2 and 3.
pub(crate) const TWO_USERS: &str = "username,password\ncarol,pw carol\ndora,pw dora\n";

impl Sandbox {
    /// `create-user` of a user who needs no password.
    pub(crate) fn create_user(&self, args: &[&str]) -> Invocation {
        self.drfctl(["create-user", "--no-password"]).args(args)
    }

    /// `create-user --from` a file with that content.
    pub(crate) fn create_users_from(&self, content: impl AsRef<[u8]>) -> Invocation {
        fs::write(self.dir().join("users"), content).unwrap();
        self.drfctl(["create-user", "--from", "users"])
    }
}
