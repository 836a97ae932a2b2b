"""The application's side of a database: a process with the rights of the server.

Takes one request a line, as JSON, and answers it in one. It reads and writes as Django does, and
for some of the requests it is Django. With a number as its argument it becomes that user.
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

held = None


def connect(path):
    return sqlite3.connect(path, timeout=5, isolation_level=None)


def value(stored):
    return {"bytes": stored.hex()} if isinstance(stored, bytes) else stored


def image(database):
    """The schema and every row of a database."""
    schema = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    tables = {}
    for kind, name, *_ in schema:
        if kind == "table":
            rows = database.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in rows.description]
            tables[name] = {"columns": columns, "rows": [[value(each) for each in row] for row in rows]}
    return {"schema": schema, "tables": tables}


def hold(path):
    """Keeps a connection open while somebody else is at work."""
    global held
    held = connect(path)
    held.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return {}


def look(path, write=True):
    """What is in a database, and whether all is well with it, before the first write to it."""
    global held
    if not os.path.exists(path):
        return {"image": {"schema": [], "tables": {}}}
    with closing(held or connect(path)) as database:
        held = None
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


def serve(path, passwords):
    """Django itself: finishes the migrations, lets users in, makes and deletes a token."""
    # In this order: Django does not close a database in memory.
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


# What is imported late is imported now: the server may not be able to read this folder.
serve(":memory:", {})
if sys.argv[1:]:
    user = int(sys.argv[1])
    os.setgroups([user])
    os.setgid(user)
    os.setuid(user)

requests = {"hold": hold, "look": look, "serve": serve}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = requests[request.pop("ask")](**request)
    except Exception as error:  # noqa: BLE001
        held = None
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
