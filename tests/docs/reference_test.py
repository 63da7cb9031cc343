# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""What docs/site/reference.py makes of Doxygen's XML."""

import sys
import tempfile
import unittest
from html import escape
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "site"))
from reference import Reference  # noqa: E402


def function(name, line, arguments="()", brief="Does it.", more="", header="resil/retry.hpp", prot="public"):
    return f"""<memberdef kind="function" id="{header}_{line}" prot="{prot}" static="no" explicit="no">
        <type>int</type><argsstring>{escape(arguments)}</argsstring><name>{escape(name)}</name>
        <briefdescription><para>{brief}</para></briefdescription>
        <detaileddescription>{more}</detaileddescription>
        <location file="{header}" line="{line}"/></memberdef>"""


def compound(kind, name, body, header="resil/retry.hpp", line=1):
    return f"""<doxygen><compounddef kind="{kind}" id="{name}" prot="public"><compoundname>{name}</compoundname>
        <sectiondef>{body}</sectiondef><briefdescription><para>Brief.</para></briefdescription>
        <detaileddescription/><location file="{header}" line="{line}"/></compounddef></doxygen>"""


def page(*documents, name="retry"):
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(documents):
            Path(folder, f"{number}.xml").write_text(text, encoding="utf-8")
        return Reference(folder).markdown(lambda _: [])[f"reference/{name}.md"]


class Pages(unittest.TestCase):
    def test_what_stands_in_core_is_on_the_page_of_the_header_that_users_include(self):
        found = page(compound("class", "resil::backoff", "", header="resil/core/backoff.hpp"))
        self.assertIn("## `backoff` { #backoff }", found)
        self.assertIn("class backoff;", found)

    def test_overloads_are_one_section_in_the_order_of_the_header(self):
        body = function("f", 9, "(int) const", "Second.") + function("f", 5, "() noexcept", "First.")
        found = page(compound("class", "resil::retry", body))
        self.assertEqual(found.count("### `f` { #retry-f }"), 1)
        self.assertLess(found.index("First."), found.index("Second."))
        self.assertIn("int f() noexcept;", found)

    def test_operators_have_anchors_of_their_own(self):
        body = function("operator*", 5) + function("operator->", 6)
        found = page(compound("class", "resil::retry", body))
        self.assertIn("{ #retry-operator-2a }", found)
        self.assertIn("{ #retry-operator-2d-3e }", found)

    def test_what_is_not_public_or_made_by_the_compiler_is_left_out(self):
        body = function("hidden", 5, prot="private") + function("retry", 6, "(retry const &other)") + \
            function("~retry", 7) + function("operator=", 8, "(retry &&other)")
        found = page(compound("class", "resil::retry", body))
        self.assertNotIn("###", found)

    def test_a_class_in_a_class_comes_after_the_members_of_the_outer_one(self):
        outer = compound("class", "resil::retry", function("f", 5)).replace(
            "<sectiondef>", '<innerclass refid="resil::retry::inner" prot="public"/><sectiondef>')
        found = page(outer, compound("class", "resil::retry::inner", function("g", 8)))
        self.assertLess(found.index("### `f`"), found.index("### `inner` { #retry-inner }"))
        self.assertIn("#### `g` { #retry-inner-g }", found)

    def test_code_that_names_one_thing_leads_there_and_code_that_names_two_does_not(self):
        brief = ("See <computeroutput>retry::budget()</computeroutput>, <computeroutput>to_string</computeroutput> "
                 "and <computeroutput>for</computeroutput>.")
        free = "".join(function("to_string", line, header=header) for line, header in
                       ((3, "resil/retry.hpp"), (4, "resil/error.hpp")))
        found = page(compound("class", "resil::retry", function("budget", 5) + function("f", 6, brief=brief)),
                     compound("namespace", "resil", free))
        self.assertIn("See [`retry::budget()`](#retry-budget), `to_string` and `for`.", found)

    def test_parts_have_titles_and_code_stays_code(self):
        more = ("<para>First. <simplesect kind='par'><title>Errors</title><para>none &lt; few.</para></simplesect>"
                "<verbatim>f(a_b);\n</verbatim></para>")
        found = page(compound("class", "resil::retry", function("f", 5, more=more)))
        self.assertIn("First.\n\n**Errors.** None &lt; few.\n\n```cpp\nf(a_b);\n```", found)

    def test_a_header_without_anything_but_a_comment_has_a_page(self):
        found = page(compound("file", "format.hpp", "", header="resil/format.hpp"), name="format")
        self.assertEqual(found, "# format\n\n`#include <resil/format.hpp>`\n\nBrief.\n")

    def test_a_header_that_nobody_sorted_is_in_the_index_all_the_same(self):
        found = page(compound("class", "resil::novelty", "", header="resil/novelty.hpp"), name="index")
        self.assertIn("| [novelty](novelty.md) | [`novelty`](novelty.md#novelty) |", found)


if __name__ == "__main__":
    unittest.main()
