//! Calls of `create-user`.

use std::fs;

use super::invocation::Invocation;
use super::sandbox::Sandbox;
use super::servers::Engine;
use super::site::Site;

/// Two users that can be created, on lines 2 and 3.
pub(crate) const TWO_USERS: &str = "username,password\ncarol,pw carol\ndora,pw dora\n";

impl Sandbox {
    /// The site of [`Site::Club`], with a secret in each user's profile, and a log.
    pub(crate) fn club(engine: Engine) -> Self {
        let sandbox = Self::on(engine, Site::Club);
        sandbox.exec("UPDATE club_profile SET feed_token = 'secret of alice' WHERE locale = 'en'");
        sandbox.exec("INSERT INTO club_visit (user_id, page) SELECT id, '/' FROM club_user");
        sandbox
    }

    /// The site of [`Site::Member`], whose users need a badge: a column of integers, for which
    /// nothing but the application's code has a default.
    pub(crate) fn with_badge() -> Self {
        let sandbox = Self::new(Site::Member);
        // The default is there for the change alone, as in a migration of Django's.
        sandbox.exec(
            "ALTER TABLE member_member ADD COLUMN badge integer NOT NULL DEFAULT 0;\
             UPDATE member_member SET badge = user_ptr_id;\
             PRAGMA writable_schema = ON;\
             UPDATE sqlite_schema SET sql = replace(sql, 'badge integer NOT NULL DEFAULT 0', 'badge integer NOT NULL')",
        );
        sandbox
    }

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
