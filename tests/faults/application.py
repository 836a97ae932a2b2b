"""The application's side of a database: a process with the server's user.

Reads one JSON request per line and prints one JSON answer. It reads and writes like Django; some
requests run Django itself. With a user id as its argument, it switches to that user.
"""

import json
import os
import sqlite3
import sys
from contextlib import closing

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from rest_framework.authentication import TokenAuthentication  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

open_connection = None


def connect(path):
    return sqlite3.connect(path, timeout=5, isolation_level=None)


def value(stored):
    return {"bytes": stored.hex()} if isinstance(stored, bytes) else stored


def image(database):
    """Returns the schema and every row of a database."""
    schema = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    tables = {}
    for kind, name, *_ in schema:
        if kind == "table":
            rows = database.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in rows.description]
            tables[name] = {"columns": columns, "rows": [[value(each) for each in row] for row in rows]}
    return {"schema": schema, "tables": tables}


def keep_open(path):
    """Keeps a connection open while drfctl runs."""
    global open_connection
    open_connection = connect(path)
    open_connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return {}


def commit(path, checkpoint):
    """Keeps a connection open that has committed a change, by default only to the unsynced log."""
    keep_open(path)
    open_connection.execute("PRAGMA synchronous = NORMAL")
    open_connection.execute("UPDATE auth_user SET last_login = '2026-01-02 03:04:05' WHERE id IN (2, 9)")
    if checkpoint:
        busy, *_ = open_connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert not busy
    return {}


# I4
def look(path, write=True):
    """Returns the contents of a database and the results of its checks, then writes to it."""
    global open_connection
    if not os.path.exists(path):
        return {"image": {"schema": [], "tables": {}}}
    with closing(open_connection or connect(path)) as database:
        open_connection = None
        database.execute("PRAGMA foreign_keys = ON")
        found = {
            "image": image(database),
            "integrity": [row[0] for row in database.execute("PRAGMA integrity_check")],
            "broken": database.execute("PRAGMA foreign_key_check").fetchall(),
        }
        if write:
            database.execute("BEGIN IMMEDIATE")
            database.execute("CREATE TABLE served (n integer)")
            database.execute("INSERT INTO served VALUES (1)")
            database.execute("COMMIT")
            database.execute("DROP TABLE served")
    return found


# I4
def serve(path, passwords):
    """Runs Django: applies migrations, checks tokens and passwords, creates and deletes a token."""
    # In this order, because Django does not close a database in memory.
    connection.settings_dict["NAME"] = path
    connection.close()
    ContentType.objects.clear_cache()
    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    for token in Token.objects.select_related("user")[:5]:
        if token.user.is_active:
            assert TokenAuthentication().authenticate_credentials(token.key) == (token.user, token)
    for name, password in passwords.items():
        assert users.get(username=name).check_password(password), f"the password of {name}"
    visitor = users.create_user("visitor", password="visitor")
    Token.objects.create(user=visitor)
    Token.objects.filter(user=visitor).delete()
    visitor.delete()
    connection.close()
    return {}


# Imports everything now, because the server's user may not be able to read this folder.
serve(":memory:", {})
if sys.argv[1:]:
    user = int(sys.argv[1])
    os.setgroups([user])
    os.setgid(user)
    os.setuid(user)

requests = {"keep_open": keep_open, "commit": commit, "look": look, "serve": serve}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = requests[request.pop("request")](**request)
    except Exception as error:  # noqa: BLE001
        open_connection = None
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
