"""pgbouncer in transaction mode, in front of a PostgreSQL of its own."""

from debian import Unpacked
from processes import free_port
from servers import Postgres, ask

CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server} auth_user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
auth_query = SELECT rolname, '' FROM pg_catalog.pg_roles WHERE rolname = $1
admin_users = postgres
pool_mode = transaction
max_prepared_statements = {statements}
default_pool_size = 40
max_client_conn = 500
"""


class PgBouncer(Unpacked):
    """pgbouncer; every database and role of the server behind it can be used through it."""

    kind = "postgres"
    packages = ["pgbouncer"]
    package = "pgbouncer"
    EXCLUDED = {
        "engines::identity::a_user_table_outside_the_search_path_is_named_with_its_schema": (
            "it changes the search path of a database, which the connections of the pool do not notice"
        ),
        "engines::politeness::postgres_commands_set_nothing_in_the_session": (
            "it looks at the statements that the server logs, and pgbouncer sends some of its own"
        ),
        "engines::statement_counts::postgres::a_command_sends_few_statements": (
            "it counts the statements that the server logs, and pgbouncer sends some of its own"
        ),
    }

    def __init__(self, name, target, statements, behind):
        super().__init__(name, target)
        if statements == 0:
            self.EXCLUDED = self.EXCLUDED | {
                "engines::servers::many_users_with_a_citext_username_are_listed": (
                    "the driver looks up a type of an extension with a prepared statement"
                )
            }
        self.statements, self.behind = statements, Postgres(f"{name}-server", target, *behind)

    def is_cached(self):
        return super().is_cached() and self.behind.is_cached()

    def download(self, apt):
        if not super().is_cached():
            super().download(apt)

    def start(self, apt, delay=None):
        self.behind.start(apt)
        return super().start(apt, delay)

    def launch(self):
        port, folder = free_port(), self.processes.folder
        users, configuration = folder / "users", folder / "pgbouncer.ini"
        users.write_text('"postgres" ""\n')
        server = self.behind.url.rpartition(":")[2]
        configuration.write_text(
            CONFIGURATION.format(server=server, port=port, users=users, statements=self.statements)
        )
        self.processes.hand_over(users, configuration)
        process = self.processes.start([*self.program("pgbouncer"), configuration])
        self.url = f"postgres://postgres@127.0.0.1:{port}"
        self.processes.await_answer(process, lambda: ask(self.url, "SELECT 1"))

    def version(self):
        pooler = ask(f"{self.url}/pgbouncer", "SHOW VERSION")[0][0]
        server = ask(self.url, "SHOW server_version")[0][0]
        return f"{pooler}, max_prepared_statements = {self.statements}; PostgreSQL {server}"

    def variables(self):
        return super().variables() | {"DRFCTL_TEST_POSTGRES_DIRECT": self.behind.url}

    def close(self):
        super().close()
        self.behind.close()
