"""A folder with one database in it, the application beside it, and drfctl run on it."""

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
# Whose the databases are where root runs the tests: somebody with a name, which is looked for often.
OWNER = pwd.getpwnam("daemon").pw_uid
# How many seconds a run may take, and the status of one that takes longer.
LIMIT = 120
HUNG = 124


def can_be_another():
    """Whether we are root, and of the whole system: in a namespace there may be nobody else."""
    if os.geteuid() != 0:
        return False
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(int(start) <= OWNER < int(start) + int(count) for start, _, count in ranges)


IS_ROOT = can_be_another()


def hand(path):
    """Gives a file, or a folder and all that is in it, to the owner of the database."""
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
    """The process that reads and writes as the server does."""

    def __init__(self, python):
        owner = [str(OWNER)] if IS_ROOT else []
        self.process = subprocess.Popen(
            [python, HERE / "application.py", *owner],
            env=python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what, **more):
        print(json.dumps({"ask": what, **more}), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Outcome:
    """What a run came to. A status below zero is a signal."""

    status: int
    stdout: str
    stderr: str
    fired: bool
    # Name, owner and mode of what is in the folder, and the text of the output file.
    files: dict
    written: str | None = None


class Sandbox:
    """A copy of a template's folder, beside what the commands read."""

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
        hand(self.site)

    @property
    def database(self):
        return str(self.site / "db.sqlite3")

    def words(self, command, fault):
        words = fault.around([str(self.drfctl), *command.words], self.log)
        if command.as_owner and IS_ROOT:
            words = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", "--", *words]
        return words

    def run(self, command, fault):
        how = {"cwd": self.site, "env": {"PATH": os.environ["PATH"]}, "stdin": subprocess.DEVNULL}
        try:
            done = subprocess.run(self.words(command, fault), capture_output=True, timeout=LIMIT, **how)
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


def make_templates(python, folder):
    """Every template in both journal modes, each a folder: `NAME.MODE`."""
    made = folder / "made"
    made.mkdir()
    subprocess.run([python, HERE / "templates.py", made], env=python_environment(), check=True)
    (folder / "none.delete").mkdir()
    for database in made.iterdir():
        for mode in ("delete", "wal"):
            template = folder / f"{database.stem}.{mode}"
            template.mkdir()
            path = shutil.copy(database, template / "db.sqlite3")
            path.chmod(0o640)
            with closing(sqlite3.connect(path)) as template:
                template.execute(f"PRAGMA journal_mode = {mode}")
