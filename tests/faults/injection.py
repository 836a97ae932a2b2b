"""Faults that strace causes: an error or a kill at the N-th call of a system call."""

import re
from collections import Counter
from dataclasses import dataclass

KILL = "KILL"
READS = ("EIO",)
NAMES = (KILL, "EIO")
WRITES = (KILL, "EIO", "ENOSPC", "EDQUOT")

# The system calls that matter, and their faults.
CALLS = {
    "openat": (*WRITES, "EMFILE"),
    "read": READS,
    "pread64": READS,
    "write": WRITES,
    "writev": WRITES,
    "pwrite64": (*WRITES, "EIO+", "ENOSPC+"),
    "fsync": (*WRITES, "EIO+"),
    "fdatasync": (*WRITES, "EIO+"),
    "ftruncate": WRITES,
    "unlink": NAMES,
    "unlinkat": NAMES,
    "rename": WRITES,
    "renameat": WRITES,
    "renameat2": WRITES,
    "linkat": WRITES,
    "fcntl": NAMES,
    "mmap": (KILL, "ENOMEM"),
    "getrandom": NAMES,
}

# Earlier calls belong to the loader, as in every program.
BEGINS = "prctl(PR_SET_DUMPABLE"


class Quiet:
    """No fault."""

    kills = may_be_unknown = may_be_internal = may_abort = False

    @staticmethod
    def around(words, _log):
        return words

    @staticmethod
    def fired(_status, _log):
        return False


@dataclass(frozen=True)
class Injection:
    """One fault. With a `+`, every call from the N-th on fails."""

    call: str
    error: str
    nth: int
    # Whether the run has fewer calls, so that no fault occurs.
    is_beyond: bool = False

    # Outcomes that are allowed only with this fault.
    @property
    def kills(self):
        return self.error == KILL

    @property
    def may_be_unknown(self):
        return self.error.endswith("+")

    @property
    def may_be_internal(self):
        return self.call in ("getrandom", "mmap")

    @property
    def may_abort(self):
        return self.call == "mmap"

    def __str__(self):
        return f"{self.call} {self.nth}: {self.error}"

    def around(self, words, log):
        error, plus = self.error.removesuffix("+"), "+" * self.error.endswith("+")
        what = f"signal={error}" if self.kills else f"error={error}"
        inject = f"inject={self.call}:{what}:when={self.nth}{plus}"
        return ["strace", "-f", "-o", str(log), "-e", f"trace={self.call}", "-e", inject, *words]

    def fired(self, _status, log):
        text = log.read_text(errors="replace")
        return "+++ killed by SIGKILL +++" in text if self.kills else "(INJECTED)" in text


class Counting(Quiet):
    """No fault: counts the calls."""

    @staticmethod
    def around(words, log):
        return ["strace", "-f", "-o", str(log), "-e", f"trace=prctl,{','.join(CALLS)}", *words]

    @staticmethod
    def ranges(log):
        """Returns for each call the number of drfctl's first one and of the last one."""
        counts, before = {}, None
        for line in log.read_text(errors="replace").splitlines():
            found = re.match(r"(\d+) +(\w+)\(", line)
            if not found:
                continue
            thread, name = found.groups()
            counts.setdefault(thread, Counter())[name] += 1
            if BEGINS in line:
                before = dict(counts[thread])
        assert before is not None, f"{BEGINS} is missing in {log}"
        last = {name: max(count[name] for count in counts.values()) for name in CALLS}
        first = {name: before.get(name, 0) + 1 for name in CALLS}
        return {name: (first[name], last[name]) for name in CALLS if last[name] >= first[name]}


# C1, C2, C3, C10, C11, C12
def series(ranges, longest=None):
    """Yields the faults for these ranges, and a run without a fault after each range."""
    for call, (first, last) in ranges.items():
        for error in CALLS[call]:
            numbers = range(first, last + 1)
            if longest and len(numbers) > longest:
                numbers = [first + len(numbers) * n // longest for n in range(longest)]
            yield from (Injection(call, error, nth) for nth in numbers)
        if not longest:
            yield Injection(call, CALLS[call][0], last + 1, is_beyond=True)
