//! A pseudo-terminal on which drfctl or a shell runs.

use std::ffi::OsStr;
use std::fs::File;
use std::process::Command;

use nix::sys::termios::{LocalFlags, Termios, tcgetattr};
use rexpect::process::{Signal, WaitStatus};
use rexpect::session::{PtySession, spawn_command};

use super::invocation::tested_program;
use super::running::{LONGEST_WAIT, state, until};
use super::sandbox::Sandbox;

/// A terminal to which a test types.
pub(crate) struct Terminal {
    session: PtySession,
    /// The side of the pseudo-terminal that belongs to the terminal window.
    window: File,
    /// The process id of the program.
    pid: u32,
    before: Termios,
}

impl Terminal {
    /// Starts drfctl with these arguments and the sandbox's database on a terminal with echo.
    pub(crate) fn new<I>(sandbox: &Sandbox, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        Self::script(sandbox, r#"exec "$0" --database ./db.sqlite3 "$@""#, args)
    }

    /// Starts a shell script on a terminal with echo. drfctl is `"$0"`, the arguments are `"$@"`.
    pub(crate) fn script<I>(sandbox: &Sandbox, script: &str, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let mut command = Command::new("sh");
        // The crate disables the echo.
        command.args(["-c", &format!("stty echo; echo \"pid $$\"; read -r go; {script}")]);
        command.arg(tested_program()).args(args).current_dir(sandbox.dir()).env_clear();
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("USER", "Zoë");
        let mut session = spawn_command(command, Some(LONGEST_WAIT.as_millis().try_into().unwrap())).unwrap();
        session.exp_string("pid ").unwrap();
        let pid = session.read_line().unwrap().trim().parse().unwrap();
        let window = session.process().get_file_handle().unwrap();
        let before = tcgetattr(&window).unwrap();
        session.send_line("go").unwrap();
        session.exp_string("go\r\n").unwrap();
        Self { session, window, pid, before }
    }

    /// Returns the process id of drfctl, or of the script that starts it.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for a text, and returns the output before it.
    #[track_caller]
    pub(crate) fn see(&mut self, text: &str) -> String {
        self.session.exp_string(text).unwrap_or_else(|error| panic!("no {text:?}: {error}"))
    }

    /// Waits until drfctl has printed a question and reads the answer.
    #[track_caller]
    pub(crate) fn asked(&mut self, question: &str) -> String {
        let before = self.see(question);
        let pid = self.pid;
        // drfctl discards input that arrives before it reads.
        until("drfctl reads the answer", || state(pid) == Some('S'));
        before
    }

    /// Types a line.
    pub(crate) fn enter(&mut self, line: &str) {
        self.session.send_line(line).unwrap();
    }

    /// Waits for a question and answers it. Returns the output before the question.
    #[track_caller]
    pub(crate) fn answer(&mut self, question: &str, line: &str) -> String {
        let before = self.asked(question);
        self.enter(line);
        before
    }

    /// Types Ctrl and a letter.
    pub(crate) fn control(&mut self, letter: char) {
        self.session.send_control(letter).unwrap();
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&mut self, signal: Signal) {
        self.session.process_mut().signal(signal).unwrap();
    }

    /// Returns whether the terminal echoes.
    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.window).unwrap().local_flags.contains(LocalFlags::ECHO)
    }

    /// Returns whether every setting is the same as before the start.
    pub(crate) fn is_as_before(&self) -> bool {
        tcgetattr(&self.window).unwrap() == self.before
    }

    /// Waits until the process ends. Returns the output, and `0` to `255` or the name of a signal.
    pub(crate) fn end(&mut self) -> (String, String) {
        let shown = self.session.exp_eof().unwrap();
        let status = match self.session.process().wait().unwrap() {
            WaitStatus::Exited(_, code) => code.to_string(),
            WaitStatus::Signaled(_, signal, _) => signal.to_string(),
            other => panic!("{other:?}"),
        };
        (shown, status)
    }
}
