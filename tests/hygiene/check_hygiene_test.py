#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Tests the checkers of this folder: each finds what it is for.

    check_hygiene_test.py COMPILER
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import check_contributing  # noqa: E402
import check_macros  # noqa: E402
import check_symbols  # noqa: E402
import check_versions  # noqa: E402

COMPILER = sys.argv.pop(1) if len(sys.argv) > 1 else "g++-12"


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


class MacrosTest(TreeTest):
    def found(self, *lines, listed=()):
        guard = "RESIL_RETRY_HPP"
        self.write("include/resil/retry.hpp",
                   "\n".join([f"#ifndef {guard}", f"#define {guard}", "#include <other.hpp>", *lines, "#endif", ""]))
        self.write("other/other.hpp", "#define OTHERS 1\n")
        source = self.write("all.cpp", "#include <resil/retry.hpp>\n#define OF_THE_PROGRAM\n")
        include = self.root / "include"
        command = [COMPILER, f"-I{include}", f"-I{self.root}/other", "-E", "-dD", str(source)]
        preprocessed = subprocess.run(command, text=True, capture_output=True, check=True).stdout
        return check_macros.violations(preprocessed, include, dict(listed))

    def test_guards_and_macros_of_others_are_no_leaks(self):
        self.assertEqual(self.found(), [])

    def test_a_helper_that_is_undefined_again_is_no_leak(self):
        self.assertEqual(self.found("#define RESIL_HELPER 1", "#undef RESIL_HELPER"), [])

    def test_a_stray_macro_is_found(self):
        found = self.found("#define HELPER 1")
        self.assertEqual(len(found), 1, found)
        self.assertIn("retry.hpp: leaks HELPER", found[0])

    def test_a_macro_of_others_is_not_taken_away(self):
        self.assertIn("takes away OTHERS", self.found("#undef OTHERS")[0])

    def test_the_list_is_exact(self):
        self.assertEqual(self.found("#define RESIL_X 1", listed={"RESIL_X": "why"}), [])
        self.assertIn("without a reason", self.found("#define RESIL_X 1", listed={"RESIL_X": ""})[0])
        self.assertIn("not defined any more", self.found(listed={"RESIL_X": "why"})[0])


class SymbolsTest(TreeTest):
    def seen_in(self, code):
        source = self.write("object.cpp", code)
        subprocess.run([COMPILER, "-std=c++20", "-c", source, "-o", self.root / "object.o"], check=True)
        return (check_symbols.data_of(self.root / "object.o"), check_symbols.before_main_of(self.root / "object.o"))

    def test_constants_and_the_data_of_others_are_no_state(self):
        self.assertEqual(self.seen_in("""
            namespace resil { inline constexpr int three = 3; struct base { virtual ~base() = default; }; }
            namespace other { inline int count = 0; inline int f() { static int n = 0; return ++n + ++count; } }
            int main() { resil::base b; return other::f() + *&resil::three; }"""), (set(), set()))

    def test_every_kind_of_state_is_found(self):
        data, before_main = self.seen_in("""
            namespace resil {
            inline int count = 1;
            inline thread_local int of_thread = 0;
            struct kept { static inline int number = 0; };
            template <class T> int next(T) { static int last = 0; return ++last; }
            }
            int main() { return ++resil::count + ++resil::of_thread + ++resil::kept::number + resil::next(1); }""")
        self.assertEqual(data, {"resil::count", "resil::of_thread", "resil::kept::number",
                                "resil::next<int>(int)::last"})
        self.assertEqual(before_main, set())

    def test_what_runs_before_main_is_found(self):
        _, before_main = self.seen_in("""
            namespace resil { int now(); inline int const started = now(); }
            int main() { return resil::started; }""")
        self.assertEqual(before_main, {"resil::now()", "resil::started"})

    def test_the_list_is_exact_and_has_reasons(self):
        listed = check_symbols.listed_in("[data]\nresil::a\n    Needed.\nresil::b\n[before main]\nresil::a\n  Empty.\n")
        self.assertEqual(listed, {"[data]": {"resil::a": "Needed.", "resil::b": ""},
                                  "[before main]": {"resil::a": "Empty."}})
        found = check_symbols.violations({"resil::b", "resil::c"}, listed["[data]"], "state")
        self.assertEqual(found, ["state: resil::c", "listed, and not there any more: resil::a",
                                 "listed without a reason: resil::b"])


class VersionsTest(TreeTest):
    def found(self, changelog="## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n", page=""):
        self.write("include/resil/version.hpp", "\n".join(
            f"#define RESIL_VERSION_{part} {number}" for part, number in (("MAJOR", 1), ("MINOR", 2), ("PATCH", 3))))
        self.write("CHANGELOG.md", changelog)
        self.write("docs/start/page.md", page)
        return check_versions.violations(self.root)

    def test_what_states_the_version_is_right(self):
        self.assertEqual(self.found(page="find_package(resil 1.2), resil/1.2.3, `GIT_TAG v1.2.3`, all of resil 0.28"), [])

    def test_the_changelog_follows(self):
        self.assertIn("newest version", self.found("## [Unreleased]\n\n## [1.2.2] - 2026-01-02\n")[0])
        self.assertIn("first heading", self.found("## [1.2.3] - 2026-01-02\n")[0])
        self.assertIn("the date", self.found("## [Unreleased]\n\n## [1.2.3]\n")[0])

    def test_pages_follow(self):
        for page in ("find_package(resil 1.1 CONFIG)", "resil/1.2.30", "GIT_TAG v1.2.2", "\nresil 0.2.0"):
            found = self.found(page=page)
            self.assertEqual(len(found), 1, (page, found))
            self.assertIn("docs/start/page.md:", found[0])


class ContributingTest(TreeTest):
    def found(self, right_column):
        self.write("tests/CMakeLists.txt", "set(catch2_groups core)\n"
                   "set(RESIL_TEST_GROUPS ${catch2_groups} chaos\n    CACHE STRING \"\")\n")
        self.write("CMakePresets.json", '{"configurePresets": [{"name": "asan"}]}')
        self.write("scripts/test", "")
        self.write("tests/core/check_core.py", "")
        rows = "".join(f"| a rule of `std::size_t` | {check} |\n" for check in right_column)
        self.write("CONTRIBUTING.md", "Run `scripts/test`.\n\n## Which check keeps which rule\n\n" + rows)
        return check_contributing.violations(self.root)

    def test_a_complete_table_is_right(self):
        self.assertEqual(self.found(["`core`, `chaos`", "`fuzz`, the build `asan`", "`check_core.py`", "`scripts/test`"]), [])

    def test_what_is_missing_and_what_is_not_there_are_found(self):
        self.assertEqual(self.found(["`core`, `fuzz`, `caos`"]), [
            "CONTRIBUTING.md: the table names `caos`, which is not there",
            "CONTRIBUTING.md: the table does not name `chaos`"])
        complete = ["`core`, `chaos`, `fuzz`", "| another: `check_lost.py` | `core`"]
        self.assertEqual(self.found(complete), ["CONTRIBUTING.md: the table names `check_lost.py`, which is not there"])

    def test_every_script_is_on_the_page(self):
        self.write("scripts/other", "")
        self.assertEqual(self.found(["`core`, `fuzz`, `chaos`"]), ["CONTRIBUTING.md: the page does not name scripts/other"])


if __name__ == "__main__":
    unittest.main()
