//! Calls of `create-user`.

use std::fs;

use super::connections::Engine;
use super::invocation::Invocation;
use super::sandbox::Sandbox;
use super::site::Site;

/// A file with two valid users on lines 2 and 3.
pub(crate) const TWO_USERS: &str = "username,password\ncarol,pw carol\ndora,pw dora\n";

impl Sandbox {
    /// Creates the site [`Site::Club`] with a secret in Alice's profile and a log of visits.
    pub(crate) fn club(engine: Engine) -> Self {
        let sandbox = Self::on(engine, Site::Club);
        sandbox.exec("UPDATE club_profile SET feed_token = 'secret of alice' WHERE locale = 'en'");
        sandbox.exec("INSERT INTO club_visit (user_id, page) SELECT id, '/' FROM club_user");
        sandbox
    }

    /// Creates the site [`Site::Member`] with a required integer column `badge`, whose default only
    /// the application's code knows.
    pub(crate) fn with_badge() -> Self {
        let sandbox = Self::new(Site::Member);
        // The default exists only during the change, as in a migration of Django.
        sandbox.exec(
            "ALTER TABLE member_member ADD COLUMN badge integer NOT NULL DEFAULT 0;\
             UPDATE member_member SET badge = user_ptr_id;\
             PRAGMA writable_schema = ON;\
             UPDATE sqlite_schema SET sql = replace(sql, 'badge integer NOT NULL DEFAULT 0', 'badge integer NOT NULL')",
        );
        sandbox
    }

    /// Returns a call of `create-user --no-password`.
    pub(crate) fn create_user(&self, args: &[&str]) -> Invocation {
        self.drfctl(["create-user", "--no-password"]).args(args)
    }

    /// Returns a call of `create-user --from` a file with that content.
    pub(crate) fn create_users_from(&self, content: impl AsRef<[u8]>) -> Invocation {
        fs::write(self.dir().join("users"), content).unwrap();
        self.drfctl(["create-user", "--from", "users"])
    }
}
