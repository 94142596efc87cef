"""The review window: queue, photo, candidates, decisions, and their connection to the map."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ... import settings
from ...contract.protocol import PrepareResults
from ...contract.status import DecisionKind
from ...core.engine_client import EngineClient, EngineSession
from ...core.result_layer import reload_layers
from ..compat import current_project
from ..plain_text import escaped
from .correction.correct_mode import CorrectMode
from .correction.search_here import SearchHere
from .correction.tie_points import TiePointEditor
from .model.controller import ReviewController
from .model.picture import FULL_PX, PictureLoader
from .model.tile_pictures import TilePictures
from .model.working_state import WorkingState, fitted_rank, north_up_deg
from .view.actions import ReviewActions, ShortcutFilter, add_actions
from .view.candidate_strip import CandidateStrip
from .view.decision_bar import DecisionBar, StatusLine
from .view.export_actions import ExportActions
from .view.photo_view import PhotoView
from .view.queue_view import EmptyQueue, QueueView
from .view.review_map import ReviewMap
from .view.search_area import SearchArea
from .view.tool_bar import ImageryMenu, ReviewToolBar


class ReviewWindow(QWidget):
    """The content of the review dock.

    Args:
        canvas: the map canvas.
        client: of the engine.
        indexes: returns the folders of all known indexes.

    Signals:
        message(text): a warning for the message bar.
        written(text): an export was written.
    """

    message = pyqtSignal(str)
    written = pyqtSignal(str)

    def __init__(
        self, canvas, client: EngineClient, indexes: Callable[[], list[str]], parent: Optional[QWidget] = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("EarthLocReview")
        self._indexes = indexes
        self.is_closed = False
        self._on_screen = False
        self.controller = ReviewController(self)
        self.session = EngineSession(client)
        self.pictures = PictureLoader(self.session, self)
        self.tiles = TilePictures(self.session, self)
        self.map = ReviewMap(canvas, self)
        self.commands = ReviewActions(self)
        self.photo = PhotoView(self)
        tie_points = TiePointEditor(self.controller, self.session, self._sources, self)
        search = SearchHere(self.controller, self.session, indexes, self)
        self.correct = CorrectMode(self.controller, tie_points, search, self.photo, self.map, self.commands, self)
        add_actions(self)
        self._make_widgets(canvas)
        self._lay_out()
        self._connect()
        self._map_keys = ShortcutFilter([canvas], self.commands, self._has_map_shortcuts)
        self._show_empty()

    def open(self, results: Path, photo: str = "") -> None:
        """Open a results GeoPackage for review. `photo` becomes current; "" keeps the current one."""
        if photo:
            self.queue.prefer(photo)
        self.controller.open(results)

    def take_focus(self) -> None:
        """Set the keyboard focus to the photo, or to the window while there is no photo."""
        (self.photo if self.photo.isVisible() else self).setFocus()

    def close_down(self) -> None:
        """Write pending decisions, cancel requests, end all threads, clear the map."""
        self.is_closed = True
        self._map_keys.stop()
        self.correct.close()
        self.export.close()
        self.controller.close()
        self.session.close()
        self.pictures.close()
        self.map.remove()

    def showEvent(self, event) -> None:
        """Show the marks on the map again."""
        super().showEvent(event)
        self.set_on_screen(True)

    def hideEvent(self, event) -> None:
        """Hide the marks on the map."""
        super().hideEvent(event)
        self.set_on_screen(False)

    def set_on_screen(self, on: bool) -> None:
        """Show or hide the marks on the map; while hidden, the shortcuts do not work on the map."""
        self._on_screen = on
        if not on:
            for name in ("blink", "swipe", "ties", "hand", "search_circle"):
                self.commands[name].setChecked(False)
        self.map.set_visible(on, on and self.commands["overlay"].isChecked())

    def _has_map_shortcuts(self) -> bool:
        """Whether shortcuts work on the map. While a layer is edited, undo and delete are for the layer."""
        layer = self.map.canvas.currentLayer()
        edited = isinstance(layer, QgsVectorLayer) and layer.isEditable()
        return self._on_screen and bool(self.controller.current) and not edited

    # --- widgets -----------------------------------------------------------------------------------

    def _make_widgets(self, canvas) -> None:
        self.queue = QueueView(self.controller.model, self)
        self.tools = ReviewToolBar(self.commands, self.map.overlay, canvas, self)
        self.export = ExportActions(self._results, self)
        self.imagery = ImageryMenu(self)
        self.tools.add_menu(self.tr("Imagery to compare with"), "mIconRaster", self.imagery.menu)
        self.tools.add_menu(self.tr("Export"), "mActionSharingExport", self.export.menu)
        self.strip = CandidateStrip(self)
        self.decisions = DecisionBar(self.commands, self)
        self.status = StatusLine(self)
        self.search_area = SearchArea(self.controller, self.map, self)
        self.empty = EmptyQueue(self)

    def _lay_out(self) -> None:
        lower = QWidget(self)
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.tools)
        photo_row = QHBoxLayout()
        photo_row.setSpacing(3)
        photo_row.addWidget(self.photo, 1)
        photo_row.addWidget(self.strip)
        column.addLayout(photo_row, 1)
        column.addWidget(self.status)
        column.addWidget(self.search_area.view)
        column.addWidget(self.decisions)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(self.queue)
        self.splitter.addWidget(lower)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 4)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([150, 490])
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addWidget(self.stack)
        tab_order = [*self.queue.tab_order(), self.photo, self.strip, *self.decisions.tab_order()]
        for first, second in zip(tab_order, tab_order[1:]):
            self.setTabOrder(first, second)
        # Line edits keep all keys for typing.
        ShortcutFilter([self, *(widget for widget in tab_order if not isinstance(widget, QLineEdit))], self.commands)

    def _connect(self) -> None:
        controller = self.controller
        self.queue.current_changed.connect(controller.select)
        self.queue.selection_changed.connect(self.decisions.show_count)
        controller.current_changed.connect(self._show_photo)
        controller.working_changed.connect(self._show_working)
        controller.decided.connect(self._decided)
        controller.earlier_changed.connect(lambda: self.decisions.show_earlier(controller.earlier()))
        controller.stored.connect(self._repaint_footprints)
        controller.conflict.connect(self.status.show_conflict)
        controller.message.connect(self.message)
        self.imagery.changed.connect(lambda: self._request_tiles())
        self.export.message.connect(self.message)
        self.export.written.connect(self.written)
        self.correct.message.connect(self._show_message)
        controller.recorder.loaded.connect(lambda *_: self._loaded())
        controller.recorder.outdated.connect(self._upgrade_file)
        controller.recorder.waiting.connect(self.status.show_waiting)
        controller.model.modelReset.connect(self._show_empty)
        controller.undo_stack.canUndoChanged.connect(self.commands["undo"].setEnabled)
        controller.undo_stack.canRedoChanged.connect(self.commands["redo"].setEnabled)
        self.commands["undo"].setEnabled(False)
        self.commands["redo"].setEnabled(False)
        self.pictures.ready.connect(self._picture_ready)
        self.tiles.arrived.connect(self.strip.candidates.set_tile)
        self.strip.chosen.connect(controller.choose)
        self.photo.hovered.connect(self.map.show_cursor)
        self.photo.left.connect(self.map.hide_cursor)
        self.photo.detail_wanted.connect(self._want_detail)
        self.map.hovered.connect(self.photo.show_cursor)
        self.decisions.note.returnPressed.connect(self.photo.setFocus)

    # --- deciding ----------------------------------------------------------------------------------

    def decide(self, decision: DecisionKind) -> None:
        """Record a decision on the selected photos and go to the next unreviewed one."""
        paths = self.queue.selected()
        if not paths:
            return
        self.controller.decide(decision, paths, self.decisions.note.text().strip())
        if not self.queue.go_to_next_unreviewed():
            self._show_working()
            self.status.setText(self.tr("All photos in this list are reviewed. Export them with the arrow button at "
                                        "the upper right."))  # fmt: skip

    def _decided(self, items: list) -> None:
        self.decisions.show_earlier(self.controller.earlier())
        if any(item.path == self.controller.current for item in items):
            self._show_note()

    def _repaint_footprints(self, items: list) -> None:
        """Redraw the footprints on the map in the colours of their decisions."""
        reload_layers(current_project(), [item.path for item in items], self._results())

    def _results(self) -> Path:
        """The results GeoPackage under review. Raises RuntimeError when none is open."""
        file = self.controller.recorder.file
        if file is None:
            raise RuntimeError("call open() first")
        return file.path

    # --- display -----------------------------------------------------------------------------------

    def _loaded(self) -> None:
        self.queue.show_missions()
        self._show_empty()

    def _show_empty(self) -> None:
        """Show the hint for an empty queue or an empty filter result, if needed."""
        total = self.controller.model.counts()[1]
        shown = self.controller.model.rowCount()
        self.stack.setCurrentWidget(self.splitter if total else self.empty)
        if self.hasFocus():
            self.take_focus()
        self.decisions.set_enabled(shown > 0)
        if total and not shown:
            self.status.setText(self.tr("No photo matches the filter. Choose “All photos” above."))

    def _show_photo(self, path: str) -> None:
        """Show another photo: its picture immediately if it is cached, everything else after reading."""
        self.map.clear()
        self.strip.show_candidates([], 0)
        self._show_note()
        if not path:
            self.photo.show_picture(None, "")
            return
        self.queue.select(path)
        picture = self.pictures.load(path)
        if picture is not None:
            self._picture_ready(path, picture)
        else:
            self.photo.show_picture(None, self.tr("Reading…"))
        self.status.setText("")

    def _picture_ready(self, path: str, picture) -> None:
        if path != self.controller.current:
            return
        if picture is None:
            self.photo.show_picture(None, self.tr("{path} cannot be read. It may have been moved or renamed.").format(
                path=path))  # fmt: skip
        else:
            self.photo.show_picture(picture)
            self.strip.candidates.set_photo(picture.image)
            self.map.show_image(picture.image)
        upcoming = self.queue.next_path()
        if upcoming and picture is not None:
            self.pictures.load(upcoming)

    def _show_working(self) -> None:
        """Show candidates, camera and outline of the working state."""
        working = self.controller.working
        if working is None:
            return
        candidates = working.shown.get("candidates") or []
        if self.strip.candidates.rowCount() != len(candidates) or self.strip.candidates.candidate(0) not in candidates:
            self.strip.show_candidates(candidates, fitted_rank(working.saved) if working.saved.get("pose") else 0)
            picture = self.pictures.load(working.path)
            if picture is not None:
                self.strip.candidates.set_photo(picture.image)
            self._request_tiles()
        self.strip.select(working.rank)
        camera = working.camera()
        self.set_north(self.commands["north"].isChecked())
        self.map.show_working(working, camera)
        self._show_status(working)

    def _request_tiles(self) -> None:
        candidates = (
            self.controller.working.shown.get("candidates") if self.controller.working is not None else None
        ) or []
        has_engine = settings.find_engine() is not None
        self.tiles.request(candidates, self._indexes() if has_engine else [], settings.imagery().spec())

    def _show_status(self, working: WorkingState) -> None:
        self.status.describe(working, self.controller.model.item(working.path), self.photo.editing)

    def _show_message(self, text: str) -> None:
        if text:
            self.status.setText(escaped(text))
        elif self.controller.working is not None:
            self._show_status(self.controller.working)

    def _sources(self) -> tuple[list[str], Optional[str]]:
        """Sources for tile pictures and snapping: index folders, and imagery or None."""
        return self._indexes(), settings.imagery().spec()

    def _show_note(self) -> None:
        item = self.controller.model.item(self.controller.current) if self.controller.current else None
        if not self.decisions.note.hasFocus():
            self.decisions.note.setText(item.note if item is not None else "")
        if self.controller.working is not None and self.controller.working.path == self.controller.current:
            self._show_status(self.controller.working)

    def _upgrade_file(self) -> None:
        """Let the engine upgrade a results file of an older version."""
        results = str(self._results())
        self.session.request(
            PrepareResults(results), on_result=lambda *_: self.controller.recorder.reload(),
            on_error=lambda error: self.message.emit(error.message),
        )  # fmt: skip

    # --- the photo ---------------------------------------------------------------------------------

    def set_north(self, on: bool) -> None:
        """Switch north up on or off. When on, it applies to the following photos too."""
        working = self.controller.working
        if on and working is not None:
            self.photo.rotate_to(north_up_deg(working.camera()))

    def rotate(self) -> None:
        """Rotate the photo by 90 degrees."""
        self.commands["north"].setChecked(False)
        self.photo.rotate_to(self.photo.rotation_deg + 90.0)

    def _want_detail(self) -> None:
        picture = self.pictures.load(self.controller.current, FULL_PX)
        if picture is not None:
            self.photo.show_picture(picture)
