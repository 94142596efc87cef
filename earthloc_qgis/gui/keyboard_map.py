"""All keys of the panel and the review, for the keyboard map. A test compares them with the actions of the review."""

from __future__ import annotations

from ..core.words import tr as _tr

Rows = list[tuple[str, str]]


def keyboard_map() -> list[tuple[str, Rows]]:
    """Sections, each a title and rows of keys and what they do."""
    return [
        (
            _tr("In the list of photos"),
            [
                ("F5", _tr("Locate the selected photos")),
                ("Enter", _tr("Zoom to the result of the photo")),
                ("Del", _tr("Remove the selected photos")),
                ("Ctrl+Z", _tr("Restore the removed photos")),
            ],
        ),
        (
            _tr("In the review: decide"),
            [
                ("A", _tr("Accept")),
                ("R", _tr("Reject")),
                ("U", _tr("Unsure")),
                ("L", _tr("No land")),
                ("C", _tr("Cloud")),
                ("N", _tr("Night")),
                ("M", _tr("Write a note")),
                ("Right, J", _tr("Next")),
                ("Left, K", _tr("Previous")),
                ("Space", _tr("Next unreviewed")),
                ("Ctrl+Z", _tr("Undo")),
                ("Ctrl+Shift+Z, Ctrl+Y", _tr("Redo")),
                ("D", _tr("Bring back")),
            ],
        ),
        (
            _tr("In the review: compare"),
            [
                ("O", _tr("Photo over the map")),
                ("S", _tr("Swipe with the mouse")),
                ("B", _tr("Blink")),
                ("E", _tr("Stretch contrast")),
                ("H", _tr("North up")),
                ("T", _tr("Rotate by 90°")),
                ("+, =", _tr("Zoom in")),
                ("-", _tr("Zoom out")),
                ("F", _tr("Show the whole photo")),
                ("Z", _tr("Zoom the map to the photo")),
                ("1, 2, 3, 4, 5, 6, 7, 8, 9, 0", _tr("Show another candidate; 0 is the tenth")),
            ],
        ),
        (
            _tr("In the review: correct"),
            [
                ("I", _tr("Fit the photo to the imagery here")),
                ("P", _tr("Tie points")),
                ("Shift+S", _tr("Snap tie points to the best match")),
                ("Return, Enter", _tr("Use the best match nearby")),
                ("Del, Backspace", _tr("Delete tie point")),
                ("X", _tr("Delete all tie points")),
                ("V", _tr("Move, rotate, scale by hand")),
                ("G", _tr("Type coordinates…")),
                ("W", _tr("Search in this part of the map")),
                ("Shift+W", _tr("Search in a circle")),
                ("Esc", _tr("Leave the tool")),
            ],
        ),
    ]
