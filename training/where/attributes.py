"""Maps of attributes over the cells, and the network that predicts them (engine/where/heads/attributes.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import torch
from numpy.typing import NDArray
from PIL import Image
from pyproj import Transformer
from scipy import ndimage
from torch import nn
from torch.nn import functional

from engine.errors import InputError
from engine.imagery.land import is_land
from engine.where import cells
from engine.where.heads.attributes import MONTHS, Maps, Predictor, joined_features
from training.where.descriptors import Described
from training.where.galleries import BACKGROUNDS, LEVEL, cell_probability, gallery_cells, rows_of
from training.where.package import add_source, npy

Array = NDArray[np.float32]

FIXED = ("land", "coast", "roughness")
MONTHLY = ("brightness", "greenness", "blueness", "snow", "contrast")
# Attributes of a cell are means over this many cells around it in each direction: 340 km, the width of a usual photo.
_WINDOW = 3
_LITTLE = 0.02
_MOSAIC_PX = 8192  # width at which the mosaic's roughness is measured: 5 km a pixel at the equator
_SCALES = (0.25, 0.35, 0.5, 0.7, 1.0)


def make_maps(mosaic: Path, seasons: Path) -> Maps:
    """Maps of FIXED and MONTHLY over the gallery's cells.

    Args:
        mosaic: the world mosaic in Web Mercator; its detail gives the roughness of the ground.
        seasons: folder of twelve pictures of the whole globe of one size, named *_MM_WIDTHxHEIGHT.jpg.

    Raises:
        InputError: a picture is missing.
    """
    numbers = gallery_cells(LEVEL)
    months = [_read_month(seasons, month) for month in range(1, MONTHS + 1)]
    height, width = months[0].shape[:2]
    lat = 90.0 - (np.arange(height) + 0.5) * 180.0 / height
    lon = -180.0 + (np.arange(width) + 0.5) * 360.0 / width
    cell = _grid_cells(lat, lon).ravel()
    land = is_land(lat[:, None], lon[None]).ravel()
    weight = np.repeat(np.cos(np.radians(lat)), width)
    total, on_land = _window_sum(cell, weight), _window_sum(cell, weight * land)
    share = on_land / np.maximum(total, 1e-9)
    fixed = [share, 2.0 * np.sqrt(np.clip(share * (1.0 - share), 0.0, 1.0)), _roughness(mosaic)]
    monthly = [_month_attributes(picture, cell, weight * land, on_land) for picture in months]
    return Maps(
        LEVEL,
        numbers,
        np.stack(fixed, axis=1)[numbers].astype(np.float32),
        np.stack(monthly)[:, numbers].astype(np.float32),
    )


def _read_month(seasons: Path, month: int) -> Array:
    found = list(seasons.glob(f"*_{month:02d}_*x*.jpg"))
    if not found:
        raise InputError(seasons, f"has no picture of month {month}", "give the folder of monthly mosaics")
    # The smallest picture is enough: attributes are means over hundreds of kilometres.
    with Image.open(min(found, key=lambda path: path.stat().st_size)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32) / 255.0


def _grid_cells(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.int64]:
    """Cells (rows, columns) of a grid of latitudes (rows,) and longitudes (columns,): each decides one of the two."""
    columns = cells.shape(LEVEL)[1]
    row = cells.cell_of(lat, np.zeros_like(lat), LEVEL) // columns
    return row[:, None] * columns + cells.cell_of(np.zeros_like(lon), lon, LEVEL)[None] % columns


def _window_sum(cell: NDArray[np.int64], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Sums (cells,) of values at points over the window around each cell."""
    sums = np.bincount(cell, values, minlength=cells.count(LEVEL)).reshape(cells.shape(LEVEL))
    return np.asarray(ndimage.uniform_filter(sums, _WINDOW, mode=("nearest", "wrap"))).ravel()


