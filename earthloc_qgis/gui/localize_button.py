"""The Localize button: says on which photos it works."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QPushButton, QSizePolicy, QWidget

from .photo_model import QUEUED, RUNNING, Photo


class LocalizeButton(QPushButton):
    """Works on the selected photos if there are several, else on all photos without a result, else on the selected one.

    `scope` has the paths of these photos.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scope: list[str] = []
        self.setObjectName("localize_button")
        self.setAccessibleName(self.tr("Localize"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scope(
        self, photos: list[Photo], selected: list[str], unlocated: list[str], running: bool, has_index: bool
    ) -> None:
        """Show on which photos the button works.

        Args:
            photos: all photos of the list.
            selected: paths of the selected photos.
            unlocated: paths of the photos without a result.
            running: whether photos are being located.
            has_index: whether an index is ticked.
        """
        busy = {photo.path for photo in photos if photo.status in (QUEUED, RUNNING)}
        wanted = selected if len(selected) > 1 or not unlocated else unlocated
        scope = [path for path in wanted if path not in busy]
        again = not set(scope) & set(unlocated)
        if running and not (len(scope) > 1 or unlocated):
            scope = []  # a single selected photo does not mean that the user wants it located; F5 still works
            text = self.tr("Localizing…")
        elif again and scope:
            text = self.tr("Localize {n} again").format(n=len(scope))
        elif again:
            text = self.tr("Localize again")
        elif len(selected) > 1:
            text = self.tr("Localize {n} selected").format(n=len(scope))
        elif len(scope) == len(photos):
            text = self.tr("Localize")
        else:
            text = self.tr("Localize {n} new").format(n=len(scope))
        self.scope = scope
        self.setText(text)
        self.setVisible(bool(photos))
        self.setEnabled(bool(scope) and has_index)
        self.setToolTip("" if has_index else self.tr("Tick an index to search first"))
