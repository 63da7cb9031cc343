# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""The API reference as pages of the site, one for each public header, from Doxygen's XML.

No tool that is published did: mkdoxy 1.2.8 loses code blocks, concepts and requires-clauses, and makes a page of every
file and folder; the others write for another generator of sites.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

from comments import Comments, code, fenced, squeezed, table, text_of, type_text

FOLDER = "reference"
WIDTH = 84
# In which order readers want the headers of include/resil. Those of an adapter, and what is not named, follow by name.
OTHERS = "All of them together"
GROUPS = {
    "Policies": ["deadline", "timeout", "retry", "circuit_breaker", "bulkhead", "fallback"],
    OTHERS: ["pipeline", "async_call", "result", "error", "verdict", "attempt", "idempotency", "event", "format",
             "timer_service", "version"],
    "Connections": ["connection_pool", "pool_set", "sharded_pool", "connection_fault"],
}
ADAPTERS = {"http": "HTTP", "postgres": "PostgreSQL", "mysql": "MySQL", "opentelemetry": "OpenTelemetry",
            "testing": "Testing"}
# What users get with another header than the one where it stands.
PART_OF = {"core/backoff": "retry", "core/retry_budget": "retry", "core/circuit_": "circuit_breaker",
           "core/bulkhead_": "bulkhead", "core/pool_": "connection_pool", "detail/initiate": "async_call"}
COMPOUNDS = ("class", "struct", "union", "concept")
NAMELESS = "calls"  # the base class from which policies have their `async_call`: only what it has is public


def page_of(header):
    """The page on which what stands in a header is described: `retry` for `resil/core/backoff.hpp`."""
    stem = header.removeprefix("resil/").removesuffix(".hpp")
    return next((page for part, page in PART_OF.items() if stem.startswith(part)), stem)


def line_of(element):
    return int(element.find("location").get("line", "0"))  # a file has none


def header_of(element):
    return element.find("location").get("file")


class Entity:
    """Something that a page has a section for."""

    def __init__(self, element, name):
        self.element = element
        self.kind = element.get("kind")
        self.name = name.removeprefix("resil::").removeprefix("detail::")
        self.page = page_of(header_of(element))
        self.anchor = self.name.rpartition("::")[2] if "::" in self.name else self.name
        self.nested = []

    @property
    def short(self):
        return self.name.rpartition("::")[2]

    @property
    def nameless(self):
        """Whether it has no section of its own: the base of all policies, and the header itself."""
        return self.name == NAMELESS or self.kind == "file"

    def members(self):
        """The public members by kind, in the order of the header."""
        found = [m for s in self.element.findall("sectiondef") for m in s if m.get("prot") == "public"]
        return sorted((m for m in found if is_shown(m)), key=line_of)


def is_shown(member):
    """Whether a member tells a reader something: those that a compiler makes, and friends, do not."""
    name = member.findtext("name")
    arguments = squeezed(member.findtext("argsstring") or "").replace(" ", "")
    copies = re.fullmatch(rf"\({name}(const)?&&?\w*\)(noexcept)?", arguments)
    made = name.startswith("~") or name == "operator=" or arguments.endswith(("=default", "=delete")) or copies
    return not made and member.get("kind") != "friend"


