"""Writes what was measured, and on what kind of machine, as Markdown."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess
import textwrap

HEAD = """\
# How fast drfctl is

Written by `benches/compare`, which anybody can run; it says what it needs. Every run is looked at:
a program that prints, stores or makes less than it should ends the comparison.
"""
READING = """\
The programs take turns on copies of one database, {runs} each. Times are of the whole process,
from its start to its end; CPU is the time of all its threads; memory is the most that was
resident. The last column is how many times as long as drfctl it took: the median over turns.
Python's byte code and all files are in memory beforehand. Django's settings are those of
`startproject` with fewer apps, which makes it start faster; the shell has the pragmas of drfctl.
"""
ROTATION = """\
## Where the time of a rotation goes

The keys are the primary key of the table: nothing is changed in place, every row is written anew,
and so is every entry of two indexes. "Ready keys" is that alone: the shell deletes all tokens and
inserts others from a table where they stand ready and in order. No key is made, no user is read
and nothing is printed. That alone takes the shell, with the SQLite that it has, {floor}: {share:.0%}
of the {ours} that drfctl takes for everything. The ORM takes {orm}; to be 25 times as fast as it
would mean {wish}, {verdict}.

That is time on the clock. Of the processor's time a profile says more (`perf`, once, drfctl 0.1.0,
a million tokens): SQLite's own functions 44 %, the kernel 29 %, which is reading and writing the
database, its journal and the spool, allocating and copying for all of them 13 %, and drfctl's
own code 14 %, a third of it for the spool and its cipher.
"""


def seconds(time):
    """A time with three digits."""
    if time < 1:
        return f"{time * 1000:.3g} ms"
    return f"{time:.0f} s" if time >= 100 else f"{time:.3g} s"


def times(ratio):
    """A ratio with two or three digits."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def printed(*words, **rest):
    """What a command prints, in one line."""
    return subprocess.run(words, check=True, capture_output=True, text=True, **rest).stdout.strip()


def file_system(folder):
    """The kind of file system that a folder is on."""
    best = ("", "unknown")
    for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        place, kind = line.split()[4], line.split(" - ")[1].split()[0]
        if folder.is_relative_to(place) and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]


def machine(drfctl, python_versions, database):
    """What was measured with, without names of hosts and people."""
    processor = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    inspected = printed(drfctl, "--database", database, "inspect", "--format", "json")
    ours = re.search(r'"version": ?"([^"]*)"', inspected)
    lines = [
        f"{processor[1] if processor else platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
        f"{memory:.0f} GiB of memory",
        f"{platform.system()} {platform.release().split('-')[0]}, {file_system(database.parent)}",
        f"{printed(drfctl, '--version')} with SQLite {ours[1] if ours else 'of its own'}, "
        f"{' '.join(printed('rustc', '--version').split()[:2])}",
        *python_versions.splitlines(),
        f"sqlite3 shell {printed('sqlite3', '--version').split()[0]}",
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
    ]
    return "".join(f"* {line}\n" for line in lines)


def rows_of(job, found):
    """The lines of a job in the table."""
    ours = found[job.programs[0]]
    for program in job.programs:
        runs = found[program]
        took = [run.seconds for run in runs]
        ratio = statistics.median(run.seconds / our.seconds for run, our in zip(runs, ours, strict=True))
        cells = [
            job.name,
            program.name,
            seconds(statistics.median(took)),
            f"{seconds(min(took))} – {seconds(max(took))}",
            seconds(statistics.median(run.cpu for run in runs)),
            f"{max(run.memory for run in runs) / 1024:.0f} MiB",
            "1" if program is job.programs[0] else times(ratio),
        ]
        yield f"| {' | '.join(cells)} |\n"


def rotation(job, found):
    """What of a rotation is SQLite's own, as measured."""
    ours, orm, _, floor = (statistics.median(run.seconds for run in found[program]) for program in job.programs)
    wish = orm / 25
    verdict = "less than that part alone" if wish < floor else "which leaves little for everything else"
    return ROTATION.format(
        floor=seconds(floor),
        ours=seconds(ours),
        share=floor / ours,
        orm=seconds(orm),
        wish=seconds(wish),
        verdict=verdict,
    )


def markdown(measured, runs, about_machine):
    """The whole report of jobs and their runs."""
    parts = [HEAD, about_machine]
    table = ["| job | program | median | least – most | CPU | memory | times drfctl |\n"]
    table.append("| --- | --- | --: | --: | --: | --: | --: |\n")
    for job, found in measured:
        table.extend(rows_of(job, found))
    parts.append("".join(table))
    parts.append(READING.format(runs="once" if runs == 1 else f"{runs} times"))
    parts.append("## What the jobs are\n")
    items = (f"* **{job.name}**: {' '.join(job.about.split())}" for job, _ in measured)
    wrapped = (textwrap.fill(item, 99, subsequent_indent="  ", break_on_hyphens=False) for item in items)
    parts.append("\n".join(wrapped) + "\n")
    parts.extend(rotation(job, found) for job, found in measured if job.name == "rotate")
    return "\n".join(parts)
