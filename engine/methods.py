"""What the service does for each request of the contract that takes time.

Requests of one lane run one after the other on a thread of their own; the lanes run side by side. Model and indexes
stay open between requests. The heavy libraries are imported on first use, so that the process answers before they are
loaded.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract import answers, protocol
from engine.contract.answers import LocalizeAnswer, PhotoInfoAnswer
from engine.contract.clocks import SolveClocksAnswer
from engine.contract.localization import Localization
from engine.errors import OutputError, UsageError
from engine.pass_methods import solve_passes
from engine.progress import Progress
from engine.records.methods import read_records
from engine.review_methods import ReviewMethods

if TYPE_CHECKING:
    from engine.features import FeatureExtractor
    from engine.orbit.hint import OrbitHint
    from engine.orbit.opening import Orbit
    from engine.registration.neighbours import Memory
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.model import ModelPackage
    from engine.where.language_model import LanguageModel

Stamp = tuple[int, int]
Handler = Callable[[Any, Progress], Any]  # takes an instance of the request's class


class Methods:
    """The methods, and what they keep open.

    Attributes:
        handlers: {class of a request: function of (request, progress) that returns the answer}.
    """

    def __init__(self) -> None:
        self.handlers: dict[type[protocol.Request], Handler] = {
            protocol.Localize: self.localize,
            protocol.SolveClocks: self.solve_clocks,
            protocol.SolvePasses: solve_passes,
            protocol.Register: self.register,
            protocol.Georeference: self.georeference,
            protocol.WhereRaster: self.where_raster,
            protocol.PhotoInfo: self.photo_info,
            protocol.BuildIndex: self.build_index,
            protocol.PlanIndex: self.plan_index,
            protocol.IndexTiles: self.index_tiles,
            protocol.IndexInfo: self.index_info,
            protocol.VerifyIndex: self.verify_index,
            protocol.LinkIndex: self.link_index,
            protocol.ListIndexes: self.list_indexes,
            protocol.CheckImagery: self.check_imagery,
            protocol.ReadRecords: read_records,
            **ReviewMethods().handlers,
        }
        self._default: ModelPackage | None = None
        self._default_lock = threading.Lock()  # several lanes need the default model
        # Of the lane that locates. Replaced, never changed, because `status` reads them from another thread.
        self._models: dict[str, ModelPackage] = {}  # of the last photo, by sha256
        self._memory: Memory | None = None  # of all photos
        self._learned: tuple[Path, FeatureExtractor] | None = None  # the last one asked for
        self._open: dict[Path, tuple[Stamp, RegionalIndex]] = {}
        self._orbit: tuple[Path, Stamp, Orbit] | None = None  # the last one asked for

    @property
    def model_name(self) -> str | None:
        """Name of the model in use."""
        model = next(iter(self._models.values()), self._default)
        return model.name if model is not None else None

    @property
    def indexes_open(self) -> list[str]:
        """Paths of the indexes that are open."""
        return [str(path) for path in self._open]

    def preload(self) -> None:
        """Imports what `localize` needs and loads the default model."""
        from engine import localize, results  # noqa: F401 - imported to be there

        self._default_model()

    def localize(self, request: protocol.Localize, progress: Progress) -> LocalizeAnswer:
        """Locates a photo and saves the answer."""
        photo, out = Path(request.photo), _path(request.out)
        reviewed = None if request.include_reviewed else _reviewed(photo, out)
        if reviewed is not None:
            return _skipped(reviewed, photo)

        from engine.localize import Localizer, Query, localize_or_fail
        from engine.photo.hints import Hints
        from engine.registration.neighbours import Memory
        from engine.retrieval.tiling import Circle

        hint = self._hint(request)
        indexes = self._indexes([Path(folder) for folder in request.indexes])
        self._memory = self._memory or Memory.empty()
        localizer = Localizer(indexes, self._models_of(indexes), self._memory)
        query = Query(
            photo,
            request.nadir,
            request.radius_km,
            request.top_k,
            area=Circle(*request.area) if request.area else None,
            register=request.register,
            imagery=request.imagery or None,
            extractor=self._extractor(_path(request.matcher)),
            where=request.where,
            hints=Hints(**request.hints or {}),
            language_model=_language_model(request),
            results=out,
            orbit=hint,
        )
        answer = _saved(localize_or_fail(localizer, query, progress), photo, out, progress, request.include_reviewed)
        if answer["saved_to"] or answer["save_error"] or out is None:
            return answer
        return _skipped(_reviewed(photo, out) or answer, photo)  # a review decided on it in the meantime

    def solve_clocks(self, request: protocol.SolveClocks, progress: Progress) -> SolveClocksAnswer:
        """How wrong cameras' clocks were."""
        from engine.orbit.opening import open_orbit_file
        from engine.orbit.solving import clocks_of

        orbit = None if request.orbit is None else open_orbit_file(Path(request.orbit))
        return {"clocks": [one.as_json() for one in clocks_of(Path(request.results), orbit, progress)]}

    def register(self, request: protocol.Register, progress: Progress) -> LocalizeAnswer:
        """Registers a photo at a place that is known and saves the answer."""
        from engine.register_at import Place, register_at
        from engine.results import ResultsFile

        photo, out = Path(request.photo), _path(request.out)
        if out is not None and not request.include_reviewed:
            ResultsFile(out).refuse_reviewed(photo)
        place = Place(photo, *request.at, request.width_km, request.imagery, request.nadir)
        return _saved(register_at(place, progress), photo, out, progress, request.include_reviewed)

    def georeference(self, request: protocol.Georeference, progress: Progress) -> answers.GeoreferenceAnswer:
        """Writes a registered photo as a file that other programs can place."""
        from engine.georeference.write import OutputSpec, georeference

        elevation = _path(request.elevation)
        spec = OutputSpec(request.kind, Path(request.out), request.crs, request.resolution_m, elevation)
        return georeference(Path(request.photo), Path(request.results), spec, progress)

    def where_raster(self, request: protocol.WhereRaster, progress: Progress) -> answers.WhereRasterAnswer:
        """Writes where a located photo could be as a raster."""
        from engine.where.raster import write_raster_of

        return write_raster_of(Path(request.photo), Path(request.results), Path(request.out))

    def photo_info(self, request: protocol.PhotoInfo, progress: Progress) -> PhotoInfoAnswer:
        """What is known of a photo without decoding it."""
        from engine.answer import photo_info

        return photo_info(Path(request.photo))

    def build_index(self, request: protocol.BuildIndex, progress: Progress) -> dict[str, Any]:
        """Builds a regional index."""
        from engine.retrieval.build import build_index
        from engine.retrieval.model import ModelPackage

        return build_index(
            request.source,
            Path(request.out),
            bbox=request.bbox,
            tile_km=request.tile_km,
            model=ModelPackage.open(request.model) if request.model is not None else self._default_model(),
            resume=request.resume,
            include_ocean=request.include_ocean,
            feature_km=request.feature_km,
            attribution=request.attribution,
            licence=request.licence,
            progress=progress,
        )

    def plan_index(self, request: protocol.PlanIndex, progress: Progress) -> dict[str, Any]:
        """How many tiles `index/build` would make at most, and how large the index would be."""
        from engine.retrieval.plan import estimate_index

        dimension = self._default_model().dimension
        return dataclasses.asdict(
            estimate_index(
                request.source,
                request.bbox,
                request.tile_km,
                request.include_ocean,
                dimension,
                progress,
                request.feature_km,
            )
        )

    def index_tiles(self, request: protocol.IndexTiles, progress: Progress) -> answers.TilesAnswer:
        """Writes the outlines of an index's tiles as a GeoPackage."""
        from engine.retrieval.footprints import export_footprints
        from engine.retrieval.opening import open_index

        index = open_index(Path(request.index))
        return {"out": str(export_footprints(index, Path(request.out), progress)), "tiles": index.count}

    def index_info(self, request: protocol.IndexInfo, progress: Progress) -> dict[str, Any]:
        """The manifest of an index."""
        from engine.retrieval.opening import open_index

        return open_index(Path(request.index)).info

    def verify_index(self, request: protocol.VerifyIndex, progress: Progress) -> answers.VerifyAnswer:
        """Compares all files of an index with their checksums."""
        from engine.retrieval.opening import open_index

        return {"ok": True, "files": open_index(Path(request.index)).verify()}

    def link_index(self, request: protocol.LinkIndex, progress: Progress) -> dict[str, Any]:
        """Makes a folder that stands for an index on Milvus."""
        from engine.retrieval.milvus import link

        return link(request.address, Path(request.out), _path(request.imagery))

    def list_indexes(self, request: protocol.ListIndexes, progress: Progress) -> answers.ListAnswer:
        """The indexes in a folder."""
        from engine.retrieval.index import list_indexes

        return {"indexes": list_indexes(Path(request.folder))}

    def check_imagery(self, request: protocol.CheckImagery, progress: Progress) -> answers.ImageryCheckAnswer:
        """Fetches one tile from a tile server."""
        from engine.imagery.check import check_server

        return check_server(request.imagery, request.at, progress)

    def _default_model(self) -> ModelPackage:
        from engine.retrieval.model import ModelPackage

        with self._default_lock:
            if self._default is None:
                self._default = ModelPackage.open(None)
            return self._default

    def _models_of(self, indexes: list[RegionalIndex]) -> list[ModelPackage]:
        """The models that the indexes were made with; those of the last photo stay open."""
        from engine.localize import model_of

        default = self._default_model()
        open_ones = {default.sha256: default, **self._models}
        wanted = {index.info["model"]["sha256"]: index for index in indexes}
        self._models = {sha256: open_ones.get(sha256) or model_of(index) for sha256, index in wanted.items()}
        return list(self._models.values())

    def _extractor(self, matcher: Path | None) -> FeatureExtractor:
        """RootSIFT, or the feature extractor of a package, which stays open."""
        from engine.registration.learned import LearnedFeatures
        from engine.registration.prepare import ROOT_SIFT

        if matcher is None:
            return ROOT_SIFT
        if self._learned is None or self._learned[0] != matcher:
            self._learned = matcher, LearnedFeatures(matcher)
        return self._learned[1]

    def _hint(self, request: protocol.Localize) -> OrbitHint | None:
        """The orbit of a request, which stays open."""
        from engine.orbit.clocks_file import checked
        from engine.orbit.hint import OrbitHint
        from engine.orbit.opening import open_orbit_file

        if request.orbit is None:
            return None
        path = Path(request.orbit)
        stamp = _stamp(path)
        if self._orbit is None or self._orbit[:2] != (path, stamp):
            self._orbit = path, stamp, open_orbit_file(path)
        try:
            return OrbitHint(self._orbit[2], clocks=checked(request.clocks))
        except (ValueError, OverflowError) as error:
            raise UsageError(None, "the time of a clock offset is not a time", "solve the clocks again") from error

    def _indexes(self, folders: list[Path]) -> list[RegionalIndex]:
        """The indexes of this request, reopened where they changed on disk; others are closed."""
        from engine.retrieval.opening import open_index

        wanted: dict[Path, tuple[Stamp, RegionalIndex]] = {}
        for folder in folders:
            stamp = _stamp(folder / "index.json")
            known = self._open.get(folder)
            wanted[folder] = known if known and known[0] == stamp else (stamp, open_index(folder))
        self._open = wanted
        return [index for _, index in wanted.values()]


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _language_model(request: protocol.Localize) -> LanguageModel | None:
    """Raises UsageError: its address is not on this computer."""
    if request.language_model is None:
        return None
    if not request.where:
        raise UsageError.of("language_model.needs_where")

    from engine.where.language_model import LanguageModel

    return LanguageModel(request.language_model, request.language_model_name)