class Reference:
    def __init__(self, folder):
        self.entities = {}  # by Doxygen's id
        self.targets = {}   # Doxygen's id -> (page, anchor)
        self.names = {}     # `errc::timed_out` -> (page, anchor)
        trees = [ElementTree.parse(path).getroot() for path in sorted(Path(folder).glob("*.xml"))]
        compounds = [c for root in trees for c in root.findall("compounddef")]
        self.read_compounds([c for c in compounds if c.get("kind") in COMPOUNDS])
        for compound in compounds:
            if compound.get("kind") in ("namespace", "file"):
                self.read_free(compound)
            if compound.get("kind") == "file" and "".join(compound.find("briefdescription").itertext()).strip():
                self.entities[compound.get("id")] = Entity(compound, compound.findtext("compoundname"))
        for entity in self.entities.values():
            if not entity.nameless:
                self.add_names(entity)

    # --- what there is ---------------------------------------------------------------------------

    def read_compounds(self, compounds):
        by_name = {c.findtext("compoundname"): Entity(c, c.findtext("compoundname")) for c in compounds}
        for name, entity in sorted(by_name.items()):
            owner = by_name.get(name.rpartition("::")[0])
            if owner is None and entity.element.get("prot", "public") == "public" and name.startswith("resil::"):
                self.entities[entity.element.get("id")] = entity
            elif owner is not None and self.is_public(owner.element, entity.element):
                entity.anchor = f"{owner.anchor}-{entity.short}"
                owner.nested.append(entity)
                self.add_names(entity)

    @staticmethod
    def is_public(owner, compound):
        inner = (i for i in owner.findall("innerclass") if i.get("refid") == compound.get("id"))
        return next(inner).get("prot") == "public"

    def read_free(self, scope):
        """Functions, aliases, enumerations and constants of a namespace, and macros of a file."""
        name = scope.findtext("compoundname")
        classes = {e.short for e in self.entities.values()}
        for member in (m for s in scope.findall("sectiondef") for m in s):
            is_macro = member.get("kind") == "define"
            is_guide = member.findtext("name") in classes and "->" in (member.findtext("argsstring") or "")
            if is_macro == (scope.get("kind") == "file") and (is_macro or name.startswith("resil")) and not is_guide:
                full = member.findtext("name") if is_macro else f"{name}::{member.findtext('name')}"
                self.entities[member.get("id")] = Entity(member, full)

    def add_names(self, entity):
        where = (entity.page, entity.anchor)
        self.targets.setdefault(entity.element.get("id"), where)
        self.name(entity.name, where)
        for value in entity.element.findall("enumvalue"):
            self.name(f"{entity.name}::{value.findtext('name')}", where)
            self.targets[value.get("id")] = where
        if entity.kind in COMPOUNDS:
            for member in entity.members():
                here = (entity.page, member_anchor(entity, member))
                self.targets[member.get("id")] = here
                self.name(f"{entity.name}::{member.findtext('name')}", here)

    def name(self, name, where):
        """Notes where a name is described; a name of two things, as `to_string` is, leads nowhere."""
        self.names[name] = where if self.names.get(name, where) == where else None

    # --- pages -----------------------------------------------------------------------------------

    def pages(self):
        """The entities of each page, in the order of their headers; those of core/ come last."""
        found = {}
        for entity in self.entities.values():
            found.setdefault(entity.page, []).append(entity)
        rank = {"detail": 0, "core": 2}
        for entities in found.values():
            entities.sort(key=lambda e: (rank.get(header_of(e.element).split("/")[1], 1), header_of(e.element),
                                         line_of(e.element)))
        return found

    def groups(self):
        """The pages of each group in reading order."""
        pages = self.pages()
        grouped = {title: [page for page in stems if page in pages] for title, stems in GROUPS.items()}
        for folder, title in ADAPTERS.items():
            grouped[title] = sorted((page for page in pages if page.startswith(folder + "/")),
                                    key=lambda page: (page != f"{folder}/{folder}", page))
        grouped[OTHERS] += sorted(set(pages) - {page for group in grouped.values() for page in group})
        return {title: group for title, group in grouped.items() if group}

    def nav(self):
        index = [{"Reference": f"{FOLDER}/index.md"}]
        return index + [{title: [{page.rpartition("/")[2]: f"{FOLDER}/{page}.md"} for page in group]}
                        for title, group in self.groups().items()]

    def markdown(self, explained_in):
        """The text of each page by its path; `explained_in(page)` says which pages of prose refer to it."""
        found = {f"{FOLDER}/index.md": self.index()}
        for page, entities in self.pages().items():
            found[f"{FOLDER}/{page}.md"] = PageWriter(self, page).write(entities, explained_in(page))
        return found

    def index(self):
        parts = ["# Reference",
                 "Every public header, and what is in it. The text is that of the comments in the headers."]
        pages = self.pages()
        writer = PageWriter(self, "index")
        for title, group in self.groups().items():
            rows = [[f"[{page}]({page}.md)", writer.contents(pages[page])] for page in group]
            parts += [f"## {title}", table(["header", "has"], rows)]
        return "\n\n".join(parts) + "\n"


def member_anchor(entity, member):
    """Where a member is described: fields and types in the table of their class, others below a title of their own."""
    if member.get("kind") in ("variable", "typedef"):
        return entity.anchor
    word = re.sub(r"\W", lambda sign: f"-{ord(sign[0]):x}", member.findtext("name"))  # operator-> has a sign or two
    return f"{entity.anchor}-{word}"


