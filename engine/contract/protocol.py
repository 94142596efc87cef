"""The protocol of `earthloc serve`: every method with its parameters, their ranges and defaults, and its answer.

JSON-RPC 2.0; docs/protocol.md explains it. A request is a frozen dataclass. The plugin makes one and sends
`request.METHOD` with `request.params()`; the engine gets it back from `validation.parsed`. Both
check types and ranges here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Optional, TypedDict, get_args

from .answers import (
    CancelAnswer,
    GeoreferenceAnswer,
    ImageryCheckAnswer,
    InitializeAnswer,
    ListAnswer,
    LocalizeAnswer,
    PhotoHints,
    PhotoInfoAnswer,
    PhotoPictureAnswer,
    PlanAnswer,
    PreparedAnswer,
    RecordsAnswer,
    SnapAnswer,
    SolveAnswer,
    StatusAnswer,
    TilePictureAnswer,
    TilesAnswer,
    VerifyAnswer,
    WhereRasterAnswer,
)
from .clocks import ClockOffset, SolveClocksAnswer
from .localization import Pose
from .parameters import (
    DEFAULT_ELLIPSE_KM,
    DEFAULT_RADIUS_KM,
    DEFAULT_TILE_KM,
    DEFAULT_TOP_K,
    ELLIPSE_KM,
    FEATURE_KM,
    LAT,
    LON,
    LON_OF_REGION,
    RADIUS_KM,
    RESOLUTION_M,
    TILE_KM,
    TOP_K,
    GeoreferencedKind,
    GroundCrs,
)
from .passes import SolvePassesAnswer
from .validation import IsPath, NotEmpty, Range

PROTOCOL = 1

PathText = Annotated[str, IsPath()]
Paths = Annotated[list[PathText], NotEmpty("path")]
LatLon = tuple[Annotated[float, LAT], Annotated[float, LON]]
Circle = tuple[Annotated[float, LAT], Annotated[float, LON], Annotated[float, RADIUS_KM]]  # lat, lon, km
Region = tuple[
    Annotated[float, LON_OF_REGION], Annotated[float, LAT], Annotated[float, LON_OF_REGION], Annotated[float, LAT]
]  # west, south, east, north
Corners = tuple[
    Annotated[float, LAT], Annotated[float, LON], Annotated[float, LAT], Annotated[float, LON],
    Annotated[float, LAT], Annotated[float, LON], Annotated[float, LAT], Annotated[float, LON],
]  # fmt: skip
TileWidth = Annotated[float, TILE_KM]
FeatureKm = Annotated[float, Range(0.0, FEATURE_KM.high)]  # 0: no features; None, the default: chosen by the imagery
Pixel = Annotated[float, Range(-1e6, 1e6)]

# Requests of one lane are answered one after the other; lanes do not wait for each other.
Lane = Literal["locate", "draw", "build", "fetch", "quick"]
LANES: tuple[Lane, ...] = get_args(Lane)


class _Spot(TypedDict):
    x_px: Pixel
    y_px: Pixel
    lat: Annotated[float, LAT]
    lon: Annotated[float, LON]


class RecordsQuery(TypedDict, total=False):
    """A question to NASA's Photos Database API."""

    address: str
    query: str
    key: str  # the user's; in no log
    key_env: str  # name of an environment variable of the engine that holds it instead


class ManualTiePoint(_Spot, total=False):
    """A tie point as a person set it. "origin" may be missing: "manual"."""

    origin: Optional[str]


@dataclass(frozen=True)
class Request:
    """Base of all requests."""

    METHOD: ClassVar[str]
    ANSWER: ClassVar[Any]  # type of `result`
    LANE: ClassVar[Optional[Lane]] = None  # None: answered at once by the thread that reads

    def params(self) -> dict[str, Any]:
        """The parameters as JSON has them, without those that have their default."""
        values = ((field, getattr(self, field.name)) for field in dataclasses.fields(self))
        return {field.name: value for field, value in values if value != field.default}


@dataclass(frozen=True)
class Initialize(Request):
    """The first message of a client. Another protocol than the engine's is refused."""

    METHOD = "initialize"
    ANSWER = InitializeAnswer
    protocol: Annotated[int, Range(0, 1 << 31)]
    client: str = ""


@dataclass(frozen=True)
class GetStatus(Request):
    """What the engine is doing and holds in memory."""

    METHOD = "status"
    ANSWER = StatusAnswer


@dataclass(frozen=True)
class Cancel(Request):
    """Cancels a request, which then ends with an error of kind `cancelled`."""

    METHOD = "cancel"
    ANSWER = CancelAnswer
    id: Any


@dataclass(frozen=True)
class Shutdown(Request):
    """Ends the process."""

    METHOD = "shutdown"
    ANSWER = None


