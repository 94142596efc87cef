"""Small pictures of photos inside a page."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from engine.catalogue.columns import Row
from engine.catalogue.page_rows import text_of
from engine.errors import InputError, UsageError
from engine.photo.read import read_photo
from engine.progress import Progress

MOST = 2000  # photos of a page with small pictures: 30 MB
_BLOCK = 50
_SIDE_PX = 320
_QUALITY = 70


class Thumbnails:
    """Small pictures of the photos that rows name.

    Attributes:
        made: how many there are.
        unread: how many photos could not be read.
    """

    def __init__(self, photos: Path | None) -> None:
        """Args: photos: the folder below which they lie; None for no pictures."""
        self._folder = photos
        self._names: list[str] = []
        self.made = 0
        self.unread = 0

    def seen(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows as they come; remembers the names of their photos.

        Raises:
            UsageError: there are more than MOST.
        """
        for row in rows:
            if self._folder is not None:
                self._names.append(text_of(row["photo"]))
                if len(self._names) > MOST:
                    hint = "leave out --thumbnails; the page shows photos from their folder"
                    raise UsageError(None, f"small pictures are for at most {MOST:,} photos", hint)
            yield row

    def blocks(self, progress: Progress) -> Iterator[str]:
        """Elements of the page, each with the pictures of some rows: JSON, base64 by number of the row."""
        block: dict[int, str] = {}
        for number, name in enumerate(self._names):
            progress.report("thumbnails", number, len(self._names), name)
            picture = self._picture(name)
            if picture is not None:
                block[number] = base64.b64encode(picture).decode("ascii")
            if len(block) == _BLOCK:
                yield _element(block)
                block = {}
        if block:
            yield _element(block)

    def _picture(self, name: str) -> bytes | None:
        from PIL import Image

        path = PurePosixPath(name)
        if self._folder is None or path.is_absolute() or ".." in path.parts:
            self.unread += 1
            return None
        try:
            photo = read_photo(self._folder / path, _SIDE_PX)
        except InputError:
            self.unread += 1
            return None
        image = Image.fromarray(photo.pixels)
        image.thumbnail((_SIDE_PX, _SIDE_PX))
        file = io.BytesIO()
        image.save(file, "JPEG", quality=_QUALITY, optimize=True)
        self.made += 1
        return file.getvalue()


def _element(block: dict[int, Any]) -> str:
    return f'<script type="application/json" class="thumbnails">{json.dumps(block)}</script>\n'