class PageWriter:
    def __init__(self, reference, page):
        self.reference = reference
        self.page = page
        self.scope = page.rpartition("/")[0]
        self.comments = Comments(self.link_of)
        self.anchor = None  # of the section that is being written: it does not refer to itself

    # --- links -----------------------------------------------------------------------------------

    def link_of(self, refid, name):
        target = self.reference.targets.get(refid) or self.named(name)
        if target is None or target == (self.page, self.anchor):
            return None
        page, anchor = target
        up = "../" * self.page.count("/")
        return f"#{anchor}" if page == self.page else f"{up}{page}.md#{anchor}"

    def named(self, name):
        """Where the code in a comment is described, if it is a name and nothing else."""
        plain = re.sub(r"\(\)$", "", name).removeprefix("resil::")
        scoped = f"{self.scope}::{plain}" if self.scope else plain
        names = self.reference.names
        return names.get(scoped) if scoped in names else names.get(plain)

    # --- pages -----------------------------------------------------------------------------------

    def write(self, entities, explained_in):
        up = "../" * (self.page.count("/") + 1)
        prose = ", ".join(f"[{title}]({up}{path})" for path, title in explained_in)
        about = [f"`#include <resil/{self.page}.hpp>`"] if self.page != "async_call" else []
        about += [f"explained in {prose}"] if prose else []
        parts = [f"# {self.page.rpartition('/')[2]}", *([" · ".join(about)] if about else [])]
        for same in grouped(entities, lambda e: e.name):
            parts += self.section(same)
        return "\n\n".join(parts) + "\n"

    def contents(self, entities):
        named = [e for e in unique(entities) if not e.nameless]
        if not named:
            return " ".join(self.comments.blocks(entities[0].element.find("briefdescription")))
        return ", ".join(self.comments.linked(code(e.short), e.element.get("id"), e.name) for e in named)

    def section(self, same):
        """The section of one name: an entity, or the overloads of a function."""
        entity = same[0]
        self.anchor = entity.anchor
        if entity.nameless:
            return (self.compound(entity, "##") if entity.kind == "class" else self.description(entity.element, ""))[1:]
        parts = [f"## `{entity.short}` {{ #{entity.anchor} }}"]
        if entity.kind in COMPOUNDS:
            return parts + self.compound(entity, "###")
        return parts + [part for e in same for part in self.member(e.element, e.name)]

    def compound(self, entity, level):
        parts = self.description(entity.element, fenced(declared_compound(entity)))
        members = entity.members()
        kinds = {kind: [m for m in members if m.get("kind") == kind] for kind in ("typedef", "variable")}
        self.anchor = entity.anchor
        parts += self.aliases(kinds["typedef"]) + self.fields(kinds["variable"])
        if any(b.text.startswith("resil::detail::calls") for b in entity.element.findall("basecompoundref")):
            parts.append("A call is made by [`async_call`](async_call.md).")
        others = [m for m in members if m.get("kind") not in kinds]
        for overloads in grouped(others, lambda m: m.findtext("name")):
            self.anchor = member_anchor(entity, overloads[0])
            title = self.title(entity, overloads[0])
            parts += [f"{level} {title} {{ #{self.anchor} }}"]
            parts += [part for m in overloads for part in self.member(m, m.findtext("name"))]
        for nested in entity.nested:
            self.anchor = nested.anchor
            parts += [f"{level} `{nested.short}` {{ #{nested.anchor} }}", *self.compound(nested, level + "#")]
        return parts

    @staticmethod
    def title(entity, member):
        name = member.findtext("name")
        return "Constructors" if name == entity.short.partition("<")[0] else f"`{name}`"

    def member(self, element, name):
        if element.get("kind") == "enum":
            return self.description(element, fenced(f"enum class {name}")) + self.values(element)
        return self.description(element, fenced(declared(element, name)))

    def description(self, element, declaration):
        brief = self.comments.blocks(element.find("briefdescription"))
        return [declaration, *brief, *self.comments.blocks(element.find("detaileddescription"))]

    # --- tables ----------------------------------------------------------------------------------

    def in_cell(self, element):
        blocks = self.description(element, "")[1:]
        text = " ".join(block for block in blocks if not block.startswith("```"))
        return re.sub(r"\*\*(\w+)\.\*\*", r"\1:", text)

    def aliases(self, members):
        rows = [[code(m.findtext("name")), code(type_text(m.find("type"))), self.in_cell(m)] for m in members]
        columns = 3 if any(row[2] for row in rows) else 2
        return [table(["type", "is", "meaning"][:columns], [row[:columns] for row in rows])] if rows else []

    def fields(self, members):
        rows = [[f"**{code(m.findtext('name'))}**<br>{self.kind_of(m)}", self.in_cell(m)] for m in members]
        return [table(["member", "meaning"], rows)] if rows else []

    def kind_of(self, member):
        """The type and the default of a member; not its name, which stands above."""
        text = type_text(member.find("type")).replace("resil::", "") + (member.findtext("argsstring") or "")
        value = spelt(text_of(member.find("initializer")))
        return self.comments.linked(code(text), None, text) + (f" = {code(value)}" if value else "")

    def values(self, element):
        rows = [[code(v.findtext("name")), self.in_cell(v)] for v in element.findall("enumvalue")]
        return [table(["value", "meaning"], rows)]


