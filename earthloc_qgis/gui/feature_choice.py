"""Choice of the ground resolution of the local features in a new index."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget

_RANGE_M = (2.0, 20000.0)  # the range that the engine accepts
_FIRST_M = 50.0
_FOR_THE_TILES, _CHOSEN, _NONE = range(3)


class FeatureChoice(QWidget):
    """Offers the default of the engine, a number of metres per pixel, or no local features.

    Signals:
        changed(): another resolution was chosen.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QComboBox(self)
        self.choice.setObjectName("build_features_combo")
        self.choice.addItem(self.tr("As fine as the tiles need"), _FOR_THE_TILES)
        self.choice.addItem(self.tr("As fine as"), _CHOSEN)
        self.choice.addItem(self.tr("No local features"), _NONE)
        self.metres = QDoubleSpinBox(self)
        self.metres.setObjectName("build_features_box")
        self.metres.setDecimals(1)
        self.metres.setRange(*_RANGE_M)
        self.metres.setValue(_FIRST_M)
        self.metres.setSuffix(" " + self.tr("m per pixel"))
        self.metres.setAccessibleName(self.tr("Ground size of a pixel of the local features"))
        lines = (
            self.tr("Details of the ground that are recognised in photos, even in photos without a nadir."),
            self.tr("Narrow photos need finer ones: a photo can be found when its shorter side shows"),
            self.tr("about 256 of these pixels or more. So 50 m per pixel suit photos at least 13 km wide."),
            self.tr("By default a photo as wide as the smallest tile has that many, if the imagery is fine enough."),
            self.tr("Half the pixel size gives four times as many features."),
        )
        for widget in (self.choice, self.metres):
            widget.setToolTip("\n".join(lines))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.choice)
        row.addWidget(self.metres)
        row.addStretch(1)
        self.setFocusProxy(self.choice)
        self.choice.currentIndexChanged.connect(self._chosen)
        self.metres.valueChanged.connect(self.changed)
        self._chosen()

    def feature_km(self) -> Optional[float]:
        """Ground resolution in km per pixel; None for the default of the engine, 0 for no local features."""
        chosen = self.choice.currentData()
        if chosen == _CHOSEN:
            return round(self.metres.value() / 1000, 6)
        return None if chosen == _FOR_THE_TILES else 0.0

    def _chosen(self, *_: object) -> None:
        self.metres.setVisible(self.choice.currentData() == _CHOSEN)
        self.changed.emit()
