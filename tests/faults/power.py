"""Cuts the power after every system call of the commands, and checks the guarantees in what may be left.

Controls show that the check can fail: Python's sqlite3 with fewer syncs than drfctl, and the recorded
calls of drfctl without their syncs.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from commands import REVOKE_ALL, Command
from disk import KEPT, Sync, Write
from recording import SHARED_MEMORY
from sandbox import HERE, Outcome, Sandbox, give_to_owner
from sweep import Study
from traces import LIVE, RESTARTED, record

# The most states after each call: in an ordinary run, in a full one, and there for a long command.
MOST, MOST_FULL, MOST_LONG = 8, 600, 30
# In every n-th state, drfctl and Django recover the database, too.
SAMPLE = 40
# The number of broken states of each command that are reported and kept.
SHOWN = 3

# `synchronous` of Python's sqlite3 in each journal mode, and whether a power cut may break a guarantee.
CONTROLS = (
    ("delete", "OFF", True),
    ("delete", "NORMAL", True),
    # SQLite does not sync the folder after it has removed the journal.
    ("delete", "FULL", True),
    ("delete", "EXTRA", False),
    ("wal", "OFF", True),
    ("wal", "NORMAL", True),
    ("wal", "FULL", False),
)


@dataclass
class Cuts:
    """The results of one trace."""

    calls: int = 0
    states: int = 0
    recovered: int = 0
    broken: int = 0


class StateSandbox(Sandbox):
    """A sandbox for one state after another, in memory if possible, because syncs are fast there."""

    def __init__(self, bench, trace):
        shared = Path("/dev/shm")
        outer = shared if os.access(shared, os.W_OK) else bench.folder
        self.outer = Path(tempfile.mkdtemp(prefix="drfctl-faults-", dir=outer))
        self.outer.chmod(0o755)
        super().__init__(self.outer / "run", bench.templates / trace.study.template, bench.drfctl)
        self.output_file = trace.study.command.output_file

    def put(self, files):
        for path in self.site.iterdir():
            path.unlink()
        for name, content in files.items():
            path = self.site / name
            path.write_bytes(content)
            path.chmod(0o640 if name.startswith("db.") else 0o600)
            give_to_owner(path)

    def outcome(self, disk):
        """Returns what the run had reported before the cut."""
        status = -signal.SIGKILL if disk.status is None else disk.status
        outcome = Outcome(status, disk.stdout.decode(errors="replace"), "", True, self.files())
        if self.output_file in outcome.files:
            outcome.written = (self.site / self.output_file).read_text(errors="replace")
        return outcome

    def remove(self):
        shutil.rmtree(self.outer)


def cut(bench, trace, most, chance, only_last=False):
    """Checks the guarantees in the states of a trace, or only in those after its last call."""
    sandbox = StateSandbox(bench, trace)
    try:
        return check(bench, trace, sandbox, trace.states(most, chance, only_last), chance)
    finally:
        sandbox.remove()


# C15, C16, I1, I3: and C1 to C6 with a power cut instead of a kill
def check(bench, trace, sandbox, states, chance):
    """Checks the guarantees in these states of a trace."""
    cuts, numbers = Cuts(), set()
    for number, disk, fates, files in states:
        if bench.is_stopped:
            break
        numbers.add(number)
        cuts.states += 1
        if trace.study.mode != "delete":
            # Nothing syncs the shared memory.
            memory = chance.choice((None, b"", chance.randbytes(32768)))
            files = files if memory is None else {**files, f"db.sqlite3{SHARED_MEMORY}": memory}
        sandbox.put(files)
        outcome = sandbox.outcome(disk)
        view = bench.application.ask("look", path=sandbox.database)
        if view.get("image") == trace.without_log:
            view["image"] = trace.judge.before
        broken = trace.judge.found(outcome, view)
        is_recovered = cuts.states % SAMPLE == 0 or "db.sqlite3" not in files
        if not broken and is_recovered and not trace.is_control:
            sandbox.put(files)
            broken = list(bench.check_afterwards(trace.study, sandbox, outcome, view))
            cuts.recovered += 1
        if broken:
            cuts.broken += 1
            if cuts.broken <= SHOWN and not trace.is_control:
                sandbox.put(files)
                explain(bench, trace, number, disk, fates, broken, sandbox)
    cuts.calls = len(numbers)
    return cuts


def shown(event):
    return f"{len(event.data)} bytes at {event.offset} of file {event.file}" if isinstance(event, Write) else event


def explain(bench, trace, number, disk, fates, broken, sandbox):
    """Reports a broken guarantee and the lost changes, and keeps the state."""
    kept = bench.folder / f"state{next(bench.numbers)}"
    shutil.copytree(sandbox.site, kept)
    last = shown(trace.events[number - 1]) if number else "the start"
    bench.report(f"BROKEN {trace.name}, power cut after call {number}, {last}: {'; '.join(broken)}")
    lost = [f"{shown(change)}: {fate}" for change, fate in zip(disk.pending, fates, strict=True) if fate != KEPT]
    bench.report(f"    not on the disk: {', '.join(lost[:8]) or 'nothing'}; kept: {kept}")


def weakened(trace):
    """Yields the same calls without syncs on which a guarantee depends, and what is missing."""
    events = trace.events
    yield "without syncs", [event for event in events if not isinstance(event, Sync)]
    if trace.study.command.output_file:
        syncs = [number for number, event in enumerate(events) if isinstance(event, Sync)]
        *_, of_file, of_folder = syncs
        yield "without the sync of the output file", events[:of_file] + events[of_file + 1 :]
        if trace.study.command.as_owner:
            # Otherwise the file has had its name from the beginning, and SQLite syncs the folder, too.
            yield "without the sync of the folder after it", events[:of_folder] + events[of_folder + 1 :]


def studies(found, only):
    """Returns the studies for power cuts: those found, some with a log that is restarted, more batches."""
    restarted = [Study(study.command, RESTARTED) for study in found if study.mode == LIVE]
    modes = ("delete", "wal", LIVE, RESTARTED) if REVOKE_ALL.name.startswith(only or "") else ()
    all_of_them = [*found, *restarted, *(Study(REVOKE_ALL, mode) for mode in modes)]
    # The longest ones first, so that the last thread is not the only one.
    return sorted(all_of_them, key=lambda study: study.command.longest is None)


class PowerCuts:
    """The power cuts of a run of the tests, with the controls."""

    def __init__(self, bench, is_full, seed):
        self.bench, self.is_full, self.seed = bench, is_full, seed
        self.total, self.traces = Cuts(), 0
        # The weakened traces, those of them that no power cut breaks, and other controls with a wrong result.
        self.weak, self.unbroken, self.wrong, self.controls = 0, 0, 0, []

    def chance(self, trace):
        return random.Random(f"{self.seed} {trace.name}")

    def most(self, study):
        if not self.is_full:
            return 2 if study.command.longest else MOST
        return MOST_LONG if study.command.longest else MOST_FULL

    def of_command(self, study):
        """Records a command, checks it, and checks that it fails without its syncs."""
        if self.bench.is_stopped:
            return
        trace = record(self.bench, study)
        cuts = cut(self.bench, trace, self.most(study), self.chance(trace))
        missed = []
        for what, events in weakened(trace):
            changed = replace(trace, events=events, is_control=True)
            if not cut(self.bench, changed, 4, self.chance(trace), only_last=True).broken:
                missed.append(what)
        with self.bench.lock:
            self.traces += 1
            self.weak += len(list(weakened(trace)))
            for name in vars(cuts):
                setattr(self.total, name, getattr(self.total, name) + getattr(cuts, name))
            self.unbroken += len(missed)
        for what in missed:
            self.bench.report(f"MISSED {trace.name}: no power cut breaks it {what}")

    def of_control(self, mode, synchronous, may_break):
        """Checks Python's sqlite3."""
        command = Command(f"sqlite3, synchronous = {synchronous}", (str(HERE / "control.py"), synchronous))
        trace = record(self.bench, Study(command, mode), sys.executable)
        cuts = cut(self.bench, trace, MOST_FULL if self.is_full else 30, self.chance(trace))
        self.controls.append(f"control: {trace.name}, {cuts.broken} of {cuts.states} states broken")
        if bool(cuts.broken) != may_break:
            self.bench.report(f"MISSED {trace.name}: expected {'some' if may_break else 'no'} broken states")
            self.wrong += 1

    def run(self, pool, found):
        list(pool.map(self.of_command, found))
        list(pool.map(lambda control: self.of_control(*control), CONTROLS))

    def conclude(self):
        """Prints the results, and returns the number of failures."""
        for line in sorted(self.controls):
            print(line)
        print(f"control: {self.weak} traces without some or all syncs, {self.weak - self.unbroken} broken")
        total = self.total
        print(
            f"power cuts: {self.traces} traces, {total.calls} calls, {total.states} states, {total.broken} broken; "
            f"{total.recovered} states recovered with drfctl and Django"
        )
        return total.broken + self.unbroken + self.wrong
