"""The localization of a photo: what the engine answers, what the results file keeps, what a review decides on.

These are JSON objects, so they are TypedDicts: dictionaries at run time, checked by mypy, and by `validation` where
they come in from a message or a file. docs/localization.md explains the fields.
"""

from __future__ import annotations

import json
from typing import Any, Optional, TypedDict

from .status import Status
from .validation import InvalidValueError, validated

LatLonList = list[float]  # [latitude, longitude], degrees
GeoJson = dict[str, Any]  # a Polygon or MultiPolygon; longitude before latitude


class CameraSummary(TypedDict):
    """Where the camera was and where it looked."""

    lat: float
    lon: float
    altitude_km: float
    tilt_deg: float
    azimuth_deg: float
    focal_length_mm: Optional[float]


class _PosePriorOfVersion1(TypedDict):
    focal_px: Optional[float]
    focal_sd: Optional[float]  # of its natural logarithm
    nadir: Optional[LatLonList]


class PosePrior(_PosePriorOfVersion1, total=False):
    """What was known of a camera before it was solved."""

    nadir_sd_km: float  # in each direction; older results lack it: 30


class PixelDeviation(TypedDict):
    """Standard deviation of the ground position of some pixels, km; None where a pixel shows no ground."""

    center: Optional[float]
    corners: list[Optional[float]]


class _PoseOfVersion1(TypedDict):
    width_px: int
    height_px: int
    focal_px: float
    radial: float
    position_ecef_km: list[float]
    rotation: list[list[float]]
    prior: PosePrior
    determined: list[str]
    covariance: list[list[float]]
    pixel_sd_km: PixelDeviation


class Pose(_PoseOfVersion1, total=False):
    """The solved camera of a registered photo, in pixels of the stored array."""

    pixel_aspect: float  # older results lack it: 1


class TiePoint(TypedDict):
    """A spot found both in the photo and on the ground."""

    x_px: float
    y_px: float
    lat: float
    lon: float
    residual_px: Optional[float]
    residual_km: Optional[float]
    origin: str  # "matched", "neighbour" or "manual"


class ImageryCredit(TypedDict):
    """The imagery that a photo was registered with."""

    source: Optional[str]
    attribution: Optional[str]
    licence: Optional[str]


class ModelIdentity(TypedDict):
    """The model package that embedded the photo."""

    name: str
    version: str
    sha256: str


class _TimingsOfVersion1(TypedDict):
    read: float
    embed: float
    search: float
    register: float
    total: float


class Timings(_TimingsOfVersion1, total=False):
    """Milliseconds."""

    where: float  # older results lack it


class _CandidateOfVersion1(TypedDict):
    rank: int
    index: str
    tile: Optional[str]
    score: float
    rotation_deg: float
    center: LatLonList
    width_km: float
    nadir_distance_km: Optional[float]
    footprint: GeoJson
    inliers: int


class Candidate(_CandidateOfVersion1, total=False):
    """A place where the photo could have been taken. Older results lack the fields below."""

    found_by: Optional[str]  # "tiles", "votes", "both" or "proposed"
    z: Optional[float]  # z-score of the votes
    corners: list[LatLonList]


class SearchArea(TypedDict):
    """The smallest area that holds the photo with a probability."""

    percent: int  # 50, 90 or 99
    area_km2: float
    outline: GeoJson  # a MultiPolygon


class SearchRegion(TypedDict):
    """A connected part of the area that holds the photo with 90 %."""

    probability: float
    area_km2: float
    center: LatLonList  # of its most probable cell


class _LeftOutOfVersion1(TypedDict):
    source: str
    reason: str


class LeftOut(_LeftOutOfVersion1, total=False):
    """A source that was not used, and why. Older results lack the fields below."""

    message_id: str  # of the reason (engine/contract/messages.py)
    message_params: dict[str, Any]


class Where(TypedDict):
    """Where a photo could have been taken, as a probability over cells of the globe (docs/where.md)."""

    areas: list[SearchArea]  # of 50, 90 and 99 %
    regions: list[SearchRegion]  # at most five, the most probable first
    sources: list[str]  # that the probability follows from
    left_out: list[LeftOut]
    map: str  # the probability of every cell, encoded


class _Answer(TypedDict):
    photo: str
    photo_id: Optional[str]
    status: Status
    confidence: Optional[float]  # 0 to 1; None after a correction by hand, whose probability nobody measured
    footprint: Optional[GeoJson]
    corners: Optional[list[LatLonList]]  # top-left, top-right, bottom-right, bottom-left of the stored array
    center: Optional[LatLonList]
    camera: Optional[CameraSummary]
    pose: Optional[Pose]
    tie_points: list[TiePoint]
    imagery: Optional[ImageryCredit]
    inliers: int
    rms_km: Optional[float]
    candidates: list[Candidate]
    nadir: Optional[LatLonList]
    model: Optional[ModelIdentity]
    engine: str
    timings_ms: Timings
    message: str


class _OrbitHint(TypedDict):
    nadir: Optional[LatLonList]  # None where it says nothing
    sd_km: Optional[float]  # along the track, mostly from the clock
    clock_offset_s: float  # that was added to the camera's time
    used: bool  # whether `nadir` of the answer is this one
    stated_off_km: Optional[float]  # distance to the nadir of the photo's tags
    message: Optional[str]  # why it says nothing


class _BeforePass(TypedDict):
    status: Status
    confidence: Optional[float]
    nadir: Optional[LatLonList]
    message: str


class BeforePass(_BeforePass, total=False):
    """What was found for the photo itself, before its pass gave it a footprint."""

    message_id: str
    message_params: dict[str, Any]


class ByPass(TypedDict):
    """How well a footprint is known that follows from the other frames of its pass (docs/passes.md)."""

    probability: float  # that the ground in the middle of the photo lies in the ellipse around `center`
    ellipse_major_km: float  # semi-axes
    ellipse_minor_km: float
    ellipse_azimuth_deg: float  # of the major axis, clockwise from north
    holding: str  # how the camera was held: "fixed", "smooth" or "free"
    located: int  # frames that it follows from
    nearest_s: float  # time to the nearest located frame
    before: BeforePass


class OrbitHint(_OrbitHint, total=False):
    """What the orbit says of a photo at its time."""

    message_id: str
    message_params: dict[str, Any]


class Localization(_Answer, total=False):
    """What was found for one photo. The fields below may be missing; the last two are set by a review."""

    message_id: str  # of `message`, in engine/contract/messages.py; older results lack it
    message_params: dict[str, Any]
    orbit: OrbitHint  # only where an orbit was given
    where: Optional[Where]  # None where it was not asked for; older results lack it
    by_pass: Optional[ByPass]  # only of status `by_pass`
    by_hand: bool  # a person placed the footprint, and no camera fits it
    reviewed_rank: Optional[int]  # of the candidate that the person chose


def read_localization(text: str) -> Localization:
    """A localization from the results file. Fields that an older version did not write are added, empty.

    Raises:
        InvalidValueError: the text is not JSON, or not a localization.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValueError("", f"is not JSON ({str(error)[:80]})") from None
    if isinstance(found, dict):
        found = {"pose": None, "tie_points": [], "imagery": None, **found}
    return validated(found, Localization)
