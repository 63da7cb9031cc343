#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that CONTRIBUTING.md knows the checks that there are, and no others.

    check_contributing.py [root of the tree]

Its table "Which check keeps which rule" names, in backquotes, groups of tests, presets, scripts and checkers. Each of those
must exist; each group of tests must be in the table, and each script somewhere on the page.
"""
import json
import re
import sys
from pathlib import Path

TABLE = "## Which check keeps which rule"


def rows_of(page):
    """The two columns of the table, row by row."""
    section = page.partition(TABLE)[2].partition("\n## ")[0]
    return [line.strip("| ").rsplit("|", 1) for line in section.splitlines() if line.startswith("| ")]


def groups_of(root):
    text = (root / "tests/CMakeLists.txt").read_text(encoding="utf-8")
    listed = re.search(r"set\(catch2_groups ([^)]*)\)\s*set\(RESIL_TEST_GROUPS \$\{catch2_groups\}([^)]*?)CACHE", text)
    return set(" ".join(listed.groups()).split()) | {"fuzz"}


def violations(root):
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    presets = json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))["configurePresets"]
    groups = groups_of(root)
    checkers = {path.name for path in root.glob("tests/*/check_*.py") if not path.stem.endswith("_test")}
    scripts = {f"scripts/{path.name}" for path in (root / "scripts").iterdir()
               if path.is_file() and path.suffix == ""}
    known = groups | checkers | scripts | {preset["name"] for preset in presets}

    named = {name for _, checks in rows_of(page) for name in re.findall(r"`([^`]+)`", checks)}
    named |= {name for rule, _ in rows_of(page) for name in re.findall(r"`(check_\w+\.py)`", rule)}
    found = [f"the table names `{name}`, which is not there" for name in sorted(named - known)]
    found += [f"the table does not name `{name}`" for name in sorted(groups - named)]
    found += [f"the page does not name {name}" for name in sorted(scripts)
              if not re.search(rf"\b{re.escape(name)}\b", page)]
    return [f"CONTRIBUTING.md: {message}" for message in found]


if __name__ == "__main__":
    found = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
