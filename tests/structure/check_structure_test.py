# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Tests the checker: a small tree that is right, and each rule broken once in it."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from check_structure import LICENCE, Checker  # noqa: E402


def header(name, *lines):
    lines = lines if name == "config.hpp" else [*includes("resil/config.hpp"), *lines]
    return bare_header(name, *lines)


def bare_header(name, *lines):
    guard = "RESIL_" + name.replace("/", "_").replace(".", "_").upper()
    guard = "RESIL_HPP" if name == "resil.hpp" else guard
    return "\n".join([*LICENCE, "", f"#ifndef {guard}", f"#define {guard}", *lines, f"#endif // {guard}", ""])


def includes(*names):
    return [f"#include <{name}>" for name in names]


class Tree:
    """A tree in a temporary folder; give `files` to replace some of its files, or to add others."""

    def __init__(self, files):
        self.files = {
            "include/resil/config.hpp": header("config.hpp"),
            "include/resil/error.hpp": header("error.hpp", *includes("chrono")),
            "include/resil/verdict.hpp": header(
                "verdict.hpp", *includes("resil/error.hpp", "boost/asio/error.hpp")),
            "include/resil/core/backoff.hpp": header("core/backoff.hpp", *includes("resil/verdict.hpp")),
            "include/resil/timer_service.hpp": header(
                "timer_service.hpp", *includes("resil/error.hpp"), "auto t = std::chrono::steady_clock::now();"),
            "include/resil/detail/engine.hpp": header("detail/engine.hpp", *includes("resil/timer_service.hpp")),
            "include/resil/retry.hpp": header(
                "retry.hpp", *includes("resil/core/backoff.hpp", "resil/detail/engine.hpp")),
            "include/resil/timeout.hpp": header("timeout.hpp", *includes("resil/detail/engine.hpp")),
            "include/resil/pipeline.hpp": header("pipeline.hpp", *includes("resil/retry.hpp")),
            "include/resil/http/verdict.hpp": header("http/verdict.hpp", *includes("resil/verdict.hpp")),
            "include/resil/resil.hpp": header("resil.hpp", *includes(
                "resil/error.hpp", "resil/verdict.hpp", "resil/timer_service.hpp", "resil/retry.hpp",
                "resil/timeout.hpp", "resil/pipeline.hpp")),
            "tests/core/backoff_test.cpp": "\n".join([*LICENCE, "#include <resil/core/backoff.hpp>", ""]),
        } | files

    def violations(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in self.files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return Checker(folder).run()


class StructureTest(unittest.TestCase):
    def finds(self, message, name, text):
        found = Tree({name: text}).violations()
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0])
        self.assertTrue(found[0].startswith(name), found)

    def header_with(self, message, name, *lines):
        self.finds(message, "include/resil/" + name, header(name, *lines))

    def source_with(self, message, name, *lines):
        self.finds(message, name, "\n".join([*LICENCE, *lines, ""]))

    def test_the_right_tree_is_right(self):
        self.assertEqual(Tree({}).violations(), [])

    def test_includes_go_down(self):
        self.header_with("includes upwards", "core/backoff.hpp", *includes("resil/detail/engine.hpp"))
        self.header_with("includes upwards", "detail/other.hpp", *includes("resil/retry.hpp"))
        self.header_with("includes upwards", "detail/timer_node.hpp", *includes("resil/detail/engine.hpp"))

    def test_what_resil_needs_is_said_first(self):
        name = "include/resil/timeout.hpp"
        self.finds("first include", name, bare_header("timeout.hpp"))
        self.finds("first include", name, bare_header("timeout.hpp", *includes("chrono", "resil/config.hpp")))
        bare = bare_header("version.hpp")
        umbrella = Tree({}).files["include/resil/resil.hpp"].replace(
            "#include <resil/verdict.hpp>", "#include <resil/verdict.hpp>\n#include <resil/version.hpp>")
        tree = Tree({"include/resil/version.hpp": bare, "include/resil/resil.hpp": umbrella})
        self.assertEqual(tree.violations(), [])

    def test_policies_are_strangers(self):
        self.header_with("siblings", "timeout.hpp", *includes("resil/retry.hpp"))

    def test_adapters_are_strangers(self):
        self.header_with("do not know each other", "redis/verdict.hpp", *includes("resil/http/verdict.hpp"))

    def test_an_adapter_may_have_folders(self):
        digits = header("http/detail/digits.hpp")
        date = header("http/date.hpp", *includes("resil/http/detail/digits.hpp"))
        tree = Tree({"include/resil/http/detail/digits.hpp": digits, "include/resil/http/date.hpp": date})
        self.assertEqual(tree.violations(), [])

    def test_no_cycles(self):
        files = {f"include/resil/detail/{a}.hpp": header(f"detail/{a}.hpp", *includes(f"resil/detail/{b}.hpp"))
                 for a, b in (("x", "y"), ("y", "x"))}
        found = Tree(files).violations()
        self.assertEqual(len(found), 1, found)
        self.assertIn("include cycle: resil/detail/x.hpp -> resil/detail/y.hpp -> resil/detail/x.hpp", found[0])

    def bodies(self, foot, src):
        """The tree with bodies beside core/backoff.hpp, which ends so, and a src.hpp with those includes."""
        head = header("core/backoff.hpp", *includes("resil/verdict.hpp"), *foot)
        return Tree({"include/resil/core/backoff.hpp": head,
                     "include/resil/core/backoff.ipp": header("core/backoff.ipp"),
                     "include/resil/src.hpp": header("src.hpp", *includes("resil/core/backoff.hpp", *src))})

    def test_bodies_stand_beside_their_header(self):
        ipp = "resil/core/backoff.ipp"
        foot = ["", "#ifndef RESIL_SEPARATE_COMPILATION", f"#include <{ipp}>", "#endif", ""]
        self.assertEqual(self.bodies(foot, [ipp]).violations(), [])
        for message, ending, src in (("src.hpp must include it", foot, []),
                                     ("the header beside it must include it", [], [ipp]),
                                     ("only src.hpp includes", includes(ipp), [ipp])):
            found = self.bodies(ending, src).violations()
            self.assertTrue(any(message in line for line in found), (message, found))
        stranger = header("core/window.hpp", *includes(ipp))
        tree = self.bodies(foot, [ipp])
        tree.files["include/resil/core/window.hpp"] = stranger
        self.assertEqual(len(tree.violations()), 1)
        back = self.bodies(foot, [ipp])
        back.files["include/resil/core/backoff.ipp"] = header(
            "core/backoff.ipp", *includes("resil/core/backoff.hpp"))
        self.assertTrue(any("include cycle" in line for line in back.violations()))

    def test_core_is_pure(self):
        self.header_with("must not reach <boost/asio/post.hpp>", "core/window.hpp", *includes("boost/asio/post.hpp"))
        self.header_with("must not reach <boost/asio/error.hpp>", "core/window.hpp", *includes("boost/asio/error.hpp"))
        self.header_with("must not reach <random>", "core/window.hpp", *includes("random"))
        self.header_with("through resil/core/backoff.hpp", "error.hpp", *includes("boost/asio/post.hpp"))

    def test_only_the_timer_service_reads_a_clock(self):
        for name in ("core/window.hpp", "detail/other.hpp", "http/date.hpp"):
            self.header_with("reads a clock", name, "auto t = std::chrono::steady_clock::now();")
        self.header_with("reads a clock", "detail/other.hpp", "auto t = my_clock :: now ();")
        good = header("http/date.hpp", "auto t = std::chrono::system_clock::now();")
        self.assertEqual(Tree({"include/resil/http/date.hpp": good}).violations(), [])

    def test_some_dependencies_have_one_place(self):
        self.header_with("only result.hpp", "retry.hpp", *includes("boost/outcome/basic_result.hpp"))
        self.header_with("format.hpp only", "retry.hpp", *includes("fmt/format.h"))

    def test_guards_equal_paths(self):
        name = "include/resil/timeout.hpp"
        self.finds("guard must be RESIL_TIMEOUT_HPP", name,
                   header("timeouts.hpp").replace("#endif // RESIL_TIMEOUTS_HPP", "#endif"))
        self.finds("around everything", name, header("timeout.hpp").replace("#endif // RESIL_TIMEOUT_HPP", "#endif\nint x;"))
        self.finds("last line", name, header("timeout.hpp").replace("#endif // RESIL_", "#endif // WRONG_"))

    def test_the_umbrella_is_complete(self):
        name = "include/resil/resil.hpp"
        right = Tree({}).files[name]
        self.finds("does not include resil/retry.hpp", name, right.replace("#include <resil/retry.hpp>\n", ""))
        self.finds("must not include resil/core/backoff.hpp", name,
                   right.replace("#include <resil/retry", "#include <resil/core/backoff.hpp>\n#include <resil/retry"))
        found = Tree({"include/resil/bulkhead.hpp": header("bulkhead.hpp")}).violations()
        self.assertEqual(len(found), 1, found)

    def test_every_header_has_a_layer(self):
        self.header_with("belongs to no layer", "helpers.hpp")

    def test_includes_are_found_and_in_angle_brackets(self):
        self.header_with("which is not there", "timeout.hpp", *includes("resil/detail/nothing.hpp"))
        self.header_with("not \"error.hpp\"", "timeout.hpp", '#include "error.hpp"')

    def test_comments_are_not_code(self):
        text = header("timeout.hpp", "// #include <resil/retry.hpp>", "/* steady_clock::now() */", 'auto s = "//";')
        self.assertEqual(Tree({"include/resil/timeout.hpp": text}).violations(), [])

    def test_sources_carry_the_licence(self):
        self.finds("copyright", "examples/demo/main.cpp", "int main() {}\n")

    def test_nobody_includes_all_of_asio(self):
        for name in ("include/resil/timeout.hpp", "tests/policy/x_test.cpp", "examples/demo/x.cpp", "bench/x_bench.cpp"):
            if name.startswith("include"):
                self.header_with("too big", "timeout.hpp", *includes("boost/asio.hpp"))
            else:
                self.source_with("too big", name, *includes("boost/asio.hpp"))

    def test_only_stress_tests_sleep(self):
        self.source_with("only tests/stress sleeps", "tests/policy/x_test.cpp", "std::this_thread::sleep_for(1ms);")
        self.source_with("only tests/stress sleeps", "tests/policy/x_test.cpp", "::sleep(1);")
        stress = "\n".join([*LICENCE, "std::this_thread::sleep_for(1ms);", ""])
        self.assertEqual(Tree({"tests/stress/x.cpp": stress}).violations(), [])

    def test_tests_of_core_need_no_asio(self):
        self.source_with("need no Asio", "tests/core/x_test.cpp", *includes("boost/asio/post.hpp"))

    def test_examples_are_numbered_short_and_listed(self):
        def violations(lines, list_of, *names):
            files = {f"examples/{name}": "\n".join([*LICENCE, *[""] * (lines - 2)]) + "\n" for name in names}
            files["examples/README.md"] = "".join(f"[it]({name})\n" for name in list_of)
            return Tree(files).violations()

        both = ["01_call.cpp", "02_retry.cpp"]
        for lines in (40, 90):
            self.assertEqual(violations(lines, both, *both), [])
        for message, broken in {
            "39 lines": (39, both, *both),
            "91 lines": (91, both, *both),
            "the next example is 02": (40, ["01_call.cpp", "03_retry.cpp"], "01_call.cpp", "03_retry.cpp"),
            "none is used twice": (40, ["01_call.cpp", "01_retry.cpp"], "01_call.cpp", "01_retry.cpp"),
            "the list is not that": (40, ["01_call.cpp"], *both),
            "not that of the examples, in their order": (40, both[::-1], *both),
        }.items():
            with self.subTest(message):
                self.assertIn(message, "\n".join(violations(*broken)))

    def test_no_machine_is_named(self):
        path = "/".join(["", "home", "someone", "resil"])
        self.source_with("path of one machine", "tests/policy/x_test.cpp", f"// see {path}")


if __name__ == "__main__":
    unittest.main()
