"""Reads metadata of the photos (id, time, nadir) with the engine while no photos are being located."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from qgis.PyQt.QtCore import QObject

from ..contract.protocol import PhotoInfo
from ..core.engine_client import EngineClient, EngineError
from .photo_model import PhotoModel


class PhotoInfoLoader(QObject):
    """Reads the metadata of one photo at a time into the model. Pauses while photos are being located."""

    def __init__(self, client: EngineClient, model: PhotoModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._waiting: dict[str, None] = {}  # in order
        self._asking: str | None = None
        self._paused = False

    def add(self, photos: Iterable[str]) -> None:
        """Queue photos."""
        self._waiting.update(dict.fromkeys(photos))
        self._next()

    def pause(self, paused: bool) -> None:
        """Pause or resume the requests."""
        self._paused = paused
        self._next()

    def _next(self) -> None:
        if self._paused or self._asking is not None:
            return
        while self._waiting:
            photo = next(iter(self._waiting))
            del self._waiting[photo]
            if self._model.photo(photo) is not None:
                self._asking = photo
                self._client.request(
                    PhotoInfo(photo),
                    on_result=partial(self._received, photo),
                    on_error=partial(self._failed, photo),
                )
                return

    def _received(self, photo: str, info: object) -> None:
        row = self._model.photo(photo)
        if row is not None and isinstance(info, dict):
            hints = row.hints or {}
            changes = {
                "photo_id": info.get("photo_id"),
                "taken_at": info.get("taken_at") or hints.get("taken_at"),
                "camera": info.get("camera") or hints.get("camera"),
                "size_px": (info.get("width_px"), info.get("height_px")),
            }
            self._model.update(photo, **changes)
            self._model.set_stated_nadir(photo, tuple(info["nadir"]) if info.get("nadir") else None)
        self._asking = None
        self._next()

    def _failed(self, photo: str, error: EngineError) -> None:
        self._asking = None
        if error.kind in ("unavailable", "cancelled"):
            self._waiting = {photo: None, **self._waiting}  # retried after `add`, which choosing an engine calls
            return
        row = self._model.photo(photo)
        if error.kind != "crashed" and row is not None and not row.message:
            self._model.update(photo, message=error.message)
        self._next()
