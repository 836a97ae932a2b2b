"""The recorded system calls of a run, and the states of the disk that a power cut may leave."""

from dataclasses import dataclass, replace

from disk import Disk
from injection import Quiet
from invariants import REVOKED, SIDECARS, Judge, rows, tokens
from recording import SHARED_MEMORY, Recorder, Recording
from sweep import Study

# Modes in which the server has the log open: it did not sync its last change, or it copied all changes
# to the database, so that the next writer restarts the log.
LIVE, RESTARTED = "live", "restarted"
# The number of calls of a long series at which the power is cut.
LONGEST = 40


class PowerCut(Quiet):
    """A cut, after which the state of the disk is as arbitrary as after a kill."""

    kills = True
    error = "power cut"


class RecordedJudge(Judge):
    """The permitted results of one recorded run, in which every byte is known."""

    def state(self, image):
        if image in (self.before, self.after):
            return "old" if image == self.before else "new"
        return "part" if self.command.in_batches and self.is_part(image) else "half"

    def is_part(self, image):
        """Returns whether each user's token is the old or the new one or, if revoked, missing."""
        others = [{**each["tables"], "authtoken_token": None} for each in (image, self.before)]
        if others[0] != others[1] or image["schema"] != self.before["schema"]:
            return False
        now, old, new = (
            {row["user_id"]: row for row in rows(each, "authtoken_token")} for each in (image, self.before, self.after)
        )
        return all(now.get(user) in (old.get(user), new.get(user)) for user in (*old, *new))

    def found(self, outcome, view):
        """Returns a message for each broken guarantee; of a damaged database only that it is damaged."""
        if view.get("integrity", ["ok"]) != ["ok"]:
            return [f"I3: integrity_check: {view['integrity'][:3]}"]
        broken = self.broken(PowerCut, outcome, view)
        if "image" in view and {name for name, _ in tokens(view["image"])} & set(REVOKED.findall(outcome.stdout)):
            broken.append("I1: a token whose revocation is printed is in the database")
        return broken

    def of_files(self, fault, outcome):
        files = outcome.files
        if "db.sqlite3" not in files and not self.before["schema"]:
            # The journal of a new database may have its name first.
            files = {name: found for name, found in files.items() if name not in SIDECARS}
        return super().of_files(fault, replace(outcome, files=files))


@dataclass
class Trace:
    """A recorded run."""

    study: Study
    # The files at the beginning, and those of them that are not durable.
    files: dict
    unsynced: tuple
    events: list
    # The contents of the database without the unsynced log.
    without_log: dict
    # Whether a guarantee may break, because syncs are missing.
    is_control: bool

    @property
    def judge(self):
        return self.study.judge

    @property
    def name(self):
        return f"{self.study.command.name} ({self.study.mode})"

    def states(self, most, chance, only_last=False):
        """Yields the different states after each call: its number, the disk, the fates and the files."""
        disk = Disk(self.files, self.unsynced)
        seen = set()
        last = len(self.events)
        numbers = {last} if only_last else set(range(last + 1))
        if self.study.command.longest and len(numbers) > LONGEST:
            numbers = {0, last, *chance.sample(range(last), LONGEST - 2)}
        for number in range(last + 1):
            if number:
                disk.add(self.events[number - 1])
            if number not in numbers:
                continue
            for fates in disk.fates(most, chance):
                files = disk.files(fates)
                state = hash((disk.stdout, disk.status, *sorted(files.items())))
                if state not in seen:
                    seen.add(state)
                    yield number, disk, fates, files


def contents(folder):
    """Returns the contents of all files in a folder, except shared memory, which is never synced."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(SHARED_MEMORY)}


def start(bench, study, program=None):
    """Returns a sandbox in which the server has the log open, if the mode requires that."""
    sandbox, _ = bench.sandbox(study)
    sandbox.drfctl = program or sandbox.drfctl
    if study.mode in (LIVE, RESTARTED):
        answer = bench.application.ask("commit", path=sandbox.database, checkpoint=study.mode == RESTARTED)
        assert "error" not in answer, answer
    return sandbox


def image(bench, sandbox):
    """Returns the contents of a database, and removes the sandbox."""
    view = bench.application.ask("look", path=sandbox.database, write=False)
    sandbox.remove()
    assert "error" not in view, view
    return view["image"]


def record(bench, study, program=None):
    """Records a run of a command, and checks that the recording explains every byte of its files."""
    without_log = image(bench, bench.sandbox(study)[0])
    before = image(bench, start(bench, study))
    sandbox = start(bench, study, program)
    files = contents(sandbox.site)
    outcome = sandbox.run(study.command, Recorder)
    assert outcome.status == 0, f"{study}: {outcome}"
    events = Recording(sandbox.log, sandbox.site.resolve(), files).events
    unsynced = tuple(name for name in files if name in SIDECARS and study.mode == LIVE)
    disk = Disk(files, unsynced)
    for event in events:
        disk.add(event)
    assert disk.kept() == contents(sandbox.site), f"{study}: the recording and the files differ"
    assert (disk.stdout.decode(), disk.status) == (outcome.stdout, 0), f"{study}: the recording and the output differ"
    judge = RecordedJudge(study.command, before, image(bench, sandbox), outcome)
    return Trace(replace(study, judge=judge), files, unsynced, events, without_log, program is not None)
