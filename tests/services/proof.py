# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""A proof as a program: prints what was found as JSON; exit status 1 if a promise was broken, 4 if a server is missing."""

import argparse
import json

import processes

SKIPPED = 4


def main(run, *programs):
    """Runs `run(*paths of the programs, short)`, which returns what it found, and what is wrong with it."""
    parser = argparse.ArgumentParser()
    for name in programs:
        parser.add_argument(name)
    parser.add_argument("--short", action="store_true")
    asked = vars(parser.parse_args())
    try:
        found, wrong = run(*(asked[name] for name in programs), short=asked["short"])
    except processes.NotHere as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    print(json.dumps(found))
    for each in wrong:
        print(f"wrong: {each}")
    return 1 if wrong else 0
