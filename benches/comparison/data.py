"""The databases and files for the programs. All secrets in them are random."""

import base64
import csv
import hashlib
import pathlib
import secrets
import shutil
import sqlite3

MOMENT = "2026-01-31 12:00:00"
# The default of the tests' Django version; the check of new hashes needs the same number.
ITERATIONS = 1_000_000
USER = """INSERT INTO auth_user
    (id, username, password, is_active, is_staff, is_superuser, first_name, last_name, email, date_joined)
    VALUES (?, ?, ?, 1, 0, 0, '', '', '', ?)"""
TOKEN = "INSERT INTO authtoken_token (user_id, key, created) VALUES (?, ?, ?)"


def pbkdf2(password, salt, iterations):
    """Returns a hash in the format of Django's default hasher."""
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${salt}${base64.b64encode(digest).decode()}"


def filled(path, migrated, users):
    """Creates a database with that many users with tokens, and Alice, who has a password but no token."""
    shutil.copyfile(migrated, path)
    password = pbkdf2(secrets.token_urlsafe(), secrets.token_hex(11), ITERATIONS)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA cache_size = -262144")
    with connection:
        numbers = range(1, users + 1)
        connection.executemany(USER, ((number, f"user{number:07}", "!", MOMENT) for number in numbers))
        connection.execute(USER, (users + 1, "alice", password, MOMENT))
        connection.executemany(TOKEN, ((number, secrets.token_hex(20), MOMENT) for number in numbers))
    connection.close()
    return path


def with_token(path, database):
    """Copies a database and adds a token of Alice."""
    shutil.copyfile(database, path)
    connection = sqlite3.connect(path)
    with connection:
        [alice] = connection.execute("SELECT id FROM auth_user WHERE username = 'alice'").fetchone()
        connection.execute(TOKEN, (alice, secrets.token_hex(20), MOMENT))
    connection.close()
    return path


def prepared_tokens(path, users):
    """Creates a database of new tokens for that many users, in order of their keys."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE prepared (key TEXT, created TEXT, user_id INTEGER)")
        keys = sorted((secrets.token_hex(20), MOMENT, number) for number in range(1, users + 1))
        connection.executemany("INSERT INTO prepared VALUES (?, ?, ?)", keys)
    connection.close()
    return path


def user_file(path: pathlib.Path, users, password):
    """Writes a CSV file of that many new users."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["username", "password"])
        writer.writerows((f"new{number:07}", password) for number in range(users))
    return path
