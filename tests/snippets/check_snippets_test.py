# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Shows that check_snippets.py finds what it looks for: breaks one thing at a time in a copy of the tree."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
import breaks  # noqa: E402
from check_snippets import Checker  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# What is broken: the file, the text that is replaced, what replaces it, a part of the message.
BREAKS = {
    "a quote differs": (
        "docs/policies/retry.md", "max_attempts = 5",
        "max_attempts = 6", "at line 3 of the block"),
    "a region changed": (
        "tests/snippets/retry_snippets.cpp", "max_attempts = 5",
        "max_attempts = 6", "is no region"),
    "a region is open": (
        "tests/snippets/bulkhead_snippets.cpp", "//]\n",
        "", "not closed"),
    "a default differs": (
        "docs/policies/retry.md", "| `max_attempts` | `3` |",
        "| `max_attempts` | `4` |", "`max_attempts` | `3`"),
    "a header changed": (
        "include/resil/deadline.hpp", "seconds(30)",
        "seconds(31)", "no header says after = 30s"),
    "an option is new": (
        "include/resil/timeout.hpp", "    expiry on_expiry",
        "    int more = 7;\n    expiry on_expiry", "`more` | `7`"),
    "a reason is new": (
        "include/resil/error.hpp", "    cancelled,  ",
        "    bored,\n    cancelled,  ", "bored is not explained"),
    "a code is unknown": (
        "docs/policies/timeout.md", "`errc::timed_out`",
        "`errc::too_late`", "there is no errc::too_late"),
    "a name is unknown": (
        "docs/composing.md", "`resil::named",
        "`resil::entitled", "there is no resil::entitled"),
    "a default of a pool differs": (
        "docs/connection_pool.md", "| `max_lifetime` | `30min` |",
        "| `max_lifetime` | `20min` |", "`max_lifetime` | `30min`"),
    "a default of SQLAlchemy's differs": (
        "include/resil/core/pool_options.hpp", "pool_timeout{30.0}",
        "pool_timeout{31.0}", "no header says pool_timeout = 30.0"),
    "an event of a pool is new": (
        "include/resil/core/pool_event.hpp", "    resized, ",
        "    painted, ///< In red.\n    resized, ", "painted is not explained"),
    "an event is unknown": (
        "docs/policies/bulkhead.md", "| `rejected` |",
        "| `refused` |", "there is no event `refused`"),
    "a message differs": (
        "docs/composing.md", "two retries multiply",
        "two retries add", "no test has seen"),
    "a block of cmake differs": (
        "docs/start.md", "project(start LANGUAGES CXX)",
        "project(begin LANGUAGES CXX)", "it leaves start_cmake at line 2"),
    "a program prints something else": (
        "tests/snippets/start/main.cpp", "//     connected",
        "//     accepted", "no program prints this"),
    "a test sees something else": (
        "tests/snippets/tour_snippets.cpp", "attempts: 133",
        "attempts: 134", "no program prints this"),
    "a time was not measured": (
        "docs/why.md", "151 ns",
        "152 ns", "benchmarks.md does not say 152 ns"),
    "a computed number differs": (
        "docs/numbers.md", "| 60 s | 12,000 | 11 | 15 s |",
        "| 60 s | 12,000 | 12 | 15 s |", "no test has computed"),
    "a block is no Python": (
        "docs/coming_from/python.md", "async def load_soon():",
        "async load_soon():", "no Python"),
    "a section is missing": (
        "docs/policies/fallback.md", "## Patterns",
        "## Ideas", "the sections are"),
    "a page is long": (
        "docs/policies/fallback.md", "## Patterns\n",
        "## Patterns\n" + "\n" * 99, "lines; a page has"),
    "a link is dead": (
        "docs/README.md", "(testing.md)",
        "(tests.md)", "tests.md is not there"),
    "a word is banned": (
        "docs/README.md", "Policies stand",
        "Policies just stand", 'do not write "just"'),
}


class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)
        shutil.copy(ROOT / "README.md", self.tree)
        for part in ("docs", "include", "tests/snippets", "tests/consumer"):
            shutil.copytree(ROOT / part, self.tree / part, ignore=shutil.ignore_patterns("build*"))
        before = Checker(self.tree).run()
        self.before = [v for v in before if "is not there" not in v and "no region" not in v]

    def test_each_break_is_found(self):
        breaks.find_each(self, BREAKS, self.tree, lambda: Checker(self.tree).run())

    def test_the_tree_itself_is_clean(self):
        self.assertEqual(self.before, [])


if __name__ == "__main__":
    unittest.main()
