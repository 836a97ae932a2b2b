"""Creates databases for applications on the servers of the tests."""

import os
from urllib.parse import unquote, urlsplit

BACKENDS = {"sqlite": "sqlite3", "postgres": "postgresql", "mysql": "mysql"}


class Database:
    """A new, empty database of an application."""

    def __init__(self, engine, name, folder):
        self.engine, self.name = engine, name
        self.path = folder / "db.sqlite3"
        if engine != "sqlite":
            url = os.environ["DRFCTL_TEST_POSTGRES" if engine == "postgres" else "DRFCTL_TEST_MYSQL"]
            self.server, self.url = urlsplit(url), f"{url.rstrip('/')}/{name}"
            self.remove()
            utf8 = " CHARACTER SET utf8mb4" if engine == "mysql" else ""
            self.execute(f"CREATE DATABASE {name}{utf8}")
        else:
            self.url = f"sqlite:///{self.path}"

    def settings(self):
        """Returns the entry of `DATABASES`."""
        found = {"ENGINE": f"django.db.backends.{BACKENDS[self.engine]}"}
        if self.engine == "sqlite":
            return found | {"NAME": str(self.path)}
        server = self.server
        return found | {
            "NAME": self.name,
            "HOST": server.hostname,
            "PORT": str(server.port or ""),
            "USER": unquote(server.username or ""),
            "PASSWORD": unquote(server.password or ""),
        }

    def execute(self, statement):
        """Runs a statement on the server, outside the new database."""
        server = self.server
        known = {
            "host": server.hostname,
            "user": unquote(server.username or ""),
            "password": unquote(server.password or ""),
        }
        if self.engine == "mysql":
            import pymysql

            connection = pymysql.connect(port=server.port or 3306, autocommit=True, **known)
        else:
            import psycopg

            connection = psycopg.connect(port=server.port or 5432, dbname="postgres", autocommit=True, **known)
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def remove(self):
        """Drops the database and its connections. A SQLite file is removed with its folder."""
        if self.engine != "sqlite":
            force = " WITH (FORCE)" if self.engine == "postgres" else ""
            self.execute(f"DROP DATABASE IF EXISTS {self.name}{force}")
