"""Decodes photos for display and stretches their contrast, on another thread, with a small cache."""

from __future__ import annotations

import base64
import os
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Callable, Optional

from osgeo import gdal
from qgis.PyQt.QtCore import QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QImage, QImageReader

from ....contract.answers import PhotoPictureAnswer
from ....contract.photos import is_raw
from ....contract.protocol import PhotoPicture
from ....core.engine_client import EngineSession
from ...background import Background

PREVIEW_PX = 1400  # longer side; larger than the view on most screens, decoded from a JPEG in about 50 ms
FULL_PX = 6144
_CACHE_SIZE = 4
_DRIVERS = ["GTiff", "JPEG", "PNG", "GIF", "BMP", "JP2OpenJPEG"]  # GDAL drivers for formats that Qt does not decode
_CLIP = 0.01  # fraction of the pixels that the stretch clips to black, and to white
_ROWS = 128  # stretched at a time, so that the main thread can run in between


@dataclass(frozen=True)
class Picture:
    """A decoded photo, in the orientation of its stored pixels.

    Attributes:
        size_px: stored width and height.
        image: the whole photo, possibly smaller than stored; null when it cannot be decoded.
        stretched: the same image with stretched contrast.
    """

    size_px: tuple[int, int]
    image: QImage
    stretched: QImage


def stored_size(path: str) -> Optional[tuple[int, int]]:
    """Width and height of the stored pixels, from the header; None when the file is no picture. Thread-safe.

    None also for camera RAW files: Qt and GDAL would give the size of the thumbnail in them.
    """
    if is_raw(path):
        return None
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid():
        return size.width(), size.height()
    dataset = _open(path)
    return None if dataset is None else (dataset.RasterXSize, dataset.RasterYSize)


