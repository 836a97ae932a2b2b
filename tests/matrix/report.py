"""The results of a run: a table in Markdown and the failures below it."""

HEAD = """# Servers

`tests/run --matrix` made this page: the tests of the engines on servers from package registries.
Each test creates its databases with the real Django and runs drfctl on them.

| server | version | passed | failed | not run |
| --- | --- | --: | --: | --- |
"""


class Row:
    """A server with its results, or the reason why it did not run."""

    def __init__(self, name, version="", results=None, reason=""):
        self.name, self.version, self.results, self.reason = name, version, results, reason

    def line(self):
        if self.results is None:
            return f"| {self.name} | | | | NOT RUN: {self.reason} |"
        passed, failed = len(self.results.passed), len(self.results.failures)
        not_run = str(len(self.results.not_run) or "")
        return f"| {self.name} | {self.version} | {passed} | {failed} | {not_run} |"


def one_line(text):
    return text.replace("|", "\\|").replace("\n", " ")


def page(rows):
    """The page of these rows."""
    text = HEAD + "".join(f"{row.line()}\n" for row in rows)
    for row in rows:
        if row.results is None:
            continue
        if row.results.failures:
            text += f"\n## Failed on {row.name}\n\n"
            for failure in sorted(row.results.failures, key=lambda failure: failure.name):
                text += f"* `{failure.name}`\n"
        if row.results.not_run:
            text += f"\n## Not run on {row.name}\n\n"
            for name, why in sorted(row.results.not_run.items()):
                text += f"* `{name}`: {why}\n"
    return text
