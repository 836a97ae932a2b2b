"""One command on one template, again and again, each time with another fault."""

import itertools
import re
import threading
from collections import Counter
from dataclasses import dataclass, field

from injection import KILL, Counting, Injection, Quiet
from invariants import Judge
from limits import SmallDisk, SmallSandbox
from sandbox import Application, Sandbox

# After every n-th run Django itself and the next drfctl look, too.
SAMPLE = 10
# What a command may answer whose work is done already: done, not there, there already.
AGAIN = (0, 3, 4)


@dataclass
class Study:
    """A command on a template in a journal mode; `live` has the server keep its connection."""

    command: object
    mode: str
    judge: Judge = None
    ranges: dict = None

    @property
    def template(self):
        return f"{self.command.template}.{'wal' if self.mode == 'live' else self.mode}"


@dataclass
class Tally:
    """What the runs of one command with one kind of fault came to."""

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
    """Where the runs take place. Each thread has an application of its own."""

    def __init__(self, folder, python, drfctl, say):
        self.folder, self.python, self.drfctl, self.say = folder, python, drfctl, say
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
        place = (self.folder / f"run{number}", self.templates / study.template, self.drfctl)
        sandbox = SmallSandbox(*place, fault.most) if isinstance(fault, SmallDisk) else Sandbox(*place)
        return sandbox, number

    def prepare(self, study):
        """Sees what the command does undisturbed, and which calls it makes."""
        sandbox, _ = self.sandbox(study)
        before = self.application.ask("look", path=sandbox.database, write=False)
        sandbox.remove()
        sandbox, _ = self.sandbox(study)
        if study.mode == "live":
            self.application.ask("hold", path=sandbox.database)
        outcome = sandbox.run(study.command, Counting)
        after = self.application.ask("look", path=sandbox.database, write=False)
        assert outcome.status == 0 and "error" not in after, f"{study}: {outcome} {after}"
        study.judge = Judge(study.command, before["image"], after["image"], outcome)
        study.ranges = Counting.ranges(sandbox.log)
        if outside := written_outside(sandbox):
            self.note(study.command.name, KILL, Tally(broken=1))
            self.say(f"BROKEN {study.command.name}: H8: opened for writing: {', '.join(outside)}")
        sandbox.remove()

    def run(self, study, fault):
        """One run, and its judgement."""
        if self.is_stopped:
            return
        sandbox, number = self.sandbox(study, fault)
        if study.mode == "live":
            self.application.ask("hold", path=sandbox.database)
        outcome = sandbox.run(study.command, fault)
        if isinstance(fault, SmallDisk):
            sandbox.free()
        view = self.application.ask("look", path=sandbox.database)
        broken = study.judge.broken(fault, outcome, view)
        if "error" not in view and (number % SAMPLE == 0 or isinstance(fault, SmallDisk)):
            broken += self.afterwards(study, sandbox, outcome, view)
        self.conclude(study, fault, outcome, broken)
        if broken:
            self.say(f"BROKEN {study.command.name} ({study.mode}), {fault}: {'; '.join(broken)}")
            told = f"{outcome.stdout[:200]!r} {outcome.stderr[:400]!r}"
            self.say(f"    status {outcome.status}, {told}; kept: {sandbox.folder}")
        if not broken or isinstance(fault, SmallDisk):
            sandbox.remove()

    # D7
    def afterwards(self, study, sandbox, outcome, view):
        """Whether the same command works now, and Django with what it finds then."""
        state = study.judge.state(view["image"])
        if study.command.output_file not in outcome.files:
            again = sandbox.run(study.command, Quiet)
            if again.status not in ((0,) if state == "old" else AGAIN):
                yield f"the next run comes to {again.status}: {again.stderr}"
        if study.command.template == "crowd":
            return
        answer = self.application.ask("serve", path=sandbox.database, passwords=study.command.passwords)
        self.served += 1
        if "error" in answer:
            yield f"I4: Django cannot go on: {answer['error']}"

    def conclude(self, study, fault, outcome, broken):
        tally = Tally(runs=1, fired=int(outcome.fired), broken=int(bool(broken)))
        tally.statuses[outcome.status] += 1
        if isinstance(fault, Injection):
            is_foreseen = outcome.fired != fault.is_beyond
            if not is_foreseen and study.command.longest:
                # Keys are random, and with them the number of pages that are written.
                first, last = study.ranges[fault.call]
                is_foreseen = fault.nth > last - (last - first) // 5
            # How often memory is asked for is the allocator's business, in each thread.
            is_foreseen |= fault.call == "mmap"
            tally.missed = int(not is_foreseen)
            if tally.missed:
                self.say(f"MISSED {study.command.name} ({study.mode}), {fault}: not as counted")
            if fault.call == "fsync" and fault.error == "EIO" and outcome.fired:
                self.count_silent(study, fault, outcome)
        tally.untouched = int(not outcome.fired and not tally.missed)
        self.note(study.command.name, fault.error, tally)

    def count_silent(self, study, fault, outcome):
        """SQLite passes over one failed sync in a transaction, of the folder with a new journal; no other."""
        if outcome.status != 0 or "warning: the change is made" in outcome.stderr:
            return
        with self.lock:
            silent = self.silent.setdefault((study.command.name, study.template, study.mode), set())
            silent.add(fault.nth)
        if len(silent) > study.command.transactions:
            self.note(study.command.name, fault.error, Tally(broken=1))
            self.say(f"BROKEN {study.command.name} ({study.mode}): I1: no word of failed syncs: {sorted(silent)}")

    def note(self, name, error, tally):
        with self.lock:
            self.tallies.setdefault((name, error), Tally()).add(tally)


def written_outside(sandbox):
    """What was opened for writing, or made, outside of the folder of the database."""
    opened = re.findall(r'openat\([^"\n]*"(/[^"\n]*)", (\S+)', sandbox.log.read_text(errors="replace"))
    writing = {path for path, flags in opened if re.search("O_(RDWR|WRONLY|CREAT|TMPFILE)", flags)}
    return sorted(path for path in writing if not path.startswith(str(sandbox.site.resolve()) + "/"))
