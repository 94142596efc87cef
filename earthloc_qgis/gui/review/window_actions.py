"""What the review window can do, with the words and keys for it."""

from __future__ import annotations

from ...core.words import tr as _tr
from .actions import DECISION_KEYS, RANK_KEYS


def add_actions(window) -> None:
    """Gives a ReviewWindow its actions, those of the correction among them."""
    add = window.actions.add
    for decision, text in (
        ("accepted", _tr("Accept")), ("rejected", _tr("Reject")), ("unsure", _tr("Unsure")),
        ("not_land", _tr("No land")), ("cloud", _tr("Cloud")), ("night", _tr("Night")),
    ):  # fmt: skip
        add(decision, text, DECISION_KEYS[decision], lambda decision=decision: window.decide(decision))
    add("bring_back", _tr("Bring back"), "D", window.controller.bring_back)
    add("next", _tr("Next"), "Right J", lambda: window.queue.step(1))
    add("previous", _tr("Previous"), "Left K", lambda: window.queue.step(-1))
    add("go_on", _tr("Next not reviewed"), "Space", lambda: window.queue.go_on())
    for place, key in enumerate(RANK_KEYS):
        add(f"rank_{place + 1}", _tr("Candidate {n}").format(n=place + 1), key,
            lambda rank=place + 1: window.controller.choose(rank))  # fmt: skip
    add("undo", _tr("Undo"), "Ctrl+Z", window.controller.undo_stack.undo)
    add("redo", _tr("Redo"), "Ctrl+Shift+Z Ctrl+Y", window.controller.undo_stack.redo)
    add("fit", _tr("Show the whole photo"), "F", lambda: window.photo.fit())
    add("zoom_in", _tr("Zoom in"), "+ =", lambda: window.photo.zoom(1))
    add("zoom_out", _tr("Zoom out"), "-", lambda: window.photo.zoom(-1))
    add("north", _tr("North up"), "H", window.set_north, checkable=True).setChecked(True)
    add("turn", _tr("Turn by 90°"), "T", window.turn)
    add("stretch", _tr("Stretch contrast"), "E", lambda on: window.photo.set_stretched(on), checkable=True)
    add("overlay", _tr("Photo over the map"), "O", lambda on: window.overlay.set_shown(on), checkable=True)
    add("swipe", _tr("Swipe with the mouse"), "S", lambda on: window.overlay.set_swipe(on), checkable=True)
    add("blink", _tr("Blink"), "B", lambda on: window.overlay.set_blink(on), checkable=True)
    add("zoom_map", _tr("Zoom the map to the photo"), "Z", window.map.zoom)
    window.correct.make_actions()
    add("note", _tr("Write a note"), "M", lambda: window.decisions.note.setFocus())
