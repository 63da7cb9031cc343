# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks the structure of the source tree: what CONTRIBUTING.md calls the rules of the house.

    python3 tests/structure/check_structure.py [root of the tree]

Prints one line for each violation, `file:line: what is wrong`, and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

# The layers, lowest first. A header includes only lower layers, or headers of its own folder.
WORDS = ["version", "config", "error", "verdict", "attempt", "idempotency", "event", "result",
         "connection_fault"]
TIME = ["timer_service"]
POLICIES = ["deadline", "timeout", "retry", "circuit_breaker", "bulkhead", "fallback", "connection_pool"]
COMPOSITION = ["pipeline", "keyed", "format", "pool_set", "sharded_pool"]
RANKS = {"words": 0, "core": 1, "time": 2, "detail": 3, "policy": 4, "composition": 5, "umbrella": 6,
         "adapter": 7, "service": 8, "testing": 8, "sources": 9}
# Layers whose headers are strangers to each other.
STRANGERS = {"policy"}
# Headers that may be read without what config.hpp asks for.
UNCONDITIONAL = {"resil/config.hpp", "resil/version.hpp"}

IN_UMBRELLA = {"words", "time", "policy", "composition"}
SOURCES = ("*.hpp", "*.ipp", "*.cpp")
TREES = ("include", "tests", "examples", "bench")
EXAMPLE_LINES = (40, 90)
LICENCE = ["// Copyright (c) 2026 The resil authors", "// SPDX-License-Identifier: BSL-1.0"]

COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
CLOCK = re.compile(r"\b(\w*clock\w*)\s*::\s*now\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w.])(?:::)?sleep\s*\(")
# How a header has its bodies beside it, and the only way.
FOOT = re.compile(r"\n#ifndef RESIL_SEPARATE_COMPILATION\n#include <([^>]+\.ipp)>\n#endif\n\n#endif[^\n]*\s*$")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|home|root)/\w")


def without_comments(text):
    """Blanks comments out, line by line; text in quotes stays, for it may name an include."""
    def blank(match):
        found = match.group()
        return re.sub(r"[^\n]", " ", found) if found.startswith("/") else found
    return COMMENT_OR_TEXT.sub(blank, text)


