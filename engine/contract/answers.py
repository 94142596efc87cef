"""The answers of the protocol, as TypedDicts, and the data of its errors."""

from __future__ import annotations

from typing import Any, Optional, TypedDict, Union

from .localization import CameraSummary, GeoJson, LatLonList, Localization, Pose, TiePoint

RequestId = Union[int, str]


class _ErrorOfVersion1(TypedDict):
    kind: str  # usage, input, index, model, orbit, output, cancelled, internal or parse
    path: Optional[str]
    problem: str
    hint: str


class ErrorData(_ErrorOfVersion1, total=False):
    """`error.data` of an answer, and `save_error` of a localization."""

    message_id: str  # in engine/contract/messages.py; missing for an error that is only in English
    message_params: dict[str, Any]


class _Saved(TypedDict):
    saved_to: Optional[str]
    save_error: Optional[ErrorData]


class LocalizeAnswer(Localization, _Saved, total=False):
    """A localization, and whether it was saved."""

    skipped: bool  # a review decided on the photo, so it was not located again


class GeoreferenceAnswer(TypedDict):
    """The files that were written."""

    photo: str
    kind: str
    out: str
    files: list[str]
    crs: Optional[str]
    width_px: Optional[int]
    height_px: Optional[int]
    resolution_m: Optional[float]
    residual_px: Optional[float]
    message: str


class WhereRasterAnswer(TypedDict):
    """The raster of where a photo could be."""

    photo: str
    out: str
    area_km2: Optional[float]  # of the area that holds the photo with 90 %


class PlanAnswer(TypedDict):
    """Upper bounds of what an index will hold: tiles beyond the edge of the imagery are left out when it is built."""

    tiles: int
    size_bytes: int
    features: int
    feature_km: Optional[float]
    narrowest_km: Optional[float]  # about how narrow the photos are that the features find


class TilesAnswer(TypedDict):
    """The GeoPackage with the tiles' outlines."""

    out: str
    tiles: int


class VerifyAnswer(TypedDict):
    """All files of an index have their checksums."""

    ok: bool
    files: int


class ListAnswer(TypedDict):
    """Each with "path" and "name", "tiles", "region" ..., or with "path" and "error"."""

    indexes: list[dict[str, Any]]


class PhotoInfoAnswer(TypedDict):
    """What the file says without decoding its pixels."""

    photo: str
    photo_id: Optional[str]
    width_px: int
    height_px: int
    taken_at: Optional[str]
    camera: Optional[str]
    focal_length_mm: Optional[float]
    nadir: Optional[LatLonList]


class PhotoPictureAnswer(TypedDict):
    """A photo as a JPEG in base64, and the stored size of the photo itself."""

    jpeg: str
    width_px: int
    height_px: int


class TilePictureAnswer(TypedDict):
    """A tile as a JPEG in base64; both None where no imagery shows it."""

    jpeg: Optional[str]
    imagery: Optional[str]


class _MessageId(TypedDict, total=False):
    """The id and the parameters of a message, see `messages`."""

    message_id: str
    message_params: dict[str, Any]


class SolveAnswer(_MessageId):
    """The fields of a localization that follow from a camera."""

    footprint: GeoJson
    corners: Optional[list[LatLonList]]
    center: LatLonList
    camera: CameraSummary
    pose: Pose
    tie_points: list[TiePoint]
    inliers: int
    rms_km: Optional[float]  # None below four tie points, which nothing checks
    confidence: None
    message: str


class SnapAnswer(TypedDict):
    """Where the surroundings of a pixel are found on the ground; all None where they are not."""

    lat: Optional[float]
    lon: Optional[float]
    similarity: Optional[float]  # normalised cross-correlation


class ImageryCheckAnswer(_MessageId):
    """A tile came from the server."""

    name: str
    milliseconds: int
    message: str


class PreparedAnswer(TypedDict):
    """The results file, ready for writing."""

    out: str


class InitializeAnswer(TypedDict):
    """Who answers."""

    protocol: int
    engine: str
    capabilities: list[str]
    heartbeat_ms: int
    indexes: list[str]  # folders of the indexes that come with the engine


class StatusAnswer(TypedDict):
    """What the engine is doing."""

    engine: str
    uptime_s: float
    busy: list[RequestId]
    model: Optional[str]
    indexes_open: list[str]
    memory_mb: Optional[float]


class CancelAnswer(TypedDict):
    """Whether there was a request to cancel."""

    cancelled: bool
