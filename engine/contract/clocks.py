"""Offsets of cameras' clocks: as they are solved, stored and applied."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Optional, TypedDict

from .validation import Range

MAX_OFFSET_S = 1e8  # three years: a clock that was never set
OFFSET_S = Range(-MAX_OFFSET_S, MAX_OFFSET_S)
CLOCK_HOLDS = timedelta(days=1)  # before and after the photos that tell a clock's offset: it drifts by a second a day


class ClockOffset(TypedDict):
    """How wrong the clock of a camera was in some time."""

    camera: str  # model by EXIF; "" where unknown
    first: str  # ISO 8601 with a zone, by the camera's clock: the first and the last photo it is known of
    last: str
    offset_s: Annotated[float, OFFSET_S]  # true time minus the camera's
    sd_s: Annotated[float, Range(0.0, MAX_OFFSET_S)]


class _Message(TypedDict, total=False):
    message_id: Optional[str]
    message_params: dict[str, Any]


class SolvedClock(_Message):
    """What the located photos of a camera say of its clock in some time."""

    camera: str
    first: str
    last: str
    photos: int  # with a time
    located: int
    status: str  # solved, one_photo, ambiguous, two_clocks or none
    offset_s: Optional[float]  # the most probable one
    sd_s: Optional[float]
    agreeing: int  # located photos
    others_s: list[float]  # further offsets that fit
    wrong: list[str]  # located photos that do not fit the most probable one
    message: str


class SolveClocksAnswer(TypedDict):
    """The clocks of the photos of a results file."""

    clocks: list[SolvedClock]


def known_offset(solved: SolvedClock) -> Optional[ClockOffset]:
    """The offset to apply; None unless it is solved."""
    if solved["status"] != "solved" or solved["offset_s"] is None or solved["sd_s"] is None:
        return None
    return {
        "camera": solved["camera"],
        "first": solved["first"],
        "last": solved["last"],
        "offset_s": solved["offset_s"],
        "sd_s": solved["sd_s"],
    }


def holds_for(clock: ClockOffset, camera: Optional[str], taken_at: str) -> bool:
    """Whether an offset is of a camera at a time (ISO 8601, by its clock; UTC where it states no zone).

    Raises:
        ValueError, OverflowError: not a time.
    """
    taken, first, last = (_utc(text) for text in (taken_at, clock["first"], clock["last"]))
    return clock["camera"] == (camera or "") and first - CLOCK_HOLDS <= taken <= last + CLOCK_HOLDS


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