class Header:
    def __init__(self, path, include_folder):
        self.path = path
        self.name = path.relative_to(include_folder).as_posix()  # resil/core/backoff.hpp
        self.code = without_comments(path.read_text(encoding="utf-8"))
        self.includes = [(line_of(self.code, m.start(2)), m[1], m[2]) for m in INCLUDE.finditer(self.code)]
        self.layer = layer_of(self.name)
        foot = FOOT.search(self.code)
        self.bodies = foot[1] if foot else None  # resil/core/backoff.ipp

    @property
    def folder(self):
        """The first folder below resil/: http for resil/http/detail/digits.hpp, '' for resil/retry.hpp."""
        return self.name.removeprefix("resil/").rpartition("/")[0].partition("/")[0]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def layer_of(name):
    """Which layer a header belongs to; None for a top-level header that no table above names."""
    parts = name.removeprefix("resil/").split("/")
    stem = parts[-1].rpartition(".")[0]
    if len(parts) > 1:
        folder = parts[0]
        if folder == "detail" and (stem.startswith("timer_") or stem in TIME):
            return "time"
        return folder if folder in ("core", "detail", "service", "testing") else "adapter"
    named = {"words": WORDS, "time": TIME, "policy": POLICIES, "composition": COMPOSITION,
             "umbrella": ["resil"], "sources": ["src"]}
    return next((layer for layer, stems in named.items() if stem in stems), None)


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.include_folder = self.root / "include"
        self.violations = []
        found = sorted(p for pattern in ("*.hpp", "*.ipp") for p in self.include_folder.rglob(pattern))
        self.headers = {header.name: header for header in (Header(p, self.include_folder) for p in found)}

    def report(self, path, line, message):
        self.violations.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def run(self):
        for header in self.headers.values():
            self.check_layers(header)
            self.check_first_include(header)
            self.check_guard(header)
            self.check_contents(header)
            self.check_bodies(header)
        self.check_core_is_pure()
        self.check_cycles()
        self.check_umbrella()
        self.check_sources()
        self.check_examples()
        return self.violations

    # --- who includes whom ------------------------------------------------------------------------

    def check_layers(self, header):
        if header.layer is None:
            self.report(header.path, 1, "belongs to no layer: name it in a table of check_structure.py")
            return
        for line, quote, included in header.includes:
            if quote == '"':
                self.report(header.path, line, f'write <resil/...>, not "{included}"')
            if not included.startswith("resil/"):
                continue
            other = self.headers.get(included)
            if other is None:
                self.report(header.path, line, f"includes {included}, which is not there")
            elif other.layer is not None and included != header.bodies:
                self.check_edge(header, line, other)

    def check_first_include(self, header):
        """config.hpp says first what resil needs, or the compiler says something else first."""
        first = header.includes[0][2] if header.includes else ""
        is_part = header.name.endswith(".ipp")  # of a header, which has reached it
        if header.name not in UNCONDITIONAL and not is_part and not first.startswith("resil/"):
            self.report(header.path, 1, "the first include must be one of resil: <resil/config.hpp>, if no other")

    def check_edge(self, header, line, other):
        rank, other_rank = RANKS[header.layer], RANKS[other.layer]
        if other.layer in STRANGERS and header.layer == other.layer:
            self.report(header.path, line, f"siblings do not include each other: {other.name}")
        elif other_rank > rank:
            self.report(header.path, line, f"includes upwards: {header.layer} -> {other.layer} ({other.name})")
        elif rank == other_rank and header.folder != other.folder:
            self.report(header.path, line, f"{header.folder} and {other.folder} do not know each other")
        if other.name.endswith(".ipp") and header.layer != "sources":
            self.report(header.path, line, f"only src.hpp includes {other.name}, and its own header at its foot")
        if other.layer == "umbrella" and header.layer != "testing":
            self.report(header.path, line, "no header of the library includes the umbrella")

    def check_bodies(self, header):
        """The bodies beside a header: it includes them where they are not compiled apart, and src.hpp does."""
        if header.bodies and header.bodies != header.name.replace(".hpp", ".ipp"):
            self.report(header.path, 1, f"{header.bodies} is not beside it")
        if not header.name.endswith(".ipp"):
            return
        owner = self.headers.get(header.name.replace(".ipp", ".hpp"))
        sources = self.headers.get("resil/src.hpp")
        if owner is None or owner.bodies != header.name:
            self.report(header.path, 1, "the header beside it must include it at its foot")
        if sources is None or header.name not in {name for _, _, name in sources.includes}:
            self.report(header.path, 1, "src.hpp must include it")

    def check_cycles(self):
        state = {}  # absent: not seen; 1: on the way; 2: done

        def visit(name, way):
            state[name] = 1
            for line, _, included in self.headers[name].includes:
                if included not in self.headers:
                    continue
                if state.get(included) == 1:
                    self.report(self.headers[name].path, line,
                                "include cycle: " + " -> ".join([*way[way.index(included):], included]))
                elif included not in state:
                    visit(included, [*way, included])
            state[name] = 2

        for name in self.headers:
            if name not in state:
                visit(name, [name])

    def check_core_is_pure(self):
        """core/ reaches neither Asio nor <random> nor Outcome, through whatever it includes."""
        for header in self.headers.values():
            if header.layer == "core":
                self.check_purity(header, header, set())

    def check_purity(self, core, header, seen):
        seen.add(header.name)
        for line, _, included in header.includes:
            asio = included.startswith("boost/asio") and not (
                header.name == "resil/verdict.hpp" and included == "boost/asio/error.hpp")
            if asio or included == "random" or included.startswith("boost/outcome"):
                through = "" if header is core else f" through {core.name}"
                self.report(header.path, line, f"core is pure, it must not reach <{included}>{through}")
            other = self.headers.get(included)
            if other and other.name not in seen:
                self.check_purity(core, other, seen)

    def check_umbrella(self):
        umbrella = self.headers.get("resil/resil.hpp")
        if umbrella is None:
            if any(header.layer == "composition" for header in self.headers.values()):
                self.report(self.include_folder / "resil/resil.hpp", 1, "the umbrella is missing")
            return
        included = {name for _, _, name in umbrella.includes}
        expected = {h.name for h in self.headers.values()
                    if h.layer in IN_UMBRELLA and not h.folder and h.name.endswith(".hpp")}
        for name in sorted(expected - included):
            self.report(umbrella.path, 1, f"the umbrella does not include {name}")
        for name in sorted(included - expected):
            self.report(umbrella.path, 1, f"the umbrella must not include {name}")

    # --- what is in a header ----------------------------------------------------------------------

    def check_guard(self, header):
        guard = re.sub(r"[/.]", "_", header.name.removeprefix("resil/")).upper()
        guard = "RESIL_HPP" if header.name == "resil/resil.hpp" else "RESIL_" + guard
        expected = rf"\s*#ifndef {guard}\n#define {guard}\n.*#endif[^\n]*\s*"
        if not re.fullmatch(expected, header.code, re.DOTALL):
            self.report(header.path, 4, f"the include guard must be {guard}, around everything")
        last = header.path.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]
        if "//" in last and last != f"#endif // {guard}":
            self.report(header.path, 1, f"the last line must be `#endif // {guard}`, or bare")

    def check_contents(self, header):
        for match in CLOCK.finditer(header.code):
            wall_clock_of_adapter = match[1] == "system_clock" and header.layer in ("adapter", "service")
            if header.layer != "time" and not wall_clock_of_adapter:
                self.report(header.path, line_of(header.code, match.start()),
                            f"only the timer service reads a clock: {match.group()}")
        for line, _, included in header.includes:
            if included.startswith("boost/outcome") and header.name != "resil/result.hpp":
                self.report(header.path, line, "only result.hpp knows Outcome")
            if included.startswith("fmt/") and header.name != "resil/format.hpp":
                self.report(header.path, line, "formatters live in format.hpp only")

    # --- every source -----------------------------------------------------------------------------

    def check_sources(self):
        for tree in TREES:
            for pattern in SOURCES:
                for path in sorted((self.root / tree).rglob(pattern)):
                    if "build" not in path.relative_to(self.root).parts:  # what Conan leaves of its test
                        self.check_source(path, tree)

    def check_source(self, path, tree):
        text = path.read_text(encoding="utf-8")
        code = without_comments(text)
        if text.splitlines()[:2] != LICENCE:
            self.report(path, 1, "must begin with the two lines of copyright and licence")
        for match in INCLUDE.finditer(code):
            if match[2] in ("boost/asio.hpp", "boost/beast.hpp", "boost/asio/experimental/channel.hpp"):
                self.report(path, line_of(code, match.start(2)), f"too big: <{match[2]}>; include what is used")
        for match in MACHINE_PATH.finditer(text):
            self.report(path, line_of(text, match.start()), f"the path of one machine: {match.group()}")
        if tree == "tests":
            self.check_test(path, code)

    def check_test(self, path, code):
        group = path.relative_to(self.root / "tests").parts[0]
        if group != "stress":
            for match in SLEEP.finditer(code):
                self.report(path, line_of(code, match.start()), "only tests/stress sleeps")
        if group == "core":
            for match in INCLUDE.finditer(code):
                if match[2].startswith("boost/asio") and match[2] != "boost/asio/error.hpp":
                    self.report(path, line_of(code, match.start(2)), "the tests of core/ need no Asio")

    # --- the examples -----------------------------------------------------------------------------

    def check_examples(self):
        """NN_name.cpp: numbered from 01 without a gap, of a length that is read at once, and listed."""
        examples = sorted((self.root / "examples").glob("[0-9][0-9]_*.cpp"))
        for number, path in enumerate(examples, 1):
            if not path.name.startswith(f"{number:02}_"):
                self.report(path, 1, f"the next example is {number:02}: numbers have no gap, and none is used twice")
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if not EXAMPLE_LINES[0] <= lines <= EXAMPLE_LINES[1]:
                self.report(path, 1, f"{lines} lines; an example has {EXAMPLE_LINES[0]} to {EXAMPLE_LINES[1]}")
        page = self.root / "examples" / "README.md"
        listed = re.findall(r"\((\d\d_\w+\.cpp)\)", page.read_text(encoding="utf-8")) if page.exists() else []
        if listed != [path.name for path in examples]:
            self.report(page, 1, "the list is not that of the examples, in their order")


if __name__ == "__main__":
    default_root = Path(__file__).resolve().parents[2]
    found = Checker(sys.argv[1] if len(sys.argv) > 1 else default_root).run()
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
