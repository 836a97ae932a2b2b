//! Databases of an application that runs as another system user than the test, which is root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::files::names_in;
use super::invocation::{Invocation, tested_program};
use super::outcome::Outcome;
use super::sandbox::Sandbox;
use super::shim::Shim;
use super::site::python;

/// The user id and the group id of the application. Neither has a name.
pub(crate) const SERVER: u32 = 12_345;

/// The id of another user in that group.
pub(crate) const COLLEAGUE: u32 = 12_346;

impl Sandbox {
    /// Returns [`Sandbox::with_journal`] with files that belong to the application.
    pub(crate) fn of_the_server(mode: &str) -> Self {
        let sandbox = Self::with_journal(mode);
        sandbox.chown_to_server();
        sandbox
    }

    /// Changes the owner of the folder and its files to the application.
    pub(crate) fn chown_to_server(&self) {
        for name in names_in(self.dir()) {
            chown(self.dir().join(name), Some(SERVER), Some(SERVER)).unwrap();
        }
        chown(self.dir(), Some(SERVER), Some(SERVER)).unwrap();
    }

    /// Asserts that all files belong to the application and have the mode of the database.
    #[track_caller]
    pub(crate) fn assert_files_belong_to_the_server(&self, context: &str) {
        let mode = fs::metadata(self.db()).unwrap().mode();
        for name in names_in(self.dir()) {
            let found = fs::symlink_metadata(self.dir().join(&name)).unwrap();
            assert_eq!(
                (found.uid(), found.gid(), found.mode()),
                (SERVER, SERVER, mode),
                "{} {context}",
                name.display()
            );
        }
    }

    /// Asserts that the application can read and write as its own user.
    #[track_caller]
    pub(crate) fn assert_server_can_write(&self) {
        let seen = self.django(&format!(
            "import os
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
os.setgroups([]); os.setgid({SERVER}); os.setuid({SERVER})
bob = User.objects.get(username='bob')
bob.first_name = 'seen'
bob.save()
print(Token.objects.filter(user=bob).count(), User.objects.filter(first_name='seen').count())"
        ));
        assert_eq!(seen, "1 1");
    }

    /// Asserts that the application's user can read and write the database, without Django, which
    /// starts slowly. Returns the number of tokens.
    #[track_caller]
    pub(crate) fn count_tokens_as_the_server(&self, context: &str) -> String {
        let program = format!(
            "import os, sqlite3
os.setgroups([]); os.setgid({SERVER}); os.setuid({SERVER})
database = sqlite3.connect('db.sqlite3', timeout=0)
assert database.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
with database:
    assert database.execute('UPDATE auth_user SET first_name = username').rowcount == 3
print(database.execute('SELECT count(*) FROM authtoken_token').fetchone()[0])"
        );
        let done = Command::new(python()).args(["-c", &program]).current_dir(self.dir()).output().unwrap();
        let done = Outcome::from(done).ok();
        assert_eq!(self.value("SELECT count(DISTINCT user_id) FROM authtoken_token"), done.stdout.trim(), "{context}");
        done.stdout.trim().to_owned()
    }
}

/// Copies of drfctl and of the shim that every user may run.
pub(crate) struct SharedProgram {
    folder: Sandbox,
}

impl SharedProgram {
    /// Copies drfctl.
    pub(crate) fn new() -> Self {
        let folder = Sandbox::empty();
        fs::copy(tested_program(), folder.dir().join("drfctl")).unwrap();
        Self { folder }
    }

    /// Returns the folder of the copies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.dir()
    }

    /// Returns the path of the copy.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join("drfctl")
    }

    /// Copies the shim and returns its path.
    pub(crate) fn shim(&self) -> PathBuf {
        let copy = self.folder().join("shim.so");
        fs::copy(Shim::library(), &copy).unwrap();
        copy
    }

    /// Returns the call as another user, optionally with a supplementary group.
    pub(crate) fn called_as(&self, user: u32, group: Option<u32>, call: Invocation) -> Invocation {
        let groups = group.map_or_else(|| "--clear-groups".to_owned(), |group| format!("--groups={group}"));
        let user = [format!("--reuid={user}"), format!("--regid={user}"), groups];
        call.through(["setpriv"]).through(user).through(["sh", "-c", r#"shift; exec "$0" "$@""#]).through([self.path()])
    }
}
