"""The plugin in the user's language, where there is a translation."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

from .resources import PLUGIN_FOLDER


def install_translation() -> Optional[QTranslator]:
    """Makes Qt use the translation into QGIS's language; None where there is none. To be kept by the caller."""
    language = str(QgsSettings().value("locale/userLocale", "") or QLocale().name())[:2]
    path = PLUGIN_FOLDER / "i18n" / f"earthloc_{language}.qm"
    translator = QTranslator()
    if not path.is_file() or not translator.load(str(path)):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
