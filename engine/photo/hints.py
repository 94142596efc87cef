"""What a catalogue says about a photo, for where the photo's own tags say nothing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from engine.photo.read import PhotoInfo

AnyPhoto = TypeVar("AnyPhoto", bound=PhotoInfo)


@dataclass(frozen=True)
class Hints:
    """None where the catalogue says nothing.

    Attributes:
        taken_at: ISO 8601, in UTC unless it names an offset.
        camera: model, or NASA's code for it, such as "N6".
        focal_length_mm: of the lens.
        altitude_km: of the station.
    """

    taken_at: str | None = None
    camera: str | None = None
    focal_length_mm: float | None = None
    altitude_km: float | None = None

    def fill(self, photo: AnyPhoto) -> AnyPhoto:
        """The photo with values from here where its tags have none."""
        return dataclasses.replace(
            photo,
            taken_at=photo.taken_at or _without_offset(self.taken_at),
            camera=photo.camera or self.camera,
            focal_length_mm=photo.focal_length_mm or self.focal_length_mm,
        )


NO_HINTS = Hints()


def _without_offset(text: str | None) -> str | None:
    """A time as EXIF writes it, so that the two compare; None for another text."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when).isoformat()
