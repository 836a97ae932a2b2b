"""Creates a database for every state between two of Django's own migrations, in the current directory.

For each order of the migrations and each step: `ORDER/STEP.sqlite3`, with rows in every table, and
`ORDER/STEP.migrated.sqlite3`, the result of `migrate`.
"""

import shutil
import sqlite3
from pathlib import Path

import django

django.setup()

from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.loader import MigrationLoader  # noqa: E402


def use(database):
    connection.close()
    connection.settings_dict["NAME"] = database
    ContentType.objects.clear_cache()


def columns(database, table):
    return [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]


def fill(path):
    database = sqlite3.connect(path)
    # Deleting the last row leaves a gap in the sequence, which must be kept.
    if "name" in columns(database, "django_content_type"):
        database.execute("INSERT INTO django_content_type VALUES (77, 'an order', 'shop', 'order')")
    elif columns(database, "django_content_type"):
        database.execute("INSERT INTO django_content_type VALUES (77, 'shop', 'order')")
    if columns(database, "auth_permission"):
        database.executescript("""
            INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (555, 'Can ship', 77, 'can_ship');
            INSERT INTO auth_group (id, name) VALUES (3, 'staff'), (8, 'gone');
            DELETE FROM auth_group WHERE id = 8;
            INSERT INTO auth_group_permissions (id, group_id, permission_id) VALUES (5, 3, 555);
        """)
    if columns(database, "auth_user"):
        for key in (2, 9, 40):
            database.execute(
                "INSERT INTO auth_user (id, password, last_login, is_superuser, username, first_name, last_name,"
                " email, is_staff, is_active, date_joined) VALUES (?, 'md5$x$y', '2020-01-01 00:00:00', 1, ?, 'Zoë',"
                " 'O''Hara', 'e@example.org', 0, 1, '2019-01-01 00:00:00.5')",
                (key, f"user{key}"),
            )
        if "last_login" in columns(database, "auth_user") and not database.execute(
            "SELECT [notnull] FROM pragma_table_info('auth_user') WHERE name = 'last_login'"
        ).fetchone()[0]:
            database.execute("UPDATE auth_user SET last_login = NULL WHERE id = 2")
        database.executescript("""
            DELETE FROM auth_user WHERE id = 40;
            INSERT INTO auth_user_groups (id, user_id, group_id) VALUES (6, 9, 3);
            INSERT INTO auth_user_user_permissions (id, user_id, permission_id) VALUES (7, 9, 555);
        """)
    if columns(database, "authtoken_token"):
        database.execute("INSERT INTO authtoken_token (key, created, user_id) VALUES ('k', '2020-01-01 00:00:00', 9)")
    database.commit()
    database.close()


def walk(order, steps):
    folder = Path(order)
    folder.mkdir()
    use(str(folder / "step"))
    connection.ensure_connection()
    for app, name, label in [(None, None, "nothing"), *steps]:
        if app:
            use(str(folder / "step"))
            call_command("migrate", app, name, verbosity=0)
        connection.close()
        state, migrated = (folder / f"{label}{end}.sqlite3" for end in ("", ".migrated"))
        shutil.copy(folder / "step", state)
        fill(state)
        shutil.copy(state, migrated)
        use(str(migrated))
        call_command("migrate", verbosity=0)
    connection.close()
    (folder / "step").unlink()


graph = MigrationLoader(None).graph
keys = {app: graph.forwards_plan(*graph.leaf_nodes(app)) for app in ("contenttypes", "auth", "authtoken")}
of = {app: [name for label, name in plan if label == app] for app, plan in keys.items()}
every = [(app, name) for app, names in of.items() for name in names]
by_app = [(app, name, f"{app}.{name}") for app, name in every]
# The admin app needs auth.0001_initial early.
with_admin = [by_app[0], by_app[2], by_app[1], *by_app[3:]]
back = [("auth", name, f"auth.{name}") for name in reversed(of["auth"][:-1])]

walk("by_app", by_app)
walk("with_admin", with_admin)
walk("back", [("authtoken", of["authtoken"][-1], "all"), ("authtoken", "zero", "authtoken.zero"), *back])
