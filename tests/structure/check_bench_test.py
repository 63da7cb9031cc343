# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""The verdicts of scripts/bench: computed from a run, and withheld where the run cannot support one."""

import importlib.machinery
import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True


def loaded(path):
    loader = importlib.machinery.SourceFileLoader(path.stem, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.stem, loader))
    loader.exec_module(module)
    return module


bench = loaded(ROOT / "scripts/bench")
Row = bench.rows.Row


def measured(allocs=0.0, **times):
    """What a program would have measured: names (with __ for /) and the times of three runs."""
    runs = []
    for name, values in times.items():
        for value in values:
            runs.append({"run_type": "iteration", "run_name": name.replace("__", "/").replace("_C", ":"),
                         "cpu_time": value, "real_time": value, "allocs": allocs})
    return bench.Measurements({"benchmarks": runs})


class Verdicts(unittest.TestCase):
    row = Row("2", "a case", "program", "case", limit={"raw": 2.0}, peer="peer", no_allocation=True)

    def test_a_target_is_reached_at_its_limit_and_not_beyond(self):
        at = measured(case=[20, 20, 20], raw=[10, 10, 10], peer=[40, 40, 40])
        beyond = measured(case=[21, 21, 21], raw=[10, 10, 10], peer=[42, 42, 42])
        result = bench.result_of(self.row, at)
        self.assertEqual((result.reached, result.ratio_floor, result.ratio_peer), (True, 2.0, 0.5))
        self.assertIs(bench.result_of(self.row, beyond).reached, False)

    def test_medians_are_compared(self):
        run = measured(case=[5, 19, 500], raw=[1, 10, 11], peer=[1, 1, 1])
        self.assertEqual(bench.result_of(self.row, run).median_ns, 19)

    def test_what_must_not_allocate_does_not_reach_its_target_if_it_does(self):
        run = measured(allocs=1.0, case=[1, 1, 1], raw=[10, 10, 10], peer=[1, 1, 1])
        self.assertIs(bench.result_of(self.row, run).reached, False)

    def test_a_difference_within_the_spread_of_the_run_is_not_judged(self):
        row = Row("9", "a case", "program", "case", minus=("raw",), limit={"ns": 8.0}, floor="raw")
        near = measured(case=[14, 17, 20], raw=[10, 10, 10])
        far = measured(case=[49, 50, 51], raw=[10, 10, 10])
        self.assertIsNone(bench.result_of(row, near).reached)
        self.assertIs(bench.result_of(row, far).reached, False)

    def test_threads_that_took_turns_on_one_core_are_not_judged(self):
        row = Row("6", "a case", "program", "case/threads:2", limit={"raw": 2.0})
        times = {"case__threads_C2": [1], "raw": [10], "clock_read__threads_C1": [20]}
        self.assertIs(bench.result_of(row, measured(clock_read__threads_C2=[10], **times)).reached, True)
        self.assertIsNone(bench.result_of(row, measured(clock_read__threads_C2=[20], **times)).reached)


class Counters(unittest.TestCase):
    row = Row("16", "a case", "pool_load", "waits", counter="max_ns", limit={"p50_ns": 2.0},
              also=("p50_ns",))

    def run_of(self, **counters):
        runs = [{"run_type": "iteration", "run_name": name, "cpu_time": 1, "real_time": 1, **values}
                for name, values in counters.items()]
        return bench.Measurements({"benchmarks": runs})

    def test_a_counter_is_judged_by_another_of_the_same_benchmark(self):
        at = bench.result_of(self.row, self.run_of(waits={"max_ns": 36e6, "p50_ns": 18e6}))
        self.assertEqual((at.reached, at.target), (True, "<= 2 p50"))
        self.assertEqual(at.detail, "max 36.0 ms, p50 18.0 ms")
        beyond = bench.result_of(self.row, self.run_of(waits={"max_ns": 37e6, "p50_ns": 18e6}))
        self.assertIs(beyond.reached, False)

    def test_a_counter_is_shown_beside_that_of_its_peer(self):
        row = self.row._replace(counter="loans", limit={}, also=(), peer="theirs")
        result = bench.result_of(row, self.run_of(waits={"loans": 10}, theirs={"loans": 40}))
        self.assertEqual((result.ratio_peer, result.detail), (0.25, "10 loans; peer 40 loans"))
        self.assertIsNone(result.reached)


class Absent(unittest.TestCase):
    def test_what_cannot_be_measured_here_says_what_it_needs(self):
        row = Row("17", "a case", "pool_mysql", "resil", limit={"post": 1.0}, peer="theirs")
        result = bench.result_of(row, None)
        self.assertIsNone(result.reached)
        self.assertIn("MariaDB", result.detail)


class Rows(unittest.TestCase):
    def test_every_row_of_the_table_is_measured(self):
        ids = {row.id for row in bench.rows.ROWS} | {"1", "12", "13"}
        self.assertEqual(ids, {str(number) for number in range(1, 19)})

    def test_the_file_for_programs_has_a_row_each(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "numbers.json"
            bench.write_json(path, [bench.Result("2", "a case", 147.123456, "RAW64", 1.5)])
            row = json.loads(path.read_text(encoding="utf-8"))[0]
        self.assertEqual((row["id"], row["median_ns"], row["reached"]), ("2", 147.12, None))
        wanted = {"id", "case", "median_ns", "floor", "ratio_floor", "peer", "ratio_peer",
                  "allocations", "target", "reached"}
        self.assertLessEqual(wanted, set(row))


if __name__ == "__main__":
    unittest.main()
