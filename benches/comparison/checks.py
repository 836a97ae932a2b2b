"""Checks that a program did its whole job."""

import re
import sqlite3

from .data import ITERATIONS, pbkdf2
from .measure import Failure

KEY = re.compile(rb"\b[0-9a-f]{40}\b")
ALICES_KEY = "SELECT key FROM authtoken_token JOIN auth_user ON id = user_id WHERE username = 'alice'"
# The results of a migration.
MIGRATED = [
    "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
    "SELECT app, name FROM django_migrations ORDER BY 1, 2",
    "SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
    "SELECT codename FROM auth_permission ORDER BY 1",
]


def rows(database, query):
    """Returns the rows of a query."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def stored(database):
    """Returns all stored keys, in order."""
    return [key.encode() for (key,) in rows(database, "SELECT key FROM authtoken_token ORDER BY key")]


def printed(run):
    """Returns all printed keys, in order."""
    return sorted(KEY.findall(run.output.read_bytes()))


def require(condition, message):
    """Fails with a message unless a condition is true."""
    if not condition:
        raise Failure(message)


def something_is_printed(_program, _database, run):
    """The program has printed something."""
    require(run.output.stat().st_size > 0, "nothing is printed")


def alice_has_a_new_key(before):
    """Alice has a new key, and it was printed."""
    old = rows(before, ALICES_KEY)

    def check(_program, database, run):
        new = rows(database, ALICES_KEY)
        require(len(new) == 1 and new != old, "alice has no new token")
        require(printed(run) == [new[0][0].encode()], "the printed keys are not the stored ones")

    return check


def is_migrated_like(migrated):
    """Tables, history, content types and permissions are the same."""
    expected = [rows(migrated, query) for query in MIGRATED]

    def check(_program, database, _run):
        require(database.exists(), "the database is missing")
        require([rows(database, query) for query in MIGRATED] == expected, "the tables differ from those of manage.py")

    return check


def all_are_listed(database):
    """Every key was printed once."""
    expected = stored(database)

    def check(_program, _database, run):
        require(printed(run) == expected, "not every token is listed")

    return check


def all_are_rotated(before):
    """Every user has a new key, and all of them were printed."""
    old = stored(before)
    is_old = set(old).__contains__

    def check(program, database, run):
        new = stored(database)
        [[users]] = rows(database, "SELECT count(DISTINCT user_id) FROM authtoken_token")
        require(len(new) == users == len(old) and not any(map(is_old, new)), "not every user has a new key")
        require(program.is_lower_bound or printed(run) == new, "the printed keys are not the stored ones")

    return check


def users_are_created(users, password):
    """All users exist, with hashes of the default strength, and the first can log in."""

    def check(program, database, run):
        if program.is_lower_bound:
            require(int(run.output.read_text()) == round(users / program.times), "a hash is missing")
            return
        hashes = rows(database, "SELECT password FROM auth_user WHERE username LIKE 'new%' ORDER BY username")
        require(len(hashes) == round(users / program.times), "a user is missing")
        default = f"pbkdf2_sha256${ITERATIONS}$"
        require(all(encoded.startswith(default) for (encoded,) in hashes), f"not every hash begins with {default}")
        first = hashes[0][0]
        require(pbkdf2(password, first.split("$")[2], ITERATIONS) == first, "the first user cannot log in")

    return check
