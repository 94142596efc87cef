"""MkDocs hooks of `make docs` (mkdocs.yml): add README.md and similar files as pages, and adapt links to them."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

REPOSITORY = Path(__file__).resolve().parent.parent
# Documents in the root folder of the repository, and their page names on the site.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files, config):
    """Adds the documents of PAGES to the site."""
    for name, page in PAGES.items():
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Rewrites links between documents to links between pages, and links to other files to links to the repository."""
    here = page.file.src_uri
    source = {page: name for name, page in PAGES.items()}.get(here, f"docs/{here}")

    def rewrite(link: re.Match) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[1]))
        target_page = PAGES.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if target_page is not None:
            return posixpath.relpath(target_page, posixpath.dirname(here) or ".")
        if not (REPOSITORY / target).exists():
            return link[1]  # MkDocs reports the broken link
        return f"{config['repo_url']}/blob/main/{target}"

    return _LINK.sub(rewrite, markdown)
