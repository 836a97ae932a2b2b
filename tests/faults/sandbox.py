"""A folder with a database, the application next to it, and runs of drfctl."""

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from commands import INPUTS

HERE = Path(__file__).parent
# The owner of the databases if root runs the tests: an account with a name, as in most deployments.
OWNER = pwd.getpwnam("daemon").pw_uid
# The longest run in seconds, and the status of a run that takes longer.
LIMIT = 120
HUNG = 124


def can_switch_user():
    """Returns whether this process is root of the whole system; a namespace may have no other users."""
    if os.geteuid() != 0:
        return False
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(int(start) <= OWNER < int(start) + int(count) for start, _, count in ranges)


IS_ROOT = can_switch_user()


def give_to_owner(path):
    """Gives a file, or a folder with its contents, to the owner of the database."""
    if IS_ROOT:
        for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
            os.chown(each, OWNER, OWNER)


def python_environment(database=":memory:"):
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE.parent / "django"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "DRFCTL_TEST_DATABASE": database,
    }


class Application:
    """A process that reads and writes like the server."""

    def __init__(self, python):
        owner = [str(OWNER)] if IS_ROOT else []
        self.process = subprocess.Popen(
            [python, HERE / "application.py", *owner],
            env=python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request, **more):
        print(json.dumps({"request": request, **more}), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Outcome:
    """The outcome of a run. A negative status is a signal."""

    status: int
    stdout: str
    stderr: str
    fired: bool
    # Owner and mode of each file in the folder, and the text of the output file.
    files: dict
    written: str | None = None


class Sandbox:
    """A copy of a template's folder, next to the input files of the commands."""

    def __init__(self, folder, template, drfctl):
        self.folder, self.drfctl = folder, drfctl
        self.site = folder / "site"
        folder.mkdir()
        folder.chmod(0o755)
        for name, text in INPUTS.items():
            (folder / name).write_text(text)
        self.log = folder / "log"
        self.log.touch()
        self.log.chmod(0o666)
        shutil.copytree(template, self.site)
        self.site.chmod(0o755)
        give_to_owner(self.site)

    @property
    def database(self):
        return str(self.site / "db.sqlite3")

    def words(self, command, fault):
        words = fault.around([str(self.drfctl), *command.words], self.log)
        if command.as_owner and IS_ROOT:
            words = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", "--", *words]
        return words

    def run(self, command, fault):
        options = {"cwd": self.site, "env": {"PATH": os.environ["PATH"]}, "stdin": subprocess.DEVNULL}
        try:
            done = subprocess.run(self.words(command, fault), capture_output=True, timeout=LIMIT, **options)
            status, stdout, stderr = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as hung:
            status, stdout, stderr = HUNG, hung.stdout or b"", hung.stderr or b""
        stdout, stderr = (out.decode(errors="replace") for out in (stdout, stderr))
        outcome = Outcome(status, stdout, stderr, fault.fired(status, self.log), self.files())
        if command.output_file in outcome.files:
            outcome.written = (self.site / command.output_file).read_text(errors="replace")
        return outcome

    def files(self):
        found = {}
        for path in self.site.iterdir():
            stat = path.lstat()
            found[path.name] = (stat.st_uid, stat.st_gid, stat.st_mode & 0o7777)
        return found

    def remove(self):
        shutil.rmtree(self.folder)


def create_templates(python, folder):
    """Creates every template in both journal modes, as a folder `NAME.MODE`."""
    databases = folder / "databases"
    databases.mkdir()
    subprocess.run([python, HERE / "templates.py", databases], env=python_environment(), check=True)
    (folder / "none.delete").mkdir()
    for database in databases.iterdir():
        for mode in ("delete", "wal"):
            template = folder / f"{database.stem}.{mode}"
            template.mkdir()
            path = shutil.copy(database, template / "db.sqlite3")
            path.chmod(0o640)
            with closing(sqlite3.connect(path)) as template:
                template.execute(f"PRAGMA journal_mode = {mode}")
