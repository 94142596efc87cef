"""Orders in which tiles could lie on the disk: stretches and tiles that a circle round a nadir reads in each.

    python benchmarks/order.py [--photos 200]

Tiles of the index of the world that ships; circles round its own tiles, so mostly on land. A stretch goes on over up
to 32 tiles that are not wanted, as engine/retrieval/index.py has it. Told for each order: the median number of
stretches, and the tiles read for each that lies in the circle, the places of tiles being known beforehand.
"""

from __future__ import annotations

import argparse
import statistics

import _setting  # noqa: F401 - puts the repository on the path
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.tiling import Tiles, hilbert_keys

RADII_KM = (300.0, 1000.0, 2300.0)  # the last one is the horizon
_GAP = 32
_ORDER = 16


def z_keys(tiles: Tiles) -> NDArray[np.int64]:
    """Positions along the Z curve (Morton 1966) over longitude and latitude: their bits in turn."""
    x = ((tiles["lon"] + 180.0) / 360.0 * (1 << _ORDER)).astype(np.int64)
    y = ((tiles["lat"] + 90.0) / 180.0 * (1 << _ORDER)).astype(np.int64)
    return sum(((x >> bit & 1) | (y >> bit & 1) << 1) << 2 * bit for bit in range(_ORDER))


def cube_keys(tiles: Tiles) -> NDArray[np.int64]:
    """Positions along six Hilbert curves, one over each face of a cube round the Earth (as S2 lays them, but that it
    joins the faces' ends)."""
    lat, lon = np.radians(tiles["lat"]), np.radians(tiles["lon"])
    point = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    axis = np.abs(point).argmax(axis=0)
    at = np.arange(len(tiles))
    depth = point[axis, at]
    face = 2 * axis + (depth < 0)
    # Equal angles make equal cells.
    u, v = (np.degrees(np.arctan(point[(axis + step) % 3, at] / np.abs(depth))) for step in (1, 2))
    return face * (1 << 2 * _ORDER) + hilbert_keys(2 * v, 4 * u, _ORDER)


def orders(tiles: Tiles) -> dict[str, NDArray[np.int64]]:
    """Ways to sort tiles (n,): for each the permutation that does."""
    hilbert = hilbert_keys(tiles["lat"], tiles["lon"])
    return {
        "Hilbert curve over longitude and latitude (ours)": np.argsort(hilbert, kind="stable"),
        "Hilbert curves over the faces of a cube": np.argsort(cube_keys(tiles), kind="stable"),
        "Z curve over longitude and latitude": np.argsort(z_keys(tiles), kind="stable"),
        "each width by itself along the Hilbert curve": np.lexsort((hilbert, tiles["width_km"])),
        "by latitude, then longitude": np.lexsort((tiles["lon"], tiles["lat"])),
        "as the grid is made: by width, row and column": np.lexsort((tiles["col"], tiles["row"], tiles["width_km"])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    args = parser.parse_args()
    world = RegionalIndex.open(included_indexes()[0])
    tiles = world.tiles_at(slice(None))
    nadirs = tiles[np.random.default_rng(0).choice(len(tiles), args.photos, replace=False)]
    for radius in RADII_KM:
        print(f"{radius:g} km")
        inside = [geo.distance_km(tiles["lat"], tiles["lon"], n["lat"], n["lon"]) <= radius for n in nadirs]
        for name, order in orders(tiles).items():
            stretches, shares = [], []
            for wanted in inside:
                rows = np.flatnonzero(wanted[order])
                gaps = np.diff(rows) - 1
                apart = gaps > _GAP
                stretches.append(1 + int(apart.sum()))
                shares.append((len(rows) + gaps[~apart].sum()) / len(rows))
            print(f"  {statistics.median(stretches):5g} stretches, {statistics.median(shares):.2f} tiles read: {name}")


if __name__ == "__main__":
    main()
