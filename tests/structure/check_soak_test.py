# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""scripts/soak says what is wrong with its arguments before it builds anything."""

import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("soak", str(ROOT / "scripts/soak"))
soak = importlib.util.module_from_spec(importlib.util.spec_from_loader("soak", loader))
loader.exec_module(soak)


def refusal(*arguments):
    """What it says, and that it ends with 2."""
    run = subprocess.run([ROOT / "scripts/soak", *arguments], capture_output=True, text=True,
                         check=False, timeout=60)
    return run.returncode, run.stderr


class Arguments(unittest.TestCase):
    def test_both_are_needed(self):
        for arguments in ((), ("--minutes", "1"), ("--json", "found.json")):
            status, said = refusal(*arguments)
            self.assertEqual(status, 2)
            self.assertIn("required", said)

    def test_minutes_are_a_positive_number(self):
        for minutes in ("0", "-1", "nan", "inf", "ten", ""):
            status, said = refusal(f"--minutes={minutes}", "--json", "found.json")
            self.assertEqual(status, 2, minutes)
            self.assertIn("--minutes", said)

    def test_a_file_that_cannot_be_written_is_refused_now_and_not_after_ten_minutes(self):
        for path in ("/nowhere/found.json", "/"):
            status, said = refusal("--minutes", "10", "--json", path)
            self.assertEqual(status, 2, path)
            self.assertIn(f"cannot write {path}", said)

    def test_the_program_gets_them_and_its_verdict_is_returned(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(soak, "build"), \
                mock.patch.object(soak.subprocess, "run") as run:
            run.return_value.returncode = 1
            status = soak.main(["--minutes", "0.5", "--json", f"{folder}/found.json"])
        self.assertEqual(status, 1)
        _, length, path = run.call_args.args[0]
        self.assertEqual((length, path), ("0.5", Path(folder).resolve() / "found.json"))


if __name__ == "__main__":
    unittest.main()
