"""Prints the SQL statements of Django's migrations on this database, as a JSON object.

The apps of a new project are added to those of the settings.
"""

import json
import logging

import django
from django.conf import settings

settings.INSTALLED_APPS = [
    *settings.INSTALLED_APPS,
    "django.contrib.admin",
    "django.contrib.sessions",
    "django.contrib.sites",
]
django.setup()

from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

migration = "recorder"
statements = {migration: []}


class Collector(logging.Handler):
    def emit(self, record):
        statements[migration].append(record.sql + ";")


def progress(action, applied=None, fake=False):
    global migration
    if action == "apply_start":
        migration = str(applied)
        statements[migration] = []


logger = logging.getLogger("django.db.backends.schema")
logger.setLevel(logging.DEBUG)
logger.addHandler(Collector())
logger.propagate = False

executor = MigrationExecutor(connection, progress)
executor.migrate(executor.loader.graph.leaf_nodes())
print(json.dumps(statements))
