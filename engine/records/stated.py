"""What catalogues state about photos that are at hand, found by the ids in their file names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.photo.hints import NO_HINTS, Hints
from engine.photo.photo_id import parse_photo_id
from engine.progress import Progress
from engine.records.record import Complaint, Place, Record, Tally, combined
from engine.records.sources import Source


class StatedRecords:
    """The records of several catalogues.

    Args:
        paths: of the catalogues.
        photos: only records of these are kept; a catalogue may have millions.
        progress: reported, and checked for cancelling.

    Attributes:
        complaints: what cannot be right in them.

    Raises:
        InputError: a catalogue cannot be read.
    """

    def __init__(self, paths: Sequence[Path], photos: Iterable[Path], progress: Progress | None = None) -> None:
        tally = Tally()
        wanted = {parse_photo_id(photo) for photo in photos}
        found = (record for path in paths for record in Source(path).records(tally, progress))
        self._by_id = combined((record for record in found if record.photo_id in wanted), tally)
        self.complaints: list[Complaint] = tally.complaints()

    def nadir(self, photo: Path) -> Place | None:
        """The stated nadir (lat, lon) of a photo."""
        record = self._of(photo)
        return None if record is None else record.nadir

    def hints(self, photo: Path) -> Hints:
        """What else helps to locate a photo."""
        record = self._of(photo)
        return NO_HINTS if record is None else record.hints()

    def _of(self, photo: Path) -> Record | None:
        photo_id = parse_photo_id(photo)
        return None if photo_id is None else self._by_id.get(photo_id)
