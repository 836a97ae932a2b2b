"""Faults of the system: a full disk, and limits on a process's resources."""

import resource
import subprocess
from dataclasses import dataclass

from sandbox import Sandbox, give_to_owner

PAGE = 4096
KIB = 1024


@dataclass(frozen=True)
class Limit:
    """A resource limit for drfctl."""

    what: str
    most: int

    kills = may_be_unknown = is_beyond = False

    @property
    def error(self):
        return self.what

    @property
    def may_be_internal(self):
        return self.what == "--as"

    @property
    def may_abort(self):
        # With too few resources for the loader, drfctl does not start.
        return self.what in ("--as", "--nofile")

    def __str__(self):
        return f"prlimit {self.what}={self.most}"

    def around(self, words, _log):
        return ["prlimit", f"{self.what}={self.most}", "--", *words]

    @staticmethod
    def fired(status, _log):
        return status != 0


class SmallDisk(Limit):
    """A file system with the size of the database and a few more pages."""

    def around(self, words, _log):
        return words

    def __str__(self):
        return f"a tmpfs with {self.most} free pages"


class SmallSandbox(Sandbox):
    """A sandbox whose site is on such a file system."""

    def __init__(self, folder, template, drfctl, spare):
        super().__init__(folder, template, drfctl)
        original = self.site.rename(folder / "original")
        self.site.mkdir()
        self.mount("size=64m")
        for path in original.iterdir():
            subprocess.run(["cp", "-p", path, self.site], check=True)
        give_to_owner(self.site)
        used = sum(-(-path.stat().st_size // PAGE) for path in self.site.iterdir())
        # The folder and each file need at most one more page.
        self.mount(f"remount,size={(used + spare) * PAGE}")

    def mount(self, options):
        words = ["mount", "-t", "tmpfs", "-o", f"{options},mode=755", "none", self.site]
        subprocess.run(words, check=True, capture_output=True)

    def free(self):
        self.mount("remount,size=64m")

    def remove(self):
        subprocess.run(["umount", self.site], check=True)
        super().remove()


def can_mount():
    """Returns whether this process may mount file systems; tests/faults/run provides that if possible."""
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def works(words, **more):
    return subprocess.run(words, capture_output=True, **more).returncode == 0


def least_memory(drfctl):
    """Returns the memory that drfctl needs to print its version."""
    low, high = 1 << 20, 1 << 32
    while high - low > 64 * KIB:
        middle = (low + high) // 2
        enough = works(["prlimit", f"--as={middle}", "--", drfctl, "--version"])
        low, high = (low, middle) if enough else (middle, high)
    return high


# C9, C12, C13
def limits(drfctl, size):
    """Yields the limits for a database of that size; the last ones of each kind cause no failure."""
    least = least_memory(drfctl)
    yield from (Limit("--nofile", most) for most in range(3, 9))
    yield from (Limit("--fsize", most) for most in range(0, size + 2 * PAGE, PAGE))
    yield from (Limit("--as", least + n * 128 * KIB) for n in range(-1, 24))


# C7, C8
def small_disks():
    """Returns every disk of the sweep."""
    return [SmallDisk("small disk", spare) for spare in range(40)]


# No core dumps of aborted runs.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
