# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Shows that check_pages.py finds what it looks for: breaks one thing at a time in a copy of docs/."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
import breaks  # noqa: E402
from check_pages import Checker  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# What is broken: the file, the text that is replaced, what replaces it, the message.
BREAKS = {
    "not in the navigation": ("mkdocs.yml", "composing.md", "http.md", "mkdocs.yml: does not name composing.md"),
    "not there, in the navigation": ("mkdocs.yml", "composing.md", "never.md", "mkdocs.yml: names never.md"),
    "not in the index": ("docs/README.md", "(policies/retry.md)", "(http.md)", "does not name policies/retry.md"),
    "no words": ("docs/policies/bulkhead.md", "![", "![]() ![](x) [", "say in words what x shows"),
    "not shown": ("docs/policies/bulkhead.md", "pictures/bulkhead_queue.svg", "x.svg", "bulkhead_queue.svg: no page"),
    "other colours": ("docs/pictures/pool_states.svg", "--ink: #1d2a33", "--ink: #000", "is not that of the other"),
}


class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)
        shutil.copy(ROOT / "mkdocs.yml", self.tree)
        shutil.copytree(ROOT / "docs", self.tree / "docs")

    def test_each_break_is_found(self):
        breaks.find_each(self, BREAKS, self.tree, lambda: Checker(self.tree).run())

    def test_the_tree_itself_is_clean(self):
        self.assertEqual(Checker(self.tree).run(), [])


if __name__ == "__main__":
    unittest.main()
