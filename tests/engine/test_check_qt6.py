"""The check for Qt 6 of `make lint` (tools/check_qt6.py)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools"))
import check_qt6

BAD = {
    "Qt.AlignLeft": "from qgis.PyQt.QtCore import Qt\n\n\ndef run() -> object:\n    return Qt.AlignLeft\n",
    "exec_": "from qgis.PyQt.QtWidgets import QDialog\n\n\ndef run(d: QDialog) -> object:\n    return d.exec_()\n",
    "QRegExp": "from qgis.PyQt.QtCore import QRegExp\n",
    "QVariant": "from qgis.PyQt.QtCore import QVariant\n\n\ndef run() -> object:\n    return QVariant.String\n",
}


@pytest.mark.skipif(importlib.util.find_spec("PyQt6") is None, reason="PyQt6's type information comes with `make lint`")
def test_names_that_qt_6_does_not_have_are_found(tmp_path):
    package = tmp_path / "earthloc_qgis"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, code in BAD.items():
        (package / f"{name.replace('.', '_')}.py").write_text(code, encoding="utf-8")
    good = "from qgis.PyQt.QtCore import Qt\n\n\ndef run() -> object:\n    return Qt.AlignmentFlag.AlignLeft\n"
    (package / "good.py").write_text(good, encoding="utf-8")
    found = check_qt6.missing_names(tmp_path)
    assert sorted(Path(line.split(":")[0]).stem for line in found) == sorted(name.replace(".", "_") for name in BAD)
