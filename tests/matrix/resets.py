"""Replaces the key of one user from many processes at once, on every node of a Galera cluster.

All processes have to succeed, with a key of their own each. Then every node has to have the same token,
and the application, on every node, has to accept the key of it, which a process has printed.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from galera import Galera
from packages import Apt
from servers import ask

ROOT = Path(__file__).parents[2]

# Prints the user of a key, if the application accepts it.
ACCEPTED = """
import django, sys
django.setup()
from rest_framework.authentication import TokenAuthentication
print(TokenAuthentication().authenticate_credentials(sys.argv[1])[0].get_username())
"""


def options():
    first, rest = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser("tests/matrix/resets.py", description=f"{first} {rest}")
    parser.add_argument("program", metavar="DRFCTL", type=Path, help="the program")
    parser.add_argument("--processes", type=int, default=30, metavar="N", help="number of processes (default: 30)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="number of runs (default: 5)")
    return parser.parse_args()


def drfctl(program, url, *words):
    """Starts drfctl on the database of a node."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"{url}/shop"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([program, *words], env=environment, **pipes)


def outcome(process):
    """The exit status, the key and the error message of a process."""
    stdout, stderr = process.communicate()
    key = re.search(r"Generated token (\w+)", stdout)
    return process.returncode, key and key[1], " ".join(stderr.split())


def accepts(url, key):
    """Whether the application on this node accepts the key as Alice's."""
    environment = os.environ | {"DRFCTL_TEST_DATABASE": f"{url}/shop", "DJANGO_SETTINGS_MODULE": "shop.settings"}
    command = [sys.executable, "-c", ACCEPTED, key]
    done = subprocess.run(command, env=environment, cwd=ROOT / "tests/django", capture_output=True, text=True)
    return done.stdout == "alice\n"


def prepare(program, cluster):
    ask(cluster.url, "CREATE DATABASE shop CHARACTER SET utf8mb4")
    for words in (["migrate"], ["create-user", "alice", "--no-password"], ["create-token", "alice"]):
        status, _, message = outcome(drfctl(program, cluster.url, *words))
        if status:
            sys.exit(f"{' '.join(words)}: exit status {status}: {message}")


def check(program, cluster, processes):
    """Returns what went wrong."""
    urls = [cluster.urls[number % len(cluster.urls)] for number in range(processes)]
    started = time.monotonic()
    outcomes = [outcome(one) for one in [drfctl(program, url, "create-token", "-r", "alice") for url in urls]]
    keys = {key for _, key, _ in outcomes if key}
    statuses = dict(Counter(status for status, *_ in outcomes))
    print(f"exit statuses: {statuses}, {len(keys)} keys, {time.monotonic() - started:.1f} s", flush=True)
    failed = Counter((status, re.sub("mysql://[^ ]+", "URL", words)) for status, _, words in outcomes if status)
    problems = [f"{times} times: exit status {status}: {words}" for (status, words), times in failed.items()]
    if len(keys) != processes:
        problems.append(f"{len(keys)} keys of {processes} processes")
    # Each node waits until it has applied what the others have committed.
    select = "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT `key` FROM authtoken_token"
    stored = [ask(f"{url}/shop", select) for url in cluster.urls]
    if any(rows != stored[0] for rows in stored) or len(stored[0]) != 1:
        return [*problems, f"the nodes have {stored}"]
    key = stored[0][0][0]
    if key not in keys:
        problems.append("no process has printed the key that is stored")
    return problems + [f"the application rejects the key on {url}" for url in cluster.urls if not accepts(url, key)]


def main():
    chosen = options()
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    cluster = Galera("galera-resets", target)
    problems = []
    try:
        print(cluster.start(Apt(target / "servers/apt")))
        prepare(chosen.program.resolve(), cluster)
        for _ in range(chosen.runs):
            problems += check(chosen.program.resolve(), cluster, chosen.processes)
    finally:
        cluster.close()
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


sys.exit(main())
