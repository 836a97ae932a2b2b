"""Runs every command that writes while its system calls fail, or while it is killed.

strace makes the N-th openat, write, fsync, unlink and so on of a run fail with EIO, ENOSPC, EDQUOT
or EMFILE, or kills the run there, for every N, on SQLite in both journal modes (and while a server
has the file open). Other runs have a small disk, or limits on files, memory and descriptors. After
every run the guarantees of drfctl are checked as the server's user, who then writes; after every
tenth run Django checks, too. By default every 25th call is tested, from a random start; --full tests
all.

Then the power is cut after every call: of the changes that were not synced yet, any may be on the disk,
in any order and in part. The guarantees are checked in some of these states; --full checks far more.
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
import power
from commands import COMMANDS
from injection import series
from sandbox import IS_ROOT, create_templates
from sweep import Bench, Study, Tally

EVERY = 25
LIMITED = ("create-token -r", "create-user", "migrate, old tables")


def report(text):
    print(f"tests/faults: {text}", file=sys.stderr, flush=True)


def options():
    parser = argparse.ArgumentParser("tests/faults/run", description=__doc__.replace("\n\n", " "))
    parser.add_argument("--full", action="store_true", help="test every call")
    parser.add_argument("--every", type=int, metavar="K", help=f"test every K-th call (default: {EVERY})")
    parser.add_argument("--seed", type=int, help="the start, as a previous run printed it")
    parser.add_argument("--only", metavar="COMMAND", help="only commands whose name begins with this")
    parser.add_argument("--small-disks", action="store_true", help="only the small disks")
    parser.add_argument("--power-cuts", action="store_true", help="only the power cuts")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="number of parallel runs")
    chosen = parser.parse_args()
    chosen.every = 1 if chosen.full else chosen.every or EVERY
    chosen.seed = random.randrange(1000) if chosen.seed is None else chosen.seed
    return chosen


def studies(bench, chosen):
    """Yields every command on every template for it."""
    for command in COMMANDS:
        if command.name.startswith(chosen.only or "") and (command.name in LIMITED or not chosen.small_disks):
            modes = ("delete",) if command.template == "none" else ("delete", "wal", "live")
            yield from (Study(command, mode) for mode in modes)
    if crash.NAME.startswith(chosen.only or "") and not chosen.small_disks:
        for mode in ("delete", "wal"):
            yield from crash.killed_databases(bench, mode)


def plan(bench, found, chosen, chance):
    """Yields the runs, all of them or every K-th: a study and its fault."""
    size = (bench.templates / "shop.delete/db.sqlite3").stat().st_size
    limited = [] if chosen.small_disks else list(limits.limits(bench.drfctl, size))
    if limits.can_mount():
        limited += limits.small_disks()
    elif os.geteuid() == 0:
        report("NOT RUN: the small disks; 'unshare -m' does not work here")
    for study in found:
        faults = [] if chosen.small_disks else list(series(study.ranges, study.command.longest))
        if study.command.name in LIMITED and study.mode != "live":
            faults += limited
        start = chance.randrange(min(chosen.every, max(1, len(faults))))
        yield from ((study, fault) for fault in faults[start :: chosen.every])


def table(tallies):
    """Prints the runs and their outcomes, `fired/runs` for each fault, and returns the total."""
    if not tallies:
        return Tally()
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
        print(f"{error} ended with status", ", ".join(f"{status} ({of_error[status]})" for status in sorted(of_error)))
    return total


def incomplete_limits(tallies):
    """Returns the limits that never caused a failure, or never allowed success."""
    kinds = ("--nofile", "--fsize", "--as", "small disk")
    return [key for key, tally in tallies.items() if key[1] in kinds and not (tally.fired and tally.untouched)]


def main():
    chosen = options()
    target, python = Path(os.environ["CARGO_TARGET_DIR"]), sys.executable
    if not IS_ROOT:
        report("NOT RUN: the runs that need two users (the server's user, and root); run this as root for them")
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="drfctl-faults-"))
    folder.chmod(0o755)
    bench = Bench(folder, python, Path(shutil.copy(target / "debug/drfctl", folder / "drfctl")), report)
    bench.templates.mkdir()
    create_templates(python, bench.templates)
    report(f"one of {chosen.every} calls, --seed {chosen.seed}")
    with ThreadPoolExecutor(chosen.jobs) as pool:
        found = list(studies(bench, chosen))
        list(pool.map(bench.prepare, found))
        runs = [] if chosen.power_cuts else list(plan(bench, found, chosen, random.Random(chosen.seed)))
        report(f"{len(runs)} runs")
        cuts = power.PowerCuts(bench, chosen.full, chosen.seed)
        try:
            list(pool.map(lambda run: bench.run(*run), runs))
            if not chosen.small_disks:
                cuts.run(pool, power.studies(found, chosen.only))
        except BaseException as error:
            bench.is_stopped = True
            if not isinstance(error, KeyboardInterrupt):
                raise
            report("interrupted: the results so far follow")
    for study in found:
        if study.command.name == crash.NAME:
            crash.recover_together(bench, study)
    bench.close()
    failed_cuts = 0 if chosen.small_disks else cuts.conclude()
    total = table(bench.tallies)
    print(
        f"total: {total.runs} runs, {total.fired} faults fired, {total.untouched} runs without a fault, as expected, "
        f"{total.missed} missed, {total.broken} runs that broke a guarantee; {bench.served} runs checked with Django; "
        f"{time.monotonic() - started:.0f} s"
    )
    if chosen.every == 1 and not bench.is_stopped:
        for name, limit in incomplete_limits(bench.tallies):
            report(f"MISSED {name}, {limit}: does not reach both failure and success")
            total.missed += 1
    if total.missed or total.broken or failed_cuts or not (total.runs or chosen.power_cuts) or bench.is_stopped:
        return 1
    shutil.rmtree(folder)
    return 0


sys.exit(main())
