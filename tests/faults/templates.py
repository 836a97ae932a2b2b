"""Creates the databases for the commands with a real Django, in the folder that is named.

`shop` has a few users and tokens, `crowd` more than one batch of both, and `old` tables that
`migrate` must rebuild. Every secret in them is a marker.
"""

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

TOKEN = """
    INSERT INTO authtoken_token (key, created, user_id)
    SELECT ?, '2026-01-02 03:04:05.678901', id FROM auth_user WHERE username = ?
"""
CROWD = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
    INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined,
                           first_name)
    SELECT '!', 0, 'u' || i, '', '', 0, 1, '2026-01-01 00:00:00', '' FROM n;
    INSERT INTO authtoken_token (key, created, user_id)
    SELECT lower(hex(randomblob(20))), '2026-01-02 03:04:05', id FROM auth_user WHERE username LIKE 'u%';
"""
# The first migration of auth needs the names of content types, which a later one removes.
OLD = """
    INSERT INTO auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff,
                           is_active, date_joined)
    VALUES (9, 'md5$x$y', '2020-01-01 00:00:00', 1, 'alice', '', '', 'alice@example.org', 0, 1,
            '2019-01-01 00:00:00');
    INSERT INTO auth_group (id, name) VALUES (3, 'staff');
    INSERT INTO auth_user_groups (id, user_id, group_id) VALUES (6, 9, 3);
"""


def database(name):
    connection.close()
    connection.settings_dict["NAME"] = name
    return name


def migrated(name):
    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    for user in ("alice", "bob", "carol", "ina"):
        users.create_user(user, f"{user}@example.com", f"marker-password-of-{user}", is_active=user != "ina")
    connection.close()
    with closing(sqlite3.connect(name)) as shop, shop:
        for number, user in enumerate(("bob", "carol", "ina"), 1):
            shop.execute(TOKEN, (f"01dc0ffee{number:031d}", user))


folder = Path(sys.argv[1])
shop = database(folder / "shop.sqlite3")
migrated(shop)

crowd = shutil.copy(shop, folder / "crowd.sqlite3")
with closing(sqlite3.connect(crowd)) as connected:
    connected.executescript(CROWD)

old = database(folder / "old.sqlite3")
call_command("migrate", "contenttypes", "0001", verbosity=0)
call_command("migrate", "auth", "0001", verbosity=0)
connection.close()
with closing(sqlite3.connect(old)) as connected:
    connected.executescript(OLD)
