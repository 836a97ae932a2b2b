"""How a check ends that does not pass, and the programs that it calls."""

import subprocess


class Failed(Exception):
    """What was found, against what was expected."""


class NotRun(Exception):
    """Why an application cannot be installed here."""


def call(command, what, kind, **known):
    """Runs a program; what it prints is of interest only where it fails."""
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
