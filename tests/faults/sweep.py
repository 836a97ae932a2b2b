"""Runs one command on one template many times, each time with another fault."""

import itertools
import re
import threading
from collections import Counter
from dataclasses import dataclass, field

from injection import KILL, Counting, Injection, Quiet
from invariants import Judge
from limits import SmallDisk, SmallSandbox
from sandbox import Application, Sandbox

# After every n-th run, Django and another call of drfctl check the database, too.
SAMPLE = 10
# Statuses of a repeated command: success, unknown, existing.
AGAIN = (0, 3, 4)


@dataclass
class Study:
    """A command on a template in a journal mode; with `live` the server keeps its connection."""

    command: object
    mode: str
    judge: Judge = None
    ranges: dict = None

    @property
    def template(self):
        return f"{self.command.template}.{'delete' if self.mode == 'delete' else 'wal'}"


@dataclass
class Tally:
    """The outcomes of the runs of one command with one kind of fault."""

    runs: int = 0
    fired: int = 0
    untouched: int = 0
    missed: int = 0
    broken: int = 0
    statuses: Counter = field(default_factory=Counter)

    def add(self, other):
        self.runs += other.runs
        self.fired += other.fired
        self.untouched += other.untouched
        self.missed += other.missed
        self.broken += other.broken
        self.statuses.update(other.statuses)


class Bench:
    """Runs the studies. Each thread has its own application."""

    def __init__(self, folder, python, drfctl, report):
        self.folder, self.python, self.drfctl, self.report = folder, python, drfctl, report
        self.templates = folder / "templates"
        self.numbers = itertools.count(1)
        self.of_thread = threading.local()
        self.applications = []
        self.tallies = {}
        self.silent = {}
        self.is_stopped = False
        self.lock = threading.Lock()
        self.served = 0

    @property
    def application(self):
        if not hasattr(self.of_thread, "application"):
            self.of_thread.application = Application(self.python)
            self.applications.append(self.of_thread.application)
        return self.of_thread.application

    def close(self):
        for application in self.applications:
            application.close()

    def sandbox(self, study, fault=None):
        number = next(self.numbers)
        arguments = (self.folder / f"run{number}", self.templates / study.template, self.drfctl)
        sandbox = SmallSandbox(*arguments, fault.most) if isinstance(fault, SmallDisk) else Sandbox(*arguments)
        return sandbox, number

    def prepare(self, study):
        """Runs the command without a fault, and counts its system calls."""
        sandbox, _ = self.sandbox(study)
        before = self.application.ask("look", path=sandbox.database, write=False)
        sandbox.remove()
        sandbox, _ = self.sandbox(study)
        if study.mode == "live":
            self.application.ask("keep_open", path=sandbox.database)
        outcome = sandbox.run(study.command, Counting)
        after = self.application.ask("look", path=sandbox.database, write=False)
        assert outcome.status == 0 and "error" not in after, f"{study}: {outcome} {after}"
        study.judge = Judge(study.command, before["image"], after["image"], outcome)
        study.ranges = Counting.ranges(sandbox.log)
        if outside := written_outside(sandbox):
            self.note(study.command.name, KILL, Tally(broken=1))
            self.report(f"BROKEN {study.command.name}: H8: opened for writing: {', '.join(outside)}")
        sandbox.remove()

    def run(self, study, fault):
        """Runs a command with a fault and checks the outcome."""
        if self.is_stopped:
            return
        sandbox, number = self.sandbox(study, fault)
        if study.mode == "live":
            self.application.ask("keep_open", path=sandbox.database)
        outcome = sandbox.run(study.command, fault)
        if isinstance(fault, SmallDisk):
            sandbox.free()
        view = self.application.ask("look", path=sandbox.database)
        broken = study.judge.broken(fault, outcome, view)
        if "error" not in view and (number % SAMPLE == 0 or isinstance(fault, SmallDisk)):
            broken += self.check_afterwards(study, sandbox, outcome, view)
        self.conclude(study, fault, outcome, broken)
        if broken:
            self.report(f"BROKEN {study.command.name} ({study.mode}), {fault}: {'; '.join(broken)}")
            output = f"{outcome.stdout[:200]!r} {outcome.stderr[:400]!r}"
            self.report(f"    status {outcome.status}, {output}; kept: {sandbox.folder}")
        if not broken or isinstance(fault, SmallDisk):
            sandbox.remove()

    # D7
    def check_afterwards(self, study, sandbox, outcome, view):
        """Checks that the same command works now, and that Django works check_afterwards."""
        state = study.judge.state(view["image"])
        if study.command.output_file not in outcome.files:
            again = sandbox.run(study.command, Quiet)
            if again.status not in ((0,) if state == "old" else AGAIN):
                yield f"the next run ends with {again.status}: {again.stderr}"
        if study.command.template == "crowd":
            return
        answer = self.application.ask("serve", path=sandbox.database, passwords=study.command.passwords)
        self.served += 1
        if "error" in answer:
            yield f"I4: Django fails: {answer['error']}"

    def conclude(self, study, fault, outcome, broken):
        tally = Tally(runs=1, fired=int(outcome.fired), broken=int(bool(broken)))
        tally.statuses[outcome.status] += 1
        if isinstance(fault, Injection):
            is_expected = outcome.fired != fault.is_beyond
            if not is_expected and study.command.longest:
                # Keys are random, and so is the number of written pages.
                first, last = study.ranges[fault.call]
                is_expected = fault.nth > last - (last - first) // 5
            # The number of memory requests depends on the allocator, in each thread.
            is_expected |= fault.call == "mmap"
            tally.missed = int(not is_expected)
            if tally.missed:
                self.report(f"MISSED {study.command.name} ({study.mode}), {fault}: differs from the counts")
            if fault.call == "fsync" and fault.error == "EIO" and outcome.fired:
                self.count_silent(study, fault, outcome)
        tally.untouched = int(not outcome.fired and not tally.missed)
        self.note(study.command.name, fault.error, tally)

    def count_silent(self, study, fault, outcome):
        """SQLite ignores one failed sync in a transaction, that of the folder with a new journal."""
        if outcome.status != 0 or "could lose the change" in outcome.stderr:
            return
        with self.lock:
            silent = self.silent.setdefault((study.command.name, study.template, study.mode), set())
            silent.add(fault.nth)
        if len(silent) > study.command.transactions:
            self.note(study.command.name, fault.error, Tally(broken=1))
            self.report(f"BROKEN {study.command.name} ({study.mode}): I1: no warning of failed syncs {sorted(silent)}")

    def note(self, name, error, tally):
        with self.lock:
            self.tallies.setdefault((name, error), Tally()).add(tally)


def written_outside(sandbox):
    """Returns the files that were opened for writing, or created, outside the database's folder."""
    opened = re.findall(r'openat\([^"\n]*"(/[^"\n]*)", (\S+)', sandbox.log.read_text(errors="replace"))
    writing = {path for path, flags in opened if re.search("O_(RDWR|WRONLY|CREAT|TMPFILE)", flags)}
    return sorted(path for path in writing if not path.startswith(str(sandbox.site.resolve()) + "/"))
