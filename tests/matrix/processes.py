"""Processes of servers: they run as an account that is not root, with their data in /tmp."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from outcome import NotRun

# The account of servers, where root starts them: they refuse to run as root.
ACCOUNT = "nobody"
PATIENCE = 90


def unprivileged(command):
    """The command that runs another as an account that is not root."""
    command = [str(part) for part in command]
    if os.geteuid() != 0:
        return command
    entry = pwd.getpwnam(ACCOUNT)
    ids = ["--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid)]
    return ["setpriv", *ids, "--clear-groups", "--pdeathsig", "TERM", *command]


def free_port():
    """A port of 127.0.0.1 that no program listens on, and that the system gives to no client."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Processes:
    """The processes and the folder of one server, which end together."""

    def __init__(self, log):
        self.log = log
        self.running = []
        log.write_text("")
        self.folder = Path(tempfile.mkdtemp(prefix="drfctl-matrix-"))
        self.hand_over(self.folder)

    def hand_over(self, *paths):
        """Gives files and folders to the account of servers."""
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, ACCOUNT)

    def call(self, command, text=None, what="initializing the server"):
        """Runs a command of a server to its end."""
        with self.log.open("a") as log:
            done = subprocess.run(
                unprivileged(command), input=text, text=True, cwd="/", stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise NotRun(f"{what}: {self.last_words()}")

    def start(self, command):
        """Starts a server; `await_answer` says when it is ready."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                unprivileged(command), cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(process)
        return process

    def await_answer(self, process, ask):
        """What a function returns that asks a server, as soon as it does."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except Exception as error:
                if process.poll() is not None:
                    raise NotRun(f"the server stopped: {self.last_words()}") from error
                if time.monotonic() > end:
                    raise NotRun(f"no answer after {PATIENCE} seconds: {error}") from error
                time.sleep(0.2)

    def last_words(self):
        """The last line of the log that reports a problem, or its last line."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        problems = [line for line in lines if any(word in line for word in ("ERROR", "FATAL", "error", "annot"))]
        return (problems or lines or ["it printed nothing"])[-1].strip()

    def end(self, process):
        """Stops one server and waits for it."""
        if process.poll() is None:
            process.send_signal(signal.SIGINT if getattr(process, "is_fast", False) else signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.remove(process)

    def close(self):
        for process in reversed(self.running[:]):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)