def spelt(initializer):
    """A default as the pages of prose write it: `60s`."""
    text = re.sub(r"\b(resil|std::chrono)::", "", squeezed(initializer).lstrip("= ").strip())
    text = text.replace("duration::zero()", "0s")
    for long, short in (("milliseconds", "ms"), ("seconds", "s"), ("minutes", "min")):
        text = re.sub(rf"\b{long}\((\d+)\)", rf"\1{short}", text)
    return "" if text == "{}" or "detail::" in text else text


def declared_compound(entity):
    element = entity.element
    if entity.kind == "concept":
        return text_of(element.find("initializer")).strip().replace("resil::", "").replace("=  ", "= ")
    bases = [squeezed(b.text) for b in element.findall("basecompoundref")
             if b.get("prot") == "public" and "detail::" not in b.text]
    inherits = f" : {', '.join(bases)}" if bases else ""
    return "\n".join([*template_lines(element), f"{entity.kind} {entity.name}{inherits};"])


def template_lines(element):
    parameters = element.find("templateparamlist")
    if parameters is None:
        return []
    texts = []
    for parameter in parameters:
        name = parameter.findtext("declname")
        default = parameter.find("defval")
        texts.append(type_text(parameter.find("type")) + (f" {name}" if name else "") +
                     (f" = {type_text(default)}" if default is not None else ""))
    requires = squeezed(text_of(element.find("requiresclause"))).strip()
    return [f"template <{', '.join(texts)}>", *([f"    requires {requires}"] if requires else [])]


def declared(element, name):
    """The declaration of a function, an alias, a constant or a macro."""
    kind = element.get("kind")
    if kind == "define":
        return f"#define {name} {text_of(element.find('initializer'))}".strip()
    if kind == "typedef":
        return "\n".join([*template_lines(element), f"using {name} = {type_text(element.find('type'))};"])
    if kind == "variable":
        value = squeezed(text_of(element.find("initializer")))
        return f"{type_text(element.find('type'))} {name} {value}".strip() + ";"
    return "\n".join([*template_lines(element), declared_function(element, name)])


def declared_function(element, name):
    before = ["explicit"] if element.get("explicit") == "yes" else []
    before += ["static"] if element.get("static") == "yes" else []
    returns = type_text(element.find("type")).removeprefix("friend ")
    head = " ".join([*before, *([returns] if returns else []), name])
    parameters = [parameter_text(p) for p in element.findall("param")]
    tail = after_parameters(squeezed(element.findtext("argsstring") or "()"))
    line = f"{head}({', '.join(parameters)}){tail};"
    if len(line) <= WIDTH:
        return line
    return f"{head}(\n    " + ",\n    ".join(parameters) + f"){tail};"


def parameter_text(parameter):
    text = type_text(parameter.find("type"))
    name = parameter.findtext("declname")
    default = parameter.find("defval")
    return text + (f" {name}" if name else "") + (f" = {type_text(default)}" if default is not None else "")


def after_parameters(arguments):
    """What follows the closing parenthesis: ` const noexcept`."""
    depth = 0
    for position, letter in enumerate(arguments):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            rest = arguments[position + 1:].strip()
            return f" {rest}" if rest else ""
    return ""


def grouped(items, key):
    """The items that have the same key, one after the other, in the order of the first ones."""
    found = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return list(found.values())


def unique(entities):
    return [same[0] for same in grouped(entities, lambda e: e.name)]
