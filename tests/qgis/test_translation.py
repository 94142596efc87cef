"""The German translation: it is complete, it compiles, and a German QGIS shows it."""

from __future__ import annotations

import importlib.util
import re
import shutil

import pytest
from conftest import REPOSITORY
from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication


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
        QCoreApplication.removeTranslator(translator)
    finally:
        QgsSettings().remove("locale/userLocale")
    assert PanelToolBar(None).review.text() == "Review…"
