"""CosPlace: retrieval by descriptors that were learned by classification (Berton, Masone, Caputo, CVPR 2022).

The tiles of the world with the most similar descriptors give a kernel density, as in "Revisiting Im2GPS in the deep
learning era" (Vo, Jacobs, Hays, ICCV 2017). The photo is compared at four rotations; each tile counts with its best.

Files of the source: `trunk` (engine/where/heads/trunk.py); `head`, an ONNX network `maps` (n, positions, channels) to
`descriptor` (n, dimension) of length 1; `descriptors`, int8 (tiles, dimension), 127 times those of the tiles north up;
`places`, float32 (tiles, 2), latitude and longitude of the middles of the tiles. Settings: `neighbours`, how many tiles
count; `sharpness`, weights are exp(sharpness * similarity); `bandwidth_km` of the kernel; `floor`, the probability that
no answer is right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.onnx_package import open_session
from engine.where import cells
from engine.where.density import kernel_density
from engine.where.heads.geodecoder import HasPixels
from engine.where.heads.trunk import OUTPUT as MAPS
from engine.where.heads.trunk import Trunk
from engine.where.package import Source

OUTPUT = "descriptor"
KIND = "cosplace"
SCALE = 127.0


class CosPlace:
    """The source `cosplace`.

    Raises:
        ModelError: its files or settings cannot be used.
    """

    name = KIND

    def __init__(self, source: Source, trunk: Trunk, threads: int = 1) -> None:
        self._path = source.path("head")
        self._trunk = trunk
        self._tiles = source.array("descriptors", np.int8, 2).astype(np.float32) / SCALE
        self._places = source.array("places", np.float32, 2)
        if self._places.shape != (len(self._tiles), 2) or not len(self._tiles):
            raise ModelError(source.path("places"), "has not one place for each descriptor", "get it again")
        if np.abs(self._places[:, 0]).max() > 90 or np.abs(self._places[:, 1]).max() > 180:
            raise ModelError(source.path("places"), "has places that are not on the Earth", "get it again")
        self._neighbours = source.whole_number("neighbours", 1, 10_000)
        self._sharpness = source.number("sharpness", 0.0, 1000.0)
        self._bandwidth_km = source.number("bandwidth_km", 10.0, 5000.0)
        self._floor = source.number("floor", 1e-6, 1.0)
        self._session = open_session(self._path, source.content("head"), threads)
        if [o.name for o in self._session.get_outputs()] != [OUTPUT]:
            raise ModelError(self._path, "is no CosPlace", "get the where package again")

    def log_density(self, evidence: HasPixels) -> NDArray[np.float32]:
        """Log density (155648,) of the photo's place.

        Raises:
            ModelError: the networks and the descriptors do not fit together.
        """
        similarity = self.similarities(self.describe(self._trunk.of_photo(evidence.pixels)))
        best = np.argsort(-similarity, kind="stable")[: self._neighbours]
        weights = np.exp(self._sharpness * (similarity[best] - similarity[best[0]]))
        lat, lon = self._places[best].T
        density = kernel_density(lat, lon, weights, self._bandwidth_km)
        uniform = self._floor / cells.count()
        return np.asarray(np.log((1.0 - self._floor) * density / density.sum() + uniform), np.float32)

    def describe(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Descriptors (n, dimension) of feature maps (n, positions, channels)."""
        try:
            found = np.asarray(self._session.run([OUTPUT], {MAPS: maps})[0], np.float32)
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise ModelError(self._path, "does not fit its trunk", "get the where package again") from error
        if found.shape != (len(maps), self._tiles.shape[1]) or not np.isfinite(found).all():
            raise ModelError(self._path, "does not fit the descriptors of the tiles", "get the where package again")
        return found

    def similarities(self, descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine (tiles,) of each tile with the descriptor (rotations, dimension) that is most similar to it."""
        return np.asarray((self._tiles @ descriptors.T).max(axis=1))
