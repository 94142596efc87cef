"""Draws photos on the map: the engine orthorectifies them into a folder beside the results."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..contract.localization import Localization, Where
from ..contract.protocol import Georeference
from .engine_client import EngineClient, EngineError
from .layers import ResultLayers
from .result_layer import PICTURE, WHERE
from .store import ResultStore, StoreError

_UNCERTAINTY = "_uncertainty_km.tif"
_ENDINGS = {PICTURE: "ortho.tif", WHERE: "where.tif"}


def picture_path(store: ResultStore, photo: str, localization: Localization) -> Path:
    """File of the drawn photo. Its name depends on the pose, so a corrected photo gets another file."""
    return _path(store, photo, json.dumps(localization["pose"]), PICTURE)


def where_path(store: ResultStore, photo: str, where: Where) -> Path:
    """File of the raster of where a photo could be. Its name depends on the probabilities."""
    return _path(store, photo, where["map"], WHERE)


def _path(store: ResultStore, photo: str, content: str, kind: str) -> Path:
    key = store.key(photo)
    hashes = [hashlib.sha256(text.encode()).hexdigest()[:8] for text in (key, content)]
    return picture_folder(store) / "-".join([Path(key).stem, *hashes, _ENDINGS[kind]])


def picture_folder(store: ResultStore) -> Path:
    """Folder of drawn photos and rasters beside a results GeoPackage."""
    return store.path.with_name(f"{store.path.stem}_photos")


def carry_pictures(photos: list[str], old: ResultStore, new: ResultStore) -> dict[str, dict[str, Path]]:
    """Makes the drawn photos and rasters of `old` available beside the results `new`, too.

    Files are hard-linked if the disk allows it, else copied. Files for which neither works are left out.

    Returns:
        The new paths for each photo, by kind: PICTURE, WHERE.
    """
    carried: dict[str, dict[str, Path]] = {}
    for photo in photos:
        with suppress(OSError, StoreError):
            for kind, (here, there) in _drawn_files(photo, old, new).items():
                if here.is_file():
                    there.parent.mkdir(parents=True, exist_ok=True)
                    for suffix in (_UNCERTAINTY, ".tif"):
                        _carry(*(path.with_name(path.stem + suffix) for path in (here, there)))
                    carried.setdefault(photo, {})[kind] = there
    return carried


def _drawn_files(photo: str, *stores: ResultStore) -> dict[str, tuple[Path, ...]]:
    """The files that a photo has when it was drawn, by kind, beside each of the results."""
    found = stores[0].localization(photo)
    files = {}
    if found and found["pose"]:
        files[PICTURE] = tuple(picture_path(store, photo, found) for store in stores)
    where = found.get("where") if found else None
    if where:
        files[WHERE] = tuple(where_path(store, photo, where) for store in stores)
    return files


def _carry(source: Path, target: Path) -> None:
    if source.is_file() and not target.exists():
        try:
            os.link(source, target)
        except OSError:
            _copy_atomically(source, target)


def _copy_atomically(source: Path, target: Path) -> None:
    """Copies a file through a temporary file: an incomplete copy would count as a drawn photo."""
    part = target.with_name(f".{target.name}")
    try:
        shutil.copyfile(source, part)
        os.replace(part, target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def forget_pictures(photo: str, store: ResultStore, but: Path | None = None) -> None:
    """Deletes the drawn files of a photo. A file that another program has open stays.

    Args:
        photo: its path.
        store: the results file.
        but: keeps this file, and those of other kinds.
    """
    key_hash = hashlib.sha256(store.key(photo).encode()).hexdigest()[:8]
    folder = picture_folder(store)
    kind = "*" if but is None else f"*-{but.stem.rpartition('-')[2]}*"
    for file in list(folder.glob(f"*-{key_hash}{kind}")):
        if but is None or not file.name.startswith(but.stem):
            with suppress(OSError):
                file.unlink()
    with suppress(OSError):
        folder.rmdir()  # when it is empty


class MapPictures(QObject):
    """Draws photos with the engine, in the background, and adds them to their layer groups. Main thread only.

    Signals:
        busy_changed(busy): whether a photo is being drawn.
        progress_changed(text): the current stage, for the user.
        shown(photo): the photo is on the map.
        refused(photo, message): the photo cannot be shown, and why.
    """

    busy_changed = pyqtSignal(bool)
    progress_changed = pyqtSignal(str)
    shown = pyqtSignal(str)
    refused = pyqtSignal(str, str)

    def __init__(self, client: EngineClient, project: QgsProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._layers = ResultLayers(project, self)
        self._running: dict[str, int] = {}  # photo to request id

    @property
    def busy(self) -> bool:
        """Whether a photo is being drawn."""
        return bool(self._running)

    def show(self, photo: str, store: ResultStore) -> None:
        """Shows a photo on the map: at once if it was drawn before, else when the engine has drawn it."""
        if photo in self._running:
            return
        try:
            found = store.localization(photo)
        except StoreError as error:
            self.refused.emit(photo, str(error))
            return
        if not found or not found["pose"]:
            why = self.tr("The photo was not fitted to imagery, so it cannot be drawn; locate it with imagery.")
            self.refused.emit(photo, why)
            return
        picture = picture_path(store, photo, found)
        if picture.is_file():
            self._add(photo, store, picture)
            return
        try:
            picture.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.refused.emit(photo, f"{picture.parent}: {error.strerror}.")
            return
        name = Path(photo).name
        self._running[photo] = self._client.request(
            Georeference(photo, str(store.path), "ortho", str(picture)),
            on_result=lambda answer: self._drawn(photo, store, picture),
            on_error=lambda error: self._failed(photo, error),
            on_progress=lambda params: self.progress_changed.emit(f"{name}: {self._stage(params)}"),
        )
        self.progress_changed.emit(self.tr("{name}: waiting for the engine").format(name=name))
        self.busy_changed.emit(True)

    def drop_outdated(self, photos: list[str], store: ResultStore) -> None:
        """Removes drawn photos from the map whose pose is no longer the one in effect."""
        for photo in photos:
            shown = self._layers.picture_of(photo, store.path)
            if shown is None:
                continue
            with suppress(StoreError):  # the file is locked: keep what is shown
                found = store.localization(photo)
                if not found or not found["pose"] or picture_path(store, photo, found) != shown:
                    self._layers.drop_picture(photo, store.path)

    def cancel_all(self) -> None:
        """Cancels all drawing."""
        for request_id in list(self._running.values()):
            self._client.cancel(request_id)

    def _drawn(self, photo: str, store: ResultStore, picture: Path) -> None:
        self._finish(photo)
        self._add(photo, store, picture)
        forget_pictures(photo, store, but=picture)  # drawn with another camera

    def _failed(self, photo: str, error: EngineError) -> None:
        self._finish(photo)
        if error.kind != "cancelled":
            self.refused.emit(photo, error.message)

    def _finish(self, photo: str) -> None:
        self._running.pop(photo, None)
        if not self._running:
            self.busy_changed.emit(False)

    def _add(self, photo: str, store: ResultStore, picture: Path) -> None:
        name = Path(photo).stem
        self._layers.ensure(photo, name, store.path)
        if self._layers.show_picture(photo, store.path, picture):
            self.shown.emit(photo)
        else:
            self.refused.emit(photo, self.tr("{path}: cannot be opened as a raster.").format(path=picture))

    def _stage(self, params: dict) -> str:
        words = {
            "read": self.tr("reading"),
            "draw": self.tr("drawing on the ground"),
            "write": self.tr("writing"),
        }
        done, total = params.get("done"), params.get("total")
        text = words.get(str(params.get("stage")), "")
        if isinstance(done, int) and isinstance(total, int) and total > 1:
            text += f" {100 * done // total} %"
        return text
