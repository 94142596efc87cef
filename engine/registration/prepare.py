"""Features that are extracted once and used for many registrations: a photo's, and those of the imagery of a place.

A photo is first compared with imagery at 512 pixels. That is about the scale at which 1,024 pixels of imagery show
ground two and a half times as wide. The full-size photo is only used where this first comparison succeeds.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.features import FeatureExtractor, Features, RootSift
from engine.geo import LAYOUT_KM_PER_DEGREE, LocalFrame, normalise_lon
from engine.imagery.source import ImagerySource
from engine.orbit import NADIR_SD_KM
from engine.photo.read import Photo
from engine.registration.prior import camera_prior
from engine.registration.solve import CameraPrior

Array = NDArray[np.float64]

PHOTO_PX = 1024
ROOT_SIFT = RootSift()
SMALL_FEATURES = 3000
_SMALL_PX = 512
_VIEW_PX = 1024
_VIEW_WIDTHS = 2.4  # width of the imagery that is searched, in photo widths
_WIDTH_RANGE = (0.35, 3.0)  # a photo's longer side in widths of a candidate tile
_TRUSTED_FOCAL_SD = 0.1
_LENS_WIDTH_RANGE = (0.75, 4.0)  # the same in widths that a known lens shows looking straight down; 3.6 at 60 degrees
_GRID_STEP = 0.3  # spacing of the grid of places, in widths; photos of one pass share places
_MAX_PLACES = 24  # at 2 MB each
_SENSOR_SHAPE = 1.5  # width over height, of NASA's digital cameras


@dataclass(frozen=True, eq=False)
class PreparedPhoto:
    """A photo and its features, extracted once for all candidates.

    Attributes:
        pixels: RGB, its longer side at most 1,024; pixel positions refer to this picture.
        prior: what is known of the camera.
        extractor: of its features.
        stretched: the same picture in the other shapes that it may have had; see `prepare`.
    """

    pixels: NDArray[np.uint8]
    prior: CameraPrior
    extractor: FeatureExtractor
    stretched: tuple[PreparedPhoto, ...] = ()
    _reduced: dict[int, PreparedPhoto] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def reduced(self, longer_px: int) -> PreparedPhoto:
        """The same photo averaged down so that its longer side is at most `longer_px`; itself if it is no larger."""
        longer = max(self.size)
        if longer_px >= longer:
            return self
        if longer_px not in self._reduced:
            focal_px = self.prior.focal_px
            prior = replace(self.prior, focal_px=focal_px * longer_px / longer if focal_px else None)
            self._reduced[longer_px] = PreparedPhoto(_at_most(self.pixels, longer_px), prior, self.extractor)
        return self._reduced[longer_px]

    @cached_property
    def features(self) -> Features:
        """Its features, extracted on first use."""
        return self.extractor.find(self.pixels)

    @cached_property
    def _small_pixels(self) -> NDArray[np.uint8]:
        return _at_most(self.pixels, _SMALL_PX)

    @cached_property
    def small(self) -> Features:
        """Features of the same picture at half size, in its own smaller pixels."""
        return self.extractor.find(self._small_pixels, limit=SMALL_FEATURES)

    @cached_property
    def rotated(self) -> list[Features]:
        """Features of the small picture at all rotations that the extractor needs, in pixels before rotation."""
        return [
            self.small,
            *(self._rotated(2 * math.pi * i / self.extractor.rotations) for i in range(1, self.extractor.rotations)),
        ]

    def _rotated(self, angle_rad: float) -> Features:
        width, height = self.small_size
        side = math.ceil(math.hypot(width, height))
        cos, sin = math.cos(angle_rad), math.sin(angle_rad)
        rotation = np.array([[cos, -sin], [sin, cos]])
        middle, there = np.array([width, height]) / 2, np.array([side, side]) / 2
        # OpenCV's pixels have their middles at whole numbers.
        matrix = np.column_stack([rotation, there - 0.5 - rotation @ (middle - 0.5)])
        picture = np.asarray(cv2.warpAffine(self._small_pixels, matrix, (side, side)), np.uint8)
        shown = cv2.warpAffine(np.ones((height, width), np.uint8), matrix, (side, side)) > 0
        found = self.extractor.find(picture, shown, SMALL_FEATURES)
        return replace(found, xy=(found.xy - there) @ rotation + middle)

    @property
    def small_size(self) -> tuple[int, int]:
        """Width and height of the small picture."""
        return self._small_pixels.shape[1], self._small_pixels.shape[0]

    @property
    def small_prior(self) -> CameraPrior:
        """The prior for the small picture."""
        focal_px = self.prior.focal_px
        return replace(self.prior, focal_px=focal_px * max(self.small_size) / max(self.size) if focal_px else None)

    @property
    def lens_width_km(self) -> float | None:
        """Ground along the longer side that a known lens shows when it looks straight down from the station."""
        prior = self.prior
        if prior.focal_px is None or prior.focal_sd > _TRUSTED_FOCAL_SD:
            return None
        return prior.altitude_km / prior.focal_px * max(self.size)

    def width_range_km(self, width_km: float) -> tuple[float, float]:
        """Smallest and largest length of the longer side on the ground, at a place of `width_km`."""
        lens = self.lens_width_km
        low, high = _LENS_WIDTH_RANGE if lens else _WIDTH_RANGE
        return low * (lens or width_km), high * (lens or width_km)


def prepare(
    photo: Photo,
    nadir: tuple[float, float] | None,
    extractor: FeatureExtractor = ROOT_SIFT,
    nadir_sd_km: float = NADIR_SD_KM,
    altitude_km: float | None = None,
) -> PreparedPhoto:
    """Prepare a photo; `nadir` with its standard deviation and `altitude_km` are the stated ones, as hints.

    A square picture may be a film frame or cut out of another one. Or it was squashed, as in collections for training:
    then it originally had the shape of a sensor.
    """

    def stated(prior: CameraPrior) -> CameraPrior:
        return prior if altitude_km is None else replace(prior, altitude_km=altitude_km)

    pixels = _at_most(photo.pixels, PHOTO_PX)
    height, width = pixels.shape[:2]
    shorter = round(width / _SENSOR_SHAPE)
    stretched = tuple(
        PreparedPhoto(
            np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8),
            stated(camera_prior(photo, *size, nadir, nadir_sd_km)),
            extractor,
        )
        for size in ((width, shorter), (shorter, height))
        if photo.width_px == photo.height_px
    )
    prior = stated(camera_prior(photo, width, height, nadir, nadir_sd_km))
    return PreparedPhoto(pixels, prior, extractor, stretched)


@dataclass(frozen=True, eq=False)
class GroundFeatures:
    """Features of imagery with the latitude and longitude (degrees) of each."""

    features: Features
    lat: Array
    lon: Array


@dataclass(frozen=True, eq=False)
class PlaceFeatures:
    """Features of a north-up square of imagery, for any number of photos.

    Attributes:
        frame: the local frame whose origin is the square's middle.
        width_km: ground width to look for; the square is 2.4 times as wide.
        km_per_px: ground size of a pixel.
        half_px: half the square's side.
    """

    frame: LocalFrame
    width_km: float
    km_per_px: float
    half_px: float
    _features: Features  # descriptors in half precision, without loss of accuracy

    def ground(self) -> GroundFeatures:
        """The features with their latitudes and longitudes."""
        features = replace(self._features, descriptors=self._features.descriptors.astype(np.float32))
        x_km, y_km = self.to_km(features.xy).T
        return GroundFeatures(features, *self.frame.to_lat_lon(x_km, y_km))

    def to_km(self, xy_px: Array) -> Array:
        """Pixel positions (n, 2) in the square to the frame's kilometres (n, 2), x east, y north."""
        return (xy_px - self.half_px) * [self.km_per_px, -self.km_per_px]


