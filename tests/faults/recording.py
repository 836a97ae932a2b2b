"""Records the system calls of a run that change, sync or name files in the database's folder."""

import os
import re

from disk import Exit, Length, Name, Output, Rename, Sync, Write
from injection import Quiet

OPENS = ("open", "creat", "openat")
RENAMES = ("rename", "renameat", "renameat2")
UNLINKS = ("unlink", "unlinkat")
LINKS = ("link", "linkat")
CHANGES = ("write", "pwrite64", "ftruncate", "fsync", "fdatasync")
# A recording of these fails, because they could change a file in ways that are not simulated.
UNKNOWN = (
    *("writev", "pwritev", "pwritev2", "truncate", "fallocate", "sendfile", "copy_file_range", "splice", "mmap"),
    *("openat2", "symlink", "symlinkat", "mknod", "mknodat", "mkdir", "mkdirat", "rmdir"),
    *("io_uring_setup", "io_submit"),
)
DESCRIPTORS = ("close", "dup", "dup2", "dup3", "fcntl")
CALLS = (*OPENS, *RENAMES, *UNLINKS, *LINKS, *CHANGES, *DESCRIPTORS, *UNKNOWN, "exit_group", "prctl")
# The longest string that strace shows.
LONGEST = 1 << 20
FOLDER = "."
SHARED_MEMORY = "-shm"


def decoded(text):
    """Returns the bytes that strace shows as hexadecimal."""
    return bytes.fromhex(text.strip('"').replace("\\x", ""))


class Recorder(Quiet):
    """No fault: records the calls."""

    @staticmethod
    def around(words, log):
        calls = ",".join(f"?{call}" for call in CALLS)
        # Skips PR_SET_DUMPABLE, after which strace could not read the memory of drfctl without being root.
        expressions = ["-e", f"trace={calls}", "-e", "inject=prctl:retval=0"]
        return ["strace", "-f", "-xx", "-s", str(LONGEST), "-o", str(log), *expressions, *words]


def whole_lines(log):
    """Yields each call in one line: strace divides a call if another thread runs."""
    begun = {}
    with log.open(errors="replace") as lines:
        for line in lines:
            thread, _, rest = line.strip().partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                begun[thread] = rest.removesuffix("<unfinished ...>")
            elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", rest):
                yield begun.pop(thread) + resumed[1]
            else:
                yield rest


class Recording:
    """The events of a run in a folder with these files; the folder is the current one."""

    def __init__(self, log, folder, names):
        self.folder = str(folder)
        # The number of each file that has a name, and what each descriptor is open on.
        self.numbers = {name: number for number, name in enumerate(names)}
        self.descriptors = {}
        self.next = len(self.numbers)
        self.lengths = {}
        self.events = []
        for line in whole_lines(log):
            # A failed call changes nothing.
            if call := re.match(r"(\w+)\((.*)\) += (\d+|\?)", line):
                name, arguments, result = call.groups()
                assert '"...' not in arguments, f"longer than {LONGEST} bytes: {name}"
                event = self.of_call(name, arguments.split(", "), 0 if result == "?" else int(result))
                self.events += [event] if event else []

    def of_call(self, call, arguments, result):
        """Returns what a call did, or none."""
        if call in OPENS:
            return self.of_open(arguments, result)
        if call in (*RENAMES, *UNLINKS, *LINKS):
            return self.of_name(call, arguments)
        if call == "exit_group":
            return Exit(int(arguments[0]))
        if call == "close":
            self.descriptors.pop(int(arguments[0]), None)
        if call in ("dup", "dup2", "dup3") or (call == "fcntl" and "F_DUPFD" in arguments[1]):
            self.descriptors[result] = self.descriptors.get(int(arguments[0]))
        if call in UNKNOWN:
            self.check_unknown(call, arguments)
        if call not in CHANGES:
            return None
        file = self.descriptors.get(int(arguments[0]))
        if call in ("fsync", "fdatasync"):
            return None if file is None else Sync(None if file == FOLDER else file)
        if call == "ftruncate":
            return None if file is None else Length(file, int(arguments[1]))
        data = decoded(arguments[1])[:result]
        if file is None:
            return Output(data) if arguments[0] == "1" else None
        # Without an offset a file is written from its beginning on.
        offset = int(arguments[3]) if call == "pwrite64" else self.lengths.get(file, 0)
        self.lengths[file] = offset + result
        return Write(file, offset, data)

    def name(self, text):
        """Returns the name of a file in the folder, or of the folder itself, or none."""
        path = os.path.normpath(os.path.join(self.folder, decoded(text).decode(errors="replace")))
        if path == self.folder:
            return FOLDER
        folder, _, name = path.rpartition("/")
        return name if folder == self.folder and not name.endswith(SHARED_MEMORY) else None

    def of_open(self, arguments, result):
        path, flags = (arguments[1:3] if len(arguments) > 1 and arguments[0][0] != '"' else (*arguments, "O_CREAT"))[:2]
        name = self.name(path)
        self.descriptors[result] = FOLDER if name == FOLDER else self.numbers.get(name)
        if name in (None, FOLDER):
            return None
        assert not re.search("O_(D?SYNC|DIRECT|TMPFILE)", flags), f"not simulated: {arguments}"
        if name in self.numbers:
            return Length(self.numbers[name], 0) if "O_TRUNC" in flags else None
        assert "O_CREAT" in flags, f"{name} was created by another process"
        self.numbers[name] = self.descriptors[result] = self.next
        self.next += 1
        return Name(name, self.next - 1)

    def of_name(self, call, arguments):
        names = [self.name(each) for each in arguments if each.startswith('"')]
        if not any(names):
            return None
        assert all(names), f"a name in another folder: {call} {arguments}"
        old, new = names[0], names[-1]
        number = self.numbers[old]
        if call not in LINKS:
            del self.numbers[old]
        if call in UNLINKS:
            return Name(old, None)
        self.numbers[new] = number
        return Name(new, number) if call in LINKS else Rename(old, new, number)

    def check_unknown(self, call, arguments):
        names = [self.name(each) for each in arguments if each.startswith('"')]
        files = [self.descriptors.get(int(each)) for each in arguments if each.isdigit()]
        is_private = call == "mmap" and not any("MAP_SHARED" in each for each in arguments)
        is_inside = any(names) or any(file is not None for file in files)
        assert is_private or not is_inside, f"not simulated: {call} {arguments}"
