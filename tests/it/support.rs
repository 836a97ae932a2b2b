//! What every test stands on: a folder with a database that the real Django made, ways to run
//! drfctl and `manage.py` on it, and ways to look. No test and no expectation lives here.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};

use rusqlite::types::ValueRef;

/// The layouts of user tables that the test project has a settings module for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Site {
    /// `auth_user`, UTC.
    Stock,
    /// Users with a UUID key who log in with an e-mail address; no `is_active` column.
    Email,
    /// A table whose names must be quoted, a text key, login column `handle`.
    Odd,
    /// A multi-table child of another user model, which has the login column.
    Member,
    /// A custom model as Django advises: 64-bit key, `username`.
    Big,
    /// `auth_user`, naive local time of Berlin.
    Local,
}

impl Site {
    /// Every site.
    pub(crate) const ALL: [Self; 6] = [Self::Stock, Self::Email, Self::Odd, Self::Member, Self::Big, Self::Local];

    /// The settings module, as `--settings` takes it.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Stock => "shop.settings",
            Self::Email => "shop.settings_email",
            Self::Odd => "shop.settings_odd",
            Self::Member => "shop.settings_member",
            Self::Big => "shop.settings_big",
            Self::Local => "shop.settings_local",
        }
    }

    /// The login name of the active user called Alice.
    pub(crate) fn alice(self) -> &'static str {
        match self {
            Self::Email => "alice@example.com",
            _ => "alice",
        }
    }
}

/// The folder of the real Django project.
pub(crate) fn django_project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django")
}

/// The Python of the virtual environment that `tests/run` makes under the target folder.
pub(crate) fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder has a parent");
    let python = target.join("venv/bin/python");
    assert!(python.exists(), "no Python at {}: run tests/run once", python.display());
    python
}

/// Python with the environment of a test: the project importable, nothing inherited.
fn python_command(settings: &str, database: &Path) -> Command {
    let mut command = Command::new(python());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PYTHONPATH", django_project())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .env("DJANGO_SETTINGS_MODULE", settings)
        .env("DRFCTL_TEST_DATABASE", database)
        .stdin(Stdio::null());
    command
}

/// Runs a preparation step, which has to succeed.
fn must_succeed(command: &mut Command) {
    let output = command.output().expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A hash over every source file of the Django project, so that a change makes new templates.
fn project_hash() -> u64 {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|e| e == "py" || e == "txt") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&django_project(), &mut files);
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(&file).expect("a source file").hash(&mut hasher);
        file.hash(&mut hasher);
    }
    hasher.finish()
}

