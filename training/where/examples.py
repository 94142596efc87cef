"""Photos with known places as evidence: real ones, crops of real ones, and simulated ones of held-out places.

Frames that a truth table holds were registered, so local features found nearly all of them. A crop shows a sixteenth to
a quarter of a frame's ground and is found far less often: it stands for the photos that no table has. Photos of closed
cloud show nothing: whatever a source says of them is wrong, and the best answer is the prior.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.candidates import search
from engine.evaluate import Truth, read_truth
from engine.photo.read import read_photo
from engine.registration.prior import camera_prior
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.photo_views import embed_views
from engine.retrieval.ranking import Expectation
from engine.voting.photo_features import photo_features
from engine.where.evidence import Evidence
from training.places.oblong import oblong_photos
from training.places.pairs import Imagery

_READ_PX = 1024
_CROPPED_PX = 2048
_CROP = 0.25, 0.5  # side of a crop, in sides of the photo
_NOTHING_CROP = 0.35, 0.7
_TOP_K = 100
_MOST_LAT = 60.0
SIMULATED_PX = 480


@dataclass(frozen=True, eq=False)
class Example:
    """A photo with its evidence.

    Attributes:
        evidence: with the stated nadir, if there is one.
        place: (lat, lon) of the middle of its footprint; None for a photo that shows nothing.
        group: photos of one group, such as a pass, are never on both sides of a split.
    """

    evidence: Evidence
    place: tuple[float, float] | None
    group: str


class Examples:
    """Makes evidence the way `Localizer` does.

    Args:
        indexes: to search.
        models: of the indexes, by sha256.
    """

    def __init__(self, indexes: list[RegionalIndex], models: Mapping[str, ModelPackage]) -> None:
        self._indexes, self._models = indexes, models

    def real(self, table: Path) -> Iterator[Example]:
        """The photos of a truth table (docs/cli.md). The group is the file name up to the first underscore."""
        for truth in read_truth(table):
            photo = read_photo(truth.photo, max_px=_READ_PX)
            height, width = photo.pixels.shape[:2]
            focal_px = camera_prior(photo, width, height, None).focal_px
            field = min(height, width) / focal_px if focal_px else None
            yield self._example(photo.pixels, truth, field, photo.taken_at)

    def crops(self, table: Path, seed: int) -> Iterator[Example]:
        """One crop of each photo of a truth table, at random."""
        rng = np.random.default_rng(seed)
        for truth in read_truth(table):
            photo = read_photo(truth.photo, max_px=_CROPPED_PX)
            height, width = photo.pixels.shape[:2]
            part = rng.uniform(*_CROP)
            rows, columns = int(part * height), int(part * width)
            top, left = int(rng.integers(height - rows)), int(rng.integers(width - columns))
            ring = np.array([[left, top], [left + columns, top], [left + columns, top + rows], [left, top + rows]])
            cropped = Truth(truth.photo, _on_ground(ring, truth.corners, width, height), truth.nadir)
            focal_px = camera_prior(photo, width, height, None).focal_px
            field = min(rows, columns) / focal_px if focal_px else None
            pixels = np.ascontiguousarray(photo.pixels[top : top + rows, left : left + columns])
            yield self._example(pixels, cropped, field, photo.taken_at)

    def nothing(self, photos: Sequence[Path], crops: int, seed: int) -> Iterator[Example]:
        """Photos that show no ground, and crops of them; each photo is a group."""
        rng = np.random.default_rng(seed)
        for path in photos:
            pixels = read_photo(path, max_px=_CROPPED_PX).pixels
            height, width = pixels.shape[:2]
            pictures = [read_photo(path, max_px=_READ_PX).pixels]
            for _ in range(crops):
                part = rng.uniform(*_NOTHING_CROP)
                rows, columns = int(part * height), int(part * width)
                top, left = int(rng.integers(height - rows)), int(rng.integers(width - columns))
                pictures.append(np.ascontiguousarray(pixels[top : top + rows, left : left + columns]))
            for picture in pictures:
                yield Example(self._evidence(picture, None, None, None), None, path.name)

    def simulated(self, imagery: Imagery, count: int, seed: int) -> Iterator[Example]:
        """Simulated photos, 3:2, of places that no model was trained on, rotated at random; their nadir is exact.

        Only places within 60 degrees of the equator: the station's orbit shows little beyond.
        """
        photos = oblong_photos(imagery, np.random.default_rng(seed), imagery.size_px)
        near = (photo for photo in photos if abs(geo.center_of(photo[1])[0]) <= _MOST_LAT)
        for number, (pixels, corners, camera) in enumerate(itertools.islice(near, count)):
            height, width = pixels.shape[:2]
            sensor_mm = min(height, width) / max(height, width) * camera.sensor_width_mm
            truth = Truth(Path(f"{number}"), corners, (camera.lat, camera.lon))
            yield self._example(pixels, truth, sensor_mm / camera.focal_length_mm, None)

    def _example(self, pixels: NDArray[np.uint8], truth: Truth, field: float | None, taken_at: str | None) -> Example:
        evidence = self._evidence(pixels, truth.nadir, field, taken_at)
        return Example(evidence, truth.center, truth.photo.name.split("_")[0])

    def _evidence(
        self,
        pixels: NDArray[np.uint8],
        nadir: tuple[float, float] | None,
        field: float | None,
        taken_at: str | None,
    ) -> Evidence:
        views = {sha256: embed_views(model, pixels) for sha256, model in self._models.items()}
        described = {self._models[sha256].photo_sha256: one for sha256, one in views.items()}
        features = photo_features(pixels)
        found = search(self._indexes, views, features, _TOP_K, None, Expectation(None, field))
        poses = [pose for _, some in found.poses for pose in some]
        return Evidence(pixels, described, found.tiles, poses, nadir, taken_at)


def _on_ground(points: NDArray[np.integer], corners: geo.Corners, width: int, height: int) -> geo.Corners:
    """Latitude and longitude (n, 2) of pixels (n, 2) x, y of a photo with known corners, by a projective map."""
    frame = geo.LocalFrame(*geo.center_of(corners))
    on_plane = np.stack(frame.to_xy(corners[:, 0], corners[:, 1]), axis=1).astype(np.float32)
    rectangle = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    mapping = cv2.getPerspectiveTransform(rectangle, on_plane)
    x, y = cv2.perspectiveTransform(points[None].astype(np.float32), mapping)[0].T
    return np.stack(frame.to_lat_lon(x, y), axis=1)
