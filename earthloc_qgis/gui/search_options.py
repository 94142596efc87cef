"""The search options of the panel: indexes, radius around the nadir, number of candidates, imagery."""

from __future__ import annotations

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from .. import settings
from ..core.engine_client import EngineClient
from .compat import current_project
from .imagery_chooser import ImageryChooser
from .index_chooser import IndexChooser
from .language_model_options import LanguageModelOptions
from .options_page import radius_box, top_k_box


class SearchOptions(QWidget):
    """Controls above the Localize button. Every change is saved in the settings immediately.

    `include_reviewed` is the exception: it can discard work of people, so it must be ticked for each run.

    Signals:
        changed(): an option changed.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None, client: EngineClient | None = None) -> None:
        super().__init__(parent)
        self.indexes = IndexChooser(self)
        self.use_nadir = QCheckBox(self.tr("Near the nadir, within"), self)
        self.use_nadir.setObjectName("use_nadir_box")
        self.use_nadir.setToolTip(
            self.tr("If the nadir of a photo is known, search only around it. Untick if you do not trust it.")
        )
        self.radius = radius_box(self)
        self.radius.setObjectName("radius_box")
        self.radius.setAccessibleName(self.tr("Radius around the nadir in km"))
        self.top_k = top_k_box(self)
        self.top_k.setObjectName("top_k_box")
        self.top_k.setAccessibleName(self.tr("Candidates per photo"))
        self.top_k.setToolTip(self.tr("Number of candidates listed and drawn for each photo"))
        self.register = QCheckBox(self.tr("Fit photos to imagery (precise, takes seconds)"), self)
        self.register.setObjectName("register_box")
        self.register.setToolTip(
            self.tr("Finds the precise footprint and its confidence. Without fitting, footprints are rough estimates.")
        )
        self.where = QCheckBox(self.tr("Say where it could be"), self)
        self.where.setObjectName("where_box")
        self.where.setToolTip(
            self.tr("For photos that cannot be located: areas that hold them with 50, 90 and 99 %, to search in")
        )
        self.language_model = LanguageModelOptions(self)
        self.include_reviewed = QCheckBox(self.tr("Also locate reviewed photos again"), self)
        self.include_reviewed.setObjectName("include_reviewed_box")
        self.include_reviewed.setToolTip(
            self.tr("Otherwise reviewed photos are skipped. Applies to the next run only. The decisions stay in the"
                    " history, and the review can bring them back.")
        )  # fmt: skip
        self.imagery = ImageryChooser(current_project(), self, client)
        self.load()
        first = QHBoxLayout()
        first.addWidget(QLabel(self.tr("Search in"), self))
        first.addWidget(self.indexes, 1)
        second = QHBoxLayout()
        second.addWidget(self.use_nadir)
        second.addWidget(self.radius)
        second.addStretch(1)
        third = QHBoxLayout()  # a row of its own: translations are long, and the panel shall stay narrow
        third.addWidget(QLabel(self.tr("Candidates"), self))
        third.addWidget(self.top_k)
        third.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addLayout(third)
        layout.addWidget(self.register)
        layout.addWidget(self.imagery)
        layout.addWidget(self.where)
        layout.addWidget(self.language_model)
        layout.addWidget(self.include_reviewed)
        self.use_nadir.toggled.connect(self._save)
        self.radius.valueChanged.connect(self._save)
        self.top_k.valueChanged.connect(self._save)
        self.register.toggled.connect(self._save)
        self.where.toggled.connect(self._save)
        self.indexes.chosen_changed.connect(lambda: self.imagery.set_none_available(self.indexes.none_has_imagery()))
        self.indexes.chosen_changed.connect(self.changed)
        self.imagery.note_changed.connect(self.changed)

    def summary(self) -> str:
        """The options in one line, for the header of the folded section."""
        chosen = self.indexes.combo.checkedItems()
        names = ", ".join(text.partition(" (")[0] for text in chosen)
        parts = [self.tr("Search in {names}").format(names=names) if names else self.tr("Search: tick an index")]
        if self.use_nadir.isChecked():
            parts.append(self.tr("within {n} km of the nadir").format(n=f"{self.radius.value():,.0f}"))
        if not self.register.isChecked():
            parts.append(self.tr("not fitted"))
        elif self.imagery.is_missing():
            parts.append(self.tr("no imagery to fit to"))
        else:
            parts.append(self.tr("fitted to imagery"))
        return " · ".join(parts)

    def close_down(self) -> None:
        """End the threads and disconnect from the project."""
        self.indexes.close_threads()
        self.imagery.close_down()

    def load(self) -> None:
        """Load the settings into the widgets."""
        widgets = (self.use_nadir, self.radius, self.top_k, self.register, self.where)
        for widget in widgets:
            widget.blockSignals(True)
        self.use_nadir.setChecked(settings.use_nadir())
        self.radius.setValue(settings.radius_km())
        self.radius.setEnabled(settings.use_nadir())
        self.top_k.setValue(settings.top_k())
        self.register.setChecked(settings.register())
        self.where.setChecked(settings.where())
        self.imagery.setVisible(settings.register())
        self.language_model.load()
        self.language_model.setVisible(settings.where())
        for widget in widgets:
            widget.blockSignals(False)
        self.changed.emit()

    def _save(self, *_: object) -> None:
        settings.set_use_nadir(self.use_nadir.isChecked())
        settings.set_radius_km(self.radius.value())
        settings.set_top_k(self.top_k.value())
        settings.set_register(self.register.isChecked())
        settings.set_where(self.where.isChecked())
        self.imagery.setVisible(self.register.isChecked())
        self.language_model.setVisible(self.where.isChecked())
        self.radius.setEnabled(self.use_nadir.isChecked())
        self.changed.emit()
