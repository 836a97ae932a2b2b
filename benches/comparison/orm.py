"""Django's side of `benches/compare`: the jobs as its ORM does them fastest.

    orm.py list
    orm.py rotate [ROWS_PER_INSERT]
    orm.py create-users FILE
    orm.py versions
"""

import csv
import json
import os
import sys

# SQLite in Django takes no more than 999 parameters a statement, three of which make a token.
MOST_ROWS = 333


def start():
    """Sets the project of the tests up, but with Django's own password hashers: those of the
    project are weak, as tests want them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django
    from django.conf import global_settings, settings

    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    django.setup()


def list_tokens():
    """Tuples instead of models, which take twice as long, and a page at a time."""
    from rest_framework.authtoken.models import Token

    rows = Token.objects.values_list("user__username", "key", "created").order_by("user_id")
    write = sys.stdout.write
    for username, key, created in rows.iterator(chunk_size=2000):
        write(json.dumps({"username": username, "key": key, "created": created.isoformat()}) + "\n")


def rotate(rows_per_insert=MOST_ROWS):
    """The key is the primary key, which `bulk_update` does not change: all rows go and come anew.

    In order of their keys, which saves a quarter of the time. Inserts of 100 rows are as fast,
    smaller ones are slower, and larger ones Django cuts down to these.
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
    """One after the other in one transaction, as a script of an application would."""
    from django.contrib.auth.models import User
    from django.db import transaction

    with open(path, encoding="utf-8", newline="") as file, transaction.atomic():
        for row in csv.DictReader(file):
            User.objects.create_user(row["username"], password=row["password"])


def versions():
    """What the report says of this Python."""
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