def read_picture(path: str, longer_px: int = PREVIEW_PX) -> Optional[Picture]:
    """Decode a photo to about `longer_px`; None when it is no picture. Thread-safe.

    The EXIF orientation is not applied.
    """
    size = stored_size(path)
    if size is None:
        return None
    target = QSize(*size)
    if max(size) > longer_px:
        target = target.scaled(longer_px, longer_px, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(False)
    reader.setScaledSize(target)
    image = reader.read()
    if image.isNull():
        image = _read_by_gdal(path, target)
    if image.isNull():
        return None
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    return Picture(size, image, stretch(image))


def stretch(image: QImage) -> QImage:
    """Stretch each channel so that its darkest 1 % become black and its brightest 1 % white."""
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    small = image.scaled(200, 200, Qt.AspectRatioMode.KeepAspectRatio)
    sample = _bytes(small, 0, small.height())
    tables = [_table(Counter(sample[channel::4])) for channel in range(3)]
    stretched = bytearray()
    for top in range(0, image.height(), _ROWS):
        rows = bytearray(_bytes(image, top, min(_ROWS, image.height() - top)))
        for channel, table in enumerate(tables):
            rows[channel::4] = rows[channel::4].translate(table)
        stretched += rows
    made = QImage(bytes(stretched), image.width(), image.height(), image.width() * 4, QImage.Format.Format_RGBX8888)
    return made.copy()  # QImage does not own the bytes


def _table(counts: Counter) -> bytes:
    total, low, high, below = sum(counts.values()), None, 255, 0
    for value in range(256):
        below += counts.get(value, 0)
        if low is None and below > _CLIP * total:
            low = value
        if below >= (1 - _CLIP) * total:
            high = value
            break
    low = low or 0
    span = max(1, high - low)
    return bytes(max(0, min(255, round(255 * (value - low) / span))) for value in range(256))


def _bytes(image: QImage, top: int, rows: int) -> bytes:
    pointer = image.constBits()
    pointer.setsize(image.bytesPerLine() * image.height())
    start = top * image.bytesPerLine()
    return bytes(memoryview(pointer)[start : start + rows * image.bytesPerLine()])  # type: ignore[arg-type]


def _open(path: str):
    """Open a photo with GDAL; None when that fails.

    The photos may come from strangers. Three things could make GDAL contact a server: a file that is really the
    configuration of a tile service, a path in a results file that is an address, and a sidecar file that names one.
    So this opens only existing files, only with drivers for plain image formats, and without sidecar files.
    """
    if not os.path.isfile(path):
        return None
    try:
        return gdal.OpenEx(path, gdal.OF_RASTER, allowed_drivers=_DRIVERS, sibling_files=[os.path.basename(path)])
    except RuntimeError:  # when GDAL exceptions are enabled
        return None


def _read_by_gdal(path: str, size: QSize) -> QImage:
    """Decode a photo that Qt cannot, such as TIFF with 16 bits; a null image when GDAL cannot either."""
    dataset = _open(path)
    if dataset is None:
        return QImage()
    width, height = size.width(), size.height()
    bands = [1, 2, 3] if dataset.RasterCount >= 3 else [1, 1, 1]
    try:
        eight_bit = gdal.Translate(
            "", dataset, format="MEM", width=width, height=height, bandList=bands, outputType=gdal.GDT_Byte,
            scaleParams=None if dataset.GetRasterBand(1).DataType == gdal.GDT_Byte else [[]], resampleAlg="average",
        )  # fmt: skip
    except RuntimeError:
        eight_bit = None
    if eight_bit is None:
        return QImage()
    pixels = bytearray(b"\xff" * (4 * width * height))
    for channel in range(3):
        pixels[channel::4] = eight_bit.GetRasterBand(channel + 1).ReadRaster(0, 0, width, height)
    return QImage(bytes(pixels), width, height, 4 * width, QImage.Format.Format_RGBX8888).copy()


def _developed(answer: PhotoPictureAnswer) -> Optional[Picture]:
    """The picture that the engine has made of a photo. Thread-safe."""
    image = QImage.fromData(base64.b64decode(answer["jpeg"]), "JPG")
    if image.isNull():
        return None
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    return Picture((answer["width_px"], answer["height_px"]), image, stretch(image))


class PictureLoader(QObject):
    """Reads photos one by one, the newest request first, and caches the last few. The engine develops camera RAW.

    Args:
        client: of the engine.

    Signals:
        ready(path, picture): a Picture, or None when the file is no picture.
    """

    ready = pyqtSignal(str, object)

    def __init__(self, client: EngineSession, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._client = client
        self._background = Background(self)
        self._cache: OrderedDict[tuple[str, int], Optional[Picture]] = OrderedDict()
        self._requested: set[tuple[str, int]] = set()

    def load(self, path: str, longer_px: int = PREVIEW_PX) -> Optional[Picture]:
        """The picture if it is cached; else None, and `ready` follows."""
        key = (path, longer_px)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        if key not in self._requested:
            self._requested.add(key)
            if is_raw(path):
                self._client.request(
                    PhotoPicture(photo=path, longer_px=longer_px),
                    on_result=lambda answer: self._make(key, lambda: _developed(answer)),
                    on_error=lambda _: self._refused(key),
                )
            else:
                self._make(key, lambda: read_picture(path, longer_px))
        return None

    def close(self) -> None:
        """End the reading thread."""
        self._background.close()

    def _make(self, key: tuple[str, int], make: Callable[[], Optional[Picture]]) -> None:
        self._background.run(
            make, lambda picture: self._arrived(key, picture), newest_first=True,
            on_error=lambda _: self._arrived(key, None),
        )  # fmt: skip

    def _refused(self, key: tuple[str, int]) -> None:
        """Says that there is no picture, without remembering it: the engine may be installed or repaired later."""
        self._requested.discard(key)
        self.ready.emit(key[0], None)

    def _arrived(self, key: tuple[str, int], picture: Optional[Picture]) -> None:
        self._requested.discard(key)
        self._cache[key] = picture
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        self.ready.emit(key[0], picture)
