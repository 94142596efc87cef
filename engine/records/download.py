"""Fetches photos from an archive such as NASA's Gateway: only when asked to, resumable, checked by hash."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import requests
from PIL import Image, UnidentifiedImageError

from engine.errors import OutputError
from engine.messages import Message
from engine.progress import Progress
from engine.records.client import NotThereError, PoliteClient, RetryableError, ServerError
from engine.records.manifest import Entry, Manifest, sha256_of
from engine.records.record import PhotoFile, Record, Tally, printable

MAX_FILE_MB = 200.0
Size = Literal["large", "small"]
Outcome = Literal["fetched", "verified", "found", "changed", "missing"]

_FORMATS = ("JPEG", "PNG", "TIFF")
_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif"}
_PAGE = re.compile(rb"^\s*<(!doctype|html|\?xml|head|body)", re.IGNORECASE)


@dataclass(frozen=True)
class Photo:
    """A photo that a download dealt with.

    Attributes:
        photo_id: canonical.
        path: of the file, whether it is there or not.
        outcome: fetched now; verified by its hash from an earlier download; found in the folder, without a hash until
            now; changed since it was fetched; missing, because it could not be fetched.
    """

    photo_id: str
    path: Path
    outcome: Outcome


class _UnusableError(Exception):
    """What came is not a photo."""

    def __init__(self, what: Message) -> None:
        super().__init__(str(what))
        self.what = what


class Download:
    """Fetches the photos of records into a folder.

    Args:
        client: of the archive; its address is the folder in which the directories of the catalogue lie.
        folder: for the photos and their manifest; made if it is missing.
        size: which file of a photo to fetch, by its directory.
        max_file_mb: a larger file is left out.
        tally: of photos that cannot be had.

    Raises:
        OutputError: the folder cannot be made, or its manifest not be read.
    """

    def __init__(
        self,
        client: PoliteClient,
        folder: Path,
        tally: Tally,
        size: Size = "large",
        max_file_mb: float = MAX_FILE_MB,
    ) -> None:
        self._client, self._folder, self._tally = client, folder, tally
        self._size, self._max_bytes = size, int(max_file_mb * 1e6)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError.from_os_error(folder, error) from error
        self._manifest = Manifest(folder)

    def run(self, records: Iterable[Record], total: int, progress: Progress) -> Iterator[Photo]:
        """Fetches one photo after the other. What is finished stays, however the download ends.

        Raises:
            ServerError: the server cannot be reached or refuses; another try continues.
            OutputError: a file cannot be written.
            CancelledError: of the progress.
        """
        for done, record in enumerate(records):
            progress.report("photos", done, total, record.photo_id)
            yield self._one(record, progress)
        progress.report("photos", total, total)

    def _one(self, record: Record, progress: Progress) -> Photo:
        known = self._manifest.entries.get(record.photo_id)
        name = known.name if known is not None else self._file_here(record.photo_id)
        path = self._folder / (name or f"{record.photo_id}.jpg")
        try:
            if path.is_file():
                return Photo(record.photo_id, path, self._check(record.photo_id, path, known))
            file = chosen_file(record, self._size)
            if file is None:
                self._tally.drop(Message("fetch.no_file"), record.source, record.photo_id)
                return Photo(record.photo_id, path, "missing")
            return self._fetch(record, file, progress)
        except OSError as error:
            raise OutputError.from_os_error(path, error) from error

    def _file_here(self, photo_id: str) -> str | None:
        names = (f"{photo_id}{suffix}" for suffix in _SUFFIXES.values())
        return next((name for name in names if (self._folder / name).is_file()), None)

    def _check(self, photo_id: str, path: Path, known: Entry | None) -> Outcome:
        """Compares a file with the hash of when it was fetched."""
        sha256, size = sha256_of(path), path.stat().st_size
        if known is not None:
            if sha256 == known.sha256:
                return "verified"
            self._tally.drop(Message("fetch.changed"), path.name, "left as it is")
            return "changed"
        self._manifest.add(photo_id, Entry(path.name, sha256, size, ""))
        return "found"

    def _fetch(self, record: Record, file: PhotoFile, progress: Progress) -> Photo:
        photo_id, address = record.photo_id, f"{self._client.address.rstrip('/')}/{file.directory}/{file.name}"
        part = self._folder / f"{photo_id}.part"
        path = self._folder / f"{photo_id}.jpg"
        try:
            self._client.with_tries(lambda: self._continue(address, part, progress), progress)
            path = self._folder / f"{photo_id}{_SUFFIXES[_format_of(part)]}"
        except NotThereError:
            self._tally.drop(Message("fetch.not_there"), record.source, f"{file.directory}/{file.name}")
        except _UnusableError as error:
            _forget(part)
            self._tally.drop(error.what, record.source, photo_id)
        except ServerError as error:
            if error.message is None or error.message.id not in ("archive.broken_off", "archive.too_much"):
                raise
            self._tally.drop(
                Message("fetch.too_large") if error.message.id == "archive.too_much" else Message("fetch.broken_off"),
                record.source,
                photo_id,
            )
            if error.message.id == "archive.too_much":
                _forget(part)
        else:
            sha256, size = sha256_of(part), part.stat().st_size
            os.replace(part, path)
            self._manifest.add(photo_id, Entry(path.name, sha256, size, address))
            _forget(part)
            return Photo(photo_id, path, "fetched")
        return Photo(photo_id, path, "missing")

    def _continue(self, address: str, part: Path, progress: Progress) -> None:
        """Fetches a file, or the rest of one whose beginning is there and unchanged on the server."""
        have, validator = _beginning(part, address)
        headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": validator}
        with self._client.opened(address, progress, headers=headers) as reply:
            if reply.status_code == 416 or (reply.status_code == 206 and not _continues(reply, have)):
                _forget(part)
                raise RetryableError(ServerError.of("archive.broken_off", path=self._client.host))  # begins again
            if reply.status_code == 200:
                have = 0
            kind = reply.headers.get("Content-Type", "")
            if kind.startswith(("text/", "application/json", "application/xml", "application/xhtml")):
                raise _UnusableError(Message("fetch.other_kind", {"kind": printable(kind.partition(";")[0][:40])}))
            _remember(part, address, reply.headers.get("ETag") or reply.headers.get("Last-Modified") or "")
            with open(part, "ab" if have else "wb") as out:
                for number, piece in enumerate(self._client.pieces(reply, self._max_bytes - have, progress)):
                    if number == 0 and not have and _PAGE.match(piece[:200]):
                        raise _UnusableError(Message("fetch.page"))
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())


def chosen_file(record: Record, size: Size) -> PhotoFile | None:
    """The file of a photo to fetch: one of that size, else the largest, else where NASA keeps digital photos.

    NASA keeps photos of digital cameras as `ESC/large/ISS064/ISS064-E-513.JPG`; the catalogue's own entry goes first.
    """
    if record.files:
        of_size = [file for file in record.files if f"/{size}/" in f"/{file.directory}/"]
        return max(of_size or record.files, key=lambda file: (file.width_px or 0, file.size_bytes or 0, file.name))
    mission, roll, _ = record.photo_id.split("-")
    if roll != "E":
        return None
    return PhotoFile(f"ESC/{size}/{mission}", f"{record.photo_id}.JPG")


def _format_of(part: Path) -> str:
    """The format of a picture that is whole. Raises _UnusableError."""
    try:
        with Image.open(part, formats=_FORMATS) as image:
            found = image.format or ""
            image.verify()
        with Image.open(part, formats=_FORMATS) as image:
            image.load()  # `verify` does not decode a JPEG, and does not see that it is cut short
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError):
        raise _UnusableError(Message("fetch.damaged")) from None
    return found if found in _SUFFIXES else "JPEG"


def _beginning(part: Path, address: str) -> tuple[int, str]:
    """How many bytes of a file are there, and the validator that it had on the server; 0 if it must begin again."""
    try:
        noted = json.loads(_note(part).read_text(encoding="utf-8"))
        size = part.stat().st_size
    except (OSError, ValueError):
        return 0, ""
    if not isinstance(noted, dict) or noted.get("address") != address:
        return 0, ""
    validator = noted.get("validator")
    # A weak validator (RFC 9110, 13.1.5) must not be used to continue.
    if not isinstance(validator, str) or not validator or validator.startswith("W/") or not size:
        return 0, ""
    return size, validator


def _remember(part: Path, address: str, validator: str) -> None:
    _note(part).write_text(json.dumps({"address": address, "validator": validator}), encoding="utf-8")


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _continues(reply: requests.Response, have: int) -> bool:
    """Whether a partial answer begins where our part ends."""
    return reply.headers.get("Content-Range", "").startswith(f"bytes {have}-")
