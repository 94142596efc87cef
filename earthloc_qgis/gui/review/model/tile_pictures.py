"""Pictures of candidates' tiles, cut by the engine from the imagery of their index, and kept."""

from __future__ import annotations

import base64
from collections import OrderedDict
from typing import Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtGui import QImage

from ....core.engine_client import EngineClient, EngineError

_KEPT = 400
_SIZE_PX = 160


class TilePictures(QObject):
    """Asks the engine for the tiles of one photo at a time; wishes for the one before are withdrawn.

    Signals:
        arrived(rank, image): a QImage, or None when there is no imagery of the tile here.
    """

    arrived = pyqtSignal(int, object)

    def __init__(self, client: EngineClient, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._client = client
        self._kept: OrderedDict[tuple, Optional[QImage]] = OrderedDict()
        self._asked: list[int] = []
        self._batch = 0

    def ask(self, candidates: list[dict], indexes: list[str], imagery: Optional[str]) -> None:
        """Wants the pictures of these candidates' tiles.

        Args:
            candidates: of a localization.
            indexes: folders among which theirs is.
            imagery: raster to cut them from instead of the one of the index.
        """
        for request in self._asked:
            self._client.cancel(request)
        self._asked = []
        self._batch += 1
        for candidate in candidates:
            key = (candidate["index"], *candidate["center"], candidate["width_km"], imagery)
            if key in self._kept:
                self._kept.move_to_end(key)
                self.arrived.emit(candidate["rank"], self._kept[key])
            elif indexes or imagery:
                self._request(candidate, key, indexes, imagery)
            else:
                self.arrived.emit(candidate["rank"], None)

    def _request(self, candidate: dict, key: tuple, indexes: list[str], imagery: Optional[str]) -> None:
        rank, batch = candidate["rank"], self._batch
        self._asked.append(
            self._client.request(
                "tile/picture",
                {
                    "indexes": indexes or [imagery], "index": candidate["index"], "imagery": imagery,
                    "center": candidate["center"], "width_km": candidate["width_km"], "size_px": _SIZE_PX,
                },
                on_result=lambda result: self._answered(rank, batch, key, result),
                on_error=lambda error: self._refused(rank, batch, error),
            )
        )  # fmt: skip

    def _answered(self, rank: int, batch: int, key: tuple, result: object) -> None:
        coded = result.get("jpeg") if isinstance(result, dict) else None
        image = None
        if isinstance(coded, str):
            image = QImage.fromData(base64.b64decode(coded), "JPG")
            image = None if image.isNull() else image
        if image is not None:  # imagery that is missing may be put there later
            self._kept[key] = image
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        if batch == self._batch:
            self.arrived.emit(rank, image)

    def _refused(self, rank: int, batch: int, error: EngineError) -> None:
        if batch == self._batch and error.kind != "cancelled":
            self.arrived.emit(rank, None)
