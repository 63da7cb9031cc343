# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Checks what the services' manifests for Kubernetes promise, against each other and against the programs.

    check_manifests.py ROOT PROGRAM...    a sentence for each mistake; exit status 1 if there is one

The manifests are read line by line, so they are written simply: flow style for what is short, a line each.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

MARGIN = 2  # seconds between the end of the budget and the kill
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def settings_of(program):
    """Returns the settings that a program knows: it lists them when it is given one that it does not."""
    prefix = Path(program).name.upper() + "_"
    refused = subprocess.run([program], env={**os.environ, prefix + "NO_SUCH": "1"}, capture_output=True, text=True,
                             check=False, timeout=10)
    return set(re.findall(rf"^\s+({prefix}[A-Z0-9_]+)=", refused.stdout + refused.stderr, re.MULTILINE))


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|min)", text).groups()
    return int(number) * (60 if unit == "min" else 1)


def number_after(word, text, otherwise):
    found = re.search(rf"\b{word}: (\d+)", text)
    return int(found.group(1)) if found else otherwise


def mistakes_in(manifest, known):
    """What is wrong with one object of a manifest."""
    named = re.findall(r"\bname: ([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b", manifest)
    for name in named:
        prefixes = {setting.split("_")[0] for setting in known}
        if name.split("_")[0] in prefixes and name not in known:
            yield f"there is no setting {name}"
    if "kind: Deployment" not in manifest and "kind: Job" not in manifest:
        return
    budget = re.search(r"name: [A-Z_]+_SHUTDOWN_BUDGET, value: \"?(\w+)", manifest)
    needed = seconds(budget.group(1)) if budget else 25
    needed += number_after("preStopSeconds", manifest, 0) + number_after("sleep: {seconds", manifest, 0) + MARGIN
    grace = number_after("terminationGracePeriodSeconds", manifest, 30)
    if grace <= needed:
        yield f"terminationGracePeriodSeconds is {grace}; expected more than preStop, budget and {MARGIN}: {needed}"
    if budget and "containerPort" in manifest:
        yield from mistakes_of_server(manifest)


def mistakes_of_server(manifest):
    if number_after("maxUnavailable", manifest, -1) != 0:
        yield "a rolling update must have maxUnavailable: 0"
    for probe in PROBES:
        if probe not in manifest:
            yield f"there is no {probe}"
    if "/health/ready" not in manifest or "/health/live" not in manifest:
        yield "readiness asks /health/ready, liveness /health/live"
    liveness = manifest.split("livenessProbe")[-1].split("Probe:")[0]
    if "/health/ready" in liveness:
        yield "liveness must not ask what readiness asks"


def main(root, programs):
    known = set().union(*(settings_of(program) for program in programs))
    files = sorted(Path(root).glob("examples/services/*/kubernetes/*.yaml"))
    found = [f"{file.relative_to(root)}: {mistake}" for file in files
             for manifest in file.read_text(encoding="utf-8").split("\n---\n")
             for mistake in mistakes_in(manifest, known)]
    if not files or not known:
        found.append("there is nothing to check")
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
