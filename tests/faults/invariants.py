"""The guarantees that every run must keep, whatever fails.

The numbers are those of the guarantees: I1 a reported change is durable, I2 a failed command changes
nothing, I3 no change is partial, I4 the server can continue, I5 no secret is printed, I8 there are no
other files.
"""

import re
import signal
from collections import Counter

from commands import PASSWORD
from sandbox import IS_ROOT, OWNER

SIDECARS = ("db.sqlite3-journal", "db.sqlite3-wal", "db.sqlite3-shm")
# Columns whose values differ between two runs.
VOLATILE = {
    "authtoken_token": ("key", "created"),
    "auth_user": ("password", "date_joined"),
    "django_migrations": ("applied",),
}
KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
PRINTED = re.compile(r"^Generated token (\S+) for user (\S+)$", re.MULTILINE)
REVOKED = re.compile(r"^Revoked token \S+ of user (\S+)$", re.MULTILINE)
APPLIED = re.compile(r"^  Applying (\w+)\.(\w+)\.\.\. OK$", re.MULTILINE)


def rows(image, table):
    """Returns the rows of a table as dictionaries."""
    found = image["tables"].get(table, {"columns": [], "rows": []})
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def volatile(image):
    """Returns the values of the volatile columns."""
    return {
        table: {column: {row.get(column) for row in rows(image, table)} for column in columns}
        for table, columns in VOLATILE.items()
    }


def masked(image, known):
    """Replaces new values in the volatile columns by a mark."""
    tables = {}
    for name, table in image["tables"].items():
        seen = [known.get(name, {}).get(column) for column in table["columns"]]
        new = [
            [text if values is None or text in values else "new" for text, values in zip(row, seen, strict=True)]
            for row in table["rows"]
        ]
        tables[name] = (table["columns"], sorted(new, key=repr))
    return {"schema": image["schema"], "tables": tables}


def tokens(image):
    """Returns pairs of username and key."""
    names = {user["id"]: user["username"] for user in rows(image, "auth_user")}
    return [(names.get(token["user_id"]), token["key"]) for token in rows(image, "authtoken_token")]


