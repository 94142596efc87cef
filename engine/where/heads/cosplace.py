"""CosPlace: retrieval by descriptors that were learned by classification (Berton, Masone, Caputo, CVPR 2022).

The tiles of the world with the most similar descriptors give a kernel density, as in "Revisiting Im2GPS in the deep
learning era" (Vo, Jacobs, Hays, ICCV 2017). The photo is compared at four rotations; each tile counts with its best.

Files of the source: `trunk` (engine/where/heads/trunk.py); `head`, an ONNX network `maps` (n, positions, channels) to
`descriptor` (n, dimension) of length 1; `descriptors`, int8 (tiles, dimension), 127 times those of the tiles north up;
`places`, float32 (tiles, 3), latitude and longitude of their middles and width in km. Settings: `count`, `gain`,
`background` and `bandwidth` of the kernels (engine.where.sources.Kernels).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.onnx_package import open_session
from engine.where.evidence import Evidence
from engine.where.heads.trunk import OUTPUT as MAPS
from engine.where.heads.trunk import Trunk
from engine.where.package import PackagedSource
from engine.where.sources import Kernels

OUTPUT = "descriptor"
KIND = "cosplace"
SCALE = 127.0


class CosPlace:
    """The source `cosplace`.

    Raises:
        ModelError: its files or settings cannot be used.
    """

    name = KIND

    def __init__(self, source: PackagedSource, trunk: Trunk, threads: int = 1) -> None:
        self._path = source.path("head")
        self._trunk = trunk
        self._tiles = source.array("descriptors", np.int8, 2).astype(np.float32) / SCALE
        self._places = source.array("places", np.float32, 2)
        if self._places.shape != (len(self._tiles), 3) or not len(self._tiles):
            raise ModelError.of("where.unfit", path=source.path("places"))
        highest = np.abs(self._places).max(axis=0)
        if highest[0] > 90 or highest[1] > 180 or highest[2] > 5000 or self._places[:, 2].min() <= 0:
            raise ModelError.of("where.unfit", path=source.path("places"))
        self._kernels = Kernels.of(source)
        self._session = open_session(self._path, source.content("head"), threads)
        if [o.name for o in self._session.get_outputs()] != [OUTPUT]:
            raise ModelError.of("where.unfit", path=self._path)

    def log_density(self, evidence: Evidence) -> NDArray[np.float64]:
        """What the photo adds to the log density of the finest cells (cells,).

        Raises:
            ModelError: the networks and the descriptors do not fit together.
        """
        similarity = self.similarities(self.describe(self._trunk.of_photo(evidence.pixels)))
        best = np.argsort(-similarity, kind="stable")[: self._kernels.count]
        lat, lon, width_km = self._places[best].astype(np.float64).T
        return self._kernels.log_density((lat, lon, width_km, similarity[best].astype(np.float64)))

    def describe(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Descriptors (n, dimension) of feature maps (n, positions, channels)."""
        try:
            found = np.asarray(self._session.run([OUTPUT], {MAPS: maps})[0], np.float32)
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise ModelError.of("where.unfit", path=self._path) from error
        if found.shape != (len(maps), self._tiles.shape[1]) or not np.isfinite(found).all():
            raise ModelError.of("where.unfit", path=self._path)
        return found

    def similarities(self, descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine (tiles,) of each tile with the descriptor (rotations, dimension) that is most similar to it."""
        return np.asarray((self._tiles @ descriptors.T).max(axis=1))
