"""The pages of the documentation that come with the plugin, prepared for reading without the internet."""

from __future__ import annotations

import re
from pathlib import Path

from .resources import PLUGIN_FOLDER

# tools/package.py copies these from docs/ to help/ in the zip.
PAGES = ("user-guide", "imagery", "processing", "georeferencing", "export")
_ONLINE = "https://github.com/earthloc/earthloc-qgis/blob/main/docs/"
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)\n*")
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def page_path(name: str) -> Path:
    """Path of a page: in the packaged plugin, else in the repository."""
    packaged = PLUGIN_FOLDER / "help" / f"{name}.md"
    return packaged if packaged.is_file() else PLUGIN_FOLDER.parent / "docs" / f"{name}.md"


def page_text(name: str) -> str:
    """A page as Markdown without pictures. Links to pages that do not come with the plugin lead to the internet.

    Raises:
        OSError: the page cannot be read.
    """
    text = _PICTURE.sub("", page_path(name).read_text(encoding="utf-8"))

    def rewrite(link: re.Match) -> str:
        target = link[1]
        return target if target in {f"{page}.md" for page in PAGES} else _ONLINE + target

    return _LINK.sub(rewrite, text)


def slug(heading: str) -> str:
    """The fragment of a link to a heading, as GitHub makes it."""
    kept = "".join(sign for sign in heading.lower() if sign.isalnum() or sign in " -_")
    return kept.strip().replace(" ", "-")
