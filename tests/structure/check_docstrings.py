# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks the comments of all public entities against "What a public docstring says" in CONTRIBUTING.md.

    python3 tests/structure/check_docstrings.py [root of the tree]

Doxygen reads the headers, as docs/Doxyfile says, and its warnings are violations. Here it is checked that each entity
has a comment, and that the comment has the parts that it owes:

  - a function or a class begins with a verb, and a function that can throw says so, itself or its class (`Exceptions:`);
  - what starts an asynchronous operation has the parts of ASYNC, its own or of its class;
  - a class has the parts of CLASS, and one that a call can be made with those of POLICY;
  - a number among options states its range, and the source of its default;
  - parts stand in the order of LABELS of docs/doxygen_filter.py; an example is a piece of a compiled region, of twelve
    lines at most.

"The same ..." has the parts of the overload above it, and "see `f`" or "as `f`" those of f.
Prints one line for each violation, `file:line: what is wrong`, and exits with 1 if there is any.
"""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/snippets"), str(ROOT / "docs")]
import check_snippets  # noqa: E402
from doxygen_filter import LABELS  # noqa: E402

ASYNC = ["Completion signature", "Executor", "Cancellation", "Errors", "Lifetimes", "Cost"]
CLASS = ["Thread safety", "Exceptions", "Cost", "Example"]
POLICY = ["Completion signature", "Cancellation", "Errors"]
CALLS = "resil::detail::calls"
EXAMPLE_LINES = 12

VERB = re.compile(r"[A-Z][a-z]+s\b")
NO_VERBS = {"This", "Always", "Bytes", "Its", "As", "Thus", "Plus", "Milliseconds", "Seconds", "Options", "Connections"}
THROWS = re.compile(r"\b[Tt]hrows\b")
NUMBER = re.compile(r"\b(int|double|float|short|long|size_t|u?int\d+_t|duration|duration<\w+>)(>?)$")
RANGE = re.compile(r"[<>]=? ?[\w`]|\b(in|from) [\[(]?`?\w|\d to [`\w]|\bany\b|\bzero\b")
SAME = re.compile(r"^The same\b")


def words(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def code_of(listing):
    """The text of a code block; Doxygen writes spaces as elements."""
    def text(element):
        inner = " " if element.tag == "sp" else element.text or ""
        return inner + "".join(text(child) + (child.tail or "") for child in element)

    return "\n".join(text(line).rstrip() for line in listing.iter("codeline")).strip("\n")


class Entity:
    """Something that has a comment: what Doxygen calls a compound, a member or a value of an enumeration."""

    def __init__(self, element, kind, name, owner=None):
        self.kind = kind
        self.name = name
        self.owner = owner
        self.id = element.get("id")
        place = element.find("location")
        self.file, self.line = (place.get("file"), int(place.get("line"))) if place is not None else (None, 0)
        self.type = words(element.find("type")) if element.find("type") is not None else ""
        self.arguments = element.findtext("argsstring") or ""
        self.initializer = words(element.find("initializer")) if element.find("initializer") is not None else ""
        self.bases = [base.text for base in element.findall("basecompoundref")]
        self.members = []
        self.read_comment([e for e in (element.find("briefdescription"), element.find("detaileddescription"))
                           if e is not None])

    def read_comment(self, descriptions):
        self.examples = [code_of(listing) for d in descriptions for listing in d.iter("programlisting")]
        self.references = [(words(ref), ref.get("refid")) for d in descriptions for ref in d.iter("ref")]
        self.parts = [words(section.find("title")) for d in descriptions for section in d.iter("simplesect")
                      if section.get("kind") == "par"]
        self.text = " ".join(words(d) for d in descriptions).strip()
        begins = (para[0] for d in descriptions for para in d if len(para) and not (para.text or "").strip())
        self.begins_with_code = next((first.tag for first in begins), "") == "computeroutput"

    @property
    def is_function(self):
        return self.kind == "function"

    @property
    def is_asynchronous(self):
        return self.is_function and self.name.split("::")[-1].startswith("async_")

    @property
    def is_special(self):
        """Whether the language says what it does: an operator, a destructor, or what is defaulted."""
        last = self.name.split("::")[-1]
        return last.startswith(("operator", "~")) or "=default" in self.arguments.replace(" ", "")

    @property
    def can_throw(self):
        return not re.search(r"\bnoexcept\b", self.arguments)


class Reference:
    """All public entities, as Doxygen found them."""

    def __init__(self, folder):
        self.entities = []
        for file in sorted(Path(folder).glob("*.xml")):
            for compound in xml.parse(file).getroot().iter("compounddef"):
                self.read_compound(compound)
        self.by_id = {entity.id: entity for entity in self.entities}

    def read_compound(self, compound):
        kind = compound.get("kind")
        name = compound.findtext("compoundname")
        of_resil = name.startswith("resil") or kind == "file"
        if compound.get("prot") == "private" or not of_resil or kind == "dir":
            return
        owner = Entity(compound, kind, name) if kind in ("class", "struct", "concept") else None
        if owner or (kind == "namespace" and not re.search(r"::(detail|core)\b", name)):
            self.entities.append(owner or Entity(compound, kind, name))
        for member in compound.iter("memberdef"):
            if member.get("prot") != "private" and member.get("kind") != "friend" and (
                    kind != "file" or member.get("kind") == "define"):
                self.read_member(member, name, owner, kind)

    def read_member(self, member, scope, owner, kind):
        own = member.findtext("name")
        entity = Entity(member, member.get("kind"), own if kind == "file" else f"{scope}::{own}", owner)
        if entity.kind == "define" and re.search("_HPP$|_DETAIL_", entity.name):
            return
        self.entities.append(entity)
        if owner:
            owner.members.append(entity)
        for value in member.iter("enumvalue"):
            found = Entity(value, "enumvalue", f"{entity.name}::{value.findtext('name')}", owner)
            found.file, found.line = entity.file, entity.line
            self.entities.append(found)


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.violations = []
        self.reference = None

    def report(self, entity, message):
        self.violations.append(f"include/{entity.file}:{entity.line}: {entity.name} {message}")

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_doxygen(folder)
            self.reference = Reference(Path(folder, "api"))
        self.compiled = [code.splitlines() for _, code in check_snippets.Checker(self.root).regions().values()]
        for entity in self.reference.entities:
            self.check(entity)
        self.check_inputs()
        return self.violations

    def run_doxygen(self, folder):
        settings = (self.root / "docs/Doxyfile").read_text(encoding="utf-8")
        settings += f"\nOUTPUT_DIRECTORY = {folder}\nWARN_AS_ERROR = NO\n"
        try:
            done = subprocess.run(["doxygen", "-"], cwd=self.root, input=settings, capture_output=True, text=True,
                                  check=False)
        except FileNotFoundError:
            sys.exit("check_docstrings: there is no doxygen; scripts/setup installs it")
        for line in dict.fromkeys(done.stderr.splitlines()):
            if "is not documented" not in line:  # said below, for all kinds of entities
                self.violations.append(line.replace(f"{self.root}/", ""))

    def check_inputs(self):
        """The types of core/ that are in namespace resil itself are public: Doxygen is to read them."""
        settings = (self.root / "docs/Doxyfile").read_text(encoding="utf-8")
        for path in sorted((self.root / "include/resil/core").glob("*.hpp")):
            name = path.relative_to(self.root).as_posix()
            public = re.search(r"^namespace resil \{$", path.read_text(encoding="utf-8"), re.MULTILINE)
            if public and name not in settings:
                self.violations.append(f"{name}:1: is public, and not among the INPUT of docs/Doxyfile")

    # --- what each kind of entity owes ------------------------------------------------------------

    def check(self, entity):
        if not entity.text:
            return self.report(entity, "has no comment")
        self.check_sentence(entity)
        self.check_order(entity)
        if "Example" in entity.parts and not entity.examples:
            self.report(entity, "has an example without code")
        for example in entity.examples:
            self.check_example(entity, example)
        if entity.kind in ("class", "struct"):
            self.check_class(entity)
        elif entity.is_function:
            self.check_function(entity)
        elif entity.kind == "variable":
            self.check_option(entity)

    def check_sentence(self, entity):
        if entity.text[0].islower() and not entity.begins_with_code:
            self.report(entity, "does not begin as a sentence does")

    def check_order(self, entity):
        places = [LABELS.index(part) for part in entity.parts if part in LABELS]
        if places != sorted(set(places)):
            self.report(entity, "has its parts in another order: " + ", ".join(entity.parts))

    def check_verb(self, entity):
        first = entity.text.split(" ")[0]
        if not VERB.match(first) or first in NO_VERBS:
            self.report(entity, f'does not begin with a verb but with "{first}"')

    def check_class(self, entity):
        nested = any(entity.name.rpartition("::")[0] == other.name for other in self.reference.entities
                     if other.kind in ("class", "struct"))
        if entity.kind == "struct" or nested:
            return
        self.check_verb(entity)
        owed = list(CLASS)
        if any((base or "").startswith(CALLS.removeprefix("resil::")) or CALLS in (base or "")
               for base in entity.bases):
            owed += POLICY
        self.check_parts(entity, owed, set(entity.parts))

    def check_parts(self, entity, owed, found):
        missing = [part for part in owed if part not in found]
        if missing:
            self.report(entity, "does not say: " + ", ".join(missing))

    def check_function(self, entity):
        if SAME.match(entity.text):
            if not self.overload_above(entity):
                return self.report(entity, "is the same as nothing above it")
        elif not entity.is_special:
            self.check_verb(entity)
        if entity.is_asynchronous:
            return self.check_asynchronous(entity)
        if entity.can_throw and not entity.is_special and not self.tells_exceptions(entity):
            self.report(entity, "does not say what it throws")

    def tells_exceptions(self, entity):
        return "Exceptions" in self.parts_of(entity, set()) or any(
            THROWS.search(one.text) for one in [entity, *self.related(entity)])

    def check_asynchronous(self, entity):
        self.check_parts(entity, ASYNC, self.parts_of(entity, set()))
        if not self.has_example(entity, set()):
            self.report(entity, "has no example, and its class none with it")

    def check_option(self, entity):
        options = entity.owner and entity.owner.kind == "struct" and any(
            member.name.endswith("::validate") or entity.owner.name.endswith("_options")
            for member in entity.owner.members)
        if not options or not NUMBER.search(entity.type) or "static" in entity.type or "constexpr" in entity.type:
            return
        if not RANGE.search(entity.text):
            self.report(entity, "does not state its range")
        default = re.sub(r"std::chrono::\w+|std::size_t|duration::zero\(\)|[={}()\s]", "", entity.initializer)
        if default not in ("", "0", "0.0", "false") and "Source:" not in entity.text:
            self.report(entity, "does not state the source of its default")

    # --- what is said elsewhere -------------------------------------------------------------------

    def overload_above(self, entity):
        """The overload that "The same" speaks of: the nearest above that is described for itself."""
        above = [other for other in self.reference.entities
                 if other.is_function and other.name == entity.name and other.file == entity.file
                 and other.line < entity.line and not SAME.match(other.text)]
        return max(above, key=lambda other: other.line, default=None)

    def related(self, entity):
        """What the comment of a function refers to for what it does not say itself."""
        if SAME.match(entity.text):
            above = self.overload_above(entity)
            return [above] if above else []
        return [self.reference.by_id[refid] for name, refid in entity.references
                if refid in self.reference.by_id
                and re.search(rf"\b([Ss]ee|[Aa]s) {re.escape(name)}", entity.text)]

    def parts_of(self, entity, seen):
        """The parts that a function has: its own, of its class, and of what it refers to."""
        if entity.id in seen:
            return set()
        seen.add(entity.id)
        parts = set(entity.parts) | set(entity.owner.parts if entity.owner else ())
        for other in self.related(entity):
            parts |= self.parts_of(other, seen)
        return parts

    def has_example(self, entity, seen):
        """Whether a function is called in its own example, or its class's, or what it refers to is in another."""
        if entity.id in seen:
            return False
        seen.add(entity.id)
        call = entity.name.split("::")[-1] + "("
        examples = entity.examples + (entity.owner.examples if entity.owner else [])
        return any(call in example for example in examples) or any(
            self.has_example(other, seen) for other in self.related(entity) if other.is_function)

    def check_example(self, entity, example):
        lines = check_snippets.normal(example).splitlines()
        if len(lines) > EXAMPLE_LINES:
            self.report(entity, f"has an example of {len(lines)} lines; {EXAMPLE_LINES} are enough")
        for region in self.compiled:
            for start in range(len(region) - len(lines) + 1):
                if check_snippets.normal("\n".join(region[start:start + len(lines)])).splitlines() == lines:
                    return
        self.report(entity, f'has an example that is not compiled: "{lines[0] if lines else ""}"')


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT).resolve()
    checker = Checker(root)
    violations = checker.run()
    for violation in violations:
        print(violation)
    print(f"{len(checker.reference.entities)} public entities: {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
