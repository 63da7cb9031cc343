#!/usr/bin/env python3
# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Shows a header to Doxygen as its readers see it; line by line, so that warnings name the right lines.

    docs/doxygen_filter.py include/resil/retry.hpp

  - what is nobody's to use is blanked: `detail` namespaces, specialisations of others' templates, deduction guides,
    deleted functions; of `detail` only `calls` stays, for it is where policies have their `async_call` from;
  - `Label: text` in a comment becomes a paragraph with that title, and the indented code below `Example:` a code block.
"""

import re
import sys

LABELS = ["Completion signature", "Completes", "Executor", "Cancellation", "Errors", "Lifetimes", "Thread safety",
          "Exceptions", "Calls", "Events", "Cost", "Example"]
SPECIALISATION = re.compile(r"^(?:///.*\n)*template <.*>\n(?:struct fmt::.*?^\};|inline constexpr bool\n.*?;)$",
                            re.MULTILINE | re.DOTALL)
COMMENT_OF_HIDDEN = re.compile(r"^(?:///.*\n)+(?=namespace \w*detail \{$)", re.MULTILINE)
DEDUCTION_GUIDE = re.compile(r"^template <.*>\n\w+\(.*\)\s+-> .*;$", re.MULTILINE)
HIDDEN_NAMESPACE = re.compile(r"^namespace ((?:\w+::)*\w*detail|boost::\w+) \{$")
LABEL = re.compile(rf"^(\s*(?:\*|///) )({'|'.join(LABELS)}):(?: (.*))?$")
COMMENT = re.compile(r"^(\s*\*|\s*///)(.*)$")
DELETED = re.compile(r"^\s.*\) = delete;$")


def without_hidden(lines):
    """Blanks the namespaces that are not for users."""
    end = None
    kept = False
    for number, line in enumerate(lines):
        if end is None:
            found = HIDDEN_NAMESPACE.match(line)
            end = f"}} // namespace {found[1]}" if found else None
            yield line if found and keeps(lines, number, end) else "" if found or DELETED.match(line) else line
        elif line == end:
            yield line if keeps(lines, number, end) else ""
            end = None
        else:
            kept = starts_kept(lines, number) if not kept else lines[number - 1] != "};"
            yield line if kept else ""


def keeps(lines, _, end):
    return end == "} // namespace resil::detail" and "class calls" in lines


def starts_kept(lines, number):
    """Says whether a comment begins here that belongs to `calls`."""
    if lines[number] != "/**":
        return False
    after = lines.index(" */", number) + 1
    return lines[after + 1:after + 2] == ["class calls"]


def with_titles(lines):
    """Turns labels into titles of paragraphs, and examples into code."""
    code = False
    for number, line in enumerate(lines):
        label = LABEL.match(line)
        if label:
            code = label[2] == "Example"
            yield f"{label[1]}@titled{{{label[2]}}} {label[3] or ''}".rstrip()
            continue
        comment = COMMENT.match(line)
        if not code or not comment:
            code = False
            yield line
            continue
        begins = not comment[2].strip() and LABEL.match(lines[number - 1])
        ends = not belongs_to_code(lines, number + 1)
        yield f"{comment[1]} @code{{.cpp}}" if begins else f"{line} @endcode" if ends else line
        code = not ends


def belongs_to_code(lines, number):
    """Says whether the next line of a comment that is not empty is indented as code is."""
    for line in lines[number:]:
        comment = COMMENT.match(line)
        if not comment or comment[2] == "/":
            return False
        if comment[2].strip():
            return comment[2].startswith("     ")
    return False


def blank(found):
    return "\n" * found[0].count("\n")


def filtered(text):
    for hidden in (SPECIALISATION, DEDUCTION_GUIDE, COMMENT_OF_HIDDEN):
        text = hidden.sub(blank, text)
    return "\n".join(with_titles(list(without_hidden(text.split("\n")))))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as header:
        sys.stdout.write(filtered(header.read()))
