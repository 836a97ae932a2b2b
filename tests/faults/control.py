"""Replaces tokens with Python's sqlite3, at the value of `synchronous` that is named.

The power cuts must find what this setting may lose, or they prove nothing of drfctl.
"""

import os
import secrets
import sqlite3
import sys

INSERT = """
    INSERT INTO authtoken_token (key, created, user_id)
    SELECT ?, '2026-11-12 13:14:15', id FROM auth_user WHERE username = ?
    ON CONFLICT (user_id) DO UPDATE SET key = excluded.key, created = excluded.created
"""

database = sqlite3.connect("db.sqlite3", isolation_level=None)
database.execute(f"PRAGMA synchronous = {sys.argv[1]}")
keys = {name: secrets.token_hex(20) for name in ("bob", "alice")}
database.execute("BEGIN IMMEDIATE")
for name, key in keys.items():
    database.execute(INSERT, (key, name))
database.execute("COMMIT")
for name, key in keys.items():
    print(f"Generated token {key} for user {name}", flush=True)
# Without a checkpoint, like drfctl.
os._exit(0)
