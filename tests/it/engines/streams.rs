//! Notes to standard error, and that drfctl has no open transaction while it writes them.
//!
//! Tags such as `N82` name cases of `tests/CASES.md`.

use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::process::Stdio;

use ::mysql::prelude::Queryable;
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::support::{Engine, Outcome, Sandbox, Session, Site, scenarios, until};

scenarios![drfctl_has_no_lock_while_a_full_pipe_blocks_a_note,];

/// A transaction of another session that has updated Alice and her token.
enum Writer {
    Sqlite(Session),
    Postgres(Box<::postgres::Client>),
    MySql(::mysql::Conn),
}

impl Writer {
    const STATEMENTS: [&str; 2] = [
        "UPDATE auth_user SET first_name = 'A' WHERE username = 'alice'",
        "UPDATE authtoken_token SET created = created WHERE user_id = (SELECT id FROM auth_user WHERE username = 'alice')",
    ];

    /// Locks both rows; panics if that takes longer than a second.
    fn begin(sandbox: &Sandbox, engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let mut session = sandbox.session();
                assert_eq!(session.run("BEGIN IMMEDIATE"), "ok []");
                Self::Sqlite(session)
            }
            Engine::Postgres => {
                let mut client = sandbox.postgres();
                let [user, token] = Self::STATEMENTS;
                client.batch_execute(&format!("SET lock_timeout = '1s'; BEGIN; {user}; {token}")).unwrap();
                Self::Postgres(Box::new(client))
            }
            Engine::MySql => {
                let mut connection = sandbox.mysql();
                for statement in
                    ["SET innodb_lock_wait_timeout = 1", "START TRANSACTION"].iter().chain(&Self::STATEMENTS)
                {
                    connection.query_drop(statement).unwrap();
                }
                Self::MySql(connection)
            }
        }
    }

    fn roll_back(self) {
        match self {
            Self::Sqlite(mut session) => assert_eq!(session.run("ROLLBACK"), "ok []"),
            Self::Postgres(mut client) => client.batch_execute("ROLLBACK").unwrap(),
            Self::MySql(mut connection) => connection.query_drop("ROLLBACK").unwrap(),
        }
    }
}

/// Returns a full pipe, so that the next write blocks until the pipe is read.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl(writer.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while writer.write(&[b'\n'; 512]).is_ok() {}
    while writer.write(b"\n").is_ok() {}
    fcntl(writer.as_fd(), FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    (reader, writer)
}

/// I7, N82: the note about the wait for a lock goes to a pipe that is not read. Ctrl-S has the same
/// effect on a terminal.
fn drfctl_has_no_lock_while_a_full_pipe_blocks_a_note(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let holder = Writer::begin(&sandbox, engine);
    let (mut reader, writer) = full_pipe();
    let call = sandbox.drfctl(["--busy-timeout", "1h", "create-token", "-r", "alice", "--database"]);
    let mut command = call.arg(sandbox.database()).command();
    let child = command.stderr(writer).stdout(Stdio::piped()).spawn().unwrap();
    drop(command);
    // The second field is the first argument of the system call: the file descriptor.
    let call = format!("/proc/{}/syscall", child.id());
    let is_writing_to_stderr =
        || fs::read_to_string(&call).is_ok_and(|call| call.split(' ').nth(1).is_some_and(|file| file == "0x2"));
    until("drfctl writes the note", is_writing_to_stderr);
    holder.roll_back();
    Writer::begin(&sandbox, engine).roll_back();
    assert!(is_writing_to_stderr());
    let mut stderr = String::new();
    reader.read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr.trim_start(), "note: waiting for the database lock\n");
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!((outcome.status.as_str(), outcome.key()), ("0", sandbox.keys()["alice"].clone()), "{outcome}");
}
