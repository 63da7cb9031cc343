# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks the documentation against the code: what the pages quote and state is what is compiled.

    python3 tests/snippets/check_snippets.py [root of the tree]

  - every fenced `cpp` block of README.md and docs/ is a region, `//[name` to `//]`, of a compiled file, and every
    `cmake` block of docs/ a region, `#[name` to `#]`, of a CMakeLists.txt that a test uses;
  - every `output` block is what a compiled file says that it prints, or a raw string that a test compares with;
  - the tables of defaults hold what the headers hold, option by option;
  - errors, reasons, events and `resil::` names that the pages mention exist, and none is left out;
  - the messages that docs/composing.md quotes are those that a test has seen;
  - the times that docs/why.md quotes are in docs/benchmarks.md;
  - every fenced `python` block is Python;
  - the rows of the tables of docs/numbers.md are those that a test has computed;
  - policy pages have the same sections, and a page can be read in one sitting; links lead somewhere.

Prints one line for each violation, `file:line: what is wrong`, and exits with 1 if there is any.
"""

import ast
import re
import sys
import textwrap
from pathlib import Path

QUOTABLE = ("tests/snippets", "tests/consumer", "tests/http_tls", "tests/mysql", "tests/opentelemetry", "tests/postgres",
            "tests/redis", "examples")
SECTIONS = ["About", "Usage", "Defaults", "Events", "How the number is computed", "Cancellation",
            "Errors and reasons", "Patterns", "Mistakes"]
PAGE_LINES = (80, 160)
BANNED = re.compile(r"\b(simpl[ey]|simplest|eas(y|ily|ier)|just|obvious(ly)?)\b", re.IGNORECASE)
OPTIONS = {
    "deadline": [("deadline.hpp", "deadline_options")],
    "timeout": [("timeout.hpp", "timeout_options")],
    "retry": [("retry.hpp", "retry_options"), ("core/retry_budget.hpp", "retry_budget_options")],
    "circuit_breaker": [("core/circuit_options.hpp", "circuit_breaker_options")],
    "bulkhead": [("core/bulkhead_options.hpp", "bulkhead_options")],
    "fallback": [("fallback.hpp", "fallback_options")],
    "connection_pool": [("core/pool_options.hpp", "connection_pool_options")],
}
# Other tables that hold the members of a structure and their defaults: page, section, structure.
TABLES = [("connection_pool", "SQLAlchemy's words",
           [("core/pool_options.hpp", "sqlalchemy_pool_options")]),
          ("http_client", "Defaults", [("http/client_pool_options.hpp", "client_pool_options"),
                                       ("http/message_limits.hpp", "message_limits")])]
# Pages that must name all values of an enumeration.
EXPLAINED = {
    "composing": [("error.hpp", "errc"), ("error.hpp", "reason"), ("verdict.hpp", "verdict")],
    "connection_pool": [("core/pool_event.hpp", "pool_event_kind"), ("core/pool_state.hpp", "pool_close"),
                        ("core/pool_state.hpp", "pool_failure"), ("core/pool_slot.hpp", "pool_slot_state"),
                        ("connection_fault.hpp", "connection_fault")],
}
MEMBER = re.compile(r"^    (?!static)\w[\w:<>&, ()]*?[>\w] (\w+)(?:\s*=\s*([^;{}]+)|\{([^;{}]*)\});", re.MULTILINE)
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
REGION = re.compile(r"^[ \t]*(//|#)\[(\w+)\n(.*?)^[ \t]*\1\]", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"^// Prints:\n//\n((?:// {5}.*\n)+)", re.MULTILINE)
RAW_STRING = re.compile(r'R"\(\n(.*?)\)"', re.DOTALL)
LITERAL = r'"(?:\\.|[^"\\\n])*"'


def normal(code):
    """Code as it is compared: without what indents all of it, and without blanks at line ends."""
    return textwrap.dedent("\n".join(line.rstrip() for line in code.splitlines())).strip("\n")


def spelt(expression):
    """An initialiser as the pages write it: `30s` for std::chrono::seconds(30), `none` for nothing."""
    text = re.sub(r"\s+", " ", (expression or "none").strip())
    text = re.sub(r"\b(resil|std|chrono)::", "", text)
    text = text.replace("duration::zero()", "0s")
    for long, short in (("milliseconds", "ms"), ("seconds", "s"), ("minutes", "min")):
        text = re.sub(rf"\b{long}\((\d+)\)", rf"\1{short}", text)
    return text


class Page:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.prose = FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), self.text)

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1

    def section(self, title):
        """The text below a heading, to the next heading of any level, or an empty text."""
        found = re.search(rf"^##+ {re.escape(title)}$\n(.*?)(?=^##|\Z)", self.prose,
                          re.MULTILINE | re.DOTALL)
        return found[1] if found else ""

    def rows(self, title):
        """The rows of the tables of a section, without their heads."""
        lines = [line for line in self.section(title).splitlines() if line.startswith("|")]
        cells = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        heads = {i - 1 for i, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
        return [row for i, row in enumerate(cells) if i not in heads and i - 1 not in heads]


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.violations = []
        pages = [self.root / "README.md", self.root / "examples" / "README.md",
                 *sorted((self.root / "docs").rglob("*.md"))]
        self.pages = [Page(path) for path in pages if path.exists()]
        self.include = self.root / "include" / "resil"

    def report(self, path, line, message):
        self.violations.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def run(self):
        self.check_quotes()
        self.check_words_of_code()
        self.check_messages()
        for page in self.pages:
            self.check_links(page)
            self.check_python(page)
            for found in BANNED.finditer(page.prose):
                self.report(page.path, page.line_of(found.start()), f'do not write "{found[0]}"')
            if page.path.parent.name == "policies":
                self.check_policy_page(page)
            if page.path.stem in OPTIONS:
                self.check_defaults(page, "Defaults", OPTIONS[page.path.stem])
            for stem, section, structures in TABLES:
                if page.path.stem == stem:
                    self.check_defaults(page, section, structures)
            self.check_explained(page)
            if page.path.stem == "why":
                self.check_measured(page)
            if page.path.stem == "numbers":
                self.check_computed(page, self.texts_of("numbers_snippets.cpp"))
        return self.violations

    # --- code ------------------------------------------------------------------------------------

    def quotable(self):
        for folder in QUOTABLE:
            for pattern in ("*.[ch]pp", "CMakeLists.txt"):
                for path in sorted((self.root / folder).rglob(pattern)):
                    yield path, path.read_text(encoding="utf-8")

    def regions(self):
        found = {}
        for path, text in self.quotable():
            for _, name, code in REGION.findall(text):
                if name in found:
                    self.report(path, 1, f"there is another region {name}")
                found[name] = (path, normal(code))
            if len(re.findall(r"^\s*(?://|#)\[\w+$", text, re.MULTILINE)) != len(REGION.findall(text)):
                self.report(path, 1, "a region is not closed by //]")
        return found

    def outputs(self):
        """What programs print, as their first comments say, and what tests compare with."""
        found = set()
        for _, text in self.quotable():
            found |= {normal(re.sub(r"^// {5}", "", lines, flags=re.MULTILINE)) for lines in PRINTED.findall(text)}
            found |= {normal(lines) for lines in RAW_STRING.findall(text)}
        return found

    def check_quotes(self):
        regions = self.regions()
        known = {code for _, code in regions.values()}
        outputs = self.outputs()
        for page in self.pages:
            quoted = ("cpp", "c++") if page.path == self.root / "README.md" else ("cpp", "c++", "cmake")
            for block in FENCE.finditer(page.text):
                if block[2] in quoted and normal(block[3]) not in known:
                    self.report(page.path, page.line_of(block.start()), "this code is no region of a "
                                "compiled file: " + self.nearest(block[3], regions))
                if block[2] == "output" and normal(block[3]) not in outputs:
                    self.report(page.path, page.line_of(block.start()), "no program prints this, and no test sees it")

    def check_python(self, page):
        for block in FENCE.finditer(page.text):
            try:
                ast.parse(textwrap.dedent(block[3]) if block[2] == "python" else "")
            except SyntaxError as e:
                self.report(page.path, page.line_of(block.start()) + e.lineno, f"no Python: {e.msg}")

    @staticmethod
    def nearest(code, regions):
        """Where a block that is no region begins to differ from the region it starts like."""
        lines = normal(code).splitlines()

        def common(name):
            pairs = zip(lines, regions[name][1].splitlines())
            return next((i for i, (a, b) in enumerate(pairs) if a != b), len(lines))

        best = max(regions, key=common, default=None)
        if best is None or common(best) == 0:
            return "nothing begins like it"
        return f"it leaves {best} at line {common(best) + 1} of the block"

    # --- words -----------------------------------------------------------------------------------

    def enumerators(self, header, enum):
        body = re.search(rf"enum class {enum}\s*\{{(.*?)\n\}};", self.read(header), re.DOTALL)[1]
        return set(re.findall(r"^    (\w+)", body, re.MULTILINE))

    def read(self, header):
        return (self.include / header).read_text(encoding="utf-8")

    def check_words_of_code(self):
        names = {"errc": self.enumerators("error.hpp", "errc"),
                 "reason": self.enumerators("error.hpp", "reason"),
                 "verdict": self.enumerators("verdict.hpp", "verdict")}
        events = set(re.findall(r"^struct (\w+)", self.read("event.hpp"), re.MULTILINE))
        code = "\n".join(p.read_text(encoding="utf-8") for p in self.include.rglob("*.hpp"))
        words = set(re.findall(r"\w+", code))
        for page in self.pages:
            for found in re.finditer(r"\b(errc|reason|verdict)::(\w+)", page.text):
                if found[2] not in names[found[1]] and "http" not in page.path.name:
                    self.report(page.path, page.line_of(found.start()), f"there is no {found[0]}")
            for found in re.finditer(r"\bresil::(\w+)", page.prose):
                if found[1] not in words:
                    self.report(page.path, page.line_of(found.start()), f"there is no {found[0]}")
        self.events = events | {"circuit_event"}

    def check_explained(self, page):
        words = set(self.events - {"circuit_event"} if page.path.stem == "composing" else ())
        for header, enum in EXPLAINED.get(page.path.stem, []):
            words |= self.enumerators(header, enum)
        for word in sorted(words - set(re.findall(r"`(\w+)`", page.prose))):
            self.report(page.path, 1, f"{word} is not explained")

    def check_measured(self, page):
        measured = (page.path.parent / "benchmarks.md").read_text(encoding="utf-8")
        for time in re.finditer(r"\b\d[\d.]* (ns|us|RAW64)\b", page.section("What it costs")):
            if time[0] not in measured:
                self.report(page.path, 1, f"benchmarks.md does not say {time[0]}")

    def texts_of(self, test):
        """The string literals of a test; those that follow one another are one."""
        path = self.root / "tests" / "snippets" / test
        code = path.read_text(encoding="utf-8") if path.exists() else ""
        chains = re.findall(rf"{LITERAL}(?:\s+{LITERAL})*", code)
        return {"".join(part[1:-1] for part in re.findall(LITERAL, chain)) for chain in chains}

    def check_computed(self, page, tested):
        """That a test has computed each row of the page's tables."""
        for table in re.finditer(r"^\|[-|]+\|\n((?:\|.*\n)*)", page.prose, re.MULTILINE):
            for row in table[1].splitlines():
                if row not in tested:
                    self.report(page.path, page.line_of(table.start()), f"no test has computed {row}")

    def check_messages(self):
        messages = self.texts_of("composing_order_snippets.cpp")
        if not messages:
            return
        for page in self.pages:
            for title in ("What a pipeline refuses", "What a pipeline warns of"):
                for row in page.rows(title):
                    message = row[-1].strip("`")
                    if not any(text.removeprefix("resil::pipeline: ") == message for text in messages):
                        self.report(page.path, 1, f"no test has seen the message: {message}")

    # --- pages -----------------------------------------------------------------------------------

    def check_links(self, page):
        for link in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", page.prose):
            target = page.path.parent / link[1]
            if "://" not in link[1] and not target.exists():
                self.report(page.path, page.line_of(link.start()), f"{link[1]} is not there")

    def check_policy_page(self, page):
        titles = re.findall(r"^## (.+)$", page.prose, re.MULTILINE)
        if titles != SECTIONS:
            self.report(page.path, 1, "the sections are " + ", ".join(titles))
        lines = page.text.count("\n")
        if not PAGE_LINES[0] <= lines <= PAGE_LINES[1]:
            self.report(page.path, 1, f"{lines} lines; a page has {PAGE_LINES[0]} to {PAGE_LINES[1]}")
        for row in page.rows("Events"):
            if row[0].strip("`") not in self.events:
                self.report(page.path, 1, f"there is no event {row[0]}")
        if page.path.stem not in OPTIONS:
            self.report(page.path, 1, "name its options in check_snippets.py")

    def check_defaults(self, page, section, structures):
        stated = {(row[0].strip("`"), row[1].strip("`")) for row in page.rows(section)}
        actual = set()
        for header, options in structures:
            body = re.search(rf"struct {options}\n\{{(.*?)\n\}};", self.read(header), re.DOTALL)[1]
            body = re.sub(r"//.*", "", body)
            actual |= {(name, spelt(value or braced)) for name, value, braced in MEMBER.findall(body)}
        for name, value in sorted(actual - stated):
            self.report(page.path, 1, f"the table of defaults has no row | `{name}` | `{value}` |")
        for name, value in sorted(stated - actual):
            self.report(page.path, 1, f"no header says {name} = {value}")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    checker = Checker(root)
    violations = checker.run()
    for violation in violations:
        print(violation)
    count = sum(len(FENCE.findall(page.text)) for page in checker.pages)
    print(f"{len(checker.pages)} pages, {count} blocks: {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
