"""MySQL and MariaDB, from Debian's packages."""

from debian import Unpacked
from processes import free_port
from servers import ask

SYSTEM_TABLES = [
    "mariadb_system_tables.sql",
    "mariadb_performance_tables.sql",
    "mariadb_system_tables_data.sql",
    "fill_help_tables.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mariadb_sys_schema.sql",
]


class MySqlKind(Unpacked):
    """A server that speaks MySQL's protocol."""

    kind = "mysql"

    def options(self, data, port):
        """The options of a server of one's own, whose data need not survive."""
        # A server that starts removes the temporary tables of every server with the same folder.
        temporary = data.with_name(f"{data.name}-tmp")
        temporary.mkdir(exist_ok=True)
        self.processes.hand_over(temporary)
        return [
            f"--basedir={self.unpacked / 'usr'}",
            f"--datadir={data}",
            f"--tmpdir={temporary}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={data}.socket",
            f"--pid-file={data}.pid",
            "--innodb-doublewrite=OFF",
            "--max-connections=200",
        ]

    def serve(self, command, port):
        """Starts one server and waits for its answer."""
        process = self.processes.start(command)
        url = f"mysql://root@127.0.0.1:{port}"
        self.processes.await_answer(process, lambda: ask(url, "SELECT 1"))
        return process, url


class MySql(MySqlKind):
    """MySQL itself."""

    packages = ["mysql-server-core"]
    package = "mysql"

    def options(self, data, port):
        share = self.unpacked / "usr/share/mysql"
        return ["--no-defaults", *super().options(data, port)] + [
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}",
            "--secure-file-priv=NULL",
            "--mysqlx=OFF",
            "--skip-log-bin",
            "--innodb-flush-method=nosync",
        ]

    def launch(self):
        data, port = self.processes.folder / "data", free_port()
        command = [*self.program("mysqld"), *self.options(data, port)]
        self.processes.call([*command, "--initialize-insecure"])
        _, self.url = self.serve(command, port)


class MariaDb(MySqlKind):
    """MariaDB."""

    packages = ["mariadb-server-core", "galera-4"]
    package = "mariadb"

    def options(self, data, port):
        share = self.unpacked / "usr/share/mariadb"
        return ["--no-defaults", *super().options(data, port)] + [
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}",
            "--debug-no-sync",
        ]

    def initialize(self, data):
        """Creates the system tables, and root without a password from any host."""
        data.mkdir()
        self.processes.hand_over(data)
        share = self.unpacked / "usr/share/mariadb"
        parts = ["CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n"]
        parts += [(share / name).read_text() for name in SYSTEM_TABLES]
        command = [*self.program("mariadbd"), *self.options(data, free_port()), "--bootstrap"]
        self.processes.call(command, "\n".join(parts))

    def launch(self):
        data, port = self.processes.folder / "data", free_port()
        self.initialize(data)
        _, self.url = self.serve([*self.program("mariadbd"), *self.options(data, port)], port)
