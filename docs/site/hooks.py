# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""What MkDocs does not do by itself for this site.

The pages are written for two readers, a git host and the site. So they link to files outside docs/ as they lie in the
repository, and here those links become links of the site:

  - a public header becomes its page of the API reference, which links back to the pages that explain it;
  - another page of Markdown (CONTRIBUTING.md), or any other file (an example), becomes a page of the site.

Pictures are files to a git host, with the colours of the system's scheme. Here they become a part of the page, with the
colours of the scheme that its reader chose (site.css).
"""

import os
import posixpath
import re
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, InclusionLevel

sys.path.insert(0, str(Path(__file__).parent))
from reference import ADAPTERS, FOLDER, Reference, page_of  # noqa: E402

API = os.environ.get("RESIL_API_XML", "build/api")
# The front page of the repository is that of the site, and the folder of the headers is the reference.
FRONTS = {"README.md": "README.md", "include/resil": f"{FOLDER}/index.md"}
FRONTS |= {f"include/resil/{folder}": f"{FOLDER}/index.md#{title.lower()}" for folder, title in ADAPTERS.items()}
PROJECT = {"CONTRIBUTING.md": "Contributing", "CHANGELOG.md": "Changes", "SECURITY.md": "Security"}
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
PICTURE = re.compile(r'<img alt="([^"]*)" src="([^"]*pictures/\w+\.svg)"\s*/?>')
CODE = re.compile(r"^( *)(```+).*?^\1\2 *$|^    [^\n]*$", re.MULTILINE | re.DOTALL)
LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".py": "python", ".sh": "bash", ".json": "json", ".yml": "yaml"}


class Site:
    """Which page of the site stands for which file of the repository."""

    def __init__(self, root, docs):
        self.root = Path(root)
        self.docs = docs
        self.reference = Reference(self.root / API)
        self.reference_pages = set(self.reference.pages())
        self.pages = {}         # page of the site outside docs/ -> file of the repository
        self.explained_in = {}  # page of the reference -> pages of prose

    def page_for(self, path):
        """The page that stands for a file, a path below docs/ as MkDocs names it; None if there is no such file."""
        if path in FRONTS:
            return FRONTS[path]
        if path.startswith(self.docs + "/"):
            return path.removeprefix(self.docs + "/")
        if path.startswith("include/") and page_of(path.removeprefix("include/")) in self.reference_pages:
            return f"{FOLDER}/{page_of(path.removeprefix('include/'))}.md"
        if not (self.root / path).exists():
            return None
        page = f"project/{path.lower()}" if path in PROJECT else f"files/{path.removesuffix('.md')}.md"
        self.pages[page] = path
        return page

    def linked(self, text, path, page):
        """The text of a file at `path`, with its links as they are on the site's `page`."""
        return outside_code(text, lambda part: LINK.sub(lambda link: self.link(link[0], path, page), part))

    def link(self, link, path, page):
        target, mark, anchor = link.partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return link
        found = self.page_for(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
        if found is None:
            return link  # MkDocs reports it
        if found.startswith(FOLDER + "/"):
            self.explained_in.setdefault(found, set()).add(page)
        return posixpath.relpath(found, posixpath.dirname(page) or ".") + mark + anchor

    def page_of_file(self, page):
        """The text of a page that stands for a file outside docs/."""
        path = self.pages[page]
        source = self.root / path
        if source.is_dir():
            names = sorted(p.name + "/" * p.is_dir() for p in source.iterdir() if not p.name.startswith((".", "_")))
            return f"# {path}\n\n" + "\n".join(f"- `{name}`" for name in names) + "\n"
        text = source.read_text(encoding="utf-8")
        if path.endswith(".md"):
            return self.linked(text, path, page)
        language = LANGUAGES.get(source.suffix, "bash" if text.startswith("#!") else "text")
        return f"# {source.name}\n\n`{path}`\n\n````{language}\n{text}````\n"


def outside_code(text, change):
    """Text with what is no code block changed."""
    parts, end = [], 0
    for block in CODE.finditer(text):
        parts += [change(text[end:block.start()]), block[0]]
        end = block.end()
    return "".join(parts + [change(text[end:])])


def title_of(text):
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1]


site = None


def on_config(config):
    global site
    root = Path(config.config_file_path).parent
    if not (root / API / "index.xml").exists():
        raise PluginError(f"{API} is missing: build the site by scripts/docs")
    site = Site(root, Path(config.docs_dir).relative_to(root).as_posix())
    config.nav.append({"Reference": site.reference.nav()})
    project = {title: site.page_for(path) for path, title in PROJECT.items() if (root / path).exists()}
    config.nav.append({"Project": [{title: page} for title, page in project.items()]})
    return config


def on_files(files, config):
    """Adds the pages of what is linked and stands elsewhere, and those of the reference."""
    prose = {f.src_uri: f.content_string for f in files.documentation_pages()}
    for page, text in prose.items():
        site.linked(text, f"{site.docs}/{page}", page)
    written = {}
    while pages := [page for page in site.pages if page not in written]:  # such a page may link to others
        written |= {page: site.page_of_file(page) for page in pages}
    titles = {page: title_of(text) for page, text in (prose | written).items() if not page.startswith("files/")}

    def explained_in(page):
        adapter = ADAPTERS.get(page.partition("/")[0], "").lower()
        where = {path for found in (f"{FOLDER}/{page}.md", f"{FOLDER}/index.md#{adapter}")
                 for path in site.explained_in.get(found, ())}
        return sorted((path, title) for path, title in titles.items() if path in where)

    for page, text in (written | site.reference.markdown(explained_in)).items():
        in_nav = not page.startswith("files/")
        files.append(File.generated(config, page, content=text,
                                    inclusion=InclusionLevel.INCLUDED if in_nav else InclusionLevel.NOT_IN_NAV))
    return files


def on_page_markdown(markdown, page, config, files):
    if page.is_homepage:
        page.meta["hide"] = ["navigation"]
    if page.file.generated_by:
        return markdown
    return site.linked(markdown, f"{site.docs}/{page.file.src_uri}", page.file.src_uri)


def on_page_content(html, page, config, files):
    def picture(found):
        path = Path(config.docs_dir, posixpath.dirname(page.file.dest_uri), found[2])
        if not path.exists():
            return found[0]  # MkDocs has reported it
        return path.read_text(encoding="utf-8").replace('role="img"', f'role="img" aria-label="{found[1]}"', 1)

    return PICTURE.sub(picture, html)


def on_post_build(config):
    """Leaves the index of the search where a page that was opened from a folder can load it."""
    search = Path(config.site_dir) / "search"
    index = (search / "search_index.json").read_text(encoding="utf-8")
    (search / "search_index.js").write_text(f"var __index = {index}", encoding="utf-8")
