"""At what ground resolution an index to be built holds local features."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget

_RANGE_M = (2.0, 20000.0)  # as the engine has it
_FIRST_M = 50.0
_FOR_THE_TILES, _CHOSEN, _NONE = range(3)


class FeatureChoice(QWidget):
    """As the engine has it by default, a number of metres a pixel, or none.

    Signals:
        changed(): another resolution is chosen.
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
        self.metres.setSuffix(" " + self.tr("m a pixel"))
        self.metres.setAccessibleName(self.tr("Ground size of a pixel of the local features"))
        lines = (
            self.tr("Details of the ground that are recognised in photos, also in those without a nadir."),
            self.tr("Narrow photos need finer ones: a photo can be found when its shorter side shows"),
            self.tr("about 256 of these pixels or more. So 50 m a pixel do for photos 13 km wide and wider."),
            self.tr("By default a photo as wide as the smallest tile has that many, if the imagery is so fine."),
            self.tr("Half the size of a pixel makes four times as many features."),
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
        """Kilometres a pixel; None leaves it to the engine, 0 are no features."""
        chosen = self.choice.currentData()
        if chosen == _CHOSEN:
            return round(self.metres.value() / 1000, 6)
        return None if chosen == _FOR_THE_TILES else 0.0

    def _chosen(self, *_: object) -> None:
        self.metres.setVisible(self.choice.currentData() == _CHOSEN)
        self.changed.emit()
