# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that what the compiled library defines is defined there once, and in no object of a program.

    check_symbols.py <nm> <library> <object>...
"""

import collections
import subprocess
import sys


def symbols(nm, path):
    """Yields (kind, name) of what a file defines: T for a function of its own, W for one of many."""
    listed = subprocess.run([nm, "-C", "--defined-only", path], check=True, capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        parts = line.split(maxsplit=2)
        if len(parts) == 3:
            yield parts[1], parts[2]


def is_ours(name):
    return name.startswith("resil::")


def violations(nm, library, objects):
    own = collections.Counter(name for kind, name in symbols(nm, library) if kind == "T" and is_ours(name))
    # Constructors and destructors have two names in the binary, and one when they are demangled.
    twice = {name for name in own if own[name] > 1 and not is_structor(name)}
    yield from (f"{library} defines it twice: {name}" for name in sorted(twice))
    if len(own) < 100:
        yield f"{library} defines next to nothing of resil: {len(own)} functions"
    for path in objects:
        for kind, name in symbols(nm, path):
            if name in own:
                yield f"{path} defines it too: {name}"
            elif kind == "T" and is_ours(name):
                yield f"{path} has a definition that is not inline: {name}"


def is_structor(name):
    parts = name.split("(")[0].split("::")
    return len(parts) > 1 and parts[-1].lstrip("~") == parts[-2]


if __name__ == "__main__":
    found = list(violations(sys.argv[1], sys.argv[2], sys.argv[3:]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