/// The database of a site as Django's `migrate` leaves it, with the users of the tests and no
/// token. Made once; tests that start together wait for the first.
fn template(site: Site) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).expect("the target folder is writable");
    let name = format!("{site:?}-{:016x}", project_hash());
    let finished = folder.join(format!("{name}.sqlite3"));
    let lock = fs::File::create(folder.join(format!("{site:?}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    if !finished.exists() {
        let unfinished = folder.join(format!("{name}.unfinished"));
        let _ = fs::remove_file(&unfinished);
        must_succeed(python_command(site.settings(), &unfinished).arg(django_project().join("manage.py")).args([
            "migrate",
            "--verbosity",
            "0",
        ]));
        must_succeed(python_command(site.settings(), &unfinished).arg(django_project().join("template.py")));
        fs::rename(&unfinished, &finished).expect("the template takes its place");
    }
    finished
}

/// One test's own folder with its own database. Removed at the end, kept when the test fails.
pub(crate) struct Sandbox {
    site: Site,
    folder: Option<tempfile::TempDir>,
}

impl Sandbox {
    /// A folder with `db.sqlite3` of that site: `alice`, `bob` and the inactive `ina`
    /// (`alice@example.com` and `bob@example.com` in [`Site::Email`]), no tokens.
    pub(crate) fn new(site: Site) -> Self {
        let sandbox = Self::folder(site);
        fs::copy(template(site), sandbox.db()).expect("the template is copied");
        fs::set_permissions(sandbox.db(), fs::Permissions::from_mode(0o644)).expect("its mode");
        sandbox
    }

    /// A folder without a database.
    pub(crate) fn empty() -> Self {
        Self::folder(Site::Stock)
    }

    fn folder(site: Site) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("drfctl-test-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .expect("a temporary folder");
        Self { site, folder: Some(folder) }
    }

    /// A second folder with a copy of this one's database as it is now.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::folder(self.site);
        fs::copy(self.db(), copy.db()).expect("the database is copied");
        copy
    }

    /// The folder; drfctl runs in it.
    pub(crate) fn dir(&self) -> &Path {
        self.folder.as_ref().expect("kept until dropped").path()
    }

    /// The database file.
    pub(crate) fn db(&self) -> PathBuf {
        self.dir().join("db.sqlite3")
    }

    /// Python with this site's settings and this database, in this folder.
    pub(crate) fn python<I>(&self, args: I) -> Output
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        python_command(self.site.settings(), &self.db())
            .current_dir(self.dir())
            .args(args)
            .output()
            .expect("Python starts")
    }

    /// The real `manage.py` on this database.
    pub(crate) fn manage<I>(&self, args: I) -> Output
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let script = django_project().join("manage.py").into_os_string();
        let args = args.into_iter().map(|arg| arg.as_ref().to_os_string());
        self.python(std::iter::once(script).chain(args))
    }

    /// A short Python program after `django.setup()`; what it prints, without the line end.
    pub(crate) fn django(&self, program: &str) -> String {
        let program = format!("import django; django.setup()\n{program}");
        let output = self.python(["-c", program.as_str()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text(output.stdout).trim_end().to_owned()
    }

    fn connection(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.db()).expect("the database opens");
        // Tests bring about what Django never would.
        connection.pragma_update(None, "foreign_keys", false).expect("a pragma");
        connection
    }

    /// The rows of a query, every value as text (`NULL` for null, `x'…'` for bytes).
    pub(crate) fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        rows(&self.connection(), sql)
    }

    /// The first value of a query's only row.
    pub(crate) fn value(&self, sql: &str) -> String {
        match self.sql(sql).as_slice() {
            [row] => row[0].clone(),
            other => panic!("not one row: {other:?}"),
        }
    }

    /// Runs statements; foreign keys are not enforced.
    pub(crate) fn exec(&self, sql: &str) {
        self.connection().execute_batch(sql).expect("statements");
    }

    /// The schema and every row of every table, in a settled order.
    pub(crate) fn dump(&self) -> String {
        let connection = self.connection();
        let mut dump = String::new();
        let objects = rows(&connection, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name");
        for object in &objects {
            writeln!(dump, "{}", object.join("|")).expect("a string");
        }
        for table in objects.iter().filter(|object| object[0] == "table") {
            writeln!(dump, "== {}", table[1]).expect("a string");
            let quoted = table[1].replace('"', "\"\"");
            let mut content = rows(&connection, &format!("SELECT * FROM \"{quoted}\""));
            content.sort();
            for row in content {
                writeln!(dump, "{}", row.join("|")).expect("a string");
            }
        }
        dump
    }

    /// drfctl with these arguments, in this folder, with an environment of only `PATH`.
    pub(crate) fn drfctl<I>(&self, args: I) -> Invocation
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        Invocation::new(self.dir()).args(args)
    }

    /// Starts the real application on this database.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self)
    }

    /// A second process that has this database open.
    pub(crate) fn session(&self) -> Session {
        Session::open(&self.db())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            let kept = folder.keep();
            let _ = writeln!(std::io::stderr(), "kept: {}", kept.display());
        }
    }
}

/// The rows of a query as text.
fn rows(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(sql).expect("a statement");
    let width = statement.column_count();
    let mut found = statement.query([]).expect("a query");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("a row") {
        rows.push((0..width).map(|column| value(row.get_ref(column).expect("a value"))).collect());
    }
    rows
}

/// A value as text, whatever its type.
fn value(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("x'{}'", hex::encode(bytes)),
    }
}

/// Bytes that have to be UTF-8.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("what is printed is UTF-8")
}

/// A call of drfctl that is being put together.
#[must_use = "nothing runs before `run` or `spawn`"]
pub(crate) struct Invocation {
    wrapper: Vec<OsString>,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    cwd: PathBuf,
    stdin: Option<Vec<u8>>,
    stdout: Option<Stdio>,
}

