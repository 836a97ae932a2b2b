"""The exceptions of failed checks, and a function that runs programs."""

import subprocess


class Failed(Exception):
    """A check failed."""


class NotRun(Exception):
    """An application cannot be installed here."""


def call(command, what, kind, **known):
    """Runs a program, and raises its last lines if it fails."""
    ended = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **known,
    )
    if ended.returncode != 0:
        lines = [line for line in ended.stdout.strip().splitlines() if line.strip()]
        raise kind(f"{what}: {' / '.join(lines[-3:])}")
