# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Counts the instructions of the key paths (callgrind), and fails when one grew by over 10 %.

    python3 check_instructions.py PROGRAM             compare with expected.txt
    python3 check_instructions.py PROGRAM --update    write expected.txt
    python3 check_instructions.py PROGRAM PATH ...    only count these

Counts repeat where times do not. A path is run N and 2 N times, and the difference divided by N, so
that starting up cancels out. Exit status 4: skipped, for there is no valgrind, or the counts were
recorded with another compiler or Boost.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

EXPECTED = Path(__file__).resolve().parent / "expected.txt"
TIMES = 4000
GROWTH = 1.10  # what fails
NOISE = 2      # instructions by which a count varies from run to run, the kernel being what it is
SKIPPED = 4


def say(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


def instructions_of(program, path, times):
    """All instructions of one run."""
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", program, path,
         str(times)],
        capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not collected:
        sys.exit(f"valgrind {program} {path} failed:\n{run.stderr}")
    return int(collected[1])


def count(program, path):
    """The instructions of one call of a path."""
    return (instructions_of(program, path, 2 * TIMES) - instructions_of(program, path, TIMES)) / TIMES


def read_expected(text):
    """Returns what the counts were recorded with, and the counts by path."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    about = next((line.removeprefix("with ") for line in lines if line.startswith("with ")), "")
    counts = dict(line.split() for line in lines if not line.startswith("with "))
    return about, {path: float(number) for path, number in counts.items()}


def written_expected(about, counts):
    head = EXPECTED.read_text(encoding="utf-8") if EXPECTED.exists() else ""
    comments = [line for line in head.splitlines() if line.startswith("#")]
    width = max(map(len, counts))
    rows = [f"{path:{width}} {number:8.1f}" for path, number in counts.items()]
    return "\n".join([*comments, f"with {about}", *rows]) + "\n"


def complaints(expected, counts):
    """What is wrong, a sentence each."""
    for path, number in counts.items():
        before = expected.get(path)
        if before is None:
            yield f"{path}: no count is recorded; run with --update"
        elif number > max(before * GROWTH, before + NOISE):
            yield f"{path}: {number:.0f} instructions, {number / before - 1:+.0%} of {before:.0f}"
    for path in expected.keys() - counts.keys():
        yield f"{path}: is recorded, but the program does not know it"
    if counts.get("stack_observer_off", 0) - counts.get("stack", 0) > NOISE:
        yield "stack_observer_off: an observer that is told nothing must cost nothing"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="instruction_paths, as built")
    parser.add_argument("paths", nargs="*", help="only count these")
    parser.add_argument("--update", action="store_true", help="write expected.txt")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        skip("valgrind is not installed")

    about = say(arguments.program, "--about").strip()
    recorded_with, expected = read_expected(EXPECTED.read_text(encoding="utf-8"))
    comparing = not arguments.update and not arguments.paths
    if comparing and not expected:
        skip("no counts are recorded yet; run with --update")
    if comparing and about != recorded_with:
        skip(f"the counts were recorded with {recorded_with}; this is {about}")

    counts = {}
    for path in arguments.paths or say(arguments.program, "--list").split():
        counts[path] = count(arguments.program, path)
        before = f"  (recorded: {expected[path]:.1f})" if path in expected else ""
        print(f"{path:28} {counts[path]:8.1f}{before}", flush=True)
    if arguments.update:
        EXPECTED.write_text(written_expected(about, counts), encoding="utf-8")
    if comparing:
        found = list(complaints(expected, counts))
        print(*found, sep="\n")
        sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
