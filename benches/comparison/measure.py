"""Runs programs in turns, and measures time and memory."""

import ctypes
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable


class Failure(Exception):
    """A program did not do its job."""


@dataclasses.dataclass(frozen=True)
class Run:
    """The time and memory of one run, and the path of its output."""

    seconds: float
    cpu: float
    memory: int
    output: pathlib.Path


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """A program that does a job: a name, and a command line for a database."""

    name: str
    words: Callable[[pathlib.Path], list]
    # If the job would take too long, the program does a part of it. `idle` is a command line that only
    # starts; the remaining time is multiplied.
    times: float = 1
    idle: Callable[[pathlib.Path], list] | None = None
    # Does only a part of the job, to show its time.
    is_lower_bound: bool = False


@dataclasses.dataclass(frozen=True)
class Job:
    """A job: a description, a database, the programs that do it, and a check of the result."""

    name: str
    about: str
    database: pathlib.Path | None
    programs: list
    check: Callable[[Program, pathlib.Path, Run], None]
    # Short jobs run once before the measurement, so that all files are in memory.
    is_short: bool = False
    # Whether the last program is the engine alone, which does only what no program can omit.
    has_engine_alone: bool = True


def adopt_orphans():
    """Makes grandchildren children of this process, so that `run` can wait for them.

    Linux counts the memory of the parent as the program's own. A shell has little, but Python has more
    than drfctl needs.
    """
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphaned processes")


def run(words, database, project):
    """Starts the program from a waiting shell, and waits for its end."""
    folder = database.parent
    output = folder / "output"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(project),
        "DRFCTL_TEST_DATABASE": str(database),
    }
    errors = folder / "errors"
    # Private, because drfctl warns about keys in a file that others can read.
    private = lambda path, flags: os.open(path, flags, 0o600)
    with open(output, "wb", opener=private) as stdout, open(errors, "wb", opener=private) as stderr:
        shell = subprocess.Popen(
            ["sh", "-c", 'read -r go; "$@" &', "sh", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    ended = {}
    try:
        begin = time.perf_counter()
        shell.stdin.write(b"go\n")
        shell.stdin.close()
        while len(ended) < 2:
            pid, status, usage = os.wait4(-1, 0)
            ended[pid] = (time.perf_counter(), os.waitstatus_to_exitcode(status), usage)
    except BaseException:
        os.killpg(shell.pid, signal.SIGKILL)
        raise
    shell.returncode = ended.pop(shell.pid)[1]
    [(end, status, usage)] = ended.values()
    if status != 0:
        raise Failure(f"ended with status {status}\n{errors.read_text(encoding='utf-8', errors='replace')}".strip())
    return Run(end - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, output)


def copied(database, folder):
    """Copies the database, if the job has one, and syncs the copy. Returns its path."""
    copy = folder / "db.sqlite3"
    copy.unlink(missing_ok=True)
    if database is not None:
        shutil.copyfile(database, copy)
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
    return copy


def measure(job, program, folder, project):
    """Runs a program once and checks the result."""
    database = copied(job.database, folder)
    try:
        part = run(program.words(database), database, project)
        job.check(program, database, part)
        if program.idle is None:
            return part
        idle = run(program.idle(database), database, project)
    except Failure as failure:
        raise Failure(f"{job.name}: {program.name}: {failure}") from None
    return dataclasses.replace(
        part,
        seconds=idle.seconds + (part.seconds - idle.seconds) * program.times,
        cpu=idle.cpu + (part.cpu - idle.cpu) * program.times,
    )


def compare(job, runs, folder, project, report_run):
    """Returns the runs of each program of a job. They run in turns, and each is the first in turn, so
    that a disturbance affects all of them."""
    found = {program: [] for program in job.programs}
    for turn in range(-1 if job.is_short else 0, runs):
        first = turn % len(job.programs)
        for program in job.programs[first:] + job.programs[:first]:
            one = measure(job, program, folder, project)
            if turn >= 0:
                found[program].append(one)
                report_run(job, program, one)
    return found
