"""Runs every command of drfctl that writes while its system calls fail, and it is killed.

strace makes the N-th openat, write, fsync, unlink and so on of a run fail with EIO, ENOSPC, EDQUOT
or EMFILE, or kills the run there, for every N, on SQLite in both journal modes (and with a server
that has the file open). The disk is made small, and files, memory and descriptors are limited.
After every run it is looked whether all that drfctl promises still holds, as the user whom the
server runs as, who then writes; after every tenth Django does. By default every 25th call is
tried, beginning anywhere; --full tries all.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import crash
import limits
from commands import COMMANDS
from injection import series
from sandbox import IS_ROOT, make_templates
from sweep import Bench, Study, Tally

EVERY = 25
LIMITED = ("create-token -r", "create-user", "migrate, old tables")


def say(text):
    print(f"tests/faults: {text}", file=sys.stderr, flush=True)


def options():
    first, rest = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser("tests/faults/run", description=f"{first} {rest}")
    parser.add_argument("--full", action="store_true", help="try every call")
    parser.add_argument("--every", type=int, metavar="K", help=f"try every K-th call (default: {EVERY})")
    parser.add_argument("--seed", type=int, help="where to begin, as a run before has said")
    parser.add_argument("--only", metavar="COMMAND", help="the commands whose name begins like this")
    parser.add_argument("--small-disks", action="store_true", help="the small disks alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many runs at once")
    chosen = parser.parse_args()
    chosen.every = 1 if chosen.full else chosen.every or EVERY
    chosen.seed = random.randrange(1000) if chosen.seed is None else chosen.seed
    return chosen


def studies(bench, chosen):
    """Every command on every template that it is to be run on."""
    for command in COMMANDS:
        if command.name.startswith(chosen.only or "") and (command.name in LIMITED or not chosen.small_disks):
            modes = ("delete",) if command.template == "none" else ("delete", "wal", "live")
            yield from (Study(command, mode) for mode in modes)
    if crash.NAME.startswith(chosen.only or "") and not chosen.small_disks:
        for mode in ("delete", "wal"):
            yield from crash.dead(bench, mode)


def plan(bench, found, chosen, chance):
    """Every run, or each so-manieth: a study and its fault."""
    size = (bench.templates / "shop.delete/db.sqlite3").stat().st_size
    limited = [] if chosen.small_disks else list(limits.limits(bench.drfctl, size))
    if limits.can_mount():
        limited += limits.small_disks()
    elif os.geteuid() == 0:
        say("NOT RUN: the small disks; here 'unshare -m' does not work")
    for study in found:
        faults = [] if chosen.small_disks else list(series(study.ranges, study.command.longest))
        if study.command.name in LIMITED and study.mode != "live":
            faults += limited
        start = chance.randrange(min(chosen.every, max(1, len(faults))))
        yield from ((study, fault) for fault in faults[start :: chosen.every])


def table(tallies):
    """What was run, and what came of it: `fired/runs` for each fault."""
    names = list(dict.fromkeys(name for name, _ in tallies))
    errors = list(dict.fromkeys(error for _, error in tallies))
    lines = [["command", *errors, "missed", "broken"]]
    total = Tally()
    for name in names:
        of_name = [tallies.get((name, error), Tally()) for error in errors]
        for tally in of_name:
            total.add(tally)
        cells = [f"{tally.fired}/{tally.runs}" if tally.runs else "" for tally in of_name]
        lines.append([name, *cells, str(sum(t.missed for t in of_name)), str(sum(t.broken for t in of_name))])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *cells in lines:
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:]))]))
    for error in errors:
        of_error = sum((tally.statuses for (_, each), tally in tallies.items() if each == error), Counter())
        print(f"{error} came to status", ", ".join(f"{status} ({of_error[status]})" for status in sorted(of_error)))
    return total


def unending(tallies):
    """The limits that hurt nobody, or did not come to where they hurt nobody any more."""
    kinds = ("--nofile", "--fsize", "--as", "small disk")
    return [key for key, tally in tallies.items() if key[1] in kinds and not (tally.fired and tally.untouched)]


def main():
    chosen = options()
    target, python = Path(os.environ["CARGO_TARGET_DIR"]), sys.executable
    if not IS_ROOT:
        say("NOT RUN: what needs two users (the server's uid, root as the database's owner); run it as root for that")
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="drfctl-faults-"))
    folder.chmod(0o755)
    bench = Bench(folder, python, Path(shutil.copy(target / "debug/drfctl", folder / "drfctl")), say)
    bench.templates.mkdir()
    make_templates(python, bench.templates)
    say(f"every call of {chosen.every}, --seed {chosen.seed}")
    with ThreadPoolExecutor(chosen.jobs) as pool:
        found = list(studies(bench, chosen))
        list(pool.map(bench.prepare, found))
        runs = list(plan(bench, found, chosen, random.Random(chosen.seed)))
        say(f"{len(runs)} runs")
        try:
            list(pool.map(lambda run: bench.run(*run), runs))
        except BaseException as error:
            bench.is_stopped = True
            if not isinstance(error, KeyboardInterrupt):
                raise
            say("stopped: what follows is about the runs so far")
    for study in found:
        if study.command.name == crash.NAME:
            crash.together(bench, study)
    bench.close()
    total = table(bench.tallies)
    print(
        f"total: {total.runs} runs, {total.fired} faults fired, {total.untouched} runs untouched as foreseen, "
        f"{total.missed} missed, {total.broken} runs with a broken promise; {bench.served} times Django went on; "
        f"{time.monotonic() - started:.0f} s"
    )
    if chosen.every == 1 and not bench.is_stopped:
        for name, limit in unending(bench.tallies):
            say(f"MISSED {name}, {limit}: not both where it fails and where it works")
            total.missed += 1
    if total.missed or total.broken or not total.runs or bench.is_stopped:
        return 1
    shutil.rmtree(folder)
    return 0


sys.exit(main())
