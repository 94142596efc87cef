"""The footprints that a catalogue states, such as NASA's machine-made ones (table mlcoord)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.progress import Progress
from engine.records.record import Place, Record, Tally
from engine.records.sources import Kind, Source


class StatedFootprint(NamedTuple):
    """A footprint in a catalogue.

    Attributes:
        photo_id: canonical.
        corners: (lat, lon) in degrees: top-left, top-right, bottom-right, bottom-left of the photo. The ring does not
            cross itself; `engine.geo.to_polygon` cuts it at the 180th meridian.
        record: all that the catalogue says about the photo.
    """

    photo_id: str
    corners: tuple[Place, Place, Place, Place]
    record: Record


def stated_footprints(
    path: Path, tally: Tally, progress: Progress | None = None, kind: Kind = "auto"
) -> Iterator[StatedFootprint]:
    """The footprints in a catalogue, in the order of the file: a dump of mlcoord, a reply of the API, an EarthKAM CSV.

    Args:
        path: of the file.
        tally: counts rows and what is wrong with them; a photo may come twice.
        progress: reported, and checked for cancelling.
        kind: of the file (engine.records.sources).

    Raises:
        InputError: the file cannot be read.
    """
    for record in Source(path, kind).records(tally, progress):
        if record.corners is not None:
            yield StatedFootprint(record.photo_id, record.corners, record)
