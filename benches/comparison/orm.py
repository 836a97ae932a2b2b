"""The jobs of `benches/compare` with the fastest code for Django's ORM.

    orm.py list
    orm.py rotate [ROWS_PER_INSERT]
    orm.py create-users FILE
    orm.py versions
"""

import csv
import json
import os
import sys

# Django allows 999 parameters per statement on SQLite; a token has three.
MAX_ROWS = 333


def start():
    """Sets up the project of the tests, but with Django's default password hashers, because those of
    the project are weak."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django
    from django.conf import global_settings, settings

    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    django.setup()


def list_tokens():
    """Prints tuples in pages. Models would take twice as long."""
    from rest_framework.authtoken.models import Token

    rows = Token.objects.values_list("user__username", "key", "created").order_by("user_id")
    write = sys.stdout.write
    for username, key, created in rows.iterator(chunk_size=2000):
        write(json.dumps({"username": username, "key": key, "created": created.isoformat()}) + "\n")


def rotate(rows_per_insert=MAX_ROWS):
    """Deletes and creates all rows, because `bulk_update` cannot change the primary key.

    Sorting the keys saves a quarter of the time. Inserts of 100 rows are as fast, smaller ones are
    slower, and Django splits larger ones.
    """
    from django.db import transaction
    from rest_framework.authtoken.models import Token

    with transaction.atomic():
        users = Token.objects.values_list("user_id", flat=True)
        tokens = [Token(key=Token.generate_key(), user_id=user) for user in users.iterator()]
        tokens.sort(key=lambda token: token.key)
        Token.objects.all().delete()
        Token.objects.bulk_create(tokens, batch_size=int(rows_per_insert))
    sys.stdout.writelines(token.key + "\n" for token in tokens)


def create_users(path):
    """Creates users one by one in one transaction, like a script of an application."""
    from django.contrib.auth.models import User
    from django.db import transaction

    with open(path, encoding="utf-8", newline="") as file, transaction.atomic():
        for row in csv.DictReader(file):
            User.objects.create_user(row["username"], password=row["password"])


def versions():
    """Prints the versions for the report."""
    import platform
    import sqlite3

    import django
    import rest_framework

    print(f"Python {platform.python_version()} with SQLite {sqlite3.sqlite_version}")
    print(f"Django {django.__version__}")
    print(f"Django REST framework {rest_framework.__version__}")


if __name__ == "__main__":
    start()
    jobs = {"list": list_tokens, "rotate": rotate, "create-users": create_users, "versions": versions}
    jobs[sys.argv[1]](*sys.argv[2:])
