"""What the service can be asked for: the methods of docs/architecture.md that take time.

They run one after the other in the worker thread. Model and indexes stay open between requests. The heavy
libraries are imported on first use, so that the process answers before they are there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError, OutputError
from engine.limits import DEFAULT_TILE_KM, FEATURE_KM, LAT, LON, LON_OF_REGION, RADIUS_KM, RESOLUTION_M, TILE_KM, TOP_K
from engine.progress import Progress
from engine.review_methods import ReviewMethods
from engine.rpc import Params, error_object, invalid_params

if TYPE_CHECKING:
    from engine.features import FeatureExtractor
    from engine.localize import Localizer, Query
    from engine.registration.neighbours import Memory
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.model import ModelPackage

Stamp = tuple[int, int]


class Methods:
    """The methods, and what they keep open.

    Attributes:
        table: {method name: function of (params, work) that returns the result}.
    """

    def __init__(self) -> None:
        self.table: dict[str, Callable[[Params, Progress], Any]] = {
            "localize": self.localize,
            "register": self.register,
            "georeference": self.georeference,
            "photo/info": self.photo_info,
            "index/build": self.index_build,
            "index/plan": self.index_plan,
            "index/tiles": self.index_tiles,
            "index/info": self.index_info,
            "index/verify": self.index_verify,
            "index/link": self.index_link,
            "index/list": self.index_list,
            **ReviewMethods().table,
        }
        self._default: ModelPackage | None = None
        self._models: dict[str, ModelPackage] = {}  # of the last photo, by sha256
        self._memory: Memory | None = None  # of all photos
        self._learned: tuple[Path, FeatureExtractor] | None = None  # the last one asked for
        self._open: dict[Path, tuple[Stamp, RegionalIndex]] = {}

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

    def localize(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Locates a photo and saves the answer."""
        photo, folders, out = params.path("photo"), params.paths("indexes"), params.path_or_none("out")
        nadir = params.numbers("nadir", [LAT, LON])
        radius_km = params.number("radius_km", *RADIUS_KM, 1000.0)
        top_k = params.whole("top_k", *TOP_K, 10)
        area = params.numbers("area", [LAT, LON, RADIUS_KM])
        register, imagery = params.boolean("register", True), params.text("imagery", "") or None
        matcher = params.path_or_none("matcher")
        include_reviewed = params.boolean("include_reviewed", False)
        params.done()

        from engine.answer import skipped

        held = None if include_reviewed else _reviewed(photo, out)
        if held is not None:
            return {**skipped(held, photo), "saved_to": None, "save_error": None}

        from engine.localize import Localizer, Query
        from engine.registration.neighbours import Memory
        from engine.retrieval.tiling import Circle

        indexes = self._indexes(folders)
        self._memory = self._memory or Memory.empty()
        localizer = Localizer(indexes, self._models_of(indexes), self._memory)
        stated = (nadir[0], nadir[1]) if nadir else None
        circle = Circle(*area) if area else None
        extractor = self._extractor(matcher)
        query = Query(
            photo, stated, radius_km, top_k,
            area=circle, register=register, imagery=imagery, extractor=extractor, results=out,
        )  # fmt: skip
        answer = _saved(locate(localizer, query, progress), photo, out, progress, include_reviewed)
        if answer["saved_to"] or answer["save_error"] or out is None:
            return answer
        return {**answer, **skipped(_reviewed(photo, out) or answer, photo)}  # decided on while it was being located

    def register(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Registers a photo at a place that is known and saves the answer."""
        photo, imagery, out = params.path("photo"), params.text("imagery"), params.path_or_none("out")
        at = params.numbers("at", [LAT, LON])
        if at is None:
            raise invalid_params("the parameter 'at' is missing")
        width_km = params.number("width_km", *TILE_KM)
        nadir = params.numbers("nadir", [LAT, LON])
        include_reviewed = params.boolean("include_reviewed", False)
        params.done()

        from engine.register_at import Place, register_at
        from engine.results import ResultsFile

        if out is not None and not include_reviewed:
            ResultsFile(out).refuse_reviewed(photo)
        place = Place(photo, at[0], at[1], width_km, imagery, (nadir[0], nadir[1]) if nadir else None)
        return _saved(register_at(place, progress), photo, out, progress, include_reviewed)

    def georeference(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Writes a registered photo as a file that other programs can place."""
        photo, results, out = params.path("photo"), params.path("results"), params.path("out")
        kind, crs = params.text("kind"), params.text("crs", "auto")
        resolution_m = params.number_or_none("resolution_m", *RESOLUTION_M)
        elevation = params.path_or_none("elevation")
        params.done()

        from engine.georeference.write import OutputSpec, georeference

        return georeference(photo, results, OutputSpec(kind, out, crs, resolution_m, elevation), progress)

    def photo_info(self, params: Params, progress: Progress) -> dict[str, Any]:
        """What is known of a photo without decoding it."""
        photo = params.path("photo")
        params.done()

        from engine.photo.read import read_photo_info

        info = dataclasses.asdict(read_photo_info(photo))
        return {"photo": str(info.pop("path")), **info}

    def index_build(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Builds a regional index."""
        source, out, model = params.text("source"), params.path("out"), params.path_or_none("model")
        bbox = params.numbers("bbox", [LON_OF_REGION, LAT, LON_OF_REGION, LAT])
        tile_km = params.number_list("tile_km", *TILE_KM, list(DEFAULT_TILE_KM))
        resume, include_ocean = params.boolean("resume", False), params.boolean("include_ocean", False)
        feature_km = params.number_or_none("feature_km", 0.0, FEATURE_KM[1])
        attribution, licence = params.text("attribution", ""), params.text("licence", "")
        params.done()

        from engine.retrieval.build import build_index
        from engine.retrieval.model import ModelPackage

        return build_index(
            source,
            out,
            bbox=(bbox[0], bbox[1], bbox[2], bbox[3]) if bbox else None,
            tile_km=tile_km,
            model=ModelPackage.open(model) if model is not None else self._default_model(),
            resume=resume,
            include_ocean=include_ocean,
            feature_km=feature_km,
            attribution=attribution,
            licence=licence,
            progress=progress,
        )

    def index_plan(self, params: Params, progress: Progress) -> dict[str, Any]:
        """How many tiles `index/build` would try, and how large the index would be."""
        source = params.text("source")
        bbox = params.numbers("bbox", [LON_OF_REGION, LAT, LON_OF_REGION, LAT])
        tile_km = params.number_list("tile_km", *TILE_KM, list(DEFAULT_TILE_KM))
        include_ocean = params.boolean("include_ocean", False)
        feature_km = params.number_or_none("feature_km", 0.0, FEATURE_KM[1])
        params.done()

        from engine.retrieval.plan import estimate_index

        region = (bbox[0], bbox[1], bbox[2], bbox[3]) if bbox else None
        found = estimate_index(
            source, region, tile_km, include_ocean, self._default_model().dimension, progress, feature_km
        )
        return dataclasses.asdict(found)

    def index_tiles(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Writes the outlines of an index's tiles as a GeoPackage."""
        folder, out = params.path("index"), params.path("out")
        params.done()

        from engine.retrieval.footprints import export_footprints
        from engine.retrieval.opening import open_index

        index = open_index(folder)
        return {"out": str(export_footprints(index, out, progress)), "tiles": index.count}

    def index_info(self, params: Params, progress: Progress) -> dict[str, Any]:
        """The content of `index.json`."""
        folder = params.path("index")
        params.done()

        from engine.retrieval.opening import open_index

        return open_index(folder).info

    def index_verify(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Compares all files of an index with their checksums."""
        folder = params.path("index")
        params.done()

        from engine.retrieval.opening import open_index

        return {"ok": True, "files": open_index(folder).verify()}

    def index_link(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Makes a folder that stands for an index on Milvus; answers with its manifest."""
        address, out, imagery = params.text("address"), params.path("out"), params.path_or_none("imagery")
        params.done()

        from engine.retrieval.milvus import link

        return link(address, out, imagery)

    def index_list(self, params: Params, progress: Progress) -> dict[str, Any]:
        """The indexes in a folder."""
        folder = params.path("folder")
        params.done()

        from engine.retrieval.index import list_indexes

        return {"indexes": list_indexes(folder)}

    def _default_model(self) -> ModelPackage:
        from engine.retrieval.model import ModelPackage

        if self._default is None:
            self._default = ModelPackage.open(None)
        return self._default

    def _models_of(self, indexes: list[RegionalIndex]) -> list[ModelPackage]:
        """The models that the indexes were made with; those of the last photo stay open."""
        from engine.localize import model_of

        default = self._default_model()
        open_ones = {default.sha256: default, **self._models}
        wanted = {index.info["model"]["sha256"]: index for index in indexes}
        # Replaced, never changed: another thread reads it.
        self._models = {sha256: open_ones.get(sha256) or model_of(index) for sha256, index in wanted.items()}
        return list(self._models.values())

    def _extractor(self, matcher: Path | None) -> FeatureExtractor:
        """RootSIFT, or the features of a package, which stays open."""
        from engine.registration.learned import LearnedFeatures
        from engine.registration.prepare import ROOT_SIFT

        if matcher is None:
            return ROOT_SIFT
        if self._learned is None or self._learned[0] != matcher:
            self._learned = matcher, LearnedFeatures(matcher)
        return self._learned[1]

    def _indexes(self, folders: list[Path]) -> list[RegionalIndex]:
        """The indexes of this request, opened anew where they changed on disk; others are closed."""
        from engine.retrieval.opening import open_index

        wanted: dict[Path, tuple[Stamp, RegionalIndex]] = {}
        for folder in folders:
            stamp = _stamp(folder)
            known = self._open.get(folder)
            wanted[folder] = known if known and known[0] == stamp else (stamp, open_index(folder))
        self._open = wanted  # replaced, never changed: another thread reads it
        return [index for _, index in wanted.values()]


def _saved(
    answer: dict[str, Any], photo: Path, out: Path | None, progress: Progress, include_reviewed: bool
) -> dict[str, Any]:
    """The answer, saved to `out`, with where it was saved or why not; neither where a review decided on the photo."""
    from engine.results import ResultsFile

    saved_to = save_error = None
    if out is not None:
        progress.report("save", 0, 1)
        try:
            if ResultsFile(out).save(answer, facts_of(photo), include_reviewed):
                saved_to = str(out)
        except OutputError as error:
            save_error = error_object(error)["data"]
    return {**answer, "saved_to": saved_to, "save_error": save_error}


def _reviewed(photo: Path, out: Path | None) -> dict[str, Any] | None:
    """What the results hold of a photo that a review decided on, or None."""
    from engine.results import ResultsFile

    try:
        return None if out is None else ResultsFile(out).reviewed(photo)
    except OutputError:  # told when the answer is saved there
        return None


def locate(localizer: Localizer, query: Query, progress: Progress) -> dict[str, Any]:
    """The localization of a photo; `failed` also when the photo is too large for this computer's memory."""
    from engine.answer import failed

    try:
        return localizer.localize(query, progress)
    except MemoryError:
        return failed(query.photo, InputError(query.photo, "does not fit into memory", "make it smaller"))


def facts_of(photo: Path) -> dict[str, Any] | None:
    """The photo's facts that results are saved with; None when the photo cannot be read."""
    from engine.photo.read import read_photo_info

    try:
        return dataclasses.asdict(read_photo_info(photo))
    except InputError:
        return None


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


def _stamp(folder: Path) -> Stamp:
    """Changes whenever the index is built anew."""
    try:
        manifest = (folder / "index.json").stat()
    except OSError:
        return (0, 0)  # opening it will say what is wrong
    return manifest.st_mtime_ns, manifest.st_size
