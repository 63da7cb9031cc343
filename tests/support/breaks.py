# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""What the tests of the checkers share: break one thing at a time in a copy of the tree."""


def find_each(test, breaks, tree, run):
    """Asserts that `run` tells of each break: the file, the text that is replaced, what replaces it, a part of the message."""
    for name, (file, old, new, message) in breaks.items():
        with test.subTest(name):
            path = tree / file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            found = "\n".join(run())
            path.write_text(text, encoding="utf-8")
            test.assertIn(old, text)
            test.assertIn(message, found)
