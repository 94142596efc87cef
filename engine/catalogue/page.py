"""Makes one HTML page of a catalogue: map, list, photos, statistics. It needs no other file and no network.

Its parts are in resources/page: the map library Leaflet as it was published, and scripts of our own, put one after the
other into one script. A Content-Security-Policy allows these scripts and styles by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import engine
from engine.catalogue.page_rows import READ, PageRows, text_of
from engine.catalogue.page_thumbnails import Thumbnails
from engine.catalogue.parquet import read_rows
from engine.contract.status import STATUS_LABELS
from engine.errors import InputError, OutputError
from engine.progress import Progress
from engine.resources import resources_folder

# One after the other in the page; each uses only those before it when it is read.
SCRIPTS = (
    "slices", "catalogue", "grid", "looks", "legend", "world", "footprints", "filters", "list", "photo", "statistics",
    "export", "address", "main",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """What became of the catalogue."""

    page: Path
    photos: int
    statuses: dict[str, int]
    size_bytes: int
    thumbnails: int
    left_out: dict[str, int]  # what the page leaves out, in words, and how often


def make_page(
    catalogue: Path,
    page: Path,
    title: str,
    photos: Path | None = None,
    thumbnails: bool = False,
    progress: Progress | None = None,
) -> Made:
    """Writes the page of a catalogue; it appears whole or not at all. The same catalogue gives the same bytes.

    Args:
        catalogue: folder of Parquet files, or one.
        page: HTML file to write.
        title: of the page.
        photos: folder below which the photos lie as the column `photo` names them; the page shows them from there.
        thumbnails: put small pictures of the photos into the page.
        progress: reports the stage `page`.

    Raises:
        InputError: the catalogue cannot be read, or has no rows.
        OutputError: the page cannot be written.
        UsageError: pyarrow is not installed.
    """
    progress = progress or Progress(what="the page")
    names = sorted(text_of(row["photo"]) for row in read_rows(catalogue, ["photo"]))
    if not names:
        raise InputError(catalogue, "holds no photo", "locate some with `earthloc run` first")
    places = {name: place for place, name in enumerate(names)}
    rows, pictures = PageRows(), Thumbnails(photos if thumbnails else None)
    about: dict[str, Any] = {
        "photos": None if photos is None else _folder_from(page, photos),
        "labels": STATUS_LABELS,
        "engine": engine.__version__,
    }

    def parts() -> Iterator[str]:
        head, tail = _frame(title)
        yield head
        for block in rows.blocks(pictures.seen(read_rows(catalogue, READ)), places):
            progress.report("page", rows.packed, len(names))
            yield f'<script type="text/plain" class="rows">{block}</script>\n'
        yield from pictures.blocks(progress)
        yield _json_script("about", {**about, "rows": rows.packed})
        yield tail

    size = _write(page, parts())
    left_out = dict(rows.left_out)
    if repeated := len(names) - len(places):
        left_out["rows of a photo that another row also names"] = repeated
    if pictures.unread:
        left_out["photos without a small picture"] = pictures.unread
    return Made(page, rows.packed, dict(rows.statuses), size, pictures.made, left_out)


def _frame(title: str) -> tuple[str, str]:
    """The page before and after the rows."""
    folder = resources_folder() / "page"
    leaflet = folder / "leaflet"
    libraries = [_library(leaflet / "leaflet.js"), _library(leaflet / "leaflet.css")]
    own = "\n".join(_read(folder / f"{name}.js") for name in SCRIPTS)
    scripts = [libraries[0], f'(() => {{\n"use strict";\n{own}\n}})();\n']
    styles = [libraries[1], _read(folder / "page.css")]
    world = json.loads(_read(folder / "world.json"))
    picture = base64.b64encode((folder / "world.jpg").read_bytes()).decode("ascii")
    filled = {
        "policy": _policy(scripts, styles),
        "title": html.escape(title),
        "styles": "".join(f"<style>{style}</style>\n" for style in styles),
        "licence": f"<!--\n{_read(leaflet / 'LICENSE').replace('--', '- -')}-->",
        "world": _json_script("world", world) + f'<script type="text/plain" id="world-picture">{picture}</script>\n',
        "scripts": "".join(f"<script>{script}</script>\n" for script in scripts),
    }
    template = _read(folder / "page.html")
    # At once, so that what is filled in, such as a title, is not itself filled.
    head, tail = (
        re.sub(r"{{(\w+)}}", lambda found: filled[found[1]], part) for part in template.split("<!-- rows -->")
    )
    return head, tail


def _policy(scripts: list[str], styles: list[str]) -> str:
    """Nothing from anywhere, but what is in the page, and pictures of the same place. Without `connect-src`, no script
    can send or fetch."""
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)),
        "style-src": " ".join(map(_hash, styles)),
        "img-src": "'self' file: data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {source}" for name, source in allowed.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _library(path: Path) -> str:
    """A published file, without its pointer to a map of its source, which the page does not carry."""
    lines = _read(path).splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL")) + "\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _json_script(name: str, value: Any) -> str:
    """A value as JSON in the page; `<` is escaped, so no text can end the element."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def _folder_from(page: Path, photos: Path) -> str:
    """The address of the folder of photos, relative to the page where both are on one disk."""
    try:
        relative = os.path.relpath(photos.resolve(), page.resolve().parent)
    except ValueError:  # on another drive of Windows
        return photos.resolve().as_uri() + "/"
    return quote(relative.replace(os.sep, "/")) + "/"


def _write(page: Path, parts: Iterator[str]) -> int:
    """Writes the parts; returns the size in bytes."""
    part = page.with_name(page.name + ".part")
    try:
        try:
            with open(part, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, page)
            return page.stat().st_size
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError.from_os_error(page, error) from error
