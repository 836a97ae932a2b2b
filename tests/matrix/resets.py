"""Replaces the key of one user from many processes at once, on every node of a Galera cluster.

    python tests/matrix/resets.py DRFCTL [N]

starts a cluster and N processes (default: 30). Each has to succeed or to fail with the exit status of
a locked database; then every node has to have the same token, with a key that a process has printed.
"""

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

DEFAULT = 30
BUSY = 5


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


def check(program, cluster, processes):
    """Returns what went wrong."""
    ask(cluster.url, "CREATE DATABASE shop CHARACTER SET utf8mb4")
    for words in (["migrate"], ["create-user", "alice", "--no-password"], ["create-token", "alice"]):
        status, _, message = outcome(drfctl(program, cluster.url, *words))
        if status:
            return [f"{' '.join(words)}: exit status {status}: {message}"]
    urls = [cluster.urls[number % len(cluster.urls)] for number in range(processes)]
    outcomes = [outcome(one) for one in [drfctl(program, url, "create-token", "-r", "alice") for url in urls]]
    print("exit statuses:", dict(Counter(status for status, *_ in outcomes)))
    failed = Counter((status, re.sub("mysql://[^ ]+", "URL", words)) for status, _, words in outcomes if status)
    for (status, words), times in failed.items():
        print(f"{times} times: exit status {status}: {words}")
    time.sleep(1)
    stored = [ask(f"{url}/shop", "SELECT `key` FROM authtoken_token") for url in cluster.urls]
    problems = [f"exit status {status}" for status, *_ in outcomes if status not in (0, BUSY)]
    if any(rows != stored[0] for rows in stored) or len(stored[0]) != 1:
        problems.append(f"the nodes have {stored}")
    elif stored[0][0][0] not in [key for _, key, _ in outcomes]:
        problems.append("no process has printed the key that is stored")
    return problems


def main():
    program, processes = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT
    target = Path(os.environ.get("CARGO_TARGET_DIR") or Path(__file__).parents[2] / "target")
    cluster = Galera("galera-resets", target)
    try:
        print(cluster.start(Apt(target / "servers/apt")))
        problems = check(program, cluster, processes)
    finally:
        cluster.close()
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


sys.exit(main())