class Judge:
    """The permitted results of a command: the image before it, and after a run without faults."""

    def __init__(self, command, before, after, outcome):
        self.command, self.before, self.after = command, before, after
        self.known = volatile(before)
        self.new = masked(after, self.known)
        self.names = {name for _, name in PRINTED.findall(outcome.written or outcome.stdout)}
        self.users_with_token = {name for name, _ in tokens(before)} & {name for name, _ in tokens(after)}

    def state(self, image):
        """Returns whether a database is as before (`old`), as after success (`new`), or in between."""
        if image == self.before:
            return "old"
        if masked(image, self.known) == self.new:
            return "new"
        return "part" if self.command.in_batches and self.is_part(image) else "half"

    def is_part(self, image):
        """Returns whether each user's token is the old or a new one, and nothing else changed."""
        others = [{**each["tables"], "authtoken_token": None} for each in (image, self.before)]
        if others[0] != others[1] or image["schema"] != self.before["schema"]:
            return False
        old = {token["user_id"]: token for token in rows(self.before, "authtoken_token")}
        now = {token["user_id"]: token for token in rows(image, "authtoken_token")}
        whole = (now[user] == token or now[user]["key"] != token["key"] for user, token in old.items())
        return now.keys() == old.keys() and all(whole)

    def broken(self, fault, outcome, view):
        """Returns a message for each broken guarantee."""
        if "error" in view:
            return [f"I4: the server fails: {view['error']}"]
        state = self.state(view["image"])
        return [
            *self.of_status(fault, outcome, state),
            *self.of_database(view),
            *self.of_output(outcome, view["image"], state),
            *self.of_secrets(outcome, view["image"]),
            *self.of_files(fault, outcome),
        ]

    # I1, I2
    def of_status(self, fault, outcome, state):
        status, part = outcome.status, ("part",) if self.command.in_batches else ()
        allowed = {
            0: ("new",),
            7: ("new", *part),
            9: part,
            **dict.fromkeys(range(2, 7), ("old",)),
            **dict.fromkeys([1] if fault.may_be_internal else [], ("old", *part)),
            **dict.fromkeys([8] if fault.may_be_unknown else [], ("old", "new", *part)),
            **dict.fromkeys([-signal.SIGKILL] if fault.kills else [], ("old", "new", *part)),
            **dict.fromkeys([-signal.SIGABRT, 127] if fault.may_abort else [], ("old", "new", *part)),
        }
        if state == "half":
            yield f"I3: status {status}, and the change is partial"
        elif status not in allowed:
            yield f"status {status}, which this fault does not explain"
        elif state not in allowed[status]:
            yield f"{'I1' if status in (0, 7) else 'I2'}: status {status}, and the database is {state}"
        if "panicked" in outcome.stderr:
            yield "a panic is printed"
        if status == 6 and fault.error == "small disk" and not re.search("full|no space", outcome.stderr):
            yield "the message does not mention the full disk"
        if status > 0 and status != 127 and "error: " not in outcome.stderr:
            yield f"status {status} without a message"

    # I3
    def of_database(self, view):
        if view.get("integrity", ["ok"]) != ["ok"]:
            yield f"I3: integrity_check: {view['integrity'][:3]}"
        if view.get("broken"):
            yield f"I3: foreign_key_check: {view['broken'][:3]}"
        counts = Counter(name for name, _ in tokens(view["image"]))
        if any(count > 1 for count in counts.values()):
            yield "I3: a user has two tokens"
        if not self.users_with_token <= counts.keys():
            yield f"I3: no token for {sorted(self.users_with_token - counts.keys())[:3]}"

    # I1
    def of_output(self, outcome, image, state):
        output = outcome.stdout if self.command.output_file is None else (outcome.written or "")
        printed = [(name, key) for key, name in PRINTED.findall(output)]
        if not set(printed) <= set(tokens(image)):
            yield "a printed key is not in the database"
        if outcome.status in (0, 9):
            expected = self.renewed(image) if state == "part" else self.names
            if {name for name, _ in printed} != expected:
                yield f"status {outcome.status}, but not all new keys are printed"
        applied = {(row["app"], row["name"]) for row in rows(image, "django_migrations")}
        if not set(APPLIED.findall(output)) <= applied:
            yield "a printed migration is not applied"
        lines = [line for line in output.splitlines() if line not in self.command.prints_first]
        if lines and state == "old":
            yield f"nothing was changed, but the output is {lines[0]!r}"

    def renewed(self, image):
        """Returns the users whose key changed."""
        return {name for name, _ in set(tokens(image)) - set(tokens(self.before))}

    # I5
    def of_secrets(self, outcome, image):
        stderr = outcome.stderr
        stored = [token["key"] for each in (image, self.before) for token in rows(each, "authtoken_token")]
        hashes = [user["password"] for user in rows(image, "auth_user") if len(user["password"]) > 8]
        if KEY.search(stderr) or any(secret in stderr for secret in (PASSWORD, "marker-password", *stored, *hashes)):
            yield "I5: a secret on standard error"

    # I8
    def of_files(self, fault, outcome):
        files = dict(outcome.files)
        database = files.pop("db.sqlite3", None)
        if database is None and self.before["schema"]:
            yield "I8: the database is missing"
        for name in SIDECARS:
            if files.pop(name, database) != database:
                yield f"I8: owner and mode of {name} are not the database's: {outcome.files[name]} {database}"
        if IS_ROOT and database is not None and database[:2] != (OWNER, OWNER):
            yield f"I8: the database belongs to {database[:2]}"
        written = files.pop(self.command.output_file, None)
        if written is not None and written[2] != 0o600:
            yield f"I8: the mode of the output file is {written[2]:o}"
        if (written is None) == (outcome.status == 0) and self.command.output_file:
            if outcome.status == 0 or outcome.status in range(2, 7):
                yield f"I8: status {outcome.status}, and the output file is {'missing' if written is None else 'left'}"
        if fault.kills and self.command.output_file:
            files = {name: found for name, found in files.items() if not name.startswith(".tmp")}
        if files:
            yield f"I8: left in the folder: {', '.join(files)}"
