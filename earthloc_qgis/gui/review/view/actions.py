"""The actions of a review and their shortcuts, which also work while the map has the focus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QWidget

from ....contract.status import ACCEPTED, CLOUD, NIGHT, NOT_LAND, REJECTED, UNSURE
from ....core.words import tr as _tr
from ...compat import QAction

DECISION_KEYS = {ACCEPTED: "A", REJECTED: "R", UNSURE: "U", NOT_LAND: "L", CLOUD: "C", NIGHT: "N"}
RANK_KEYS = "1234567890"  # 0 is the tenth candidate
_ARROWS = {"Left": "\u2190", "Right": "\u2192"}


class ReviewActions(QObject):
    """The actions of a window, by name: `actions["accepted"].trigger()`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._by_name: dict[str, QAction] = {}

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def add(self, name: str, text: str, keys: str, callback: Callable[..., object], checkable: bool = False) -> QAction:
        """Add an action to the window.

        Args:
            name: identifies the action in the code.
            text: label for the user.
            keys: key sequences that QKeySequence can parse, separated by blanks; labels show the first.
            callback: called without arguments, or with the new state when the action is checkable.
            checkable: whether the action has an on and an off state.
        """
        action = QAction(text, self._window)
        action.setObjectName(f"review_{name}")
        sequences = [QKeySequence(key) for key in keys.split()]
        action.setShortcuts(sequences)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shown = sequences[0].toString(QKeySequence.SequenceFormat.NativeText) if sequences else ""
        shown = _ARROWS.get(keys.split()[0], shown) if sequences else ""
        action.setToolTip(f"{text} ({shown})" if shown else text)
        action.setProperty("key", shown)
        if checkable:
            action.setCheckable(True)
            action.toggled.connect(callback)
        else:
            action.triggered.connect(lambda *_: callback())
        self._window.addAction(action)
        self._by_name[name] = action
        return action

    def label_with_key(self, name: str) -> str:
        """Label of a button for an action: text and key."""
        action = self[name]
        return f"{action.text()}  {action.property('key')}"

    def action_for(self, sequence: QKeySequence) -> QAction | None:
        """The enabled action with a key sequence, or None."""
        for action in self._by_name.values():
            if action.isEnabled() and any(
                known.matches(sequence) == QKeySequence.SequenceMatch.ExactMatch for known in action.shortcuts()
            ):
                return action
        return None


class ShortcutFilter(QObject):
    """Gives the shortcuts of the review priority over those of QGIS while one of some widgets has the focus.

    QGIS uses some of the keys too, such as S for snapping, or Ctrl+Z while a layer is edited. Qt triggers neither of
    two actions with the same shortcut.
    """

    def __init__(
        self, widgets: Iterable[QWidget], actions: ReviewActions, is_active: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(actions)
        self._widgets, self._actions, self._is_active = list(widgets), actions, is_active
        for widget in self._widgets:
            widget.installEventFilter(self)

    def stop(self) -> None:
        """Stop filtering the events of the widgets."""
        for widget in self._widgets:
            widget.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle the keys of the review."""
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not self._is_active():
            return False
        action = self._actions.action_for(_sequence(event))
        if action is None:
            return False
        event.accept()
        if kind == QEvent.Type.KeyPress:
            action.trigger()
        return True


def add_actions(window) -> None:
    """Add all actions of a review, with those for correcting, to a ReviewWindow."""
    add = window.commands.add
    for decision, text in (
        ("accepted", _tr("Accept")), ("rejected", _tr("Reject")), ("unsure", _tr("Unsure")),
        ("not_land", _tr("No land")), ("cloud", _tr("Cloud")), ("night", _tr("Night")),
    ):  # fmt: skip
        add(decision, text, DECISION_KEYS[decision], lambda decision=decision: window.decide(decision))
    add("bring_back", _tr("Bring back"), "D", window.controller.bring_back)
    add("next", _tr("Next"), "Right J", lambda: window.queue.step(1))
    add("previous", _tr("Previous"), "Left K", lambda: window.queue.step(-1))
    add("go_on", _tr("Next unreviewed"), "Space", lambda: window.queue.go_to_next_unreviewed())
    for number, key in enumerate(RANK_KEYS):
        add(f"rank_{number + 1}", _tr("Candidate {n}").format(n=number + 1), key,
            lambda rank=number + 1: window.controller.choose(rank))  # fmt: skip
    add("undo", _tr("Undo"), "Ctrl+Z", window.controller.undo_stack.undo)
    add("redo", _tr("Redo"), "Ctrl+Shift+Z Ctrl+Y", window.controller.undo_stack.redo)
    add("fit", _tr("Show the whole photo"), "F", lambda: window.photo.fit())
    add("zoom_in", _tr("Zoom in"), "+ =", lambda: window.photo.zoom(1))
    add("zoom_out", _tr("Zoom out"), "-", lambda: window.photo.zoom(-1))
    add("north", _tr("North up"), "H", window.set_north, checkable=True).setChecked(True)
    add("rotate", _tr("Rotate by 90°"), "T", window.rotate)
    add("stretch", _tr("Stretch contrast"), "E", lambda on: window.photo.set_stretched(on), checkable=True)
    add("overlay", _tr("Photo over the map"), "O", lambda on: window.tools.show_overlay(on), checkable=True)
    add("swipe", _tr("Swipe with the mouse"), "S", lambda on: window.tools.set_swipe(on), checkable=True)
    add("blink", _tr("Blink"), "B", lambda on: window.tools.set_blink(on), checkable=True)
    add("zoom_map", _tr("Zoom the map to the photo"), "Z", window.map.zoom)
    window.correct.make_actions()
    add("note", _tr("Write a note"), "M", lambda: window.decisions.note.setFocus())


def _sequence(event) -> QKeySequence:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    code = getattr(modifiers, "value", None)
    if code is None:
        code = int(modifiers)
    return QKeySequence(code | int(event.key()))
