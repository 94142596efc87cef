"""The German translation: it is complete, it compiles, and a German QGIS shows it."""

from __future__ import annotations

import importlib.util
import re
import shutil

import pytest
from conftest import REPOSITORY
from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication

from earthloc_qgis.contract.messages import MESSAGES
from earthloc_qgis.core.words import in_a_sentence, message_in_words, message_of_row


@pytest.fixture(scope="module")
def translations():
    spec = importlib.util.spec_from_file_location("translations", REPOSITORY / "tools" / "translations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_german_is_nearly_complete(translations):
    """Complete before a release (tools/translations.py --check), always more than 90 %."""
    texts = translations.collect()
    missing_texts = translations.missing(translations.FOLDER / "earthloc_de.ts", texts)
    assert len(missing_texts) < 0.1 * sum(map(len, texts.values())), missing_texts


def test_placeholders_are_kept(translations):
    for (_, text), german in translations.read(translations.FOLDER / "earthloc_de.ts").items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", german)), text
        assert german.count("<b>") == text.count("<b>")


def test_every_message_of_the_engine_has_a_german_text(translations):
    known = translations.read(translations.FOLDER / "earthloc_de.ts")
    assert [text for text in MESSAGES.values() if ("EarthLoc", text) not in known] == []


def test_a_german_qgis_shows_german(translations, qgis_app, tmp_path, monkeypatch):
    if shutil.which("lrelease") is None:
        pytest.skip("no lrelease on this machine")
    from earthloc_qgis.core import translation
    from earthloc_qgis.gui.panel_parts import PanelToolBar

    assert translations.compile_into(tmp_path / "i18n")
    monkeypatch.setattr(translation, "PLUGIN_FOLDER", tmp_path)
    assert translation.install_translation() is None  # an English QGIS
    QgsSettings().setValue("locale/userLocale", "de_AT")
    try:
        translator = translation.install_translation()
        assert translator is not None
        assert PanelToolBar(None).review.text() == "Prüfen…"
        assert QCoreApplication.translate("EarthLoc", "Accepted") == "Angenommen"
        assert_messages_are_german()
        QCoreApplication.removeTranslator(translator)
    finally:
        QgsSettings().remove("locale/userLocale")
    assert PanelToolBar(None).review.text() == "Review…"


def assert_messages_are_german():
    parts = [
        {"id": "part.tie_points", "params": {"n": 41}, "text": "41 tie points"},
        {"id": "part.of.tomorrow", "params": {}, "text": "something new"},
    ]
    located = {
        "message": "41 tie points, something new.", "message_id": "registered", "message_params": {"parts": parts},
    }  # fmt: skip
    assert message_in_words(located) == "41 Passpunkte, something new."
    assert message_of_row(located["message"], located) == "41 Passpunkte, something new."
    assert message_of_row("Placed by hand.", located) == "Placed by hand."  # the row is about another result
    replaced = {**located, "message": "Placed by hand."}
    assert message_in_words(replaced) == "Placed by hand."  # the id belongs to an older message
    assert message_in_words({"message": "From an engine of tomorrow.", "message_id": "x", "message_params": {}}) == (
        "From an engine of tomorrow."
    )
    assert message_in_words({"message": "Of an older engine."}) == "Of an older engine."
    busy = {"kind": "output", "path": "/a.gpkg", "problem": "is being written by another program",
            "hint": "stop editing it there and try again, or choose another file"}  # fmt: skip
    assert in_a_sentence(busy).startswith("/a.gpkg: is being written")
    busy |= {"message_id": "results.busy", "message_params": {"path": "/a.gpkg"}}
    assert in_a_sentence(busy).startswith("/a.gpkg: wird gerade von einem anderen Programm geschrieben;")
