"""What goes wrong apart from a failed test."""


class NotRun(Exception):
    """A server cannot be had here; the message says why."""
