# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Shows that scripts/docs ends with an error for whatever is wrong with the site: breaks it in a copy of the tree."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What is broken: the file, what is appended to it, a part of the message.
BREAKS = {
    "a page that is not there": ("docs/http.md", "\n[x](nowhere.md)\n", "'nowhere.md'"),
    "an anchor that is not there": ("docs/http.md", "\n[x](composing.md#never)\n", "'#never'"),
    "an anchor of the page itself": ("docs/http.md", "\n[x](#never-here)\n", "'#never-here'"),
    "a picture that is not there": ("docs/http.md", "\n![x](pictures/never.svg)\n", "'pictures/never.svg'"),
    "a file of the repository that is not there": ("docs/http.md", "\n[x](../examples/never.cpp)\n", "never.cpp'"),
    "a header that is not there": ("docs/http.md", "\n[x](../include/resil/never.hpp)\n", "never.hpp'"),
    "a page outside docs/ with a broken link": ("CONTRIBUTING.md", "\n[x](docs/never.md)\n", "never.md'"),
    "a page that is not in the navigation": ("docs/lost.md", "# Lost\n", "lost.md"),
    "a public entity without a comment": (
        "include/resil/version.hpp", "namespace resil {\nint unexplained();\n}\n", "unexplained() (function)"),
}


class Site(unittest.TestCase):
    def test_each_break_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "resil"
            shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns("build", ".git", ".deps"))
            (tree / ".deps").symlink_to((ROOT / ".deps").resolve())
            for file, text, _ in BREAKS.values():
                with open(tree / file, "a", encoding="utf-8") as out:
                    out.write(text)
            ran = subprocess.run([tree / "scripts" / "docs"], capture_output=True, text=True)
        if ran.returncode == 4:
            print(ran.stderr, file=sys.stderr)
            sys.exit(4)
        self.assertEqual(ran.returncode, 1)
        for name, (_, _, message) in BREAKS.items():
            with self.subTest(name):
                self.assertIn(message, ran.stdout + ran.stderr)


if __name__ == "__main__":
    unittest.main()
