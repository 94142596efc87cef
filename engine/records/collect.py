"""The whole task of adding from catalogues: read them, find or fetch the photos, write the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from engine.contract.parameters import NASA_ARCHIVE
from engine.errors import UsageError
from engine.progress import Progress
from engine.records.client import PoliteClient
from engine.records.download import MAX_FILE_MB, Download, Size
from engine.records.nasa_api import ApiQuery
from engine.records.pairs import photos_by_id, photos_in
from engine.records.record import Record, Tally, combined
from engine.records.sources import Source
from engine.records.write import write_records

_TAKEN = ("fetched", "verified", "found")


@dataclass(frozen=True)
class Task:
    """What to add.

    Attributes:
        sources: files to read.
        api: question to ask NASA's API; None asks nobody.
        match: folder with photos to pair with the records; None pairs none.
        files: further photos to pair.
        photos: folder to fetch photos into; None fetches none.
        archive: address that photos are fetched from.
        size: of the photos to fetch.
        max_file_mb: larger photos are left out.
        out: file to write; None writes none.
    """

    sources: Sequence[Source] = ()
    api: ApiQuery | None = None
    match: Path | None = None
    files: Sequence[Path] = ()
    photos: Path | None = None
    archive: str = NASA_ARCHIVE
    size: Size = "large"
    max_file_mb: float = MAX_FILE_MB
    out: Path | None = None


@dataclass
class Collected:
    """What was found.

    Attributes:
        records: by photo id, in the order of the catalogues; if photos were only looked for, those that have a file.
        photo_count: photos in the catalogues.
        photos: files by photo id, of the records that have one.
        paired: whether files were looked for or fetched.
        tally: what was wrong.
        outcomes: how many photos were fetched, verified, ... (engine.records.download).
    """

    records: dict[str, Record]
    photo_count: int = 0
    photos: dict[str, Path] = field(default_factory=dict)
    paired: bool = False
    tally: Tally = field(default_factory=Tally)
    outcomes: dict[str, int] = field(default_factory=dict)

    def listed(self) -> list[Record]:
        """The records that a list holds: all, or those that have a file if files were looked for."""
        return [one for one in self.records.values() if not self.paired or one.photo_id in self.photos]


def collect(
    task: Task, progress: Progress | None = None, clients: Mapping[str, PoliteClient] | None = None
) -> Collected:
    """Does a task. What was fetched stays if it fails or is cancelled.

    Args:
        task: what to add.
        progress: reports the stages `records` (rows) and `photos`; checked for cancelling.
        clients: by address, to be used instead of new ones; tests want no pauses.

    Raises:
        UsageError: there is nothing to read, or an address cannot be used.
        InputError: a file or an answer cannot be read, or a server not be reached.
        OutputError: a file cannot be written.
    """
    progress = progress or Progress()
    clients = clients or {}
    if not task.sources and task.api is None:
        raise UsageError.of("records.nothing")
    found = Collected({})
    archive = None
    if task.photos is not None:  # before anything is read: a wrong address is told at once
        archive = clients.get(task.archive) or PoliteClient(task.archive)
    found.paired = task.match is not None or bool(task.files)
    in_folder = () if task.match is None else photos_in(task.match, progress)
    here = photos_by_id(chain(in_folder, task.files), found.tally)
    only = here if found.paired and archive is None else None  # of millions, a folder may hold ten
    ids: set[str] = set()

    def kept() -> Iterator[Record]:
        for record in _all_records(task, found.tally, progress, clients):
            ids.add(record.photo_id)
            if only is None or record.photo_id in only:
                yield record

    found.records = combined(kept(), found.tally)
    found.photo_count = len(ids)
    found.photos = {one: here[one] for one in found.records if one in here}
    if archive is not None and task.photos is not None:
        found.paired = True
        wanted = [record for record in found.records.values() if record.photo_id not in found.photos]
        download = Download(archive, task.photos, found.tally, task.size, task.max_file_mb)
        try:
            for photo in download.run(wanted, len(wanted), progress):
                found.outcomes[photo.outcome] = found.outcomes.get(photo.outcome, 0) + 1
                if photo.outcome in _TAKEN:
                    found.photos[photo.photo_id] = photo.path
        finally:
            archive.close()
    if task.out is not None:
        write_records(task.out, found.listed(), found.photos, found.tally)
    return found


def _all_records(task: Task, tally: Tally, progress: Progress, clients: Mapping[str, PoliteClient]) -> Iterator[Record]:
    for source in task.sources:
        yield from source.records(tally, progress)
    if task.api is not None:
        yield from task.api.records(tally, progress, clients.get(task.api.address))