def find_place_features(
    imagery: ImagerySource, lat: float, lon: float, width_km: float, extractor: FeatureExtractor = ROOT_SIFT
) -> PlaceFeatures:
    """Features of the imagery around (lat, lon), for registering a photo about `width_km` wide."""
    view_km = _VIEW_WIDTHS * width_km
    pixels, covered = imagery.square(lat, lon, view_km, _VIEW_PX)
    features = extractor.find(pixels, covered)
    light = replace(features, descriptors=features.descriptors.astype(np.float16))
    return PlaceFeatures(LocalFrame(lat, lon), width_km, view_km / _VIEW_PX, _VIEW_PX / 2, light)


class PlaceCache:
    """The most recently used places, for the next photos. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], PlaceFeatures] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...], make: Callable[[], PlaceFeatures]) -> PlaceFeatures:
        """The place of that key; `make` makes it if it is not cached."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        place = make()  # two threads may both make it, which is harmless
        with self._lock:
            self._kept[key] = place
            while len(self._kept) > _MAX_PLACES:
                self._kept.popitem(last=False)
        return place


def snap_to_grid(lat: float, lon: float, width_km: float) -> tuple[float, float]:
    """The grid point nearest to (lat, lon), of the grid of places of that width."""
    step_deg = _GRID_STEP * width_km / LAYOUT_KM_PER_DEGREE
    row_lat = max(-90.0, min(90.0, round(lat / step_deg) * step_deg))
    columns = max(1, round(360.0 * math.cos(math.radians(row_lat)) / step_deg))
    column = round((lon + 180.0) / 360.0 * columns)
    return row_lat, float(normalise_lon(column * 360.0 / columns - 180.0))


def _at_most(pixels: NDArray[np.uint8], longer_px: int) -> NDArray[np.uint8]:
    """The picture averaged down so that its longer side is at most `longer_px`."""
    height, width = pixels.shape[:2]
    scale = longer_px / max(width, height)
    if scale >= 1.0:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
