"""Buttons for the decisions, note and name of the reviewer, and the status line above them."""

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
from ....contract.review import ReviewDecision
from ....contract.status import UNREVIEWED
from ....core.reviews import Reviewed
from ....core.words import decision_label, message_in_words
from ...plain_text import escaped
from ..model.decisions import swatch
from ..model.working_state import WorkingState
from .actions import DECISION_KEYS, ReviewActions

_WORST_FROM = 4  # number of points from which the worst one is named


class DecisionBar(QWidget):
    """Buttons that trigger the actions of the same names, and the line edits `note` and `reviewer`.

    The button `bring_back` is visible only if the photo lost a decision when it was located again.
    """

    def __init__(self, actions: ReviewActions, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._buttons: dict[str, QToolButton] = {}
        grid = QGridLayout()
        grid.setSpacing(3)
        for number, decision in enumerate(DECISION_KEYS):
            self._actions[decision].setIcon(swatch(decision))
            button = self._button(decision)
            grid.addWidget(button, number // 3, number % 3)
        grid.addWidget(self._button("previous"), 0, 3)
        grid.addWidget(self._button("next"), 1, 3)
        self.bring_back = self._button("bring_back")
        self.bring_back.setToolTip(
            self.tr("The photo lost this decision when it was located again. The history keeps it.")
        )
        self.note = QLineEdit(self)
        self.note.setObjectName("review_note")
        self.note.setPlaceholderText(self.tr("Note  M"))
        self.note.setAccessibleName(self.tr("Note on this photo"))
        self.note.setMaxLength(2000)
        self.reviewer = QLineEdit(settings.reviewer(), self)
        self.reviewer.setObjectName("review_reviewer")
        self.reviewer.setAccessibleName(self.tr("Reviewer's name"))
        self.reviewer.setToolTip(self.tr("Your name, with which every decision is signed"))
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

    def tab_order(self) -> list[QWidget]:
        """Widgets in tab order."""
        return [*self._buttons.values(), self.note, self.reviewer]

    def show_count(self, count: int) -> None:
        """Show on the buttons the number of photos to decide on, if there are several."""
        for name, button in self._buttons.items():
            label = self._actions.label_with_key(name)
            button.setText(f"{label}  ({count})" if count > 1 and name in DECISION_KEYS else label)

    def show_earlier(self, earlier: Optional[ReviewDecision]) -> None:
        """Show the button that brings back a decision, or hide it for None."""
        if earlier is not None:
            text = self.tr("Bring back: {decision} ({who}, {when})").format(
                decision=decision_label(earlier.decision), who=earlier.reviewer or self.tr("somebody"),
                when=earlier.reviewed_at[:10],
            )  # fmt: skip
            self.bring_back.setText(f"{text}  {self._actions['bring_back'].property('key')}".replace("&", "&&"))
        self.bring_back.setVisible(earlier is not None)

    def set_enabled(self, on: bool) -> None:
        """Enable or disable all buttons and the note."""
        for button in self._buttons.values():
            button.defaultAction().setEnabled(on)
        self.note.setEnabled(on)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        action = self._actions[name]
        button.setDefaultAction(action)
        button.setObjectName(f"review_button_{name}")
        button.setText(self._actions.label_with_key(name))
        button.setAccessibleName(action.text())
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(22, 16))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumHeight(26)
        self._buttons[name] = button
        return button


class StatusLine(QLabel):
    """One sentence about the current photo: its decision, unsaved changes, how well the camera fits."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_status")
        self.setWordWrap(True)
        self.setAccessibleName(self.tr("Status"))

    def describe(self, working: WorkingState, item: Optional[Reviewed], editing: bool) -> None:
        """Describe a photo; while its tie points are edited, also name the worst one."""
        parts = []
        if item is not None and item.review != UNREVIEWED:
            who = escaped(item.reviewer or self.tr("somebody"))
            parts.append(self.tr("<b>{decision}</b> by {who}").format(decision=decision_label(item.review), who=who))
        if working.is_unsaved:
            parts.append(self.tr("<b>Changed</b>: accept the change, or undo it"))
        shown = working.shown
        if not shown.get("footprint"):
            parts.append(escaped(message_in_words(shown) or self.tr("no footprint")))
        elif shown.get("pose"):
            n, rms_km = shown.get("inliers", 0), shown.get("rms_km")
            if rms_km is None:  # a camera fits so few points exactly: the residual says nothing
                text = self.tr(
                    "tie points: {n}, <b>too few to estimate the error</b>: set a fourth one, far from the others"
                )
                parts.append(text.format(n=n))
            else:
                parts.append(self.tr("tie points: {n}, error {km} km").format(n=n, km=f"{rms_km:.2f}"))
            points = shown.get("tie_points") or []
            errors = [(point.get("residual_km") or 0.0, number) for number, point in enumerate(points, start=1)]
            if editing and len(errors) >= _WORST_FROM:
                parts.append(self.tr("worst: point {n}, {km} km").format(n=max(errors)[1], km=f"{max(errors)[0]:.2f}"))
        elif working.is_by_hand:
            parts.append(self.tr("placed by hand"))
        elif (candidate := working.candidate()) is not None and (z := candidate.get("z")) is not None:
            text = self.tr("located by local features (z-score {z}), not fitted to imagery")
            parts.append(text.format(z=f"{z:.1f}"))
        else:
            parts.append(self.tr("a tile that looks like the photo, not fitted to imagery"))
        if editing and shown.get("tie_points"):
            parts.append(self.tr("Ctrl+click sets a point where another one is"))
        text = " · ".join(parts)
        self.setText(text[:1].upper() + text[1:])

    def show_conflict(self, item: Reviewed) -> None:
        """Say that somebody else has decided on the current photo."""
        text = self.tr("<b>{who} has just decided on this photo: {decision}.</b> Both decisions stay in the history. "
                       "The later one is in effect.")  # fmt: skip
        who = escaped(item.reviewer or self.tr("Somebody"))
        self.setText(text.format(who=who, decision=decision_label(item.review)))

    def show_waiting(self, count: int, problem: str) -> None:
        """Say why decisions are not written yet; do nothing without a problem."""
        if problem:
            text = self.tr("{n} decisions are waiting to be saved: {problem}")
            self.setText(text.format(n=count, problem=escaped(problem)))
