# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Sums up what scripts/test left in build/: the counts of each configuration, and every failure by name."""

import json
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

root = Path(__file__).parent.parent


def display_name(configuration):
    presets = json.loads((root / "CMakePresets.json").read_text())["configurePresets"]
    return next(preset["displayName"] for preset in presets if preset["name"] == configuration)


def build_failed(configuration):
    log = root / f"build/{configuration}.build.log"
    return not log.exists() or any(
        line.startswith(("FAILED:", "ninja: error", "ninja: build stopped"))
        for line in log.read_text(errors="replace").splitlines())


def results(configuration):
    """Yields (name, passed | failed | skipped); a build that failed counts as one failure."""
    if build_failed(configuration):
        yield "the build itself", "failed"
    report = root / f"build/{configuration}.xml"
    cases = list(xml.parse(report).getroot().iter("testcase")) if report.exists() else []
    if not cases:
        yield "the tests were not run", "failed"
    states = {"run": "passed", "notrun": "skipped", "disabled": "skipped"}
    for case in cases:
        state = states.get(case.get("status"), "failed")
        missing = case.find("skipped")
        if missing is not None and "Unable to find executable" in missing.get("message", ""):
            state = "failed"  # a program that was not built has not been skipped
        yield case.get("name"), state


def main(configurations):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    failures = []
    for configuration in configurations:
        count = dict.fromkeys(total, 0)
        for name, state in results(configuration):
            count[state] += 1
            total[state] += 1
            if state == "failed":
                failures.append(f"{configuration}: {name}")
        print(f"{configuration:9}", ", ".join(f"{number:5} {state}" for state, number in count.items()))
    if failures:
        print("\nfailed:", *failures, sep="\n  ")
    print("\n" + ", ".join(f"{number} {state}" for state, number in total.items()))
    return 1 if failures or not total["passed"] else 0


if __name__ == "__main__":
    if sys.argv[1] == "--name":
        print(display_name(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
