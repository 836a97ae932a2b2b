//! Other processes that use the database: the application, a second connection, and other calls
//! of drfctl.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::outcome::Outcome;
use super::sandbox::Sandbox;
use super::site::{django_project, python, python_command};

/// The response of `/whoami` to an unknown key.
pub(crate) const INVALID_TOKEN: &str = r#"401 {"detail":"Invalid token."}"#;

/// The real application, which serves HTTP on a free port until dropped.
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
            .unwrap_or_else(|| panic!("the server printed {line:?}"));
        Self { child, port }
    }

    /// Sends `GET path` with an `Authorization` header. Returns status, body and the whole response.
    pub(crate) fn get(&self, path: &str, authorization: Option<&str>) -> (u16, String, minreq::Response) {
        let mut request = minreq::get(format!("http://127.0.0.1:{}{path}", self.port));
        if let Some(value) = authorization {
            request = request.with_header("Authorization", value);
        }
        Self::send(request)
    }

    /// Sends `POST path` with a JSON body. Returns status, body and the whole response.
    pub(crate) fn post(&self, path: &str, json: &str) -> (u16, String, minreq::Response) {
        Self::send(
            minreq::post(format!("http://127.0.0.1:{}{path}", self.port))
                .with_header("Content-Type", "application/json")
                .with_body(json),
        )
    }

    /// Returns the response of `/whoami` to a key, as `status body`.
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

/// A second process with its own connection to a database, which runs one statement at a time. It
/// keeps its locks and its snapshot until a statement releases them or the session is dropped.
pub(crate) struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Session {
    /// Opens a database.
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

    /// Returns its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Runs one statement. Returns `ok <rows as JSON>` or `error <text>`.
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
        // End of input lets the process close the database cleanly.
        self.stdin.take();
        let _ = self.child.wait();
    }
}

/// The real application, which reads and writes in a loop until [`Application::end`].
pub(crate) struct Application {
    django: Child,
    stdout: BufReader<ChildStdout>,
}

impl Application {
    /// Starts the application on the database of a sandbox.
    pub(crate) fn at_work(sandbox: &Sandbox) -> Self {
        let mut django = sandbox.django_started(
            "import select, sys
from django.contrib.auth.models import User
from django.db import OperationalError
from rest_framework.authtoken.models import Token
print('ready', flush=True)
n = 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    n += 1
    try:
        User.objects.filter(pk=n % 1000 + 1).update(last_name=str(n))
        list(Token.objects.select_related('user').filter(user_id=n % 1000 + 1))
        Token.objects.get_or_create(user_id=n % 1000 + 1)
    except OperationalError as error:
        # InnoDB may roll this side of a deadlock back: an insert holds its token and waits for the user.
        if error.args[0] != 1213:
            raise
print('no error in', n > 0)",
        );
        let stdout = BufReader::new(django.stdout.take().unwrap());
        let mut application = Self { django, stdout };
        assert_eq!(application.line(), "ready\n");
        application
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Stops the loop, and asserts that there was no error.
    pub(crate) fn end(mut self) {
        self.django.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert_eq!(self.line(), "no error in True\n");
        assert!(self.django.wait().unwrap().success());
    }
}

impl Sandbox {
    /// Runs calls at the same time: all have started and wait for standard input before the first
    /// receives it.
    pub(crate) fn at_once(&self, calls: &[(&[&str], String)]) -> Vec<Outcome> {
        let mut running: Vec<_> = calls
            .iter()
            .map(|(args, _)| self.drfctl(*args).command().stdin(Stdio::piped()).spawn().expect("drfctl starts"))
            .collect();
        // A process that has not read standard input has not opened the database either.
        for (child, (_, input)) in running.iter_mut().zip(calls) {
            let mut stdin = child.stdin.take().expect("stdin is a pipe");
            stdin.write_all(input.as_bytes()).expect("the input is read");
        }
        running.into_iter().map(|child| child.wait_with_output().expect("drfctl ends").into()).collect()
    }
}
