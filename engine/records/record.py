"""What a catalogue says about one photo, and the tally of what it says that cannot be right."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.messages import Message
from engine.photo.hints import Hints

Place = tuple[float, float]  # latitude, longitude in degrees
Exactness = Literal["second", "minute", "day", "month", "year"]

_MAX_EXAMPLES = 3
_MAX_EXAMPLE = 80  # characters


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in UTC as exactly as the catalogue states it.

    Attributes:
        text: ISO 8601 with as many parts as are known: "2021-01", "2021-01-05", "2021-01-05T12:30:07Z".
        exactness: of the last part.
    """

    text: str
    exactness: Exactness


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One of the files of a photo in an archive.

    Attributes:
        directory: below the address of the archive, such as "ESC/large/ISS064".
        name: of the file.
        width_px, height_px: of the picture.
        size_bytes: of the file.
    """

    directory: str
    name: str
    width_px: int | None = None
    height_px: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)  # with slots: there may be millions
class Record:
    """What one catalogue says about one photo. None where it says nothing.

    Attributes:
        photo_id: canonical id (engine.photo.photo_id).
        source: where it came from, such as "frames.tsv, line 12".
        taken_at: time of the exposure.
        nadir: (lat, lon) below the station.
        nadir_step_deg: what the nadir is rounded to.
        center: (lat, lon) of the middle of the photo.
        center_step_deg: what the centre is rounded to.
        corners: (lat, lon) of the footprint: top-left, top-right, bottom-right, bottom-left of the photo.
        altitude_km: of the station above the ellipsoid.
        focal_length_mm: of the lens.
        camera: as the catalogue names it, often by a code such as "N6".
        tilt_deg: angle between the line of sight and the nadir.
        tilt_code: where the catalogue has a class instead: NV near vertical, LO low oblique, HO high oblique.
        orientation_deg: of the picture's top from north; each catalogue has its own sense of rotation.
        cloud_percent: share of the photo covered by cloud.
        sun_azimuth_deg, sun_elevation_deg: at the nadir.
        area_km2: of the footprint.
        files: of the photo in NASA's archive.
    """

    photo_id: str
    source: str = ""
    taken_at: Moment | None = None
    nadir: Place | None = None
    nadir_step_deg: float | None = None
    center: Place | None = None
    center_step_deg: float | None = None
    corners: tuple[Place, Place, Place, Place] | None = None
    altitude_km: float | None = None
    focal_length_mm: float | None = None
    camera: str | None = None
    tilt_deg: float | None = None
    tilt_code: str | None = None
    orientation_deg: float | None = None
    cloud_percent: float | None = None
    sun_azimuth_deg: float | None = None
    sun_elevation_deg: float | None = None
    area_km2: float | None = None
    files: tuple[PhotoFile, ...] = ()

    def hints(self) -> Hints:
        """What helps to locate the photo besides the nadir."""
        exact = self.taken_at is not None and self.taken_at.exactness in ("second", "minute")
        taken_at = self.taken_at.text if self.taken_at is not None and exact else None
        return Hints(taken_at, self.camera, self.focal_length_mm, self.altitude_km)

    def completed_by(self, other: Record) -> Record:
        """This record with values of `other` where it has none, and the files of both."""
        changes = {
            name: getattr(other, name)
            for name in _VALUES
            if getattr(self, name) is None and getattr(other, name) is not None
        }
        for place, step in (("nadir", "nadir_step_deg"), ("center", "center_step_deg")):
            if place not in changes:  # the step belongs to the place
                changes.pop(step, None)
        files = (*self.files, *(file for file in other.files if file not in self.files))
        return dataclasses.replace(self, files=files, **changes)


_VALUES = [one.name for one in dataclasses.fields(Record) if one.name not in ("photo_id", "source", "files")]


@dataclass(frozen=True)
class Complaint:
    """One kind of what a catalogue says that cannot be right.

    Attributes:
        reason: an English sentence part, such as Message("record.no_id").
        count: how often it was met.
        examples: the first ones, with their places.
        rejected: whether the rows were left out; otherwise only the value was.
    """

    reason: Message
    count: int
    examples: tuple[str, ...]
    rejected: bool

    def as_json(self) -> dict[str, Any]:
        """For files and programs, in English."""
        return {**dataclasses.asdict(self), "reason": str(self.reason)}

    def __str__(self) -> str:
        left_out = "" if self.rejected else " (only this was left out)"
        return f"{self.count:,} x {self.reason}{left_out}: {'; '.join(self.examples)}"


@dataclass
class _Found:
    reason: Message
    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Tally:
    """Counts rows that were rejected, values that were dropped and remarks, by reason.

    Attributes:
        rows: read so far.
    """

    rows: int = 0
    _found: dict[tuple[str, bool], _Found] = field(default_factory=dict)

    def reject(self, reason: Message, where: str, what: object = "") -> None:
        """Counts a row that is left out."""
        self._add(reason, True, where, what)

    def drop(self, reason: Message, where: str, what: object = "") -> None:
        """Counts a value that is left out of a row that is kept."""
        self._add(reason, False, where, what)

    @property
    def rejected(self) -> int:
        """Rows that were left out."""
        return sum(found.count for (_, rejected), found in self._found.items() if rejected)

    def complaints(self) -> list[Complaint]:
        """Every kind of complaint once, rejected rows first, then the most frequent."""
        found = [
            Complaint(one.reason, one.count, tuple(one.examples), rejected)
            for (_, rejected), one in self._found.items()
        ]
        return sorted(found, key=lambda one: (not one.rejected, -one.count, str(one.reason)))

    def _add(self, reason: Message, rejected: bool, where: str, what: object) -> None:
        found = self._found.setdefault((str(reason), rejected), _Found(reason))
        found.count += 1
        if len(found.examples) < _MAX_EXAMPLES:
            text = printable(what)
            found.examples.append(f"{where}: {text}" if text else where)


def printable(value: object) -> str:
    """A value from a stranger's file as short text for a message."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value)).strip()
    return text if len(text) <= _MAX_EXAMPLE else text[: _MAX_EXAMPLE - 1] + "…"


def combined(records: Iterable[Record], tally: Tally) -> dict[str, Record]:
    """Records by photo id, those of one photo as one: the first that states a value is believed.

    A record that adds nothing is tallied.
    """
    by_id: dict[str, Record] = {}
    for record in records:
        known = by_id.get(record.photo_id)
        if known is None:
            by_id[record.photo_id] = record
            continue
        fuller = known.completed_by(record)
        if fuller == known:
            tally.reject(Message("record.again"), record.source, record.photo_id)
        by_id[record.photo_id] = fuller
    return by_id
