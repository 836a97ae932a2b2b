"""The results of the servers: each is stored, and a page in Markdown shows the newest of all."""

import datetime
import json
import re

HEAD = """# Servers

`tests/run --matrix --results FILE` made this page. It has the tests of the engines on servers from
package registries: each test creates a database with the real Django and runs drfctl on it.

| server | version | date | passed | failed | not run |
| --- | --- | --- | --: | --: | --: |
"""


class Row:
    """A server with its results, or the reason why it did not run."""

    def __init__(self, name, version="", results=None, reason="", date=None):
        self.name, self.version, self.reason = name, version, reason
        self.date = date or datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        self.passed = len(results.passed) if results else 0
        self.failed = {failure.name: failure.first_line() for failure in results.failures} if results else {}
        self.not_run = results.not_run if results else {}

    def store(self, folder):
        """Stores the row for pages of later runs."""
        (folder / f"{self.name}.json").write_text(json.dumps(vars(self), indent=1) + "\n")

    @classmethod
    def stored(cls, name, folder):
        """The row of an earlier run."""
        row = cls(name, reason="not tested yet")
        path = folder / f"{name}.json"
        if path.exists():
            vars(row).update(json.loads(path.read_text()))
        return row

    def line(self):
        if self.reason:
            return f"| {self.name} | NOT RUN: {cell(self.reason)} | | | | |"
        counts = f"{self.passed} | {len(self.failed)} | {len(self.not_run)}"
        return f"| {self.name} | {cell(self.version)} | {self.date} | {counts} |"


def cell(text):
    return " ".join(text.replace("|", "\\|").split())


def public(text):
    """A message without what differs from run to run."""
    text = re.sub(r"//[\w@.]+:\d+/\w+", "//…", text)
    text = re.sub(r"/tmp/[\w./-]+", "…", text)
    return cell(text.replace("note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace", ""))[:200]


def page(rows):
    """The page of these rows."""
    text = HEAD + "".join(f"{row.line()}\n" for row in rows)
    for row in rows:
        if row.failed:
            text += f"\n## Failed on {row.name}\n\n"
            text += "".join(f"* `{name}`: {public(why)}\n" for name, why in sorted(row.failed.items()))
        if row.not_run:
            text += f"\n## Not run on {row.name}\n\n"
            text += "".join(f"* `{name}`: {why}\n" for name, why in sorted(row.not_run.items()))
    return text
