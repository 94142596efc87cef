"""The review for those who use it by keyboard or screen reader, and on a small screen."""

from __future__ import annotations

from collections import Counter

from conftest import wait_for
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QAbstractButton, QApplication, QInputDialog, QLabel, QWidget
from test_review import canvas, open_window, results  # noqa: F401  fixtures


def focusable(window) -> list[QWidget]:
    return [
        widget for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.objectName().startswith("qt_")
    ]  # fmt: skip


def test_everything_that_takes_the_focus_has_a_name(open_window):
    window = open_window()
    nameless = [
        widget for widget in focusable(window)
        if not widget.accessibleName() and not (isinstance(widget, (QAbstractButton, QLabel)) and widget.text())
    ]  # fmt: skip
    assert [(type(widget).__name__, widget.objectName()) for widget in nameless] == []
    model = window.strip.candidates
    words = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words is None or "score" in words


def test_tab_goes_from_the_queue_to_the_photo_to_the_decision(open_window):
    window = open_window()
    order = [window.queue.filter, window.queue.list, window.photo, window.strip,
             window.decisions._buttons["accepted"], window.decisions.note, window.decisions.reviewer]  # fmt: skip
    order[0].setFocus()
    seen = []
    for _ in range(80):
        focused = QApplication.focusWidget()
        if focused in order and focused not in seen:
            seen.append(focused)
        window.focusNextChild()
    assert seen == order


def test_no_key_means_two_things(open_window):
    window = open_window()
    keys = Counter(
        sequence.toString() for action in window.actions._by_name.values() for sequence in action.shortcuts()
    )
    assert [key for key, count in keys.items() if count > 1] == []
    for action in window.actions._by_name.values():
        assert action.property("key") in action.toolTip()


def test_every_key_does_what_the_window_says(open_window, monkeypatch):
    """Whether the photo gets the keys or the map."""
    monkeypatch.setattr(QInputDialog, "getText", lambda *arguments: ("", False))
    window = open_window()
    done: list[str] = []
    for name, action in window.actions._by_name.items():
        action.disconnect()  # only the way to it is looked at
        (action.toggled if action.isCheckable() else action.triggered).connect(lambda *_, name=name: done.append(name))
        action.setEnabled(True)
    for name, action in window.actions._by_name.items():
        for sequence in action.shortcuts():
            for widget in (window.photo, window.map.canvas):
                window.activateWindow()
                window.photo.setFocus()
                wait_for(window.photo.hasFocus)
                done.clear()
                QTest.keySequence(widget, sequence)
                assert done == [name], (sequence.toString(), widget)


def test_it_fits_a_small_screen(open_window):
    """1366 x 768: QGIS's own menu, tools, status line and tabs take about 190 pixels of the height."""
    window = open_window()
    needed = window.minimumSizeHint()
    assert needed.width() <= 600
    assert needed.height() <= 768 - 190
