"""Installs the translation of the plugin into the user's language."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

from .resources import PLUGIN_FOLDER


def install_translation() -> Optional[QTranslator]:
    """Installs the translation into QGIS's language and returns it; None if there is none.

    The caller must keep the object: Qt does not own it.
    """
    language = str(QgsSettings().value("locale/userLocale", "") or QLocale().name())[:2]
    path = PLUGIN_FOLDER / "i18n" / f"earthloc_{language}.qm"
    translator = QTranslator()
    if not path.is_file() or not translator.load(str(path)):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
