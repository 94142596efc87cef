"""Thumbnails of photos, read on other threads."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QImage, QImageIOHandler, QImageReader, QPainter, QPixmap

from .background import Background

SIZE = QSize(56, 42)
_TURN = QImageIOHandler.Transformation
_QUARTER_TURNS = (
    _TURN.TransformationRotate90,
    _TURN.TransformationRotate270,
    _TURN.TransformationMirrorAndRotate90,
    _TURN.TransformationFlipAndRotate90,
)


def read_thumbnail(path: str, size: QSize = SIZE) -> QImage:
    """A picture within `size`, upright as EXIF orientation says; a null image when Qt cannot read the file.

    JPEG is decoded at the reduced size, so a large photo costs little. Any thread.
    """
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    full = reader.size()
    if full.isValid():
        # A photo that EXIF turns by a quarter is still stored lying down when the size applies.
        turned = reader.transformation() in _QUARTER_TURNS
        box = size.transposed() if turned else size
        if full.width() > box.width() or full.height() > box.height():
            reader.setScaledSize(full.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)))
    return reader.read()


class ThumbnailLoader(QObject):
    """Keeps the thumbnails of a list of photos; `loaded(photo)` says that one has arrived."""

    loaded = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._pixmaps: dict[str, QPixmap] = {}
        icon = QgsApplication.getThemeIcon("/mIconRaster.svg")
        self._placeholder = _framed(icon.pixmap(QSize(24, 24)).toImage())

    def pixmap(self, photo: str) -> QPixmap:
        """The thumbnail, or a placeholder of the same size until it has been read."""
        if photo not in self._pixmaps:
            self._pixmaps[photo] = self._placeholder
            # The newest first: those are the ones that have just been scrolled to.
            self._background.run(
                lambda: read_thumbnail(photo), lambda image: self._arrived(photo, image), newest_first=True
            )
        return self._pixmaps[photo]

    def forget(self, photo: str) -> None:
        """Drops a thumbnail."""
        self._pixmaps.pop(photo, None)

    def close(self) -> None:
        """Ends the reading threads."""
        self._background.close()

    def _arrived(self, photo: str, image: QImage) -> None:
        if photo in self._pixmaps and not image.isNull():
            self._pixmaps[photo] = _framed(image)
            self.loaded.emit(photo)


def _framed(image: QImage) -> QPixmap:
    """The image in the middle of a pixmap of SIZE, so that all rows line up."""
    pixmap = QPixmap(SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.drawImage((SIZE.width() - image.width()) // 2, (SIZE.height() - image.height()) // 2, image)
    painter.end()
    return pixmap