def _saved(
    answer: Localization, photo: Path, out: Path | None, progress: Progress, include_reviewed: bool
) -> LocalizeAnswer:
    """The answer, saved to `out`, with the path or the error; neither where a review decided on the photo."""
    from engine.answer import photo_facts
    from engine.results import ResultsFile

    saved_to, save_error = None, None
    if out is not None:
        progress.report("save", 0, 1)
        try:
            if ResultsFile(out).save(answer, photo_facts(photo), include_reviewed):
                saved_to = str(out)
        except OutputError as error:
            save_error = error.data()
    return {**answer, "saved_to": saved_to, "save_error": save_error}  # type: ignore[typeddict-item] # "skipped"


def _reviewed(photo: Path, out: Path | None) -> Localization | None:
    """The localization in effect for a photo that a review decided on, or None."""
    from engine.results import ResultsFile

    try:
        return None if out is None else ResultsFile(out).reviewed(photo)
    except OutputError:  # reported when the answer is saved there
        return None


def _skipped(effective: Localization, photo: Path) -> LocalizeAnswer:
    """The answer for a photo that is not located again because a review decided on it."""
    answer: LocalizeAnswer = {**effective, "saved_to": None, "save_error": None}  # type: ignore[typeddict-item]
    answer["photo"], answer["skipped"] = str(photo), True
    return answer


def memory_mb() -> float | None:
    """Memory this process holds, in MB; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return round(pages * resource.getpagesize() / 1e6, 1)
    except OSError:  # macOS has no /proc; there the highest memory so far, in bytes
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1)


def _stamp(path: Path) -> Stamp:
    """Changes whenever the file is written again."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)  # opening it will say what is wrong
    return found.st_mtime_ns, found.st_size
