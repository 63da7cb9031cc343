#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that whatever states a version of resil states the one in version.hpp.

    check_versions.py [root of the tree]

CHANGELOG.md's newest version must be it, below an `[Unreleased]`; pages, and the recipes of package managers, may state it.
"""
import re
import sys
from pathlib import Path

PAGES = ("*.md", "docs/**/*.md", "tests/consumer/**/vcpkg.json", "tests/consumer/**/*.cmake", "conanfile.py")
STATED = [re.compile(pattern) for pattern in (
    r"\bfind_package\(resil (\d+\.\d+(?:\.\d+)?)\b",       # a minor version is enough
    r"\bresil[ /]v?(\d+\.\d+\.\d+)\b",                     # resil 0.1.0, and Conan's resil/0.1.0
    r"\b(?:GIT_TAG|REF)\s+v(\d+\.\d+(?:\.\d+)?)\b",         # GIT_TAG v0.1.0
    r"\"version(?:-semver|-string)?\":\s*\"([^\"]+)\"",     # of a vcpkg.json
    r"^\s*version = \"([^\"]+)\"",                          # of a conanfile.py
)]
RELEASE = re.compile(r"^## \[([^\]]+)\](.*)$", re.MULTILINE)


def version_of(root):
    text = (root / "include/resil/version.hpp").read_text(encoding="utf-8")
    return ".".join(re.findall(r"#define RESIL_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))


def check_changelog(root, version):
    releases = RELEASE.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not releases or releases[0] != ("Unreleased", ""):
        yield "CHANGELOG.md: the first heading must be `## [Unreleased]`"
    released = [(name, rest) for name, rest in releases if name != "Unreleased"]
    if not released or released[0][0] != version:
        yield f"CHANGELOG.md: the newest version must be {version}, as version.hpp says"
    for name, rest in released:
        if not re.fullmatch(r" - \d{4}-\d{2}-\d{2}", rest):
            yield f"CHANGELOG.md: behind [{name}] must stand ` - `, and the date"


def check_pages(root, version):
    for path in sorted({path for pattern in PAGES for path in root.glob(pattern)}):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for stated in (match[1] for pattern in STATED for match in pattern.finditer(line)):
                if not (version + ".").startswith(stated + "."):
                    yield f"{path.relative_to(root)}:{number}: states {stated}, and version.hpp {version}"


def violations(root):
    version = version_of(root)
    return [*check_changelog(root, version), *check_pages(root, version)]


if __name__ == "__main__":
    found = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
