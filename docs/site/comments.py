# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Comments, as Doxygen's XML holds them, in Markdown."""

import re

SYMBOLS = {"ndash": "–", "mdash": "—", "nonbreakablespace": "\u00a0", "hellip": "…", "linebreak": "\n"}


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def escaped(text):
    """Text in which nothing is taken for Markdown or HTML."""
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", text)
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("|", "&#124;")


def code(text):
    return f"`{squeezed(text).strip()}`"


def text_of(element):
    """All the text of an element that may be missing, links and all."""
    return "".join(element.itertext()) if element is not None else ""


def type_text(element):
    """A type as the code of resil writes it: `lease<C> const&`, not `lease< C > const  &`."""
    text = squeezed(text_of(element))
    text = re.sub(r"(\w)< ", r"\1<", text)
    text = re.sub(r"(?<=[\w>*&)\]]) >", ">", text)
    return re.sub(r" ([&*])", r"\1", text).strip()


class Comments:
    """Writes comments; `link_of(refid, name)` says where an entity is described, or nothing."""

    def __init__(self, link_of):
        self.link_of = link_of

    def inline(self, element):
        parts = [escaped(element.text or "")]
        for child in element:
            parts += [self.inline_child(child), escaped(child.tail or "")]
        return squeezed("".join(parts))

    def inline_child(self, child):
        if child.tag == "computeroutput":
            return self.code_span(child)
        if child.tag == "ref":
            return self.linked(self.inline(child), child.get("refid"), "".join(child.itertext()))
        if child.tag in ("emphasis", "bold"):
            mark = "*" if child.tag == "emphasis" else "**"
            return mark + self.inline(child) + mark
        if child.tag == "ulink":
            return f"[{self.inline(child)}]({child.get('url')})"
        return SYMBOLS.get(child.tag) or self.inline(child)

    def code_span(self, element):
        inner = element.find("ref")
        text = "".join(element.itertext())
        whole = inner is not None and "".join(inner.itertext()) == text
        return self.linked(code(text), inner.get("refid") if whole else None, text.strip())

    def linked(self, shown, refid, name):
        target = self.link_of(refid, name)
        return f"[{shown}]({target})" if target else shown

    def blocks(self, element):
        """The paragraphs, lists and code blocks of a description, in order."""
        if element is None:
            return []
        found = []
        for child in element:
            found += self.paragraph(child) if child.tag == "para" else self.block(child)
        return found

    def paragraph(self, para):
        found, run = [], [escaped(para.text or "")]

        def flush():
            text = squeezed("".join(run)).strip()
            run.clear()
            if text:
                found.append(text)

        for child in para:
            inner = self.block(child)
            if inner is None:
                run.append(self.inline_child(child))
            else:
                flush()
                found.extend(inner)
            run.append(escaped(child.tail or ""))
        flush()
        return found

    def block(self, element):
        """The blocks of an element that is one, or None."""
        writer = getattr(self, "block_" + element.tag, None)
        return writer(element) if writer else None

    def block_verbatim(self, element):
        return [fenced(element.text or "")]

    def block_programlisting(self, element):
        lines = []
        for line in element:
            for space in line.iter("sp"):
                space.text = " "
            lines.append("".join(line.itertext()))
        return [fenced("\n".join(lines))]

    def block_itemizedlist(self, element, mark="-"):
        return ["\n".join(self.item(item, mark) for item in element)]

    def block_orderedlist(self, element):
        return self.block_itemizedlist(element, "1.")

    def item(self, element, mark):
        text = "\n\n".join(self.blocks(element))
        return f"{mark:<4}" + text.replace("\n", "\n    ")

    def block_simplesect(self, element):
        title = {"see": "See also", "return": "Returns"}.get(element.get("kind"))
        title = title or "".join(element.find("title").itertext())
        return titled(title, [b for para in element.findall("para") for b in self.paragraph(para)])

    def block_parameterlist(self, element):
        items = []
        for item in element:
            names = ", ".join(code("".join(n.itertext())) for n in item.iter("parametername"))
            text = f"{names}: " + "\n\n".join(self.blocks(item.find("parameterdescription")))
            items.append("-   " + text.replace("\n", "\n    "))
        return ["\n".join(items)]

    def block_table(self, element):
        rows = [[" ".join(self.blocks(cell)) for cell in row] for row in element.iter("row")]
        return [table(rows[0], rows[1:])]


def titled(title, blocks):
    """Blocks below a title, which stands at the head of the first if that is a sentence."""
    if blocks and not re.match(r"```|-   |1\.  |\|", blocks[0]):
        text = blocks[0][:1].upper() + blocks[0][1:]
        return [f"**{title}.** {text}", *blocks[1:]]
    return [f"**{title}.**", *blocks]


def fenced(text):
    return f"```cpp\n{text.strip(chr(10)).rstrip()}\n```"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
