"""The index manager: what indexes there are, where they reach, what they were made from, and what to do with them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Callable

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..core import index_files
from ..core.engine_client import EngineClient, EngineError
from ..core.index_files import IndexFacts, IndexFileError
from . import index_map
from .background import Background
from .index_builder import IndexBuilder
from .index_map import IndexCoverage
from .index_table import IndexTable
from .plain_text import plain


class IndexManager(QDialog):
    """A window beside the map. What takes time runs on other threads or in an engine of its own.

    Args:
        canvas: shows where the chosen indexes reach.
        own: folders of the indexes that come along with the engine, where they are known; they are not deleted.

    Signals:
        indexes_changed(): there is another index, or one less.
    """

    indexes_changed = pyqtSignal()

    def __init__(self, canvas, own: Callable[[], list[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("EarthLoc indexes"))
        self.setObjectName("index_manager")
        self.coverage = IndexCoverage(canvas)
        self._known_own = own
        self._background = Background(self)
        self._client = EngineClient(settings.engine_command(), self)
        self._next = ""  # path of the index to choose when the table is filled again
        self.table = IndexTable(self)
        self.builder = IndexBuilder(self._client, canvas, self)
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
        self.resize(960, 640)
        self.table.itemSelectionChanged.connect(self._selected)
        self.builder.built.connect(self._added)
        self._client.ready.connect(self.refresh)
        self._selected()

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name, text, deed in (
            ("show", self.tr("Zoom to"), lambda: self.coverage.zoom_to(self.table.chosen())),
            ("tiles", self.tr("Tiles on the map"), self._show_tiles),
            ("verify", self.tr("Check"), self._verify),
            ("export", self.tr("Export…"), self._export),
            ("import", self.tr("Import…"), self._import),
            ("server", self.tr("Add from Milvus…"), self._add_server),
            ("delete", self.tr("Delete…"), self._delete),
        ):
            button = QPushButton(text, self)
            button.setObjectName(f"index_{name}_button")
            button.setAutoDefault(False)  # Enter in a field below confirms what is typed there
            button.clicked.connect(deed)
            row.addWidget(button)
            self.buttons[name] = button
        row.addStretch(1)
        return row

    def open(self) -> None:
        """Shows the window with what indexes there are now."""
        self._client.set_command(settings.engine_command())
        self.refresh()
        if not self._own():  # an engine tells as it starts; without one there is nothing to list
            self._client.request("index/list", {"folder": settings.index_folder()})
        self.show()
        self.raise_()

    def refresh(self) -> None:
        """Lists the indexes again, on another thread."""
        folder, further = settings.index_folder(), [*settings.known_indexes(), *self._own()]
        self._background.run(lambda: index_files.find_indexes(folder, further), self._fill)

    def close_threads(self) -> None:
        """Ends what runs; for when the plugin is unloaded."""
        self.coverage.clear()
        self._background.close()
        self._client.close()

    def closeEvent(self, event) -> None:
        """A build goes on behind the closed window; the map is cleared."""
        self.coverage.clear()
        super().closeEvent(event)

    def _own(self) -> list[str]:
        """Folders of the indexes that come along with the engine, as soon as one has started."""
        return self._known_own() or self._client.own_indexes

    # --- the table and the map ---------------------------------------------------------------------

    def _fill(self, facts: list[IndexFacts]) -> None:
        chosen = {self._next} if self._next else {index.path for index in self.table.chosen()}
        self._next = ""
        self.table.fill(facts, chosen)
        self._selected()

    def _selected(self) -> None:
        chosen = self.table.chosen()
        if not self.table.facts:
            self.hint.setText(self.tr("There is no index yet. Build one below, or import one that is zipped."))
        else:
            self.hint.setText("" if chosen else self.tr("Choose an index to see on the map where it reaches."))
        self.hint.setVisible(not chosen)
        one = len(chosen) == 1
        self.buttons["verify"].setEnabled(one)
        for name in ("tiles", "export"):
            self.buttons[name].setEnabled(one and not chosen[0].server)
        self.buttons["show"].setEnabled(bool(chosen))
        own = {str(Path(path)) for path in self._own()}
        self.buttons["delete"].setEnabled(one and chosen[0].path not in own)
        self.coverage.show(chosen)

    def _show_tiles(self) -> None:
        index = self.table.chosen()[0]
        folder = settings.index_folder()
        path, there = index_map.outlines_path(index, folder)
        if there:
            self._add_tiles(index, path)
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._say(self.tr("The tiles of {name} are being drawn.").format(name=index.name))

        def drawn(progress: dict) -> None:
            if progress.get("total"):
                text = self.tr("{name}: {done} of {total} tiles are drawn.")
                self._say(text.format(name=index.name, done=progress.get("done"), total=progress["total"]))

        params = {"index": index.path, "out": str(path)}
        self._client.request(
            "index/tiles", params, lambda _: self._add_tiles(index, path), lambda error: self._say(error.message), drawn
        )

    def _add_tiles(self, index: IndexFacts, path: Path) -> None:
        layer = index_map.add_to_map(index, path)
        if layer is None:
            self._say(self.tr("{path} is damaged; delete it and try again.").format(path=path))
        else:
            text = self.tr("{layer} is on the map, the widest switched on.")
            self._say(text.format(layer=layer.name()))

    # --- deeds -------------------------------------------------------------------------------------

    def _verify(self) -> None:
        index = self.table.chosen()[0]
        self._check(index.path, index.name, bool(index.server))

    def _check(self, path: str, name: str, on_server: bool = False) -> None:
        self._say(self.tr("{name} is being checked.").format(name=name))

        def whole(result: dict) -> None:
            if on_server:
                text = self.tr("{name}: all tiles that were pushed are there.")
            else:
                text = self.tr("{name}: {n} files, all as they were written.")
            self._say(text.format(name=name, n=result.get("files", 0)))

        def broken(error: EngineError) -> None:
            self._say(error.message)

        self._client.request("index/verify", {"index": path}, whole, broken)

    def _export(self) -> None:
        index = self.table.chosen()[0]
        suggestion = str(
            Path(settings.index_folder()).parent / f"{index_files.file_name(index.name)}.earthloc-index.zip"
        )
        archive, _ = QFileDialog.getSaveFileName(self, self.tr("Export index"), suggestion, "*.zip")
        if archive:
            self.export_to(index, archive)

    def export_to(self, index: IndexFacts, archive: str) -> None:
        """Packs an index, on another thread."""
        self._say(self.tr("{name} is being packed.").format(name=index.name))
        done = self.tr("{name} is in {archive}.").format(name=index.name, archive=archive)
        self._try(lambda: index_files.pack(index.path, archive), lambda _: self._say(done))

    def _import(self) -> None:
        archive, _ = QFileDialog.getOpenFileName(self, self.tr("Import index"), "", "*.zip")
        if archive:
            self.import_from(archive)

    def import_from(self, archive: str) -> None:
        """Unpacks an index into the folder of indexes, on another thread, and has the engine check it."""
        self._say(self.tr("{archive} is being unpacked.").format(archive=archive))
        into = settings.index_folder()

        def unpacked(path: str) -> None:
            self._added(path)
            self._check(path, Path(path).name)

        self._try(lambda: index_files.unpack(archive, into), unpacked)

    def _add_server(self) -> None:
        lines = (
            self.tr("Address of the index, milvus://HOST:PORT/NAME."),
            self.tr("Its server then gets descriptors and nadirs of the photos"),
            self.tr("that are searched in it, no pictures."),
        )
        address, agreed = QInputDialog.getText(self, self.tr("Add an index on Milvus"), "\n".join(lines))
        if agreed and address.strip():
            self.add_server(address.strip())

    def add_server(self, address: str) -> None:
        """Has the engine make a folder among the indexes that stands for one on Milvus."""
        self._say(self.tr("{address} is being asked.").format(address=address))
        out = index_files.free_folder(settings.index_folder(), address.rstrip("/").rsplit("/", 1)[-1])

        def linked(info: dict) -> None:
            self._say(self.tr("{name}: {n} tiles on {address}.").format(
                name=info.get("name"), n=f"{info.get('count', 0):,}", address=address))  # fmt: skip
            self._added(str(out))

        params = {"address": address, "out": str(out), "imagery": None}
        self._client.request("index/link", params, linked, lambda error: self._say(error.message))

    def _delete(self) -> None:
        index = self.table.chosen()[0]
        if index.server:
            question = self.tr("Take {name} off this list? On its server it stays.")
        else:
            question = self.tr("Delete {name} ({path}) for good? Results made with it stay.")
        question = plain(question.format(name=index.name, path=index.path))
        answer = QMessageBox.question(self, self.tr("Delete index"), question)
        if answer == QMessageBox.StandardButton.Yes:
            self.delete(index)

    def delete(self, index: IndexFacts) -> None:
        """Deletes an index, on another thread."""
        done = self.tr("{name} is off this list.") if index.server else self.tr("{name} is deleted.")
        outlines, _ = index_map.outlines_path(index, settings.index_folder())

        def deleted(_: None) -> None:
            if not index_map.in_project(outlines):
                with contextlib.suppress(OSError):  # another program looks at it
                    outlines.unlink(missing_ok=True)
            self._say(done.format(name=index.name))
            self._changed()

        self._try(lambda: index_files.delete(index.path), deleted)

    def _try(self, work: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        """Runs `work` on another thread; what it complains of is said."""

        def attempt() -> tuple[Any, str]:
            try:
                return work(), ""
            except IndexFileError as error:
                return None, str(error)

        def then(answer: tuple[Any, str]) -> None:
            result, problem = answer
            if problem:
                self._say(problem)
            else:
                on_done(result)

        self._background.run(attempt, then, on_error=self._say)

    def _added(self, path: str) -> None:
        self._next = str(Path(path))
        self._changed()

    def _changed(self) -> None:
        self.refresh()
        self.indexes_changed.emit()

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
