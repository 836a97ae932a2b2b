"""Checks drfctl on real applications.

Each recipe in recipes/ names an application in the Python package index and the versions of all its
dependencies. The application is installed under the target folder, and gets a new database and some
users. Then drfctl creates more users and sets passwords. The pages of the application must work as for
its own users, and its login must agree with drfctl.
"""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

import checks
from application import Application
from outcome import Failed, NotRun

RECIPES = Path(__file__).parent / "recipes"


def options(names):
    first, rest = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser("tests/applications/run", description=f"{first} {rest}")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"the applications: {', '.join(names)} (default: all)")
    parser.add_argument("--light", action="store_true", help="only applications that take about a minute")
    parser.add_argument("--keep", action="store_true", help="keep the folder and the database of each application")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in names:
            parser.error(f"no recipe of {name}; known: {', '.join(names)}")
    return chosen


def report(application, check, outcome):
    print(f"{application:<20} {check:<26} {outcome}", flush=True)


def set_up(application):
    application.set_up()


def run(name, recipe, target, keep):
    """Checks one application; returns the number of checks that passed and failed."""
    application = Application(name, recipe, target)
    passed, failed = 0, 0
    try:
        for check in (set_up, *checks.CHECKS):
            title = check.__name__.replace("_", " ")
            try:
                found = check(application)
            except Failed as failure:
                failed += 1
                report(name, title, f"FAILED: {failure}")
                if check is set_up:
                    break
            else:
                passed += 1
                report(name, title, f"ok{f' ({found})' if found else ''}")
        return passed, failed
    finally:
        application.close(keep or failed)


def main():
    names = sorted(path.stem for path in RECIPES.glob("*.py"))
    chosen = options(names)
    sys.path.insert(0, str(RECIPES))
    # Files that others can read would cause warnings of drfctl.
    os.umask(0o077)
    target = Path(os.environ["CARGO_TARGET_DIR"])
    passed, failed = 0, 0
    for name in chosen.names or names:
        recipe = importlib.import_module(name)
        if chosen.light and not recipe.IS_LIGHT:
            print(f"NOT RUN: {name}: it takes minutes; tests/run --applications {name} checks it", flush=True)
            continue
        started = time.monotonic()
        try:
            good, bad = run(name, recipe, target, chosen.keep)
        except NotRun as reason:
            print(f"NOT RUN: {name}: {reason}", flush=True)
            continue
        passed, failed = passed + good, failed + bad
        report(name, "", f"{time.monotonic() - started:.0f} s")
    print(f"applications: {passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
