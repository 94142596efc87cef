"""The photos of a results file as frames of passes: one camera, one lens, no long gap in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.localization import Localization
from engine.contract.status import FAILED
from engine.errors import InputError
from engine.orbit.fixes import Measured, measured
from engine.orbit.times import utc_of
from engine.photo.read import PhotoInfo, read_photo_info

# Half a revolution: by then a camera in a window has been moved more often than not, and the station may have turned.
GAP_S = 2700.0


@dataclass(frozen=True, eq=False)
class Frame:
    """A photo of a pass.

    Attributes:
        at_s: Unix time by the camera's clock.
        info: its metadata.
        answer: what was found for it.
        measured: its camera by its own tie points; None where it is not located.
    """

    at_s: float
    info: PhotoInfo
    answer: Localization
    measured: Measured | None

    @property
    def name(self) -> str:
        """The path, as the answer has it."""
        return self.answer["photo"]

    @property
    def own(self) -> Measured:
        """Its camera by its own tie points.

        Raises:
            ValueError: it is not located.
        """
        if self.measured is None:
            raise ValueError(f"{self.name} is not located")
        return self.measured


@dataclass(frozen=True, eq=False)
class Pass:
    """Frames of one camera with one lens, in the order of their times."""

    frames: Sequence[Frame]

    @property
    def camera(self) -> str:
        """Model by EXIF; "" where unknown."""
        return self.frames[0].info.camera or ""

    @property
    def located(self) -> list[Frame]:
        """Those that their own tie points place."""
        return [frame for frame in self.frames if frame.measured is not None]

    @property
    def others(self) -> list[Frame]:
        """Those that are not located."""
        return [frame for frame in self.frames if frame.measured is None]


@dataclass(frozen=True)
class LeftOut:
    """A photo that belongs to no pass: "unreadable" or "no_time"."""

    photo: str
    why: str


def passes_of(answers: Iterable[Localization], folder: Path = Path()) -> tuple[list[Pass], list[LeftOut]]:
    """The passes of these answers, in the order of their times, and the photos that belong to none.

    Args:
        answers: of any status; those that could not be read stay out.
        folder: that relative paths of photos start at.
    """
    by_camera: dict[tuple[object, ...], list[Frame]] = {}
    left_out: list[LeftOut] = []
    for answer in answers:
        if answer["status"] == FAILED:
            left_out.append(LeftOut(answer["photo"], "unreadable"))
            continue
        try:
            info = read_photo_info(folder / answer["photo"])
        except InputError:
            left_out.append(LeftOut(answer["photo"], "unreadable"))
            continue
        try:
            at_s = utc_of(info.taken_at or "").timestamp()
        except (ValueError, OverflowError, OSError):
            left_out.append(LeftOut(answer["photo"], "no_time"))
            continue
        # A lens of another length, or a picture cut to another size, has another focal length in pixels.
        key = (info.camera, info.serial, info.focal_length_mm, info.width_px, info.height_px)
        by_camera.setdefault(key, []).append(Frame(at_s, info, answer, measured(answer)))
    found = [one for frames in by_camera.values() for one in _split(frames)]
    return sorted(found, key=lambda one: one.frames[0].at_s), left_out


def _split(frames: list[Frame]) -> Iterator[Pass]:
    frames.sort(key=lambda frame: (frame.at_s, frame.name))
    part: list[Frame] = []
    for frame in frames:
        if part and frame.at_s - part[-1].at_s > GAP_S:
            yield Pass(part)
            part = []
        part.append(frame)
    yield Pass(part)
