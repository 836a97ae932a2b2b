"""Looks whether a job was done, so that nobody wins by doing nothing."""

import re
import sqlite3

from .data import ITERATIONS, pbkdf2
from .measure import Wrong

KEY = re.compile(rb"\b[0-9a-f]{40}\b")
ALICES_KEY = "SELECT key FROM authtoken_token JOIN auth_user ON id = user_id WHERE username = 'alice'"
# What a migration leaves.
MIGRATED = [
    "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
    "SELECT app, name FROM django_migrations ORDER BY 1, 2",
    "SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
    "SELECT codename FROM auth_permission ORDER BY 1",
]


def rows(database, query):
    """The rows of a query."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def stored(database):
    """All keys that are stored, in order."""
    return [key.encode() for (key,) in rows(database, "SELECT key FROM authtoken_token ORDER BY key")]


def printed(run):
    """All keys that were printed, in order."""
    return sorted(KEY.findall(run.output.read_bytes()))


def demand(is_so, otherwise):
    """Fails unless that is so."""
    if not is_so:
        raise Wrong(otherwise)


def alice_has_another_key(before):
    """Alice has a key that she had not before, and it was printed."""
    old = rows(before, ALICES_KEY)

    def check(_program, database, run):
        new = rows(database, ALICES_KEY)
        demand(len(new) == 1 and new != old, "alice has no new token")
        demand(printed(run) == [new[0][0].encode()], "what is printed is not what is stored")

    return check


def is_migrated_like(migrated):
    """Tables, history, content types and permissions are the same."""
    expected = [rows(migrated, query) for query in MIGRATED]

    def check(_program, database, _run):
        demand(database.exists(), "there is no database")
        demand([rows(database, query) for query in MIGRATED] == expected, "the tables are not those of manage.py")

    return check


def all_are_listed(database):
    """Every key was printed once."""
    expected = stored(database)

    def check(_program, _database, run):
        demand(printed(run) == expected, "not every token is listed")

    return check


def all_are_rotated(before):
    """Every user has another key, and those were printed."""
    old = stored(before)
    is_old = set(old).__contains__

    def check(program, database, run):
        new = stored(database)
        [[holders]] = rows(database, "SELECT count(DISTINCT user_id) FROM authtoken_token")
        demand(len(new) == holders == len(old) and not any(map(is_old, new)), "not every user has another key")
        demand(program.is_floor or printed(run) == new, "what is printed is not what is stored")

    return check


def users_are_made(users, password):
    """So many users are there, with hashes of the usual strength, and the first can log in."""

    def check(program, database, _run):
        hashes = rows(database, "SELECT password FROM auth_user WHERE username LIKE 'new%' ORDER BY username")
        demand(len(hashes) == round(users / program.times), "not every user is there")
        usual = f"pbkdf2_sha256${ITERATIONS}$"
        demand(all(encoded.startswith(usual) for (encoded,) in hashes), f"not every hash begins with {usual}")
        first = hashes[0][0]
        demand(pbkdf2(password, first.split("$")[2], ITERATIONS) == first, "the first user cannot log in")

    return check
