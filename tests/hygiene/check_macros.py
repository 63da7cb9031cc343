#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks which macros the headers of resil define: their include guards, a committed list, and nothing else.

    check_macros.py LIST INCLUDE_FOLDER SOURCE COMPILER [OPTION...]

The compiler preprocesses SOURCE and says for each `#define` in which file it stands. LIST has a macro a line, and
behind it why it must leak.
"""
import re
import subprocess
import sys
from pathlib import Path

MARKER = re.compile(r'# \d+ "([^"]*)"')
DIRECTIVE = re.compile(r"#(define|undef) (\w+)")


def guard_of(path, include_folder):
    name = path.relative_to(include_folder).as_posix()
    return "RESIL_HPP" if name == "resil/resil.hpp" else re.sub(r"\W", "_", name).upper()


def defined_in(preprocessed, include_folder):
    """The macros that are defined at the end, and those of others that were taken away, by the file that did it."""
    left, taken, path = {}, {}, None
    for line in preprocessed.splitlines():
        if marker := MARKER.match(line):
            path = Path(marker[1])
            ours = path.is_relative_to(include_folder)
        elif path and ours and (directive := DIRECTIVE.match(line)):
            what, macro = directive.groups()
            if what == "define":
                left[macro] = path
            elif left.pop(macro, None) is None:
                taken[macro] = path
    return left, taken


def listed_in(text):
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line if len(line) == 2 else (line[0], "") for line in lines)


def violations(preprocessed, include_folder, listed):
    left, taken = defined_in(preprocessed, include_folder)
    named = {macro: path for macro, path in left.items() if macro != guard_of(path, include_folder)}
    found = [f"{path}: leaks {macro}: #undef it, or list it with a reason"
             for macro, path in named.items() if macro not in listed]
    found += [f"{path}: takes away {macro}, which it has not defined" for macro, path in taken.items()]
    found += [f"{macro} is listed, and not defined any more" for macro in listed if macro not in named]
    found += [f"{macro} is listed without a reason" for macro, reason in listed.items() if not reason]
    return found


def main(list_file, include_folder, source, *compiler):
    run = subprocess.run([*compiler, "-E", "-dD", "-x", "c++", source], text=True, capture_output=True)
    if run.returncode != 0:
        print(run.stderr)
        return 1
    listed = listed_in(Path(list_file).read_text(encoding="utf-8"))
    found = violations(run.stdout, Path(include_folder), listed)
    print(*found, f"{len(listed)} macros besides include guards", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
