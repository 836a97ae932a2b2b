"""Runs programs in turns, and tells what each took."""

import ctypes
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable


class Wrong(Exception):
    """A program did not do its work."""


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run took, and where its output is."""

    seconds: float
    cpu: float
    memory: int
    output: pathlib.Path


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """A program that does a job: a name, and a command line for a database."""

    name: str
    words: Callable[[pathlib.Path], list]
    # Where it would take all day, it does a part of the job only. `idle` is the command line that
    # starts and does nothing; what is left of the time without that is multiplied.
    times: float = 1
    idle: Callable[[pathlib.Path], list] | None = None
    # Shows what a part of the job takes, and is no rival.
    is_floor: bool = False


@dataclasses.dataclass(frozen=True)
class Job:
    """What is done, on which database, by whom, and how it is known to be done."""

    name: str
    about: str
    database: pathlib.Path | None
    programs: list
    check: Callable[[Program, pathlib.Path, Run], None]
    # A short one is done once before it is timed, so that everybody finds all files in memory.
    is_short: bool = False


def adopt_orphans():
    """Makes grandchildren children, for `run` to wait for.

    Linux counts the memory of whoever starts a program as the program's own. Of a shell that is
    little, of Python it is more than drfctl needs.
    """
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this system does not let a process adopt orphans")


def run(words, database, project):
    """Has a shell that is waiting start the program, and waits for its end."""
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
    # Nobody else may read it: drfctl writes no keys into a file that others can read.
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
        raise Wrong(f"ended with status {status}\n{errors.read_text(encoding='utf-8', errors='replace')}".strip())
    return Run(end - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, output)


def copied(database, folder):
    """A copy of the database, or an empty place for one. It is on the disk before anything is
    timed."""
    copy = folder / "db.sqlite3"
    copy.unlink(missing_ok=True)
    if database is not None:
        shutil.copyfile(database, copy)
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
    return copy


def measure(job, program, folder, project):
    """One run, whose work is looked at."""
    database = copied(job.database, folder)
    try:
        part = run(program.words(database), database, project)
        job.check(program, database, part)
        if program.idle is None:
            return part
        idle = run(program.idle(database), database, project)
    except Wrong as wrong:
        raise Wrong(f"{job.name}: {program.name}: {wrong}") from None
    return dataclasses.replace(
        part,
        seconds=idle.seconds + (part.seconds - idle.seconds) * program.times,
        cpu=idle.cpu + (part.cpu - idle.cpu) * program.times,
    )


def compare(job, runs, folder, project, tell):
    """The runs of each program of a job. They take turns and each begins in turn: what disturbs
    one disturbs the others."""
    found = {program: [] for program in job.programs}
    for turn in range(-1 if job.is_short else 0, runs):
        first = turn % len(job.programs)
        for program in job.programs[first:] + job.programs[:first]:
            one = measure(job, program, folder, project)
            if turn >= 0:
                found[program].append(one)
                tell(job, program, one)
    return found
