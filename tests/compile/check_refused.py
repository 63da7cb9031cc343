#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that a compiler refuses a source file, and that its first error is the sentence expected.

    check_refused.py FILE COMPILER [OPTION...]

The sentence stands in the file's first comment, behind `// expected:`.
"""
import re
import subprocess
import sys


def expected(path):
    text = open(path, encoding="utf-8").read()
    comment = re.search(r"^// expected: (.*(?:\n//     .*)*)", text, re.MULTILINE)
    return " ".join(comment.group(1).replace("//", " ").split())


def errors(output):
    """The compiler's errors, without the quotes that compilers differ in."""
    found = re.findall(r"(?:fatal )?error: (.*)", output)
    return [re.sub(r'^static assertion failed(?: due to requirement .*?\')?: "?|"$', "", e) for e in found]


def main(path, *command):
    sentence = expected(path)
    run = subprocess.run([*command, "-c", "-o", "/dev/null", path], text=True, capture_output=True)
    found = errors(run.stderr)
    if run.returncode == 0:
        print(f"{path}: was compiled, but should have been refused: {sentence}")
    elif not found or sentence not in found[0]:
        print(f"{path}: expected as the first error\n  {sentence}\nbut found\n  " + "\n  ".join(found))
    else:
        print(f"{path}: refused, with {len(found)} error(s)")
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
