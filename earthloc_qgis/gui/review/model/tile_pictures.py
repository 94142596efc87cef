"""Pictures of the tiles of candidates, which the engine cuts from the imagery of their index. Cached."""

from __future__ import annotations

import base64
from collections import OrderedDict
from typing import Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtGui import QImage

from ....contract.answers import TilePictureAnswer
from ....contract.localization import Candidate
from ....contract.protocol import TilePicture
from ....core.engine_client import EngineError, EngineSession

_CACHE_SIZE = 400
_SIZE_PX = 160


class TilePictures(QObject):
    """Requests the tiles of one photo from the engine; cancels the requests for the previous photo.

    Signals:
        arrived(rank, image): a QImage, or None when there is no imagery of the tile on this computer.
    """

    arrived = pyqtSignal(int, object)

    def __init__(self, client: EngineSession, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._client = client
        self._cache: OrderedDict[tuple, Optional[QImage]] = OrderedDict()
        self._requests: list[int] = []
        self._batch = 0

    def request(self, candidates: list[Candidate], indexes: list[str], imagery: Optional[str]) -> None:
        """Request the tile pictures of some candidates.

        Args:
            candidates: the candidates of a localization.
            indexes: index folders; one of them is that of the candidates.
            imagery: raster to use instead of the imagery of the index.
        """
        for request in self._requests:
            self._client.cancel(request)
        self._requests = []
        self._batch += 1
        for candidate in candidates:
            key = (candidate["index"], *candidate["center"], candidate["width_km"], imagery)
            if key in self._cache:
                self._cache.move_to_end(key)
                self.arrived.emit(candidate["rank"], self._cache[key])
            elif indexes or imagery:
                self._send(candidate, key, indexes, imagery)
            else:
                self.arrived.emit(candidate["rank"], None)

    def _send(self, candidate: Candidate, key: tuple, indexes: list[str], imagery: Optional[str]) -> None:
        rank, batch = candidate["rank"], self._batch
        self._requests.append(
            self._client.request(
                TilePicture(
                    indexes=indexes or [imagery or ""],
                    index=candidate["index"],
                    width_km=candidate["width_km"],
                    imagery=imagery,
                    center=(candidate["center"][0], candidate["center"][1]),
                    size_px=_SIZE_PX,
                ),
                on_result=lambda result: self._received(rank, batch, key, result),
                on_error=lambda error: self._refused(rank, batch, error),
            )
        )  # fmt: skip

    def _received(self, rank: int, batch: int, key: tuple, result: TilePictureAnswer) -> None:
        coded = result["jpeg"]
        image = None
        if isinstance(coded, str):
            image = QImage.fromData(base64.b64decode(coded), "JPG")
            image = None if image.isNull() else image
        if image is not None:  # missing pictures are not cached: the imagery may be added later
            self._cache[key] = image
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        if batch == self._batch:
            self.arrived.emit(rank, image)

    def _refused(self, rank: int, batch: int, error: EngineError) -> None:
        if batch == self._batch and error.kind != "cancelled":
            self.arrived.emit(rank, None)
