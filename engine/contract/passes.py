"""What the passes of a results file say (docs/passes.md)."""

from __future__ import annotations

from typing import Any, Optional, TypedDict

from .localization import LatLonList


class PredictedPhoto(TypedDict):
    """What a pass says of a photo that is not located."""

    photo: str
    given: bool  # whether it got a footprint
    center: Optional[LatLonList]  # None where the camera does not look at the ground
    ellipse_major_km: Optional[float]  # semi-axes
    ellipse_minor_km: Optional[float]
    ellipse_azimuth_deg: Optional[float]
    nadir: LatLonList
    visible_km: float  # from the nadir to the horizon
    nearest_s: float  # time to the nearest located photo


class LeaveOneOut(TypedDict):
    """Each located photo predicted from the others."""

    photos: int
    predicted: int
    inside: int  # of their ellipses
    median_km: Optional[float]
    errors_km: dict[str, float]  # by photo


class _Message(TypedDict, total=False):
    message_id: str
    message_params: dict[str, Any]


class PassAnswer(_Message):
    """A pass."""

    camera: str  # "" where unknown
    first: str  # ISO 8601, by the camera's clock
    last: str
    photos: int
    located: int
    status: str  # solved, free, at_odds, two_cameras, none_located, one_located or no_orbit
    holding: Optional[str]  # fixed, smooth or free
    holdings: dict[str, float]  # their probabilities
    orbit: Optional[str]  # "given", or "photos"
    clock_offset_s: Optional[float]  # true time minus the camera's, with an orbit that is given
    clock_sd_s: Optional[float]
    focal_px: Optional[float]
    wrong: list[str]  # located photos that contradict the others, or those of the other camera
    predicted: list[PredictedPhoto]
    leave_one_out: Optional[LeaveOneOut]
    message: str


class LeftOutPhoto(TypedDict):
    """A photo that belongs to no pass: "unreadable" or "no_time"."""

    photo: str
    why: str


class SolvePassesAnswer(TypedDict):
    """The passes of a results file."""

    passes: list[PassAnswer]
    left_out: list[LeftOutPhoto]
