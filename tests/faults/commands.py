"""The commands that write, with their templates and results."""

from dataclasses import dataclass, field, replace

PASSWORD = "marker-password-that-is-new"
KEY = "f1eed0000000000000000000000000000000001d"

# The files that the commands read, next to the database's folder.
INPUTS = {
    "password": f"{PASSWORD}\n",
    "key": f"{KEY}\n",
    "users.csv": "".join(
        f"{name},{name}@example.com,{PASSWORD}\n" if number else "username,email,password\n"
        for number, name in enumerate(["", *(f"new{n}" for n in range(1, 13))])
    ),
}


@dataclass(frozen=True)
class Command:
    """A call of drfctl, in the folder of its database."""

    name: str
    words: tuple[str, ...]
    template: str = "shop"
    # The number of batches, in which each user's change is complete.
    transactions: int = 1
    # The maximum number of tested calls of a long series.
    longest: int | None = None
    # Whether it runs as the owner of the database, instead of as root, which switches to the owner.
    as_owner: bool = False
    output_file: str | None = None
    # The passwords of users afterwards.
    passwords: dict[str, str] = field(default_factory=dict)
    # Lines that are printed whatever the outcome.
    prints_first: tuple[str, ...] = ()

    @property
    def in_batches(self):
        return self.transactions > 1

    def on(self, template, name):
        """Returns the same call on another database."""
        return replace(self, template=template, name=name)


def call(name, *words, **more):
    return Command(name, words, **more)


ROTATE = call("create-token -r", "create-token", "-r", "bob", "alice")
MIGRATING = ("Operations to perform:", "  Apply all migrations: auth, authtoken, contenttypes", "Running migrations:")
FILE = ("create-token", "-r", "--output-file", "keys", "bob", "alice")
RESET_ALL = ("create-token", "-r", "--all", "--yes")
FROM = ("--from", "../users.csv", "--hasher", "md5")
# Batches of rows that are deleted; only with power cuts.
REVOKE_ALL = call("revoke --all", "revoke", "--all", "--yes", template="crowd", transactions=2, longest=20)
MD5 = ("--hasher", "md5", "--password-file", "../password")

COMMANDS = (
    call("create-token", "create-token", "alice"),
    call("create-token --key-from", "create-token", "--key-from", "../key", "alice"),
    call("create-token --output-file", *FILE, output_file="keys"),
    call("create-token --output-file, as owner", *FILE, output_file="keys", as_owner=True),
    ROTATE,
    call("create-token -r --all", *RESET_ALL, template="crowd", transactions=2, longest=20),
    call("create-token -r --all, at once", *RESET_ALL, "--single-transaction"),
    call("create-token -r --all, many at once", *RESET_ALL, "--single-transaction", template="crowd", longest=20),
    call("revoke", "revoke", "bob"),
    call("create-user", "create-user", "dora", *MD5, passwords={"dora": PASSWORD}),
    call("create-user --with-token", "create-user", "dora", "--with-token", *MD5, passwords={"dora": PASSWORD}),
    call("create-user --from", "create-user", *FROM, passwords={"new7": PASSWORD}),
    call("set-password", "set-password", "bob", *MD5, passwords={"bob": PASSWORD}),
    call("activate", "activate", "ina"),
    call("deactivate", "deactivate", "bob"),
    call("migrate, new file", "migrate", template="none", prints_first=MIGRATING),
    call("migrate, old tables", "migrate", template="old", prints_first=MIGRATING),
)
