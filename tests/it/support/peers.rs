//! The processes that use the database beside drfctl: the application, and a second connection.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::sandbox::Sandbox;
use super::site::{django_project, python, python_command};

/// The real application, answering HTTP on a free port. Ends when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub(super) fn start(sandbox: &Sandbox) -> Self {
        let mut child = python_command(sandbox.settings(), &sandbox.database())
            .arg(django_project().join("serve.py"))
            .current_dir(sandbox.dir())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is a pipe"))
            .read_line(&mut line)
            .expect("the server's first line");
        let port = line
            .trim()
            .strip_prefix("port ")
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("the server said {line:?}"));
        Self { child, port }
    }

    /// `GET path` with that `Authorization` header: status, body, and the response as received.
    pub(crate) fn get(&self, path: &str, authorization: Option<&str>) -> (u16, String, minreq::Response) {
        let mut request = minreq::get(format!("http://127.0.0.1:{}{path}", self.port));
        if let Some(value) = authorization {
            request = request.with_header("Authorization", value);
        }
        Self::send(request)
    }

    /// `POST path` with a JSON body: status, body, and the response as received.
    pub(crate) fn post(&self, path: &str, json: &str) -> (u16, String, minreq::Response) {
        Self::send(
            minreq::post(format!("http://127.0.0.1:{}{path}", self.port))
                .with_header("Content-Type", "application/json")
                .with_body(json),
        )
    }

    /// What `/whoami` answers to a key, as `status body`.
    pub(crate) fn whoami(&self, key: &str) -> String {
        let (status, body, _) = self.get("/whoami", Some(&format!("Token {key}")));
        format!("{status} {body}")
    }

    fn send(request: minreq::Request) -> (u16, String, minreq::Response) {
        let response = request.with_timeout(60).send().expect("an HTTP answer");
        let status = response.status_code;
        let body = response.as_str().expect("a text body").to_owned();
        (status, body, response)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A second process with its own connection to a database, one statement at a time. It holds
/// what it holds (a lock, a snapshot) until told otherwise or dropped.
pub(crate) struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Session {
    /// Opens that database.
    pub(crate) fn open(database: &Path) -> Self {
        let mut child = Command::new(python())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(django_project().join("session.py"))
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the session starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Self { child, stdin, stdout }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Runs one statement: `ok <rows as JSON>` or `error <text>`.
    pub(crate) fn run(&mut self, sql: &str) -> String {
        let stdin = self.stdin.as_mut().expect("open until dropped");
        writeln!(stdin, "{}", sql.replace('\n', " ")).expect("the session listens");
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).expect("an answer");
        answer.trim_end().to_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The end of its input lets it close the database in order.
        self.stdin.take();
        let _ = self.child.wait();
    }
}