@dataclass(frozen=True)
class Localize(Request):
    """Locates a photo."""

    METHOD = "localize"
    ANSWER = LocalizeAnswer
    LANE = "locate"
    photo: PathText
    indexes: Paths
    nadir: Optional[LatLon] = None  # without one, that of the photo's EXIF
    radius_km: Annotated[float, RADIUS_KM] = DEFAULT_RADIUS_KM  # around the nadir
    top_k: Annotated[int, TOP_K] = DEFAULT_TOP_K
    area: Optional[Circle] = None  # searched instead of the circle around the nadir
    register: bool = True
    imagery: Optional[str] = None  # registered with instead of the indexes' own imagery
    matcher: Optional[PathText] = None  # folder of a feature extractor; None: RootSIFT
    out: Optional[PathText] = None  # results file
    include_reviewed: bool = False  # also a photo that a review decided on
    where: bool = False  # also say where it could be, if it is not located
    orbit: Optional[PathText] = None  # two-line elements, OMM or OEM: gives the nadir from the photo's time
    clocks: tuple[ClockOffset, ...] = ()  # with `orbit`: known offsets; the one of the photo's camera and time counts
    hints: Optional[PhotoHints] = None  # of a catalogue
    language_model: Optional[str] = None  # address on this computer, asked for places if `where`; None asks nobody
    language_model_name: str = ""  # as its server knows it


@dataclass(frozen=True)
class SolveClocks(Request):
    """How wrong cameras' clocks were, from the located photos of a results file and the orbit."""

    METHOD = "clock/solve"
    ANSWER = SolveClocksAnswer
    LANE = "draw"
    results: PathText
    orbit: Optional[PathText] = None  # None: from the nadirs in the photos' tags


@dataclass(frozen=True)
class SolvePasses(Request):
    """Solves the passes of a results file, and writes footprints by the pass into it."""

    METHOD = "pass/solve"
    ANSWER = SolvePassesAnswer
    LANE = "draw"
    results: PathText
    orbit: Optional[PathText] = None  # None: from the located photos
    max_ellipse_km: Annotated[float, ELLIPSE_KM] = DEFAULT_ELLIPSE_KM  # semi-major axis of the largest that is given
    leave_one_out: bool = False  # also predict each located photo from the others


@dataclass(frozen=True)
class Register(Request):
    """Registers a photo at a place that is known, without retrieval."""

    METHOD = "register"
    ANSWER = LocalizeAnswer
    LANE = "locate"
    photo: PathText
    at: LatLon
    width_km: TileWidth
    imagery: str
    nadir: Optional[LatLon] = None
    out: Optional[PathText] = None
    include_reviewed: bool = False


@dataclass(frozen=True)
class Georeference(Request):
    """Writes a registered photo as a file that other programs can place."""

    METHOD = "georeference"
    ANSWER = GeoreferenceAnswer
    LANE = "draw"
    photo: PathText
    results: PathText
    kind: GeoreferencedKind
    out: PathText
    crs: GroundCrs = "auto"
    resolution_m: Optional[Annotated[float, RESOLUTION_M]] = None
    elevation: Optional[PathText] = None  # raster of heights


@dataclass(frozen=True)
class WhereRaster(Request):
    """Writes where a located photo could be as a raster."""

    METHOD = "where/raster"
    ANSWER = WhereRasterAnswer
    LANE = "quick"
    photo: PathText
    results: PathText
    out: PathText


@dataclass(frozen=True)
class PlanIndex(Request):
    """How many tiles and features `index/build` would make, and how large the index would be."""

    METHOD = "index/plan"
    ANSWER = PlanAnswer
    LANE = "build"
    source: str
    bbox: Optional[Region] = None
    tile_km: tuple[TileWidth, ...] = DEFAULT_TILE_KM
    include_ocean: bool = False
    feature_km: Optional[FeatureKm] = None


@dataclass(frozen=True)
class BuildIndex(Request):
    """Builds a regional index. Answers with its manifest, the content of index.json."""

    METHOD = "index/build"
    ANSWER = dict[str, Any]
    LANE = "build"
    source: str
    out: PathText
    bbox: Optional[Region] = None
    tile_km: tuple[TileWidth, ...] = DEFAULT_TILE_KM
    include_ocean: bool = False
    feature_km: Optional[FeatureKm] = None
    model: Optional[PathText] = None
    resume: bool = False
    attribution: str = ""
    licence: str = ""

    def plan(self) -> PlanIndex:
        """The request that says how large this index will be."""
        return PlanIndex(self.source, self.bbox, self.tile_km, self.include_ocean, self.feature_km)


@dataclass(frozen=True)
class IndexTiles(Request):
    """Writes the outlines of an index's tiles as the layer `tiles` of a GeoPackage."""

    METHOD = "index/tiles"
    ANSWER = TilesAnswer
    LANE = "build"
    index: PathText
    out: PathText


@dataclass(frozen=True)
class IndexInfo(Request):
    """The manifest of an index."""

    METHOD = "index/info"
    ANSWER = dict[str, Any]
    LANE = "quick"
    index: PathText


