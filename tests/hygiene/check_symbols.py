#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that an object file has no state of resil's own, and starts nothing of it before `main`, but what is listed.

    check_symbols.py LIST OBJECT...

LIST has two parts, `[data]` and `[before main]`. In each, a line is a variable, and the indented ones below it say why.
"""
import re
import subprocess
import sys
from pathlib import Path

# A function or variable in the namespace resil, one inside of such a function, or the guard of either.
OURS = re.compile(r"_Z(?:GV|GR|TW|TH)?Z*N[KVRO]*5resil")
WRITABLE = re.compile(r"\.t?(?:data|bss)(?!\.rel\.ro)")
STARTERS = re.compile(r"_Z\d+__static_initialization_and_destruction_0|_GLOBAL__sub_I_")
SUPPORT = re.compile(r"^(?:guard variable|TLS init function|TLS wrapper function|reference temporary #\d+) for ")


def output_of(*command, stdin=None):
    return subprocess.run(command, input=stdin, text=True, capture_output=True, check=True).stdout


def readable(symbols):
    """The variables that the symbols stand for, as they are written in C++."""
    lines = output_of("c++filt", stdin="\n".join(sorted(symbols))).splitlines()
    return {SUPPORT.sub("", line) for line in lines if line}


def symbols_of(object_file):
    """(name, section, address, size, whether it is a function) of each symbol."""
    for line in output_of("objdump", "-t", "-w", object_file).splitlines():
        if found := re.match(r"([0-9a-f]+) .{6}(.) (\S+)\t([0-9a-f]+) (?:\.hidden )?(\S+)$", line):
            address, kind, section, size, name = found.groups()
            yield name, section, int(address, 16), int(size, 16), kind == "F"


def data_of(object_file):
    """The variables of resil in sections that can be written to."""
    return readable({name for name, section, *_ in symbols_of(object_file)
                     if OURS.match(name) and WRITABLE.match(section)})


def before_main_of(object_file):
    """What the functions that run before `main` know of resil."""
    found = set()
    for name, section, address, size, is_function in symbols_of(object_file):
        if not is_function or not STARTERS.match(name):
            continue
        for line in output_of("objdump", "-r", "-w", "-j", section, object_file).splitlines():
            relocation = re.match(r"([0-9a-f]+) R_\w+\s+(\w+)", line)
            if relocation and address <= int(relocation[1], 16) < address + size and OURS.match(relocation[2]):
                found.add(relocation[2])
    return readable(found)


def listed_in(text):
    """{part: {variable: reason}}"""
    parts, part, name = {"[data]": {}, "[before main]": {}}, None, None
    for line in text.splitlines():
        if line.startswith("["):
            part = parts[line.strip()]
        elif line.startswith(" "):
            part[name] += line.strip()
        elif line and not line.startswith("#"):
            name = line.strip()
            part[name] = ""
    return parts


def violations(found, listed, what):
    return ([f"{what}: {name}" for name in sorted(found - listed.keys())] +
            [f"listed, and not there any more: {name}" for name in sorted(listed.keys() - found)] +
            [f"listed without a reason: {name}" for name, reason in listed.items() if not reason])


def main(list_file, *objects):
    listed = listed_in(Path(list_file).read_text(encoding="utf-8"))
    data = set().union(*map(data_of, objects))
    before_main = set().union(*map(before_main_of, objects))
    found = violations(data, listed["[data]"], "state that is not listed")
    found += violations(before_main, listed["[before main]"], "runs before main and is not listed")
    print(*found, f"{len(data)} variables, {len(before_main)} of them before main", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
