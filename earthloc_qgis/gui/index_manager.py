"""The index manager: lists indexes with their facts and regions; builds, checks, exports, imports and deletes them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Callable

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QInputDialog,
    QLabel,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..contract.protocol import IndexTiles, LinkIndex, ListIndexes, VerifyIndex
from ..core import index_files
from ..core.engine_client import EngineClient, EngineError, EngineSession
from ..core.index_files import IndexFacts, IndexFileError
from . import index_map
from .background import Background
from .index_builder import IndexBuilder
from .index_map import IndexCoverage
from .index_table import IndexTable
from .plain_text import plain
from .window_place import move_beside

_SIZE = QSize(960, 640)


class IndexManager(QDialog):
    """A dialog beside the map. Long tasks run on another thread or in a separate engine.

    Args:
        canvas: the map canvas, which shows the regions of the selected indexes.
        bundled: returns the folders of the indexes bundled with the engine, if known. They cannot be deleted.

    Signals:
        indexes_changed(): an index was added or deleted.
    """

    indexes_changed = pyqtSignal()

    def __init__(self, canvas, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("EarthLoc indexes"))
        self.setObjectName("index_manager")
        self.coverage = IndexCoverage(canvas)
        self._background = Background(self)
        self._canvas, self._client = canvas, client
        self._session = EngineSession(client)
        self._select_next = ""  # path of the index to select when the table is filled
        self.table = IndexTable(self)
        self.builder = IndexBuilder(self._session, canvas, self)
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        self.state = QLabel(self)
        self.state.setObjectName("index_state_label")
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons: dict[str, QPushButton] = {}
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.hint)
        layout.addLayout(self._make_buttons())
        layout.addWidget(self.state)
        layout.addWidget(self.builder)
        self.table.itemSelectionChanged.connect(self._selected)
        self.builder.built.connect(self._added)
        self._client.ready.connect(self.refresh)
        self._selected()

    def _make_buttons(self) -> QGridLayout:
        grid = QGridLayout()  # two rows: the window is narrow, so that it does not cover the map
        for number, (name, text, callback) in enumerate(
            (
                ("show", self.tr("Zoom to"), lambda: self.coverage.zoom_to(self.table.chosen())),
                ("tiles", self.tr("Tiles on the map"), self._show_tiles),
                ("verify", self.tr("Check"), self._verify),
                ("export", self.tr("Export…"), self._export),
                ("import", self.tr("Import…"), self._import),
                ("server", self.tr("Add from Milvus…"), self._add_server),
                ("delete", self.tr("Delete…"), self._delete),
            )
        ):
            button = QPushButton(text, self)
            button.setObjectName(f"index_{name}_button")
            button.setAutoDefault(False)  # Enter must confirm the text typed in a field below
            button.clicked.connect(callback)
            grid.addWidget(button, number // 4, number % 4)
            self.buttons[name] = button
        return grid

    def open(self) -> None:
        """Show the dialog with the current indexes, beside the map."""
        self.refresh()
        if not self._client.included_indexes:  # an engine reports its included indexes when it starts
            self._session.request(ListIndexes(settings.index_folder()))
        if not self.isVisible():
            move_beside(self, self._canvas, _SIZE)
        self.show()
        self.raise_()

    def refresh(self) -> None:
        """List the indexes again, on another thread."""
        folder, further = settings.index_folder(), [*settings.known_indexes(), *self._client.included_indexes]
        self._background.run(lambda: index_files.find_indexes(folder, further), self._fill)

    def close_threads(self) -> None:
        """End threads and requests when the plugin is unloaded."""
        self.coverage.clear()
        self._background.close()
        self._session.close()

    def closeEvent(self, event) -> None:
        """Clear the map. A build continues after closing."""
        self.coverage.clear()
        super().closeEvent(event)

    # --- the table and the map ---------------------------------------------------------------------

    def _fill(self, facts: list[IndexFacts]) -> None:
        chosen = {self._select_next} if self._select_next else {index.path for index in self.table.chosen()}
        self._select_next = ""
        self.table.fill(facts, chosen)
        self._selected()

    def _selected(self) -> None:
        chosen = self.table.chosen()
        if not self.table.facts:
            self.hint.setText(self.tr("There is no index yet. Build one below, or import one from a zip file."))
        else:
            self.hint.setText("" if chosen else self.tr("Choose an index to see its region on the map."))
        self.hint.setVisible(not chosen)
        one = len(chosen) == 1
        self.buttons["verify"].setEnabled(one)
        for name in ("tiles", "export"):
            self.buttons[name].setEnabled(one and not chosen[0].server)
        self.buttons["show"].setEnabled(bool(chosen))
        bundled = {str(Path(path)) for path in self._client.included_indexes}
        self.buttons["delete"].setEnabled(one and chosen[0].path not in bundled)
        self.coverage.show(chosen)

    def _show_tiles(self) -> None:
        index = self.table.chosen()[0]
        folder = settings.index_folder()
        path, there = index_map.outlines_path(index, folder)
        if there:
            self._add_tiles(index, path)
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._show_state(self.tr("Drawing the tiles of {name}…").format(name=index.name))

        def drawn(progress: dict) -> None:
            if progress.get("total"):
                text = self.tr("{name}: {done} of {total} tiles drawn")
                self._show_state(text.format(name=index.name, done=progress.get("done"), total=progress["total"]))

        self._session.request(
            IndexTiles(index.path, str(path)),
            lambda _: self._add_tiles(index, path),
            lambda error: self._show_state(error.message),
            drawn,
        )

    def _add_tiles(self, index: IndexFacts, path: Path) -> None:
        layer = index_map.add_to_map(index, path)
        if layer is None:
            self._show_state(self.tr("{path} is damaged. Delete it and try again.").format(path=path))
        else:
            text = self.tr("{layer} was added to the map; only the widest tiles are visible.")
            self._show_state(text.format(layer=layer.name()))

    # --- actions -----------------------------------------------------------------------------------

    def _verify(self) -> None:
        index = self.table.chosen()[0]
        self._check(index.path, index.name, bool(index.server))

    def _check(self, path: str, name: str, on_server: bool = False) -> None:
        self._show_state(self.tr("Checking {name}…").format(name=name))

        def passed(result: dict) -> None:
            if on_server:
                text = self.tr("{name}: the server has all tiles.")
            else:
                text = self.tr("{name}: {n} files, all intact")
            self._show_state(text.format(name=name, n=result.get("files", 0)))

        def failed(error: EngineError) -> None:
            self._show_state(error.message)

        self._session.request(VerifyIndex(path), passed, failed)

    def _export(self) -> None:
        index = self.table.chosen()[0]
        suggestion = str(
            Path(settings.index_folder()).parent / f"{index_files.file_name(index.name)}.earthloc-index.zip"
        )
        archive, _ = QFileDialog.getSaveFileName(self, self.tr("Export index"), suggestion, "*.zip")
        if archive:
            self.export_to(index, archive)

    def export_to(self, index: IndexFacts, archive: str) -> None:
        """Pack an index into a zip file, on another thread."""
        self._show_state(self.tr("Packing {name}…").format(name=index.name))
        done = self.tr("{name} was exported to {archive}.").format(name=index.name, archive=archive)
        self._try(lambda: index_files.pack(index.path, archive), lambda _: self._show_state(done))

    def _import(self) -> None:
        archive, _ = QFileDialog.getOpenFileName(self, self.tr("Import index"), "", "*.zip")
        if archive:
            self.import_from(archive)

    def import_from(self, archive: str) -> None:
        """Unpack an index into the folder of indexes, on another thread, then let the engine check it."""
        self._show_state(self.tr("Unpacking {archive}…").format(archive=archive))
        into = settings.index_folder()

        def unpacked(path: str) -> None:
            self._added(path)
            self._check(path, Path(path).name)

        self._try(lambda: index_files.unpack(archive, into), unpacked)

    def _add_server(self) -> None:
        lines = (
            self.tr("Address of the index, milvus://HOST:PORT/NAME."),
            self.tr("For each photo searched in it, the server receives"),
            self.tr("descriptors and the nadir, but no pictures."),
        )
        address, accepted = QInputDialog.getText(self, self.tr("Add an index on Milvus"), "\n".join(lines))
        if accepted and address.strip():
            self.add_server(address.strip())

    def add_server(self, address: str) -> None:
        """Let the engine create a folder among the indexes that refers to an index on Milvus."""
        self._show_state(self.tr("Contacting {address}…").format(address=address))
        out = index_files.free_folder(settings.index_folder(), address.rstrip("/").rsplit("/", 1)[-1])

        def linked(info: dict) -> None:
            self._show_state(self.tr("{name}: {n} tiles on {address}.").format(
                name=info.get("name"), n=f"{info.get('count', 0):,}", address=address))  # fmt: skip
            self._added(str(out))

        self._session.request(LinkIndex(address, str(out)), linked, lambda error: self._show_state(error.message))

    def _delete(self) -> None:
        index = self.table.chosen()[0]
        if index.server:
            question = self.tr("Remove {name} from this list? It stays on its server.")
        else:
            question = self.tr("Delete {name} ({path}) permanently? Results made with it are kept.")
        question = plain(question.format(name=index.name, path=index.path))
        answer = QMessageBox.question(self, self.tr("Delete index"), question)
        if answer == QMessageBox.StandardButton.Yes:
            self.delete(index)

    def delete(self, index: IndexFacts) -> None:
        """Delete an index, on another thread."""
        done = self.tr("{name} was removed from this list.") if index.server else self.tr("{name} was deleted.")
        outlines, _ = index_map.outlines_path(index, settings.index_folder())

        def deleted(_: None) -> None:
            if not index_map.in_project(outlines):
                with contextlib.suppress(OSError):  # another program has it open
                    outlines.unlink(missing_ok=True)
            self._show_state(done.format(name=index.name))
            self._changed()

        self._try(lambda: index_files.delete(index.path), deleted)

    def _try(self, task: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        """Run `task` on another thread, then `on_done(result)`; show the message of an IndexFileError."""

        def attempt() -> tuple[Any, str]:
            try:
                return task(), ""
            except IndexFileError as error:
                return None, str(error)

        def then(answer: tuple[Any, str]) -> None:
            result, problem = answer
            if problem:
                self._show_state(problem)
            else:
                on_done(result)

        self._background.run(attempt, then, on_error=self._show_state)

    def _added(self, path: str) -> None:
        self._select_next = str(Path(path))
        self._changed()

    def _changed(self) -> None:
        self.refresh()
        self.indexes_changed.emit()

    def _show_state(self, text: str) -> None:
        self.state.setText(text)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