@dataclass(frozen=True)
class LinkIndex(Request):
    """Makes a folder that stands for an index on Milvus. Answers with its manifest."""

    METHOD = "index/link"
    ANSWER = dict[str, Any]
    LANE = "build"
    address: str
    out: PathText
    imagery: Optional[PathText] = None


@dataclass(frozen=True)
class VerifyIndex(Request):
    """Compares all files of an index with their checksums."""

    METHOD = "index/verify"
    ANSWER = VerifyAnswer
    LANE = "build"
    index: PathText


@dataclass(frozen=True)
class ListIndexes(Request):
    """The indexes in a folder."""

    METHOD = "index/list"
    ANSWER = ListAnswer
    LANE = "quick"
    folder: PathText


@dataclass(frozen=True)
class PhotoInfo(Request):
    """What is known of a photo without decoding it."""

    METHOD = "photo/info"
    ANSWER = PhotoInfoAnswer
    LANE = "quick"
    photo: PathText


@dataclass(frozen=True)
class PhotoPicture(Request):
    """A photo as a picture, for files that the client cannot read itself, such as camera RAW."""

    METHOD = "photo/picture"
    ANSWER = PhotoPictureAnswer
    LANE = "quick"
    photo: PathText
    longer_px: Annotated[int, Range(16, 8192)] = 1400


@dataclass(frozen=True)
class TilePicture(Request):
    """The picture of a tile from `imagery`, else from the imagery of the index with that name."""

    METHOD = "tile/picture"
    ANSWER = TilePictureAnswer
    LANE = "quick"
    indexes: Paths
    index: str
    width_km: TileWidth
    imagery: Optional[str] = None
    center: Optional[LatLon] = None
    size_px: Annotated[int, Range(16, 1024)] = 192


@dataclass(frozen=True)
class SolveCamera(Request):
    """The camera, footprint and residuals from tie points set by hand."""

    METHOD = "camera/solve"
    ANSWER = SolveAnswer
    LANE = "quick"
    photo: PathText
    tie_points: Annotated[list[ManualTiePoint], NotEmpty("object")]
    nadir: Optional[LatLon] = None
    pose: Optional[Pose] = None  # the initial pose; needed below three tie points, or `corners`
    corners: Optional[Corners] = None


@dataclass(frozen=True)
class SnapTiePoint(Request):
    """Where on the ground the surroundings of a pixel are found again."""

    METHOD = "camera/snap"
    ANSWER = SnapAnswer
    LANE = "quick"
    photo: PathText
    x_px: Pixel
    y_px: Pixel
    indexes: Paths
    index: str = ""
    imagery: Optional[str] = None
    pose: Optional[Pose] = None
    corners: Optional[Corners] = None
    reach: Annotated[float, Range(0.005, 0.25)] = 0.05  # search radius as a share of the photo's longer side


@dataclass(frozen=True)
class CheckImagery(Request):
    """Fetches one tile from a tile server, not from the cache. An error says what is wrong."""

    METHOD = "imagery/check"
    ANSWER = ImageryCheckAnswer
    LANE = "quick"
    imagery: Annotated[str, NotEmpty("text")]
    at: Optional[LatLon] = None


@dataclass(frozen=True)
class ReadRecords(Request):
    """Reads catalogues of photos, finds the photos in a folder or fetches them, and writes what was found."""

    METHOD = "records/read"
    ANSWER = RecordsAnswer
    LANE = "fetch"
    sources: list[PathText]
    kind: Literal["auto", "nasa", "tsv", "earthkam", "ids", "list"] = "auto"
    api: Optional[RecordsQuery] = None  # nobody is asked without it
    match: Optional[PathText] = None  # folder of photos to pair with the records
    files: Optional[list[PathText]] = None  # further photos to pair
    photos: Optional[PathText] = None  # folder to fetch photos into; nothing is fetched without it
    archive: Optional[str] = None  # address to fetch from; None: NASA's Gateway
    size: Literal["large", "small"] = "large"
    max_file_mb: Annotated[float, Range(0.001, 10_000)] = 200.0
    out: Optional[PathText] = None  # .csv, .json or .gpkg
    preview: Annotated[int, Range(0, 10_000)] = 200


@dataclass(frozen=True)
class PrepareResults(Request):
    """Makes a results file, or brings one of an older version up to date."""

    METHOD = "results/prepare"
    ANSWER = PreparedAnswer
    LANE = "quick"
    out: PathText


REQUESTS: tuple[type[Request], ...] = (
    Initialize,
    GetStatus,
    Localize,
    SolveClocks,
    SolvePasses,
    Register,
    Georeference,
    WhereRaster,
    BuildIndex,
    PlanIndex,
    IndexTiles,
    IndexInfo,
    LinkIndex,
    VerifyIndex,
    ListIndexes,
    PhotoInfo,
    PhotoPicture,
    TilePicture,
    SolveCamera,
    SnapTiePoint,
    CheckImagery,
    ReadRecords,
    PrepareResults,
    Cancel,
    Shutdown,
)
