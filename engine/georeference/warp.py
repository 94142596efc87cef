"""Warps a photo into a raster, block by block: each pixel of the raster is looked up in the photo."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from engine.georeference.grid import Grid
from engine.georeference.mappings import ToPhoto
from engine.georeference.pixels import PhotoPixels
from engine.progress import Progress

Array = NDArray[np.float64]

BLOCK_PX = 512
# Positions are computed exactly at nodes of this spacing and interpolated between them, unless the interpolation error
# exceeds _TOLERANCE_PX of the photo, as it may near the horizon.
_NODE_PX = 16
_TOLERANCE_PX = 0.1
# The photo is averaged so that it has between 0.8 and 1.6 pixels for each pixel of the raster.
_FINEST_STEP = 0.8


def draw(
    pixels: PhotoPixels, to_photo: ToPhoto, grid: Grid, target: rasterio.io.DatasetWriter, progress: Progress
) -> None:
    """Fill `target`, four bands of `grid`'s size, with RGB and alpha; blocks outside the photo are not written.

    Reports as stage `draw`, in blocks.
    """
    blocks = list(_blocks(grid))
    for done, window in enumerate(blocks):
        progress.report("draw", done, len(blocks))
        x, y = block_positions(to_photo, grid, window)
        drawn = _sampled(pixels, x, y)
        if drawn is not None:
            target.write(drawn, window=window)
    progress.report("draw", len(blocks), len(blocks))


def block_positions(to_photo: ToPhoto, grid: Grid, window: Window) -> tuple[Array, Array]:
    """Positions in the photo of the pixels of a block, each (height, width); NaN for none."""
    columns = _nodes(window.col_off, window.width)
    rows = _nodes(window.row_off, window.height)
    x, y = _at(to_photo, grid, columns, rows)
    middle = _at(to_photo, grid, columns[:-1] + _NODE_PX / 2, rows[:-1] + _NODE_PX / 2)
    seen = np.isfinite(x).any() or np.isfinite(middle[0]).any()
    if seen and not (_is_smooth(x, middle[0]) and _is_smooth(y, middle[1])):
        return _at(
            to_photo,
            grid,
            window.col_off + 0.5 + np.arange(window.width),
            window.row_off + 0.5 + np.arange(window.height),
        )
    if not seen:
        nowhere = np.full((window.height, window.width), np.nan)
        return nowhere, nowhere
    down, across = _weights(window.height, len(rows)), _weights(window.width, len(columns))
    return down @ x @ across.T, down @ y @ across.T


def _blocks(grid: Grid) -> Iterator[Window]:
    for top in range(0, grid.height, BLOCK_PX):
        for left in range(0, grid.width, BLOCK_PX):
            yield Window(left, top, min(BLOCK_PX, grid.width - left), min(BLOCK_PX, grid.height - top))


def _nodes(start: int, length: int) -> Array:
    """Positions of the nodes: from the centre of the first pixel to that of the last, or beyond."""
    count = math.ceil((length - 1) / _NODE_PX) + 1
    return start + 0.5 + _NODE_PX * np.arange(max(2, count), dtype=np.float64)


def _weights(length: int, nodes: int) -> Array:
    """(length, nodes): weights that interpolate between nodes at pixel centres."""
    at = np.arange(length)[:, None] / _NODE_PX
    return np.clip(1.0 - np.abs(at - np.arange(nodes)[None, :]), 0.0, None)


def _at(to_photo: ToPhoto, grid: Grid, columns: Array, rows: Array) -> tuple[Array, Array]:
    return to_photo(*grid.coordinates(*np.meshgrid(columns, rows)))


def _is_smooth(nodes: Array, middle: Array) -> bool:
    """Whether the mean of four nodes is close to the exact value between them; False where one is NaN."""
    mean = (nodes[:-1, :-1] + nodes[:-1, 1:] + nodes[1:, :-1] + nodes[1:, 1:]) / 4
    return bool(np.abs(mean - middle).max() <= _TOLERANCE_PX)


def _sampled(pixels: PhotoPixels, x: Array, y: Array) -> NDArray[np.uint8] | None:
    """RGBA (4, h, w) at positions in the photo, bilinear; None when all are outside the photo."""
    inside = (x >= 0) & (y >= 0) & (x <= pixels.width) & (y <= pixels.height)  # False for NaN
    if not inside.any():
        return None
    step = 2 ** max(0, math.floor(math.log2(max(_median_step(x, y, inside), 1e-9) / _FINEST_STEP)))
    pad = 2 * step
    left, right = max(0, int(x[inside].min()) - pad), min(pixels.width, math.ceil(x[inside].max()) + pad)
    top, bottom = max(0, int(y[inside].min()) - pad), min(pixels.height, math.ceil(y[inside].max()) + pad)
    part, wide, high = pixels.window(left, top, right, bottom, step)
    # Pixel centres lie at .5 in the photo and at whole numbers for cv2.
    at_x = np.where(inside, (x - left) / wide - 0.5, -1.0).astype(np.float32)
    at_y = np.where(inside, (y - top) / high - 0.5, -1.0).astype(np.float32)
    rgb = cv2.remap(part, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rgba = np.dstack([rgb, np.uint8(255) * inside.astype(np.uint8)])
    rgba[~inside] = 0
    return np.ascontiguousarray(np.moveaxis(rgba, -1, 0))


def _median_step(x: Array, y: Array, inside: NDArray[np.bool_]) -> float:
    """Pixels of the photo per pixel of the raster, the median over the positions inside the photo."""
    if min(x.shape) < 2:
        return 1.0
    both = inside[:-1, :-1] & inside[1:, :-1] & inside[:-1, 1:]
    across = np.hypot(np.diff(x, axis=1)[:-1], np.diff(y, axis=1)[:-1])
    down = np.hypot(np.diff(x, axis=0)[:, :-1], np.diff(y, axis=0)[:, :-1])
    steps = np.sqrt(across * down)[both]
    return float(np.median(steps)) if steps.size else 1.0
