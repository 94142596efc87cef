"""Part of `make docs` (mkdocs.yml): README.md and its like are pages of the site, too, and links lead to pages."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

REPOSITORY = Path(__file__).resolve().parent.parent
# Texts at the top of the repository, where GitHub shows them, and the pages that they become.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files, config):
    """Adds the pages of PAGES."""
    for name, page in PAGES.items():
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links between texts of the repository, made links between pages; other files are those of the repository."""
    here = page.file.src_uri
    source = {page: name for name, page in PAGES.items()}.get(here, f"docs/{here}")

    def moved(link: re.Match) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[1]))
        there = PAGES.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if there is not None:
            return posixpath.relpath(there, posixpath.dirname(here) or ".")
        if not (REPOSITORY / target).exists():
            return link[1]  # MkDocs says that it leads nowhere
        return f"{config['repo_url']}/blob/main/{target}"

    return _LINK.sub(moved, markdown)
