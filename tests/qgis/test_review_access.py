"""The review by keyboard, with a screen reader, and on a small screen."""

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


def test_every_focusable_widget_has_an_accessible_name(open_window):
    window = open_window()
    nameless = [
        widget for widget in focusable(window)
        if not widget.accessibleName() and not (isinstance(widget, (QAbstractButton, QLabel)) and widget.text())
    ]  # fmt: skip
    assert [(type(widget).__name__, widget.objectName()) for widget in nameless] == []
    model = window.strip.candidates
    text = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text is None or "score" in text


def test_tab_order_is_queue_photo_candidates_decision(open_window):
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


def test_every_key_has_one_action(open_window):
    window = open_window()
    keys = Counter(
        sequence.toString() for action in window.commands._by_name.values() for sequence in action.shortcuts()
    )
    assert [key for key, count in keys.items() if count > 1] == []
    for action in window.commands._by_name.values():
        assert action.property("key") in action.toolTip()


def test_every_key_triggers_its_action(open_window, monkeypatch):
    """With the focus on the photo and with the focus on the map."""
    monkeypatch.setattr(QInputDialog, "getText", lambda *arguments: ("", False))
    window = open_window()
    done: list[str] = []
    for name, action in window.commands._by_name.items():
        action.disconnect()  # test only the trigger, not the effect
        (action.toggled if action.isCheckable() else action.triggered).connect(lambda *_, name=name: done.append(name))
        action.setEnabled(True)
    for name, action in window.commands._by_name.items():
        for sequence in action.shortcuts():
            for widget in (window.photo, window.map.canvas):
                window.activateWindow()
                window.photo.setFocus()
                wait_for(window.photo.hasFocus)
                done.clear()
                QTest.keySequence(widget, sequence)
                assert done == [name], (sequence.toString(), widget)


def test_window_fits_a_small_screen(open_window):
    """1366 x 768, of which menu, tool bars, status bar and tabs of QGIS take about 190 pixels of height."""
    window = open_window()
    needed = window.minimumSizeHint()
    assert needed.width() <= 600
    assert needed.height() <= 768 - 190
