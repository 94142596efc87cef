"""Text from strangers is never interpreted as HTML: an image in it could be on another computer."""

from __future__ import annotations

import json

import pytest
from conftest import wait_for
from panel_kit import add, engine_options, folder, index, panel  # noqa: F401  fixtures
from qgis.core import Qgis
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QTextDocument
from qgis.PyQt.QtWidgets import QLabel, QMessageBox

from earthloc_qgis.core.reviews import Reviewed
from earthloc_qgis.gui.plain_text import escaped, plain
from earthloc_qgis.gui.review.model.queue_model import ReviewModel

HOSTILE = '<img src="//elsewhere/a.png"> <b>& so on'


def shown(text: str) -> str:
    """The text that a widget displays for `text` interpreted as HTML; fails when that includes an image."""
    document = QTextDocument()
    document.setHtml(text)
    assert "\ufffc" not in document.toPlainText()  # placeholder of an image
    return document.toPlainText()


@pytest.mark.parametrize("text", [HOSTILE, "<br>", "a < b", "one\ntwo <i>", "&lt;"])
def test_escaped_text_is_displayed_unchanged(text):
    assert shown(escaped(text)) == text
    if "<" in text:
        assert shown(plain(text)) == text
    else:
        assert plain(text) == text


def test_unescaped_hostile_text_would_show_an_image():
    with pytest.raises(AssertionError):
        shown(HOSTILE)


def test_tool_tips_of_photos_escape_text(panel, folder):
    (path,) = folder("a.jpg")
    add(panel, [path])
    model = panel.controller.model
    model.update(path, camera=HOSTILE)
    tool_tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert HOSTILE in shown(tool_tip)


def test_tool_tips_in_the_review_escape_text():
    item = Reviewed("a.jpg", "", "located", 0.9, None, "", review="rejected", reviewer=HOSTILE, note=HOSTILE)
    model = ReviewModel()
    model.load([item])
    assert shown(model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)).count(HOSTILE) == 2


def test_messages_escape_text(panel, qgis_iface):
    panel._show_message(HOSTILE, Qgis.MessageLevel.Warning)
    message = qgis_iface.messageBar().get_messages(Qgis.MessageLevel.Warning)[-1]
    assert HOSTILE in shown(message)


def test_index_manager_escapes_text(panel, index, monkeypatch):
    info = json.loads((index / "index.json").read_text())
    info.update(name=HOSTILE, source={"path": "x.tif", "attribution": HOSTILE, "licence": HOSTILE})
    (index / "index.json").write_text(json.dumps(info))
    manager = panel.index_manager
    manager.open()
    wait_for(lambda: manager.table.rowCount() == 1)
    assert shown(manager.table.item(0, 0).toolTip()).count(HOSTILE) == 2
    manager.table.selectRow(0)
    asked = []
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words[-1]))
    manager.buttons["delete"].click()
    assert HOSTILE in shown(asked[0])
    for name in ("index_state_label", "build_state_label", "build_outlook_label", "build_taken_label"):
        assert manager.findChild(QLabel, name).textFormat() == Qt.TextFormat.PlainText
