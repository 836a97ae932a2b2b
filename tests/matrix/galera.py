"""A Galera cluster of three MariaDB servers."""

import shutil

from mysql import MariaDb
from processes import free_port
from servers import ask

NODES = 3


class Galera(MariaDb):
    """Three servers that replicate to each other; the tests use the first one."""

    EXCLUDED = {
        "engines::statement_counts::mysql::many_tables_are_described_in_one_query": (
            "the test creates 200 tables, and the cluster interrupts a statement that creates one next to others"
        ),
    }

    def node_options(self, data, port, group, cluster):
        """The options of a node; without the address of a cluster it starts one."""
        addresses = f"base_host=127.0.0.1;base_port={group};gmcast.listen_addr=tcp://127.0.0.1:{group}"
        transfer = f"ist.recv_addr=127.0.0.1:{free_port()};ist.recv_bind=127.0.0.1"
        return [
            *self.options(data, port),
            "--wsrep-on=ON",
            f"--wsrep-provider={self.unpacked / 'usr/lib/galera/libgalera_smm.so'}",
            f"--wsrep-cluster-address=gcomm://{cluster}",
            f"--wsrep-node-name={data.name}",
            f"--wsrep-node-address=127.0.0.1:{group}",
            f"--wsrep-provider-options={addresses};{transfer};gcache.size=64M",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            # Tests count on ids without gaps.
            "--wsrep-auto-increment-control=OFF",
            "--innodb-buffer-pool-size=64M",
        ]

    def launch(self):
        folders = [self.processes.folder / f"node{number}" for number in range(1, NODES + 1)]
        self.initialize(folders[0])
        # A cluster of one leaves a state that the copies join with: no node transfers its data.
        first, *_ = self.serve_node(folders[0], "")
        self.processes.end(first)
        for folder in folders[1:]:
            shutil.copytree(folders[0], folder, ignore=shutil.ignore_patterns("galera.cache", "gvwstate.dat"))
            self.processes.hand_over(folder, *folder.rglob("*"))
        _, self.url, cluster = self.serve_node(folders[0], "")
        self.urls = [self.url, *(self.serve_node(folder, cluster)[1] for folder in folders[1:])]

    def serve_node(self, folder, cluster):
        """Starts a node; returns its process, its URL and its address in the cluster."""
        port, group = free_port(), free_port()
        command = [*self.program("mariadbd"), *self.node_options(folder, port, group, cluster)]
        return *self.serve(command, port), f"127.0.0.1:{group}"

    def status(self, name, url):
        return ask(url, f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1]

    def version(self):
        size = self.status("wsrep_cluster_size", self.url)
        provider = self.status("wsrep_provider_version", self.url).partition("(")[0]
        return f"{super().version()}, Galera {provider}, {size} nodes"

    def variables(self):
        return super().variables() | {"DRFCTL_TEST_MYSQL_NODES": " ".join(self.urls)}
