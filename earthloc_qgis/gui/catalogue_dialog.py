"""*Add from catalogue…*: reads a catalogue, finds or fetches its photos, and adds them with what it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..contract.answers import RecordComplaint, RecordsAnswer
from ..contract.protocol import ReadRecords, RecordsQuery
from ..core.engine_client import EngineClient, EngineError, EngineSession
from ..core.resources import profile_folder
from ..core.words import lat_lon, message_in_words
from .catalogue_form import CatalogueForm, PhotosForm, note
from .plain_text import plain

_SIZE = QSize(680, 640)
_SHOWN = 200  # records


class CatalogueDialog(QDialog):
    """Three steps with a button each: read the catalogue, fetch missing photos, add the photos that are there.

    Args:
        client: the engine, which reads and fetches while other requests go on.

    Signals:
        photos_wanted(found): the user adds these photos; each a `FoundPhoto`.
    """

    photos_wanted = pyqtSignal(list)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("catalogue_dialog")
        self.setWindowTitle(self.tr("Add photos from a catalogue"))
        self._session = EngineSession(client)
        self._request: int | None = None
        self._records = 0  # in the list that was read; 0 before
        self._found: list[dict] = []
        self.catalogue = CatalogueForm(self)
        self.photos = PhotosForm(self)
        self.read_button = self._button("catalogue_read", self.tr("Read catalogue"), self.read)
        self.fetch_button = self._button("catalogue_fetch", "", self.fetch)
        self.add_button = self._button("catalogue_add", "", self.add)
        self.stop_button = self._button("catalogue_stop", self.tr("Stop"), self.stop)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("catalogue_progress")
        self.progress.setAccessibleName(self.tr("Progress"))
        self.state = note("", self)
        self.state.setObjectName("catalogue_state")
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = self._tree(
            "catalogue_table", [self.tr("Photo"), self.tr("Taken (UTC)"), self.tr("Nadir"), self.tr("File")]
        )
        self.table.setAccessibleName(self.tr("Photos in the catalogue"))
        self.complaints = self._tree("catalogue_complaints", [self.tr("Number"), self.tr("Left out"), self.tr("Where")])
        self.complaints.setAccessibleName(self.tr("What was left out of the catalogue"))
        self.complaints.setMaximumHeight(100)
        self._lay_out()
        self.catalogue.changed.connect(self._forget)
        self.photos.changed.connect(self._update)
        self.photos.folder_changed.connect(self._look_into_folder)
        self.resize(_SIZE)
        self._forget()

    @property
    def busy(self) -> bool:
        """Whether the engine is reading or fetching."""
        return self._request is not None

    def read(self) -> None:
        """Read the catalogue, without its photos."""
        missing = self.catalogue.missing()
        if missing:
            self._show(missing)
            return
        self._list.parent.mkdir(parents=True, exist_ok=True)
        form = self.catalogue
        api: RecordsQuery | None = None
        if form.from_api.isChecked():
            api = {"address": form.address.text().strip(), "query": form.query.text().strip()}
            if form.key.text().strip():
                api["key"] = form.key.text().strip()
        kind = form.kind.currentData()
        request = ReadRecords(form.paths(), kind=kind, api=api, out=str(self._list), preview=_SHOWN)
        self._send(request, self._was_read, self.tr("Reading the catalogue"))

    def fetch(self) -> None:
        """Fetch the photos that are not in the folder."""
        request = ReadRecords(
            [str(self._list)],
            kind="list",
            match=self._folder() if os.path.isdir(self._folder()) else None,
            photos=self._folder(),
            archive=self.photos.archive.text().strip(),
            size=self.photos.size_box.currentData(),
            preview=_SHOWN,
        )
        self._send(request, self._was_fetched, self.tr("Fetching photos"))

    def add(self) -> None:
        """Hand the photos over and close."""
        self.photos_wanted.emit(self._found)
        self.accept()

    def stop(self) -> None:
        """Stop reading or fetching; what was fetched stays."""
        if self._request is not None:
            self.stop_button.setEnabled(False)
            self._session.cancel(self._request)

    def close_down(self) -> None:
        """Drop the engine's answers when the plugin is unloaded."""
        self._session.close()

    def done(self, result: int) -> None:
        """Closing the window also stops what is running."""
        self.stop()
        super().done(result)

    # --- steps -------------------------------------------------------------------------------------

    @property
    def _list(self) -> Path:
        """What was read, so that the catalogue is asked only once."""
        return profile_folder() / "catalogue.csv"

    def _folder(self) -> str:
        return os.path.abspath(self.photos.path()) if self.photos.path() else ""

    def _was_read(self, answer: RecordsAnswer) -> None:
        self._records, self._found = answer["records"], []
        self._show_records(answer)
        self._show_complaints(answer["complaints"])
        self._show(self._read_in_words(answer))
        self._look_into_folder()

    def _look_into_folder(self) -> None:
        """Find the photos of the catalogue in the folder."""
        self._found = []
        if self._records and os.path.isdir(self._folder()) and not self.busy:
            request = ReadRecords([str(self._list)], kind="list", match=self._folder(), preview=_SHOWN)
            self._send(request, self._was_matched, self.tr("Looking into the folder"))
        self._update()

    def _was_matched(self, answer: RecordsAnswer) -> None:
        self._take(answer)
        text = self.tr("{n} of {total} photos are in the folder.")
        self._show(text.format(n=f"{len(self._found):,}", total=f"{self._records:,}"))

    def _was_fetched(self, answer: RecordsAnswer) -> None:
        self._take(answer)
        self._show_complaints(answer["complaints"])
        outcomes = answer["outcomes"]
        text = self.tr("Fetched: {fetched}. Not to be had: {missing}. {n} of {total} photos are in the folder.")
        missing = outcomes.get("missing", 0) + outcomes.get("changed", 0)
        counts = {
            "fetched": outcomes.get("fetched", 0),
            "missing": missing,
            "n": len(self._found),
            "total": self._records,
        }
        self._show(text.format(**{name: f"{count:,}" for name, count in counts.items()}))

    def _take(self, answer: RecordsAnswer) -> None:
        self._found = [cast(dict, photo) for photo in answer["photos"]]
        self._show_records(answer)

    def _read_in_words(self, answer: RecordsAnswer) -> str:
        if not answer["records"]:
            return self.tr("No photos were found in it.")
        text = self.tr("{n} photos, {nadir} with a nadir, {footprint} with a footprint.")
        counts = (answer["records"], answer["with_nadir"], answer["with_footprint"])
        read = text.format(**dict(zip(("n", "nadir", "footprint"), (f"{count:,}" for count in counts))))
        if self.photos.path():
            return read
        return read + " " + self.tr("Choose the folder with the photos, or a new one to fetch them into.")

    # --- requests ----------------------------------------------------------------------------------

    def _send(self, request: ReadRecords, done, what: str) -> None:
        def ended(answer: RecordsAnswer) -> None:
            self._request = None
            done(answer)
            self._update()

        self._show(what + "…")
        self.progress.setRange(0, 0)
        self._request = self._session.request(
            request, ended, self._failed, lambda params: self._progressed(what, params)
        )
        self._update()

    def _progressed(self, what: str, params: dict) -> None:
        done, total = int(params.get("done") or 0), int(params.get("total") or 0)
        if total:
            self.progress.setRange(0, total)
            self.progress.setValue(done)
            self._show(f"{what}: {done:,} / {total:,} {params.get('message') or ''}")
        elif params.get("message"):
            self._show(f"{what}: {params['message']}")

    def _failed(self, error: EngineError) -> None:
        self._request = None
        if error.kind == "cancelled":
            self._show(self.tr("Stopped. What was fetched is kept; fetching again continues there."))
        else:
            self._show(error.message)
        self._update()

    # --- widgets -----------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Another catalogue is chosen: what was read is out of date."""
        self._records, self._found = 0, []
        self.table.clear()
        self._show_complaints([])
        self._show(self.catalogue.missing())
        self._update()

    def _update(self, *_: object) -> None:
        missing = self._records - len(self._found)
        self.fetch_button.setText(self._counted(self.tr("Fetch missing photos"), missing))
        self.add_button.setText(self._counted(self.tr("Add photos"), len(self._found)))
        agreed = self.photos.agree.isChecked()
        for widget in (self.catalogue, self.photos):
            widget.setEnabled(not self.busy)
        self.read_button.setEnabled(not self.busy and not self.catalogue.missing())
        self.fetch_button.setEnabled(not self.busy and agreed and bool(self._folder()) and missing > 0)
        self.fetch_button.setVisible(agreed)
        self.add_button.setEnabled(not self.busy and bool(self._found))
        self.progress.setVisible(self.busy)
        self.stop_button.setVisible(self.busy)
        self.stop_button.setEnabled(self.busy)
        ready = self.add_button if self._found else self.fetch_button if self._records and agreed else self.read_button
        for button in (self.read_button, self.fetch_button, self.add_button):
            button.setDefault(button is ready)

    @staticmethod
    def _counted(text: str, count: int) -> str:
        return f"{text} ({count:,})" if count else text

    def _show(self, text: str) -> None:
        self.state.setText(text)

    def _show_records(self, answer: RecordsAnswer) -> None:
        self.table.clear()
        for record in answer["preview"]:
            taken = (record["taken_at"] or "").replace("T", " ").rstrip("Z")
            nadir = record["nadir"]
            place = "" if nadir is None else lat_lon(nadir[0], nadir[1], 1)
            name = os.path.basename(record["photo"] or "")
            item = QTreeWidgetItem([record["photo_id"], taken, place, name])
            item.setToolTip(0, plain(record["source"]))
            item.setToolTip(3, plain(record["photo"] or ""))
            self.table.addTopLevelItem(item)

    def _show_complaints(self, complaints: list[RecordComplaint]) -> None:
        self.complaints.clear()
        for complaint in complaints:
            where = "; ".join(complaint["examples"])
            item = QTreeWidgetItem([f"{complaint['count']:,}", message_in_words(complaint), where])
            item.setToolTip(1, plain(item.text(1)))
            item.setToolTip(2, plain("\n".join(complaint["examples"])))
            self.complaints.addTopLevelItem(item)
        self.complaints.setVisible(bool(complaints))

    def _button(self, name: str, text: str, action) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: action())
        return button

    def _tree(self, name: str, titles: list[str]) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setObjectName(name)
        tree.setHeaderLabels(titles)
        tree.setRootIsDecorated(False)
        tree.setAlternatingRowColors(True)
        tree.setUniformRowHeights(True)
        header = tree.header()
        if header is not None:
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        return tree

    def _lay_out(self) -> None:
        running = QHBoxLayout()
        running.addWidget(self.progress, 1)
        running.addWidget(self.stop_button)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        for button in (self.read_button, self.fetch_button, self.add_button):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        layout.addWidget(self.catalogue)
        layout.addWidget(self.photos)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.complaints)
        layout.addWidget(self.state)
        layout.addLayout(running)
        layout.addWidget(buttons)
