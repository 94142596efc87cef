"""Orders of tiles on disk: contiguous reads, and tiles read, for a circle around a nadir.

    python benchmarks/order.py [--photos 200]

Uses the tiles of the shipped world index, and circles around some of these tiles, so mostly on land. As in
engine/retrieval/index.py, a contiguous read may include gaps of up to 32 tiles that lie outside the circle. Reports for
each order the median number of contiguous reads, and the number of tiles read per tile in the circle. The positions of
all tiles are assumed to be in memory.
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
_MAX_GAP = 32
_BITS = 16  # of each coordinate


def z_keys(tiles: Tiles) -> NDArray[np.int64]:
    """Positions along the Z curve (Morton 1966) over longitude and latitude, by interleaving their bits."""
    x = ((tiles["lon"] + 180.0) / 360.0 * (1 << _BITS)).astype(np.int64)
    y = ((tiles["lat"] + 90.0) / 180.0 * (1 << _BITS)).astype(np.int64)
    return sum(((x >> bit & 1) | (y >> bit & 1) << 1) << 2 * bit for bit in range(_BITS))


def cube_keys(tiles: Tiles) -> NDArray[np.int64]:
    """Positions along six Hilbert curves, one over each face of a cube around the Earth.

    S2 does the same, but also joins the ends of the curves.
    """
    lat, lon = np.radians(tiles["lat"]), np.radians(tiles["lon"])
    point = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    axis = np.abs(point).argmax(axis=0)
    at = np.arange(len(tiles))
    depth = point[axis, at]
    face = 2 * axis + (depth < 0)
    # Angles instead of coordinates on the face make cells of about equal size.
    u, v = (np.degrees(np.arctan(point[(axis + step) % 3, at] / np.abs(depth))) for step in (1, 2))
    return face * (1 << 2 * _BITS) + hilbert_keys(2 * v, 4 * u, _BITS)


def orders(tiles: Tiles) -> dict[str, NDArray[np.int64]]:
    """Permutations that sort tiles (n,), by name of the order."""
    hilbert = hilbert_keys(tiles["lat"], tiles["lon"])
    return {
        "Hilbert curve over longitude and latitude (ours)": np.argsort(hilbert, kind="stable"),
        "Hilbert curves over the faces of a cube": np.argsort(cube_keys(tiles), kind="stable"),
        "Z curve over longitude and latitude": np.argsort(z_keys(tiles), kind="stable"),
        "each width by itself along the Hilbert curve": np.lexsort((hilbert, tiles["width_km"])),
        "by latitude, then longitude": np.lexsort((tiles["lon"], tiles["lat"])),
        "order of the grid: by width, row and column": np.lexsort((tiles["col"], tiles["row"], tiles["width_km"])),
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
            reads, ratios = [], []
            for in_circle in inside:
                rows = np.flatnonzero(in_circle[order])
                gaps = np.diff(rows) - 1
                is_break = gaps > _MAX_GAP
                reads.append(1 + int(is_break.sum()))
                ratios.append((len(rows) + gaps[~is_break].sum()) / len(rows))
            print(f"  {statistics.median(reads):5g} reads, {statistics.median(ratios):.2f} tiles per tile: {name}")


if __name__ == "__main__":
    main()
