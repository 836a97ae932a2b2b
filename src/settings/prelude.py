import os
import signal
import sys
import traceback


def print_exception(kind, error, trace):
    """Prints a traceback, and at its end the exception in one line."""
    traceback.print_exception(kind, error, trace)
    print(in_one_line(error), file=sys.stderr)


def in_one_line(error):
    """An exception with its name, without further lines, which may hold values of other rows."""
    kind = type(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return ": ".join([name, *lines[:1]])


def load_application(module, umask, folders):
    """Loads the application of a settings module, as its manage.py does."""
    os.umask(int(umask))  # What it creates has the permissions it would have.
    sys.path[:0] = [folder for folder in folders if folder]
    os.environ["DJANGO_SETTINGS_MODULE"] = module
    if os.environ.get("DJANGO_CONFIGURATION"):
        # As configurations.management does; the module's class becomes the settings.
        from configurations import importer

        importer.install()
    import django

    django.setup()


def interrupt(number, frame):
    """Interrupts once: what follows undoes and reports."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


sys.excepthook = print_exception
signal.signal(signal.SIGINT, interrupt)
