"""Extracts the local features of one cell of imagery: positions, sizes, orientations and descriptors."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.features import equalised, root_sift, usable
from engine.imagery.land import near_land
from engine.imagery.source import ImagerySource
from engine.voting.cells import CELL_PX

Array = NDArray[np.float64]

PIXELS_PER_FEATURE = 130  # of land; more features find no more photos and take space (docs/voting.md)
_MARGIN_PX = 56  # features near the edge of a cell use pixels beyond it
_SIDE_PX = CELL_PX + 2 * _MARGIN_PX
_MASK_PX = 156  # the land mask is read at a quarter of the size
_LEAST_PIXELS = 400
_STEP_PX = 0.5  # length of the step that gives the azimuth of a feature


@dataclass(frozen=True, eq=False)
class CellFeatures:
    """Features of imagery.

    Attributes:
        lat, lon: (n,) degrees.
        size_km: (n,) diameters on the ground.
        azimuth_deg: (n,) orientations, clockwise from true north.
        descriptors: float32 (n, 128), RootSIFT.
    """

    lat: Array
    lon: Array
    size_km: Array
    azimuth_deg: Array
    descriptors: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CellPicture:
    """The picture of a cell and its surroundings.

    Attributes:
        cell: of `cells.CELL_DTYPE`.
        feature_km: ground size of a pixel.
        pixels: RGB, north up, centred on the cell.
        mask: where features are allowed: not on open water, black areas or missing imagery.
        checksum: CRC-32 of pixels and mask.
    """

    cell: np.void
    feature_km: float
    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    checksum: int


def read_cell_picture(imagery: ImagerySource, cell: np.void, feature_km: float) -> CellPicture | None:
    """The picture of a cell of a grid of `feature_km` per pixel; None if it shows no land."""
    lat, lon = _middle(cell)
    width_km = _SIDE_PX * feature_km
    land = near_land(*geo.square_grid(lat, lon, width_km, _MASK_PX))
    if not land.any():
        return None
    pixels, covered = imagery.square(lat, lon, width_km, _SIDE_PX)
    if not covered.any():
        return None
    covered &= cv2.resize(land.astype(np.uint8), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_NEAREST) > 0
    mask = usable(pixels, covered)
    if int(mask.sum()) < _LEAST_PIXELS:
        return None
    checksum = zlib.crc32(np.ascontiguousarray(pixels).data, zlib.crc32(mask.tobytes()))
    return CellPicture(cell, feature_km, pixels, mask, checksum)


def extract_cell_features(picture: CellPicture) -> CellFeatures:
    """The features inside a cell, those of the highest contrast, one for every PIXELS_PER_FEATURE pixels of land."""
    cell, feature_km = picture.cell, picture.feature_km
    lat, lon = _middle(cell)
    limit = int(picture.mask.sum()) // PIXELS_PER_FEATURE
    xy, size_px, angle_rad, descriptors = root_sift(equalised(picture.pixels), picture.mask, limit)
    frame = geo.LocalFrame(lat, lon)
    x_km, y_km = (xy[:, 0] - _SIDE_PX / 2) * feature_km, (_SIDE_PX / 2 - xy[:, 1]) * feature_km
    there_lat, there_lon = frame.to_lat_lon(x_km, y_km)
    step_km = _STEP_PX * feature_km
    ahead_lat, ahead_lon = frame.to_lat_lon(x_km + step_km * np.cos(angle_rad), y_km - step_km * np.sin(angle_rad))
    east = geo.normalise_lon(ahead_lon - there_lon) * np.cos(np.radians(there_lat))
    azimuth_deg = np.degrees(np.arctan2(east, ahead_lat - there_lat)) % 360.0
    offset = geo.normalise_lon(there_lon - lon)
    inside = (there_lat >= cell["south"]) & (there_lat < cell["north"])
    inside &= (offset >= cell["west"] - lon) & (offset < cell["east"] - lon)
    return CellFeatures(
        there_lat[inside],
        there_lon[inside],
        size_px[inside] * feature_km,
        azimuth_deg[inside],
        descriptors[inside],
    )


def _middle(cell: np.void) -> tuple[float, float]:
    return float(cell["south"] + cell["north"]) / 2, float(cell["west"] + cell["east"]) / 2
