# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Tests what check_instructions.py complains about; counts nothing."""

import unittest

from check_instructions import complaints, read_expected


class ChecksOfCounts(unittest.TestCase):
    def complaints(self, expected, counts):
        return list(complaints(expected, counts))

    def test_growth_of_a_tenth_is_let_through_and_more_is_not(self):
        self.assertEqual(self.complaints({"retry": 1000.0}, {"retry": 1100.0}), [])
        self.assertEqual(len(self.complaints({"retry": 1000.0}, {"retry": 1101.0})), 1)

    def test_what_varies_from_run_to_run_is_let_through(self):
        self.assertEqual(self.complaints({"short": 10.0}, {"short": 12.0}), [])
        self.assertEqual(len(self.complaints({"short": 10.0}, {"short": 12.5})), 1)

    def test_fewer_are_welcome(self):
        self.assertEqual(self.complaints({"retry": 1000.0}, {"retry": 500.0}), [])

    def test_a_path_is_in_both_or_it_is_reported(self):
        self.assertEqual(len(self.complaints({}, {"new": 1.0})), 1)
        self.assertEqual(len(self.complaints({"gone": 1.0}, {})), 1)

    def test_an_observer_that_is_told_nothing_costs_nothing(self):
        counts = {"stack": 1000.0, "stack_observer_off": 1001.5}
        self.assertEqual(self.complaints(counts, counts), [])
        counts["stack_observer_off"] = 1003.0
        self.assertEqual(len(self.complaints(counts, counts)), 1)

    def test_the_file_names_what_it_was_recorded_with(self):
        about, counts = read_expected("# comment\nwith 12.2.0, Boost 1_88\nretry  12.5\n")
        self.assertEqual(about, "12.2.0, Boost 1_88")
        self.assertEqual(counts, {"retry": 12.5})


if __name__ == "__main__":
    unittest.main()
