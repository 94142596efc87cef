"""Buttons for the decisions, with their keys, and the note and the reviewer's name that go with them."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .... import settings
from ....core.reviews import UNREVIEWED, Decision, Reviewed
from ...plain_text import escaped
from ..model.decisions import swatch, word
from ..model.working import Working
from .actions import DECISION_KEYS, ReviewActions

_WORST_FROM = 4  # points from which one can be the worst


class DecisionBar(QWidget):
    """`note` and `reviewer` are line edits; the buttons trigger the actions of the same names.

    `bring_back` is seen only while there is a decision that locating again has put aside.
    """

    def __init__(self, actions: ReviewActions, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._buttons: dict[str, QToolButton] = {}
        grid = QGridLayout()
        grid.setSpacing(3)
        for place, decision in enumerate(DECISION_KEYS):
            self._actions[decision].setIcon(swatch(decision))
            button = self._button(decision)
            grid.addWidget(button, place // 3, place % 3)
        grid.addWidget(self._button("previous"), 0, 3)
        grid.addWidget(self._button("next"), 1, 3)
        self.bring_back = self._button("bring_back")
        self.bring_back.setToolTip(self.tr("Located again, the photo lost this decision. It stands in the history."))
        self.note = QLineEdit(self)
        self.note.setObjectName("review_note")
        self.note.setPlaceholderText(self.tr("Note  M"))
        self.note.setAccessibleName(self.tr("Note on this photo"))
        self.note.setMaxLength(2000)
        self.reviewer = QLineEdit(settings.reviewer(), self)
        self.reviewer.setObjectName("review_reviewer")
        self.reviewer.setAccessibleName(self.tr("Reviewer's name"))
        self.reviewer.setToolTip(self.tr("Your name: every decision is signed with it"))
        self.reviewer.setMaximumWidth(130)
        self.reviewer.editingFinished.connect(lambda: settings.set_reviewer(self.reviewer.text()))
        name = QLabel(self.tr("Reviewer"), self)
        name.setBuddy(self.reviewer)
        row = QHBoxLayout()
        row.addWidget(self.note, 1)
        row.addWidget(name)
        row.addWidget(self.reviewer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.bring_back)
        layout.addLayout(grid)
        layout.addLayout(row)
        self.show_count(1)
        self.show_earlier(None)

    def stops(self) -> list[QWidget]:
        """Where the tab key stops, in order."""
        return [*self._buttons.values(), self.note, self.reviewer]

    def show_count(self, count: int) -> None:
        """Says on the buttons how many photos a decision is for, when it is for several."""
        for name, button in self._buttons.items():
            label = self._actions.labelled(name)
            button.setText(f"{label}  ({count})" if count > 1 and name in DECISION_KEYS else label)

    def show_earlier(self, earlier: Optional[Decision]) -> None:
        """Offers to bring back a decision, or none."""
        if earlier is not None:
            text = self.tr("Bring back: {decision} ({who}, {when})").format(
                decision=word(earlier.decision), who=earlier.reviewer or self.tr("somebody"),
                when=earlier.reviewed_at[:10],
            )  # fmt: skip
            self.bring_back.setText(f"{text}  {self._actions['bring_back'].property('key')}".replace("&", "&&"))
        self.bring_back.setVisible(earlier is not None)

    def set_enabled(self, on: bool) -> None:
        """Whether there is anything to decide on."""
        for button in self._buttons.values():
            button.defaultAction().setEnabled(on)
        self.note.setEnabled(on)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        action = self._actions[name]
        button.setDefaultAction(action)
        button.setObjectName(f"review_button_{name}")
        button.setText(self._actions.labelled(name))
        button.setAccessibleName(action.text())
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(22, 16))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumHeight(26)
        self._buttons[name] = button
        return button


class StatusLine(QLabel):
    """A sentence: the decision, what is changed, how well the camera fits."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_status")
        self.setWordWrap(True)
        self.setAccessibleName(self.tr("State"))

    def describe(self, working: Working, item: Optional[Reviewed], editing: bool) -> None:
        """Says how a photo stands; while its tie points are edited also which of them fits worst."""
        parts = []
        if item is not None and item.review != UNREVIEWED:
            who = escaped(item.reviewer or self.tr("somebody"))
            parts.append(self.tr("<b>{decision}</b> by {who}").format(decision=word(item.review), who=who))
        if working.is_unsaved:
            parts.append(self.tr("<b>Changed</b>: accept it to keep it, or undo"))
        shown = working.shown
        if not shown.get("footprint"):
            parts.append(escaped(shown.get("message") or self.tr("no footprint")))
        elif shown.get("pose"):
            n, rms_km = shown.get("inliers", 0), shown.get("rms_km")
            if rms_km is None:  # so few points are met by any camera: what is left over is no error
                text = self.tr("tie points: {n}, <b>too few to tell the error</b>: set a fourth, far from the others")
                parts.append(text.format(n=n))
            else:
                parts.append(self.tr("tie points: {n}, error {km} km").format(n=n, km=f"{rms_km:.2f}"))
            points = shown.get("tie_points") or []
            far = [(point.get("residual_km") or 0.0, number) for number, point in enumerate(points, start=1)]
            if editing and len(far) >= _WORST_FROM:
                parts.append(self.tr("worst: point {n}, {km} km").format(n=max(far)[1], km=f"{max(far)[0]:.2f}"))
        elif working.is_by_hand:
            parts.append(self.tr("placed by hand"))
        elif (candidate := working.candidate() or {}).get("z") is not None:
            z = f"{candidate['z']:.1f}"
            parts.append(self.tr("where its local features point (z-score {z}), not fitted to the ground").format(z=z))
        else:
            parts.append(self.tr("a tile that looks alike, not fitted to the ground"))
        text = " · ".join(parts)
        self.setText(text[:1].upper() + text[1:])
