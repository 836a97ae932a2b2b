"""Databases on the servers of the tests."""

import os
import sys

SERVERS = {
    "PostgreSQL": os.environ.get("DRFCTL_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432"),
    "MariaDB": os.environ.get("DRFCTL_TEST_MYSQL", "mysql://root@127.0.0.1:3306"),
}


def address(url):
    """Returns the host and the port of a URL."""
    host, _, port = url.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1].partition(":")
    return host, int(port)


def rows(url, sql, database=None):
    """Runs a statement of an administrator, in a database or in none, and returns its rows."""
    if url.startswith("postgres"):
        import psycopg

        with psycopg.connect(f"{url}/{database or 'postgres'}", autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []
    import pymysql

    host, port = address(url)
    with pymysql.connect(host=host, port=port, user="root", database=database, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())


def create_database(engine, name):
    """Creates an empty database and returns its URL."""
    drop_database(engine, name)
    rows(SERVERS[engine], f"CREATE DATABASE {name}")
    return f"{SERVERS[engine]}/{name}"


def drop_database(engine, name):
    """Drops a database, if it exists."""
    rows(SERVERS[engine], f"DROP DATABASE IF EXISTS {name}")


def use_django(root, place, settings="shop.settings"):
    """Prepares Django with this database."""
    os.environ |= {"DRFCTL_TEST_DATABASE": str(place), "DJANGO_SETTINGS_MODULE": settings}
    sys.path.insert(0, str(root / "tests/django"))
    import django

    django.setup()
