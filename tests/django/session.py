"""A second connection to a database: reads one SQL statement per line, prints one line for each.

Prints `ok <rows as JSON>` or `error <text>`. Tests use it to hold locks.
"""

import json
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
for line in sys.stdin:
    try:
        rows = database.execute(line.strip()).fetchall()
        print("ok", json.dumps(rows, default=repr), flush=True)
    except sqlite3.Error as error:
        print("error", str(error).replace("\n", " "), flush=True)
