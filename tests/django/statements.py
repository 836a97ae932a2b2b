"""What Django's migrations run on this database: a JSON object of their statements."""

import json
import logging

import django

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