impl Invocation {
    /// drfctl without arguments in that folder.
    pub(crate) fn new(cwd: &Path) -> Self {
        Self {
            wrapper: Vec::new(),
            args: Vec::new(),
            environment: Vec::new(),
            cwd: cwd.to_path_buf(),
            stdin: None,
            stdout: None,
        }
    }

    /// One more argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_os_string());
        self
    }

    /// More arguments.
    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// A variable in its otherwise empty environment.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_os_string(), value.as_ref().to_os_string()));
        self
    }

    /// What stands on its standard input, which is otherwise the null device.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Another working folder.
    pub(crate) fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// Where standard output goes, when it is not to be read by the test.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Runs drfctl through another program (`prlimit --fsize=0`, `unshare -Urm`), which is given
    /// drfctl and its arguments as its last arguments.
    pub(crate) fn through<I>(mut self, wrapper: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.wrapper.extend(wrapper.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// The call as a plain [`Command`], for what this builder cannot say. Input that was given
    /// with [`Invocation::stdin`] is not part of it.
    pub(crate) fn command(self) -> Command {
        self.into_parts().0
    }

    fn into_parts(self) -> (Command, Option<Vec<u8>>) {
        let drfctl = OsString::from(env!("CARGO_BIN_EXE_drfctl"));
        let mut words = self.wrapper.into_iter().chain([drfctl]).chain(self.args);
        let mut command = Command::new(words.next().expect("at least drfctl"));
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment)
            .current_dir(self.cwd)
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(self.stdout.unwrap_or_else(Stdio::piped))
            .stderr(Stdio::piped());
        (command, self.stdin)
    }

    /// Starts it and returns at once.
    pub(crate) fn spawn(self) -> Running {
        let (mut command, input) = self.into_parts();
        let mut child = command.spawn().expect("drfctl starts");
        let writer = input.map(|bytes| {
            let mut stdin = child.stdin.take().expect("stdin is a pipe");
            // A thread, so that a child which reads nothing does not block the test.
            std::thread::spawn(move || {
                let _ = stdin.write_all(&bytes);
            })
        });
        Running { child, writer }
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        self.spawn().wait()
    }
}

/// A drfctl that is running. Killed when dropped without [`Running::wait`].
pub(crate) struct Running {
    /// The process.
    pub(crate) child: Child,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Outcome {
        let mut stderr = self.child.stderr.take();
        let errors = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(stream) = &mut stderr {
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
        Outcome { stdout: text(bytes), stderr: text(errors), status: status_text(status) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status_text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// All that a call leaves behind.
#[must_use = "look at the outcome"]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// What was printed on standard output.
    pub(crate) stdout: String,
    /// What was printed on standard error.
    pub(crate) stderr: String,
    /// `0` to `255`, or `signal N`.
    pub(crate) status: String,
}

impl Outcome {
    /// The last whole key in standard output.
    pub(crate) fn key(&self) -> String {
        self.stdout
            .split(|c: char| !c.is_ascii_alphanumeric())
            .rfind(|word| is_key(word))
            .unwrap_or_else(|| panic!("no key in\n{self}"))
            .to_owned()
    }

    /// Asserts exit 0 and that nothing was said on standard error.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status == "0" && self.stderr.is_empty(), "not a silent success\n{self}");
        self
    }

    /// The same with every key replaced by `KEY`, to compare what is otherwise equal.
    pub(crate) fn mask_keys(mut self) -> Self {
        let words: Vec<String> = self
            .stdout
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| is_key(word))
            .map(ToOwned::to_owned)
            .collect();
        for word in words {
            self.stdout = self.stdout.replace(&word, "KEY");
        }
        self
    }
}

/// Whether that is how Django REST framework writes a key.
fn is_key(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self { stdout: text(output.stdout), stderr: text(output.stderr), status: status_text(output.status) }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stdout, stderr, status } = self;
        write!(f, "exit: {status}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// The real application, answering HTTP on a free port. Ends when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(sandbox: &Sandbox) -> Self {
        let mut child = python_command(sandbox.site.settings(), &sandbox.db())
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
