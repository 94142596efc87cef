"""The manifest of fetched photos: one line of JSON for each, written when the photo is complete."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import OutputError
from engine.photo.photo_id import parse_photo_id

NAME = "earthloc-photos.jsonl"


@dataclass(frozen=True)
class Entry:
    """A photo in the folder.

    Attributes:
        name: of its file.
        sha256: of its content when it was fetched or found.
        size_bytes: of its content.
        address: where it was fetched; "" for a file that was there.
    """

    name: str
    sha256: str
    size_bytes: int
    address: str


class Manifest:
    """The photos of a folder by id. The last line about a photo holds.

    A line that was cut short, as by a power failure, is left out: its photo is hashed again.

    Args:
        folder: of the photos.

    Raises:
        OutputError: it cannot be read, or another file has its name.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.entries: dict[str, Entry] = {}
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise OutputError.of("records.manifest", path=self.path) from error
        self._ends_whole = text.endswith("\n") or not text
        lines = text.splitlines()
        read = [found for line in lines if (found := _read(line)) is not None]
        if lines and not read:
            raise OutputError.of("records.manifest", path=self.path)
        self.entries.update(read)

    def add(self, photo_id: str, entry: Entry) -> None:
        """Adds a photo; it is on the disk when this returns.

        Raises:
            OSError: it cannot be written.
        """
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("" if self._ends_whole else "\n")
            file.write(json.dumps({"photo_id": photo_id, **asdict(entry)}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._ends_whole = True
        self.entries[photo_id] = entry


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(line: str) -> tuple[str, Entry] | None:
    """The id and the entry of a line; None for another text, or for one that names a file outside the folder."""
    try:
        values = json.loads(line)
        photo_id, entry = values.pop("photo_id"), Entry(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    texts = (photo_id, entry.name, entry.sha256, entry.address)
    if not all(isinstance(text, str) for text in texts) or parse_photo_id(photo_id) != photo_id:
        return None
    if not re.fullmatch(r"[A-Za-z0-9-]+\.[a-z]{3}", entry.name):
        return None
    return photo_id, entry
