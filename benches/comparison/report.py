"""Writes the results and the kind of machine as Markdown."""

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

Written by `benches/compare`, which runs on any Linux system and reports missing programs. Every run
is checked: the comparison fails if a program prints, stores or creates less than it should.
"""
READING = """\
The programs run in turns on copies of one database, {runs} each. The time is that of the whole
process, from start to end; CPU is the time of all its threads; memory is the maximum resident set.
The last column is the time relative to that of drfctl: the median of the turns. Python's byte code
and all files are in memory beforehand. Django's settings are those of `startproject` with fewer
apps, which start faster; the shell uses the pragmas of drfctl.
"""
ENGINES = """\
## Time relative to the engine alone

The last program of a job does only what no program can omit: SQLite's own shell starts, and writes
or reads the same rows; OpenSSL computes the hashes, one at a time, where drfctl computes two. The
numbers are drfctl's wall-clock and CPU time relative to that program, each the median of the turns.

| job | engine alone | time | CPU |
| --- | --- | --: | --: |
"""
ROTATION = """\
## Where the time of a rotation goes

The keys are the table's primary key, so SQLite rewrites every row, and every entry of two indexes.
"Prepared keys" measures only that: the shell deletes all tokens and inserts others from a table that
has them in order. It generates no keys, reads no users and prints nothing. This takes the shell,
with its own SQLite, {floor}: {share:.0%} of the {ours} that drfctl takes for the whole job.
The ORM takes {orm}; 25 times its speed would be {wish}, {verdict}.

These are wall-clock times. A profile of the CPU time (`perf`, once, drfctl 0.1.0, a million tokens)
shows SQLite's functions with 44 %, the kernel with 29 % for reads and writes of the database, its
journal and the spool, memory allocation and copying with 13 %, and drfctl's own code with 14 %, a
third of it for the spool and its encryption.
"""


def seconds(time):
    """Returns a time with three digits."""
    if time < 1:
        return f"{time * 1000:.3g} ms"
    return f"{time:.0f} s" if time >= 100 else f"{time:.3g} s"


def times(ratio):
    """Returns a ratio with two or three digits."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def printed(*words, **rest):
    """Runs a command and returns its output."""
    return subprocess.run(words, check=True, capture_output=True, text=True, **rest).stdout.strip()


def file_system(folder):
    """Returns the type of a folder's file system."""
    longest = ("", "unknown")
    for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        mount_point, kind = line.split()[4], line.split(" - ")[1].split()[0]
        if folder.is_relative_to(mount_point) and len(mount_point) >= len(longest[0]):
            longest = (mount_point, kind)
    return longest[1]


def machine(drfctl, python_versions, database):
    """Describes the machine and the programs, without names of hosts and people."""
    processor = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    inspected = printed(drfctl, "--database", database, "inspect", "--format", "json")
    ours = re.search(r'"version": ?"([^"]*)"', inspected)
    lines = [
        f"{processor[1] if processor else platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
        f"{memory:.0f} GiB of memory",
        f"{platform.system()} {platform.release().split('-')[0]}, {file_system(database.parent)}",
        f"{printed(drfctl, '--version')} with SQLite {ours[1] if ours else 'of unknown version'}, "
        f"{' '.join(printed('rustc', '--version').split()[:2])}",
        *python_versions.splitlines(),
        f"sqlite3 shell {printed('sqlite3', '--version').split()[0]}",
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
    ]
    return "".join(f"* {line}\n" for line in lines)


def rows_of(job, found):
    """Yields the lines of a job in the table."""
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


def engine_alone(job, found):
    """Returns the line of a job in the table of engines."""
    ours, theirs = found[job.programs[0]], found[job.programs[-1]]
    pairs = list(zip(ours, theirs, strict=True))
    time = statistics.median(our.seconds / their.seconds for our, their in pairs)
    cpu = statistics.median(our.cpu / their.cpu for our, their in pairs)
    return f"| {job.name} | {job.programs[-1].name} | {time:.2f} | {cpu:.2f} |\n"


def rotation(job, found):
    """Returns the paragraphs about the time of a rotation."""
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
    """Returns the report of jobs and their runs."""
    parts = [HEAD, about_machine]
    table = ["| job | program | median | minimum – maximum | CPU | memory | relative time |\n"]
    table.append("| --- | --- | --: | --: | --: | --: | --: |\n")
    for job, found in measured:
        table.extend(rows_of(job, found))
    parts.append("".join(table))
    parts.append(READING.format(runs="once" if runs == 1 else f"{runs} times"))
    engines = [engine_alone(job, found) for job, found in measured if job.has_engine_alone]
    if engines:
        parts.append(ENGINES + "".join(engines))
    parts.append("## The jobs\n")
    items = (f"* **{job.name}**: {' '.join(job.about.split())}" for job, _ in measured)
    wrapped = (textwrap.fill(item, 99, subsequent_indent="  ", break_on_hyphens=False) for item in items)
    parts.append("\n".join(wrapped) + "\n")
    parts.extend(rotation(job, found) for job, found in measured if job.name == "rotate")
    return "\n".join(parts)
