"""Makes the estimator from a where package: its sources, with what can't be used left out by name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from pathlib import Path

from engine.errors import ModelError
from engine.where.estimator import Estimator, Expert, left_out
from engine.where.heads.attributes import Attributes
from engine.where.heads.cosplace import CosPlace
from engine.where.heads.gallery import GallerySource
from engine.where.heads.geodecoder import GeoDecoder
from engine.where.heads.trunk import Trunk
from engine.where.package import PackagedSource, WherePackage
from engine.where.sources import DaylightSource, Kernels, NadirSource, Source, TilesSource, VotesSource

_MOST_EXPONENT = 10.0


@lru_cache(maxsize=4)
def open_estimator(models: frozenset[str], folder: Path | None = None) -> Estimator:
    """The estimator of a where package, by default the one that ships.

    Args:
        models: sha256 of the networks that embed photos here; sources that learned from another one are left out.
        folder: of the package; None for the included one. If that cannot be used, all sources are left out.

    Raises:
        ModelError: there is no such package in the folder, or its card cannot be read.
    """
    try:
        package = WherePackage.open(folder)
    except ModelError as error:
        if folder is not None:
            raise
        return Estimator([], [left_out("all", error)])
    trunks: dict[str, Trunk] = {}
    experts = []
    missing = [left_out(name, why) for name, why in package.refused.items()]
    for name, source in package.sources.items():
        try:
            exponent = source.number("exponent", 0.0, _MOST_EXPONENT) if "exponent" in source.settings else 1.0
            experts.append(Expert(_usable(source, models, trunks), exponent))
        except ModelError as error:
            missing.append(left_out(name, error))
    return Estimator(experts, missing, package.wrong)


def _usable(source: PackagedSource, models: Collection[str], trunks: dict[str, Trunk]) -> Source:
    """Raises ModelError: the source cannot be used."""
    if source.kind not in _KINDS:
        raise ModelError.of("where.unknown_kind", path=source.card, kind=source.kind)
    if source.model_sha256 is not None and source.model_sha256 not in models:
        raise ModelError.of("where.other_model", path=source.card, source=source.name)
    return _KINDS[source.kind](source, trunks)


def _trunk(source: PackagedSource, trunks: dict[str, Trunk]) -> Trunk:
    """One trunk for all sources with the same file, so that a photo passes through it once."""
    key = source.sha256("trunk")
    if key not in trunks:
        trunks[key] = Trunk(source)
    return trunks[key]


_KINDS: dict[str, Callable[[PackagedSource, dict[str, Trunk]], Source]] = {
    "tiles": lambda source, _: TilesSource(Kernels.of(source)),
    "votes": lambda source, _: VotesSource(Kernels.of(source)),
    "nadir": lambda source, _: NadirSource(),
    "daylight": lambda source, _: DaylightSource(),
    "geodecoder": lambda source, trunks: GeoDecoder(source, _trunk(source, trunks)),
    "cosplace": lambda source, trunks: CosPlace(source, _trunk(source, trunks)),
    "gallery": lambda source, _: GallerySource(source),
    "attributes": lambda source, _: Attributes(source),
}
