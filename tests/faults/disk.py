"""What a disk may contain after a power cut.

A sync of a file makes its contents durable, and a sync of the folder its names. Every other change is
pending: it may have reached the disk whole, in part or not at all, whatever happened to earlier and
later ones. Of a write, any sectors may be missing, or contain garbage. A rename is atomic.
"""

import itertools
import math
import random
from dataclasses import dataclass

SECTOR = 512
# What may happen to a pending change of a name or a length.
WHOLE = (KEPT, DROPPED) = ("kept", "dropped")
# What else may happen to a write: the file has grown, but the data is missing; garbage.
OTHERS = (HOLE, GARBAGE) = ("hole", "garbage")


@dataclass(frozen=True)
class Write:
    """Bytes for a file; files have numbers, because names change."""

    file: int
    offset: int
    data: bytes

    def pieces(self):
        """Returns the parts that lie in different sectors."""
        edges = [self.offset, *range(self.offset - self.offset % SECTOR + SECTOR, self.end, SECTOR), self.end]
        return [(start, self.data[start - self.offset : end - self.offset]) for start, end in itertools.pairwise(edges)]

    @property
    def end(self):
        return self.offset + len(self.data)

    def fates(self):
        """Returns everything that may happen to it; a set contains the sectors that are kept."""
        count = len(self.pieces())
        torn = [frozenset(range(n)) for n in range(1, count)] + [frozenset(range(n, count)) for n in range(1, count)]
        return [*WHOLE, *OTHERS, *dict.fromkeys(torn)]

    def apply(self, disk, fate):
        content = disk.contents[self.file]
        if len(content) < self.end:
            kept = fate in (KEPT, HOLE, GARBAGE) or max(fate) == len(self.pieces()) - 1
            length = self.end if kept else self.pieces()[max(fate) + 1][0]
            content.extend(bytes(max(0, length - len(content))))
        for number, (start, data) in enumerate(self.pieces()):
            if fate == GARBAGE:
                data = random.Random(start).randbytes(len(data))
            elif fate == HOLE or (fate != KEPT and number not in fate):
                continue
            content[start : start + len(data)] = data


@dataclass(frozen=True)
class Length:
    """Another length of a file."""

    file: int
    length: int

    def fates(self):
        return WHOLE

    def apply(self, disk, _fate):
        content = disk.contents[self.file]
        content[self.length :] = bytes(max(0, self.length - len(content)))


@dataclass(frozen=True)
class Name:
    """A name for a file, or no file."""

    name: str
    file: int | None

    def fates(self):
        return WHOLE

    def apply(self, disk, _fate):
        disk.names[self.name] = self.file


@dataclass(frozen=True)
class Rename:
    """Another name for a file."""

    old: str
    new: str
    file: int

    def fates(self):
        return WHOLE

    def apply(self, disk, _fate):
        disk.names[self.old], disk.names[self.new] = None, self.file


@dataclass(frozen=True)
class Sync:
    """A sync of a file, or of the folder."""

    file: int | None

    def covers(self, change):
        return getattr(change, "file", None) == self.file if isinstance(change, (Write, Length)) else self.file is None


@dataclass(frozen=True)
class Output:
    """Bytes on standard output."""

    data: bytes


@dataclass(frozen=True)
class Exit:
    """The end of the process."""

    status: int


class Disk:
    """The durable files, the pending changes, and what the process has reported."""

    def __init__(self, files, unsynced=()):
        """Starts with these files; the names and contents of some are pending."""
        self.names, self.contents, self.pending = {}, {}, []
        self.stdout, self.status = b"", None
        for number, (name, content) in enumerate(files.items()):
            self.contents[number] = bytearray()
            for change in (Name(name, number), Write(number, 0, content)):
                if name in unsynced:
                    self.pending.append(change)
                else:
                    change.apply(self, KEPT)

    def add(self, event):
        """Adds what a system call did."""
        if isinstance(event, Output):
            self.stdout += event.data
        elif isinstance(event, Exit):
            self.status = event.status
        elif isinstance(event, Sync):
            for change in self.pending:
                if event.covers(change):
                    change.apply(self, KEPT)
            self.pending = [change for change in self.pending if not event.covers(change)]
        else:
            if isinstance(event, Name) and event.file is not None:
                self.contents.setdefault(event.file, bytearray())
            self.pending.append(event)

    def files(self, fates):
        """Returns the files by name, if these are the fates of the pending changes."""
        after = Disk({})
        after.names = dict(self.names)
        # Only these change.
        changed = {change.file for change in self.pending if isinstance(change, (Write, Length))}
        after.contents = {n: bytearray(c) if n in changed else c for n, c in self.contents.items()}
        for change, fate in zip(self.pending, fates, strict=True):
            if fate != DROPPED:
                change.apply(after, fate)
        return {name: bytes(after.contents[n]) for name, n in after.names.items() if n is not None}

    def kept(self):
        """Returns the files as the running system sees them."""
        return self.files([KEPT] * len(self.pending))

    def fates(self, most, chance):
        """Returns fates of all pending changes: every combination if there are not too many.

        Otherwise all or no changes are kept, all except one, only one, the first ones or the last ones,
        and the rest is random.
        """
        options = [change.fates() for change in self.pending]
        if math.prod(map(len, options)) <= most:
            return list(itertools.product(*options))
        size = len(options)
        cuts = [(usual, number, None) for usual in WHOLE for number in range(1, size)]
        exceptions = [
            (usual, number, fate)
            for usual in WHOLE
            for number, each in enumerate(options)
            for fate in each
            if fate != usual
        ]
        chosen = cuts + exceptions
        if len(chosen) > most - 2:
            chosen = chance.sample(chosen, most - 2)
        found = [(KEPT,) * size, (DROPPED,) * size, *(fates_of(size, *choice) for choice in chosen)]
        return found + [random_fates(options, chance) for _ in range(most - len(found))]


def fates_of(size, usual, number, fate):
    """Returns the same fate for all changes except one, or another one from there on."""
    if fate is None:
        return (usual,) * number + (DROPPED if usual == KEPT else KEPT,) * (size - number)
    return (usual,) * number + (fate,) + (usual,) * (size - number - 1)


def random_fates(options, chance):
    """Returns random fates: mostly kept, mostly dropped, or balanced."""
    share = chance.choice((0.1, 0.5, 0.9))
    usual = [KEPT if chance.random() < share else DROPPED for _ in options]
    pairs = zip(usual, options, strict=True)
    return tuple(chance.choice(each) if chance.random() < 0.2 else fate for fate, each in pairs)
