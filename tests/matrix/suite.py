"""The tests of the engines: cargo builds them, and each server runs those of its kind."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

# Scenarios, and the test of another folder that uses a server.
SELECTED = ["engines::", "database::project::"]
VARIABLES = {"postgres": "DRFCTL_TEST_POSTGRES", "mysql": "DRFCTL_TEST_MYSQL"}
# These tests start the installed servers, whatever server they are given.
OWN_SERVERS = ["engines::durability", "engines::impostors", "engines::libpq", "engines::tls"]
NO_SERVER = "NOT RUN: DRFCTL_TEST_"


class Failure:
    """A failed test with the text that it printed."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def first_line(self):
        """The message of the panic in one line."""
        lines = self.text.splitlines()
        for number, line in enumerate(lines):
            if " panicked at " in line:
                return " ".join(" ".join(lines[number + 1 : number + 8]).split())[:240]
        return (lines or ["it printed nothing"])[0]


class Results:
    """The outcome of the tests on one server."""

    def __init__(self):
        self.passed, self.failures, self.not_run = [], [], {}


def build(root):
    """Builds the tests; returns the path of their program."""
    command = ["cargo", "test", "--locked", "--all-features", "--test", "it", "--no-run"]
    command += ["--message-format", "json-render-diagnostics"]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get("target", {}).get("name") == "it" and message.get("executable"):
            return message["executable"]
    raise SystemExit("cargo built no tests")


def run(root, program, server, only, threads, log):
    """Runs the tests that the server can run; the whole output goes to a log."""
    other = "mysql" if server.kind == "postgres" else "postgres"
    # cargo hands the tests the folder of the package; without a URL a test of the other kind stops.
    folder = tempfile.mkdtemp(prefix="drfctl-matrix-tests-")
    Path(folder).chmod(0o755)
    environment = os.environ | {VARIABLES[other]: "", "RUST_BACKTRACE": "0", "TMPDIR": folder} | server.variables()
    command = [program, *(only or SELECTED), "--skip", "::sqlite::", "--skip", f"::{other}::"]
    for name in [*server.EXCLUDED, *OWN_SERVERS]:
        command += ["--skip", name]
    command += ["--test-threads", str(threads)]
    try:
        with Path(log).open("w") as output:
            subprocess.run(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return parse(Path(log).read_text(errors="replace"), server)


def parse(text, server):
    """The results in the output of Rust's test program."""
    results = Results()
    printed = {}
    for part in re.split(r"^---- (?=\S+ stdout ----$)", text, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition(" stdout ----\n")
        printed[name] = re.split(r"^failures:$", rest, flags=re.MULTILINE)[0].strip()
    for name, outcome in re.findall(r"^test (\S+) \.\.\. (ok|FAILED)$", text, re.MULTILINE):
        shown = printed.get(name, "")
        if outcome == "ok":
            results.passed.append(name)
        elif NO_SERVER not in shown:
            results.failures.append(Failure(name, shown))
    results.not_run = dict(server.EXCLUDED)
    if not re.search(r"^test result: ", text, re.MULTILINE):
        results.failures.append(Failure("the program of the tests stopped early", text.strip().rpartition("\n")[2]))
    return results
