import sys
import traceback


def print_exception(kind, error, trace):
    """Prints a traceback, and at its end the exception in one line."""
    traceback.print_exception(kind, error, trace)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    print(": ".join([name, *lines[:1]]), file=sys.stderr)


sys.excepthook = print_exception
