"""Databases of a killed run, and many processes that open them at the same time."""

import shutil
import subprocess

from commands import ROTATE
from injection import KILL, Injection
from invariants import PRINTED, tokens
from sandbox import give_to_owner
from sweep import Study, Tally

NAME = "create-token -r after a kill"
TOGETHER = "create-token -r, many after a kill"
OPENERS = 20
# All processes wait in a shell until the pipe is closed.
BARRIER = ("sh", "-c", 'read -r go; exec "$@" </dev/null', "sh")


# C6
def killed_databases(bench, mode):
    """Yields studies on databases of killed runs: partly written, and just committed."""
    study = Study(ROTATE, mode)
    bench.prepare(study)
    for call in ("pwrite64", "unlink" if mode == "delete" else "write"):
        sandbox, _ = bench.sandbox(study)
        outcome = sandbox.run(ROTATE, Injection(call, KILL, study.ranges[call][1]))
        assert outcome.fired and len(outcome.files) > 1, f"no side file is left: {outcome}"
        template = f"killed-{call}"
        shutil.copytree(sandbox.site, bench.templates / f"{template}.{mode}")
        give_to_owner(bench.templates / f"{template}.{mode}")
        sandbox.remove()
        yield Study(ROTATE.on(template, NAME), mode)


# E12
def recover_together(bench, study):
    """Opens the database in many processes at once: each recovers it or waits, and all succeed."""
    sandbox, _ = bench.sandbox(study)
    words = [*BARRIER, sandbox.drfctl, *study.command.words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    openers = [subprocess.Popen(words, cwd=sandbox.site, text=True, **pipes) for _ in range(OPENERS)]
    for opener in openers:
        opener.stdin.close()
        opener.stdin = None
    outputs = [opener.communicate() for opener in openers]
    files = sandbox.files()
    view = bench.application.ask("look", path=sandbox.database)
    ends = zip(openers, outputs, strict=True)
    broken = [f"status {opener.returncode}: {err}" for opener, (_, err) in ends if opener.returncode]
    broken += [f"I4: {view['error']}"] if "error" in view else list(study.judge.of_database(view))
    printed = {(name, key) for out, _ in outputs for key, name in PRINTED.findall(out)}
    stored = set(tokens(view["image"])) if "image" in view else set()
    if not {(name, key) for name, key in stored if name in study.judge.names} <= printed:
        broken.append("a stored key was not printed")
    if len({found for name, found in files.items() if name.startswith("db.")}) != 1:
        broken.append(f"I8: owners and modes differ: {files}")
    for each in broken:
        bench.report(f"BROKEN {TOGETHER} ({study.mode}): {each}")
    tally = Tally(runs=OPENERS, untouched=OPENERS, broken=len(broken))
    tally.statuses.update(opener.returncode for opener in openers)
    bench.note(TOGETHER, KILL, tally)
    sandbox.remove()
