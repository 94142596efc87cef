"""Where the photo under review could be: a sentence, and a button that shows it on the map."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtWidgets import QWidget

from ....contract.localization import Where
from ....contract.status import LOCATED, USABLE
from ...where_view import WhereView
from ..model.controller import ReviewController
from .review_map import ReviewMap


class SearchArea(QObject):
    """Fills `view`, which is hidden where there is nothing to search: a photo that is located, or was accepted."""

    def __init__(self, controller: ReviewController, review_map: ReviewMap, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = WhereView(parent)
        self._controller = controller
        controller.current_changed.connect(lambda _: self.view.show_where(None))
        controller.working_changed.connect(self._describe)
        controller.decided.connect(lambda _: self._describe())
        self.view.wanted.connect(lambda: review_map.show_area(self._where()))

    def _describe(self) -> None:
        self.view.show_where(self._where())

    def _where(self) -> Optional[Where]:
        working = self._controller.working
        if working is None:
            return None
        item = self._controller.model.item(working.path)
        if working.saved.get("status") == LOCATED or (item is not None and item.review in USABLE):
            return None
        return working.engine.get("where")
