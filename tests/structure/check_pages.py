# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that readers find every page of docs/, and that its pictures are for everybody.

    python3 tests/structure/check_pages.py [root of the tree]

  - every page is in the navigation of mkdocs.yml and in docs/README.md, and both name no other;
  - every picture is shown by a page, with a text for those who do not see it, and has the colours of all the others.

Prints one line for each violation, `file: what is wrong`, and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


class Checker:
    def __init__(self, root):
        self.root = Path(root)
        self.docs = self.root / "docs"
        self.pages = {p.relative_to(self.docs).as_posix(): p.read_text(encoding="utf-8")
                      for p in sorted(self.docs.rglob("*.md"))}
        self.violations = []

    def report(self, path, message):
        self.violations.append(f"{path}: {message}")

    def run(self):
        self.check_listed("mkdocs.yml", self.in_navigation())
        self.check_listed("docs/README.md", self.in_index() | {"README.md"})
        self.check_pictures()
        return self.violations

    def in_navigation(self):
        text = (self.root / "mkdocs.yml").read_text(encoding="utf-8")
        nav = re.search(r"^nav:\n((?: .*\n)+)", text, re.MULTILINE)[1]
        return set(re.findall(r": (\S+\.md)$", nav, re.MULTILINE))

    def in_index(self):
        links = re.findall(r"\]\(([^)#\s]+\.md)", self.pages["README.md"])
        return {link for link in links if not link.startswith("..")}

    def check_listed(self, where, listed):
        for page in sorted(set(self.pages) - listed):
            self.report(where, f"does not name {page}")
        for page in sorted(listed - set(self.pages)):
            self.report(where, f"names {page}, which is not there")

    def check_pictures(self):
        shown = set()
        for page, text in self.pages.items():
            for words, link in IMAGE.findall(text):
                shown.add((self.docs / page).parent.joinpath(link).resolve())
                if len(words) < 20:
                    self.report(f"docs/{page}", f"say in words what {link} shows")
        styles = {}
        for path in sorted((self.docs / "pictures").glob("*.svg")):
            text = path.read_text(encoding="utf-8")
            styles.setdefault(STYLE.search(text)[0] if STYLE.search(text) else None, path)
            if path.resolve() not in shown:
                self.report(f"docs/pictures/{path.name}", "no page shows it")
        for path in list(styles.values())[1:]:
            self.report(f"docs/pictures/{path.name}", "its <style> is not that of the other pictures")


if __name__ == "__main__":
    default_root = Path(__file__).resolve().parents[2]
    found = Checker(sys.argv[1] if len(sys.argv) > 1 else default_root).run()
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
