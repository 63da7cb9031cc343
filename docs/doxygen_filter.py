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
HIDDEN = [re.compile(pattern, re.MULTILINE | re.DOTALL) for pattern in (
    r"^(?:///[^\n]*\n)*namespace ((?:\w+::)*\w*detail|boost::\w+) \{$.*?^\} // namespace \1$",
    r"^(?:///[^\n]*\n)*template <[^\n]*>\nstruct fmt::.*?^\};$",
    r"^template <>\ninline constexpr bool\n[^;]*;$",
    r"^template <[^\n]*>\n\w+\([^;]*\)\s+-> [^;]*;$",
    r"^ [^\n]*\) = delete;$")]
CALLS = re.compile(r"^/\*\*\n(?: \*[^\n]*\n)*template <class Derived>\nclass calls$.*?^\};$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(rf"^(\s*(?:\*|///) )({'|'.join(LABELS)}):(?: (.*))?$")
COMMENT = re.compile(r"^(\s*\*|\s*///)(?!/)(.*)$")


def blank(text):
    return re.sub(r"[^\n]", "", text)


def without_hidden(found):
    """What is left of something hidden: lines, or, in its namespace, the class `calls`."""
    text = found[0]
    kept = CALLS.search(text)
    if not kept:
        return blank(text)
    opening, closing = text[:text.index("\n")], text[text.rindex("\n") + 1:]
    return (opening + blank(text[len(opening):kept.start()]) + kept[0] +
            blank(text[kept.end():len(text) - len(closing)]) + closing)


def with_titles(lines):
    """Turns labels into titles of paragraphs, and examples into code."""
    code = False
    for number, line in enumerate(lines):
        label = LABEL.match(line)
        comment = COMMENT.match(line)
        if label:
            code = label[2] == "Example" and not label[3]
            yield f"{label[1]}@titled{{{label[2]}}} {label[3] or ''}".rstrip()
        elif not code or not comment:
            code = False
            yield line
        elif LABEL.match(lines[number - 1]):
            yield f"{comment[1]} @code{{.cpp}}"
        else:
            code = continues(lines[number + 1:])
            yield line if code else f"{line} @endcode"


def continues(lines):
    """Says whether the next line of a comment that is not empty is indented as code is."""
    for line in lines:
        comment = COMMENT.match(line)
        if not comment or comment[2].strip():
            return bool(comment) and comment[2].startswith("     ")
    return False


def filtered(text):
    for hidden in HIDDEN:
        text = hidden.sub(without_hidden, text)
    return "\n".join(with_titles(text.split("\n")))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as header:
        sys.stdout.write(filtered(header.read()))
