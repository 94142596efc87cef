"""Training views of located photos, and the tiles that each of them shows.

EarthLoc2's query mining: a photo and a tile are a pair if the intersection over union of their footprints is above a
half; the photo is turned until north is as near to up as quarter turns allow, and resized; a batch has at most one
photo of a place. Here a photo gives several such views: squares of it at random places, sizes and rotations, so that a
few photos are enough to learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.retrieval.tiling import Tiles

MIN_IOU = 0.5
# A tile that overlaps a view by more than this, but is not its pair, is neither attracted nor repelled.
NEUTRAL_IOU = 0.03
# Sides of the views relative to the photo's shorter side, in octaves.
_OCTAVES = (-0.8, 0.1)
# A view may lie outside the photo by this share of its side; there the photo is mirrored.
_OUTSIDE = 0.12
_MAX_DRAWS = 1000
_KM_PER_DEGREE = 111.195


@dataclass(frozen=True, eq=False)
class View:
    """A square cut from a photo, north within 45 degrees of up.

    Attributes:
        pixels: uint8 RGB (size_px, size_px, 3).
        place: latitude and longitude of its centre in degrees, and its width in km (root of its area).
    """

    pixels: NDArray[np.uint8]
    place: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class ShownTiles:
    """The tiles that each of n views overlaps.

    Attributes:
        rows: for each view, the rows of the tiles that it overlaps by more than NEUTRAL_IOU.
        overlaps: for each view, their intersection over union, float32.
    """

    rows: list[NDArray[np.int64]]
    overlaps: list[NDArray[np.float32]]

    def best(self, view: int) -> tuple[int, float]:
        """Row and overlap of the tile that fits a view best; -1 and 0 if there is none."""
        if not len(self.rows[view]):
            return -1, 0.0
        at = int(self.overlaps[view].argmax())
        return int(self.rows[view][at]), float(self.overlaps[view][at])


def cut_views(
    pixels: NDArray[np.uint8], corners: geo.Corners, size_px: int, count: int, rng: np.random.Generator
) -> list[View]:
    """Cuts up to `count` random views from a photo.

    Args:
        pixels: uint8 RGB (height, width, 3).
        corners: (4, 2) lat, lon of top-left, top-right, bottom-right, bottom-left.
        size_px: side of the views.
        count: how many views; fewer where the photo is too narrow for so many.
        rng: source of all random choices.
    """
    height, width = pixels.shape[:2]
    center = geo.center_of(corners)
    frame = geo.LocalFrame(*center)
    to_ground = cv2.getPerspectiveTransform(
        np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32),
        np.stack(frame.to_xy(corners[:, 0], corners[:, 1]), axis=1).astype(np.float32),
    )
    views: list[View] = []
    for _ in range(_MAX_DRAWS):
        if len(views) == count:
            break
        side = min(height, width) * 2.0 ** rng.uniform(*_OCTAVES)
        angle = rng.uniform(0.0, 2 * np.pi)
        middle = np.array([width, height]) * rng.uniform(0.0, 1.0, 2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (side / 2) @ turn.T + middle
        limit = _OUTSIDE * side
        if square.min() < -limit or (square > np.array([width, height]) + limit).any():
            continue
        ground = cv2.perspectiveTransform(square[None].astype(np.float32), to_ground)[0].astype(np.float64)
        views.append(View(_cut(pixels, square, ground, size_px), _place(ground, frame)))
    return views


def _place(ground: NDArray[np.float64], frame: geo.LocalFrame) -> tuple[float, float, float]:
    x, y = ground.T
    area = 0.5 * abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()))
    lat, lon = frame.to_lat_lon([x.mean()], [y.mean()])
    return float(lat[0]), float(lon[0]), area**0.5


def _cut(
    pixels: NDArray[np.uint8], square: NDArray[np.float64], ground: NDArray[np.float64], size_px: int
) -> NDArray[np.uint8]:
    """The pixels in a square (4, 2), turned by quarters until north is within 45 degrees of up."""
    shrink = float(np.linalg.norm(square[1] - square[0])) / size_px
    if shrink > 1.3:  # blur before sampling, so that fine texture does not alias
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.35 * shrink), np.uint8)
    last = size_px - 1
    matrix = cv2.getAffineTransform(
        square[:3].astype(np.float32), np.array([[0, 0], [last, 0], [last, last]], np.float32)
    )
    cut = cv2.warpAffine(pixels, matrix, (size_px, size_px), borderMode=cv2.BORDER_REFLECT_101)
    east, north = ground[:2].mean(axis=0) - ground[2:].mean(axis=0)
    quarters = round(float(np.degrees(np.arctan2(east, north))) / 90)
    return np.ascontiguousarray(np.rot90(cut, -quarters), np.uint8)


def shown_tiles(places: NDArray[np.float64], tiles: Tiles) -> ShownTiles:
    """Finds the tiles that views overlap.

    Treats footprints as north-up squares in the plane at the view, which is exact enough to tell pairs from others.

    Args:
        places: (n, 3) latitude, longitude and width of the views.
        tiles: of the index.
    """
    lat, lon, width = (tiles[name].astype(np.float64) for name in ("lat", "lon", "width_km"))
    rows, overlaps = [], []
    for at_lat, at_lon, side in places:
        near = np.flatnonzero(np.abs(lat - at_lat) * _KM_PER_DEGREE < (width + side) / 2)
        north = np.abs(lat[near] - at_lat) * _KM_PER_DEGREE
        degrees = np.abs(geo.normalise_lon(lon[near] - at_lon))
        east = degrees * _KM_PER_DEGREE * np.cos(np.radians(at_lat))
        reach, smaller = (width[near] + side) / 2, np.minimum(width[near], side)
        shared = np.minimum(np.clip(reach - north, 0, None), smaller) * np.minimum(
            np.clip(reach - east, 0, None), smaller
        )
        iou = shared / (width[near] ** 2 + side**2 - shared)
        kept = iou > NEUTRAL_IOU
        rows.append(near[kept])
        overlaps.append(iou[kept].astype(np.float32))
    return ShownTiles(rows, overlaps)


def one_photo_a_place(order: Sequence[int], photos: NDArray[np.int64], shown: ShownTiles, count: int) -> list[int]:
    """The first `count` views of an order whose tile and photo no earlier one has.

    Args:
        order: numbers of views.
        photos: (n,) number of each view's photo.
        shown: the tiles of each view.
        count: how many views.
    """
    chosen: list[int] = []
    tiles_taken: set[int] = set()
    photos_taken: set[int] = set()
    for view in order:
        if len(chosen) == count:
            break
        tile, overlap = shown.best(view)
        if overlap <= MIN_IOU or tile in tiles_taken or int(photos[view]) in photos_taken:
            continue
        chosen.append(view)
        tiles_taken.add(tile)
        photos_taken.add(int(photos[view]))
    return chosen
