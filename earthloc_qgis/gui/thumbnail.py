"""Thumbnails of photos, read on another thread."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QImage, QImageIOHandler, QImageReader, QPainter, QPixmap

from .background import Background

SIZE = QSize(48, 36)  # eight rows fit into the panel on a screen of 1366 x 768
_ORIENTATION = QImageIOHandler.Transformation
_QUARTER_TURNS = (
    _ORIENTATION.TransformationRotate90,
    _ORIENTATION.TransformationRotate270,
    _ORIENTATION.TransformationMirrorAndRotate90,
    _ORIENTATION.TransformationFlipAndRotate90,
)


def read_thumbnail(path: str, size: QSize = SIZE) -> QImage:
    """Read a photo scaled to fit `size`, with EXIF orientation applied; a null image when Qt cannot read it.

    JPEG is decoded at the reduced size, which is fast even for large photos. Thread-safe.
    """
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    full = reader.size()
    if full.isValid():
        # The size applies to the stored pixels, before EXIF rotates the photo by 90 degrees.
        rotated = reader.transformation() in _QUARTER_TURNS  # type: ignore[comparison-overlap]
        box = size.transposed() if rotated else size
        if full.width() > box.width() or full.height() > box.height():
            reader.setScaledSize(full.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)))
    return reader.read()


class ThumbnailLoader(QObject):
    """Caches the thumbnails of a list of photos.

    Signals:
        loaded(photo): a thumbnail was read.
    """

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
            # Newest request first: the user has just scrolled there.
            self._background.run(
                lambda: read_thumbnail(photo), lambda image: self._arrived(photo, image), newest_first=True
            )
        return self._pixmaps[photo]

    def forget(self, photo: str) -> None:
        """Discard a thumbnail."""
        self._pixmaps.pop(photo, None)

    def close(self) -> None:
        """End the reading thread."""
        self._background.close()

    def _arrived(self, photo: str, image: QImage) -> None:
        if photo in self._pixmaps and not image.isNull():
            self._pixmaps[photo] = _framed(image)
            self.loaded.emit(photo)


def _framed(image: QImage) -> QPixmap:
    """The image centred in a pixmap of SIZE, so that all rows align."""
    pixmap = QPixmap(SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.drawImage((SIZE.width() - image.width()) // 2, (SIZE.height() - image.height()) // 2, image)
    painter.end()
    return pixmap