def _month_attributes(
    picture: Array, cell: NDArray[np.int64], weight: NDArray[np.float64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """MONTHLY (cells, attributes) of the land around each cell."""
    red, green, blue = picture.reshape(-1, 3).astype(np.float64).T
    light = (red + green + blue) / 3.0
    saturation = (np.max([red, green, blue], axis=0) - np.min([red, green, blue], axis=0)) / (light + _LITTLE)
    snow = (light > 0.6) & (saturation < 0.25)

    def mean(values: NDArray[np.floating]) -> NDArray[np.float64]:
        return _window_sum(cell, weight * values) / np.maximum(total, 1e-9)

    brightness = mean(light)
    contrast = np.sqrt(np.maximum(mean(light * light) - brightness**2, 0.0))
    return np.stack(
        [
            brightness,
            mean(np.log((green + _LITTLE) / (red + _LITTLE))),
            mean(np.log((blue + _LITTLE) / (green + _LITTLE))),
            mean(snow),
            contrast / (brightness + _LITTLE),
        ],
        axis=1,
    )


def _roughness(mosaic: Path) -> NDArray[np.float64]:
    """Deviation of the mosaic's brightness within 25 km, relative to the brightness: relief, as shading shows it."""
    with rasterio.open(mosaic) as raster:
        columns = min(_MOSAIC_PX, raster.width)
        rows = round(raster.height * columns / raster.width)
        light = raster.read(out_shape=(raster.count, rows, columns))[:3].astype(np.float32).mean(axis=0)
        left, bottom, right, top = raster.bounds
        to_degrees = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        x = left + (np.arange(columns) + 0.5) * (right - left) / columns
        y = top - (np.arange(rows) + 0.5) * (top - bottom) / rows
        lon, _ = to_degrees.transform(x, np.zeros_like(x))
        _, lat = to_degrees.transform(np.zeros_like(y), y)
    smooth = ndimage.uniform_filter(light, 5)
    deviation = np.sqrt(np.maximum(ndimage.uniform_filter(light * light, 5) - smooth**2, 0.0)) / (smooth + 5.0)
    land = is_land(lat[:, None], lon[None])
    cell = _grid_cells(lat, lon)[land]
    weight = np.repeat(np.cos(np.radians(lat)) ** 2, columns).reshape(land.shape)[land]  # a Web Mercator pixel's area
    return _window_sum(cell, weight * deviation[land]) / np.maximum(_window_sum(cell, weight), 1e-9)


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained source.

    Attributes:
        maps: attributes of the cells.
        predictor: from features to attributes.
        whiten: (attributes, attributes), see Maps.shares.
        background: fitted.
    """

    maps: Maps
    predictor: Predictor
    whiten: Array
    background: float

    def log_density(self, inputs: Array, month: int | None) -> Array:
        """Log density (cells,) from features (pairs, n)."""
        shares = self.maps.shares(self.predictor(inputs).mean(axis=0), self.whiten, month)
        return self.maps.log_density(shares, self.background)


def inputs_of(photos: Described) -> Array:
    """Features (n, pairs, features) of photos: all pairs of views by half a turn that they have."""
    pairs = [(0, 1)] if photos.views.shape[1] == 2 else [(0, 2), (1, 3)]
    descriptors = np.stack([photos.views[:, list(pair)].mean(axis=1) for pair in pairs], axis=1)
    return joined_features(descriptors, np.repeat(photos.colours[:, None], len(pairs), axis=1))


def targets_of(maps: Maps, photos: Described) -> tuple[Array, NDArray[np.bool_]]:
    """Attributes (n, a + b) of the photos' cells and months, and which photos lie in the gallery."""
    rows = rows_of(maps.numbers, maps.level, photos.place)
    of_month = maps.monthly[np.maximum(photos.month, 1) - 1, rows]
    return np.concatenate([maps.fixed[rows], of_month], axis=1), rows >= 0


def train(
    maps: Maps, train_photos: Described, fit_photos: Described, hidden: int = 128, epochs: int = 60, seed: int = 0
) -> Trained:
    """Trains the network, and fits the covariance of its errors and the background on photos that it has not seen.

    Args:
        maps: attributes of the cells.
        train_photos: simulated photos with their months; a tenth of them, in whole cells of 10 degrees, is kept back
            for the covariance.
        fit_photos: simulated photos for scale and background.
        hidden, epochs, seed: of the network.
    """
    torch.manual_seed(seed)
    aims, inside = targets_of(maps, train_photos)
    inputs, aims = inputs_of(train_photos)[inside, 0], aims[inside]
    place = train_photos.place[inside]
    kept = (np.floor(place[:, 0] / 10) * 7 + np.floor(place[:, 1] / 10) * 13) % 10 == 0
    mean, deviation = inputs[~kept].mean(axis=0), inputs[~kept].std(axis=0) + 1e-6
    aim_mean, aim_deviation = aims[~kept].mean(axis=0), aims[~kept].std(axis=0) + 1e-6
    network = nn.Sequential(
        nn.Linear(inputs.shape[1], hidden), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden, aims.shape[1])
    )
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.05)
    known = torch.from_numpy(((inputs - mean) / deviation)[~kept]).float()
    wanted = torch.from_numpy(((aims - aim_mean) / aim_deviation)[~kept]).float()
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(known)), 128):
            noisy = known[rows] + 0.2 * torch.randn_like(known[rows])
            loss = functional.smooth_l1_loss(network(noisy), wanted[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        schedule.step()
    predictor = _for_engine(network, mean, deviation, aim_mean, aim_deviation)
    errors = predictor(inputs[kept]) - aims[kept]
    covariance = np.cov(errors.T) + 1e-6 * np.diag(aim_deviation**2)
    whiten = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    return _fitted(Trained(maps, predictor, whiten, 0.1), fit_photos)


def _for_engine(
    network: nn.Sequential, mean: Array, deviation: Array, aim_mean: Array, aim_deviation: Array
) -> Predictor:
    """The network with the standardisation of inputs and results inside its matrices."""
    first, second = (layer for layer in network if isinstance(layer, nn.Linear))
    weights, bias = first.weight.detach().numpy().T / deviation[:, None], first.bias.detach().numpy()
    bias = bias - mean @ weights
    out, out_bias = second.weight.detach().numpy().T * aim_deviation, second.bias.detach().numpy()
    return Predictor(
        np.concatenate([weights, bias[None]]).astype(np.float32),
        np.concatenate([out, (out_bias * aim_deviation + aim_mean)[None]]).astype(np.float32),
    )


def _fitted(trained: Trained, photos: Described) -> Trained:
    """With the scale of the differences, as errors are not really Gaussian, and the background that fit photos best."""
    maps, predicted = trained.maps, [trained.predictor(one).mean(axis=0) for one in inputs_of(photos)]
    own = rows_of(maps.numbers, maps.level, photos.place)
    best, highest = trained, -np.inf
    for scale in _SCALES:
        whiten = (scale * trained.whiten).astype(np.float32)
        share = np.array(
            [
                maps.shares(one, whiten, int(month) or None)[row]
                for one, month, row in zip(predicted, photos.month, own, strict=True)
            ]
        )
        for background in BACKGROUNDS:
            probability = cell_probability(maps.level, len(maps.numbers), share, own >= 0, background)
            if np.log(probability).mean() > highest:
                best, highest = Trained(maps, trained.predictor, whiten, background), np.log(probability).mean()
    return best


def write_attributes(folder: Path, name: str, trained: Trained, model_sha256: str, about: dict[str, str]) -> int:
    """Writes the source's files and its entry in where.json; returns their bytes."""
    maps = trained.maps
    values = np.concatenate([np.broadcast_to(maps.fixed, (MONTHS, *maps.fixed.shape)), maps.monthly], axis=2)
    low, high = values.min(axis=(0, 1)), values.max(axis=(0, 1))
    codes = np.rint((values - low) / np.maximum(high - low, 1e-9) * 255.0).astype(np.uint8)
    split = maps.fixed.shape[1]
    arrays = {
        "cells": maps.numbers.astype(np.uint16),
        "fixed": codes[0, :, :split],
        "monthly": codes[:, :, split:],
        "first": trained.predictor.first.astype(np.float16),
        "second": trained.predictor.second.astype(np.float16),
        "whiten": trained.whiten,
    }
    settings = {
        "level": maps.level,
        "background": trained.background,
        "low": [float(value) for value in low],
        "high": [float(value) for value in high],
    }
    files = {role: (f"{name}-{role}.npy", npy(values)) for role, values in arrays.items()}
    add_source(folder, name, "attributes", files, settings, model_sha256, about)
    return sum(len(data) for _, data in files.values())
