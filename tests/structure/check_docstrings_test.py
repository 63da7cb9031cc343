# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Tests the checker of comments: headers that are right, and each rule broken once in another.

All headers of all tests are read by one run of Doxygen; a test looks for what was said of its own.
"""

import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from check_docstrings import Checker  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = """
//[compiled
    int one = 1;
    pool.async_acquire(one);
    int two = 2;
//]
"""
CLASS = """
/**
 * Keeps something.
 *
 * Thread safety: none.
 * Exceptions: nothing here throws.
 * Cost: none.
 *
 * Example:
 *
 *     int one = 1;
 */
class name
{
public:
MEMBERS
};
"""
ASYNC = """
/**
 * Borrows something.
 *
 * Completion signature: `void(error_code)`.
 * Executor: the handler's.
 * Cancellation: none.
 * Errors: none.
 * Lifetimes: none.
 * Cost: none.
 *
 * Example:
 *
 *     pool.async_acquire(one);
 */
template <class Token>
auto async_acquire(Token&& token) noexcept;
"""


def klass(members="", text=CLASS):
    return text.replace("MEMBERS", members)


def options(member):
    return f"""
/// How much.
struct name_options
{{
{member}

    /// Throws `invalid_option` if a member is out of range.
    void validate() const;
}};
"""


# What a header holds, inside of `namespace resil::<its name>`; and what is to be said of it, if anything.
CASES = {
    "right_class": (klass(), None),
    "right_async": (ASYNC, None),
    "class_without_comment": ("class name {};", "has no comment"),
    "member_without_comment": (klass("    void run() noexcept;"), "has no comment"),
    "enumerator_without_comment": ("/// Which.\nenum class which\n{\n    one,\n};", "has no comment"),
    "enumerator_with_comment": ("/// Which.\nenum class which\n{\n    one, ///< The first.\n};", None),
    "alias_without_comment": (klass("    using type = int;"), "has no comment"),
    "no_sentence": ("/// a number.\nusing number = int;", "does not begin as a sentence does"),
    "begins_with_code": ("/// `int`, as a number.\nusing number = int;", None),
    "class_lacks_a_part": (klass(text=CLASS.replace(" * Cost: none.\n", "")), "does not say: Cost"),
    "class_without_verb": (klass(text=CLASS.replace("Keeps something", "A thing")), "does not begin with a verb"),
    "function_without_verb": ("/// The number.\nint number() noexcept;", "does not begin with a verb"),
    "throwing_function": ("/// Returns the number.\nint number();", "does not say what it throws"),
    "function_that_says_it": ("/// Returns the number. Throws nothing but `bad_alloc`.\nint number();", None),
    "member_whose_class_says_it": (klass("    /// Returns the number.\n    int number();"), None),
    "async_lacks_a_part": (ASYNC.replace(" * Executor: the handler's.\n", ""), "does not say: Executor"),
    "async_without_example": (re.sub(r" \* Example:.*one\);\n", "", ASYNC, flags=re.DOTALL), "has no example"),
    "the_same": (ASYNC + "/// The same, later.\ntemplate <class Token>\n"
                 "auto async_acquire(Token&& token, int) noexcept;", None),
    "the_same_as_nothing": ("/// The same.\nint number() noexcept;", "is the same as nothing"),
    "said_elsewhere": (ASYNC + "/// Borrows two: see `async_acquire()`.\ntemplate <class Token>\n"
                       "auto async_two(Token&& token) noexcept;", None),
    "parts_in_disorder": (ASYNC.replace(" * Cost: none.\n", "").replace(" * Errors", " * Cost: none.\n * Errors"),
                          "has its parts in another order"),
    "example_not_compiled": (klass(text=CLASS.replace("int one = 1;", "int three = 3;")), "is not compiled"),
    "example_without_code": (klass(text=CLASS.replace("Example:\n *\n *     int one = 1;", "Example: one.")),
                             "has an example without code"),
    "example_with_a_gap": (klass(text=CLASS.replace("int one = 1;", "int one = 1;\n *     int two = 2;")),
                           "is not compiled"),
    "right_option": (options("    /// How many; >= 1. Source: resil's own.\n    int many = 3;"), None),
    "option_of_zero": (options("    /// How many; >= 0.\n    int many = 0;"), None),
    "option_without_range": (options("    /// How many. Source: resil's own.\n    int many = 3;"),
                             "does not state its range"),
    "option_without_source": (options("    /// How many; >= 1.\n    int many = 3;"), "does not state the source"),
    "option_without_comment": (options("    bool many = false;"), "has no comment"),
    "detail": ("namespace detail {\n\nclass hidden {};\n\n} // namespace detail", None),
    "deleted": (klass("    name(name const&) = delete;"), None),
    "broken_comment": ("/// Returns @nothing. Throws nothing.\nint number();", "unknown command"),
}


def header(name, text):
    return f"/// A test.\nnamespace resil::{name} {{\n{text}\n}} // namespace resil::{name}\n"


class DocstringsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, (text, _) in CASES.items():
                cls.write(root / f"include/resil/{name}.hpp", header(name, text))
            cls.write(root / "include/resil/all.hpp", "/// All.\nnamespace resil {\n} // namespace resil\n")
            cls.write(root / "include/resil/silent.hpp",
                      "namespace resil::silent {\nint x;\n} // namespace resil::silent\n")
            cls.write(root / "include/resil/core/forgotten.hpp", "namespace resil {\n} // namespace resil\n")
            cls.write(root / "tests/snippets/x.cpp", SNIPPETS)
            (root / "docs").mkdir()
            shutil.copy(ROOT / "docs/doxygen_filter.py", root / "docs")
            settings = (ROOT / "docs/Doxyfile").read_text(encoding="utf-8")
            cls.write(root / "docs/Doxyfile", re.sub(r" \\\n +include/resil/\S+", "", settings))
            cls.violations = Checker(root).run()

    @staticmethod
    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_each_rule_is_kept(self):
        for name, (_, message) in CASES.items():
            with self.subTest(name):
                said = [v for v in self.violations if v.startswith(f"include/resil/{name}.hpp:")]
                if message is None:
                    self.assertEqual(said, [])
                else:
                    self.assertEqual(len(said), 1, said)
                    self.assertIn(message, said[0])

    def test_a_violation_names_the_line(self):
        self.assertIn("include/resil/function_without_verb.hpp:4: resil::function_without_verb::number does not begin "
                      'with a verb but with "The"', self.violations)

    def test_a_namespace_has_a_comment(self):
        self.assertIn("include/resil/silent.hpp:1: resil::silent has no comment", self.violations)

    def test_a_public_header_of_core_is_an_input_of_doxygen(self):
        self.assertIn("include/resil/core/forgotten.hpp:1: is public, and not among the INPUT of docs/Doxyfile",
                      self.violations)


if __name__ == "__main__":
    unittest.main()
