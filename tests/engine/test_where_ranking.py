"""The probability of places as a prior in the ranking of candidates."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from engine.candidates import Found, rank
from engine.retrieval.search import Ranked
from engine.retrieval.tiling import TILE_DTYPE
from engine.voting.poses import Pose
from engine.where import cells

ALPS, CHAD = (46.0, 10.0), (15.0, 18.0)


def tiles_at(*places: tuple[float, float], scores: tuple[float, ...]) -> Ranked:
    tiles = np.zeros(len(places), TILE_DTYPE)
    for tile, (lat, lon) in zip(tiles, places, strict=True):
        tile["lat"], tile["lon"], tile["width_km"] = lat, lon, 300.0
    similarity = np.array(scores)
    count = len(places)
    owners = [SimpleNamespace(path="index")] * count
    zeros = np.zeros(count, np.int64)
    return Ranked(owners, zeros, tiles, zeros, similarity, similarity)  # type: ignore[arg-type]


def density_at(*places: tuple[float, float]) -> np.ndarray:
    density = np.full(cells.count(), -8.0)
    density[cells.cell_of(*np.array(places).T)] = 0.0
    return density


def firsts(found: Found, features: object, where: np.ndarray | None) -> tuple[float, float]:
    first = rank(found, features, 10, where=where)[0]  # type: ignore[arg-type]
    return first.lat, first.lon


@pytest.mark.parametrize(("places", "first"), [(None, ALPS), ((CHAD,), CHAD), ((ALPS,), ALPS), ((ALPS, CHAD), ALPS)])
def test_of_two_similar_tiles_the_one_at_a_probable_place_comes_first(places, first) -> None:
    found = Found(tiles_at(ALPS, CHAD, scores=(0.60, 0.58)), [])
    assert firsts(found, None, None if places is None else density_at(*places)) == first


def test_no_place_is_so_improbable_that_clear_votes_lose() -> None:
    features = SimpleNamespace(shorter=0.67, wide=True)
    poses = [Pose(*ALPS, 300.0, 0.0, 40.0, 100)]
    found = Found(tiles_at(CHAD, scores=(0.7,)), [(SimpleNamespace(path="index"), poses)])  # type: ignore[list-item]
    density = np.full(cells.count(), -1e6)
    density[cells.cell_of(*CHAD)] = 0.0
    assert firsts(found, features, density) == ALPS
