//! Running processes of drfctl, and the state of any process.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::outcome::Outcome;

pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A running drfctl. Killed when dropped without [`Running::wait`].
pub(crate) struct Running {
    /// The process.
    pub(crate) child: Child,
    writer: Option<JoinHandle<()>>,
    secrets: Vec<String>,
    /// Standard error, if part of it has been read.
    stderr: Option<BufReader<ChildStderr>>,
}

impl Running {
    pub(super) fn start(mut command: Command, input: Option<Vec<u8>>, secrets: Vec<String>) -> Self {
        let mut child = command.spawn().expect("drfctl starts");
        let writer = input.map(|bytes| {
            let mut stdin = child.stdin.take().expect("stdin is a pipe");
            // A thread, because a child that does not read would block the test.
            std::thread::spawn(move || {
                let _ = stdin.write_all(&bytes);
            })
        });
        Self { child, writer, secrets, stderr: None }
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until drfctl reports that it waits for the database lock. The outcome contains only
    /// later lines of standard error.
    #[track_caller]
    pub(crate) fn until_it_waits(&mut self) {
        let mut stderr = BufReader::new(self.child.stderr.take().expect("stderr is a pipe"));
        let mut line = String::new();
        while !line.contains("waiting for the database lock") {
            line.clear();
            let read = stderr.read_line(&mut line).expect("stderr is read");
            assert_ne!(read, 0, "it ended without waiting");
        }
        self.stderr = Some(stderr);
    }

    /// Waits until the process ends.
    pub(crate) fn wait(mut self) -> Outcome {
        let stderr: Option<Box<dyn Read + Send>> = match self.stderr.take() {
            Some(rest) => Some(Box::new(rest)),
            None => self.child.stderr.take().map(|stream| Box::new(stream) as _),
        };
        let errors = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stderr {
                stream.read_to_end(&mut bytes).expect("stderr is read");
            }
            bytes
        });
        let mut bytes = Vec::new();
        if let Some(stream) = &mut self.child.stdout.take() {
            stream.read_to_end(&mut bytes).expect("stdout is read");
        }
        let errors = errors.join().expect("the reader of stderr");
        let status = self.child.wait().expect("drfctl ends");
        if let Some(writer) = self.writer.take() {
            writer.join().expect("the writer of stdin");
        }
        let outcome = Outcome::new(bytes, errors, status);
        outcome.assert_discreet(&self.secrets);
        outcome
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the state of a process, as a letter: `S` waits, `T` is stopped.
pub(crate) fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONGEST_WAIT, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
