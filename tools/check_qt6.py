"""Checks that the staged plugin (build/earthloc_qgis) uses no names of Qt that Qt 6, and so QGIS 4, does not have.

    python tools/check_qt6.py

mypy reads the plugin against the type information of PyQt6 instead of PyQt5. So it finds enums without their scope
(`Qt.AlignLeft`), `exec_`, removed classes and methods, and QVariant's types, also on objects and not only on names.
Only errors about missing names count: `make lint` checks the types against PyQt5, and the two differ in what may be
None. PyQt6 is needed for its .pyi files alone: `pip install --no-deps PyQt6`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build"
PLUGIN = "earthloc_qgis"
STUBS = BUILD / "stubs_qt6"
MODULES = ("QtCore", "QtGui", "QtWidgets", "QtXml", "QtNetwork", "QtSql", "QtPrintSupport", "QtPositioning",
           "QtSerialPort", "sip")  # fmt: skip
CODES = ("attr-defined", "name-defined")


def write_stubs() -> None:
    """Writes type stubs that give PyQt6's names under the name PyQt5, which those of PyQGIS refer to."""
    folder = STUBS / "PyQt5"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.pyi").touch()
    for module in MODULES:
        (folder / f"{module}.pyi").write_text(f"from PyQt6.{module} import *\n", encoding="utf-8")


def missing_names(folder: Path = BUILD) -> list[str]:
    """The uses of names that PyQt6 does not have, in the package `earthloc_qgis` below `folder`."""
    write_stubs()
    paths = (folder, REPOSITORY / "tools" / "stubs", STUBS)
    # PyQt6's type information needs `warnings.deprecated` of Python 3.13.
    command = [sys.executable, "-m", "mypy", "--python-version", "3.13", "--package", PLUGIN, "--no-error-summary"]
    done = subprocess.run(
        [*command, "--cache-dir", str(BUILD / "mypy_qt6")],
        env=os.environ | {"MYPYPATH": os.pathsep.join(map(str, paths))},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1:  # 1: there are errors; 2: mypy itself failed
        raise RuntimeError(done.stderr or done.stdout)
    error = re.compile(rf"error: .*\[({'|'.join(CODES)})\]$")
    return [line for line in done.stdout.splitlines() if PLUGIN in line.split(":")[0] and error.search(line)]


def main() -> int:
    """Prints the findings. Returns 1 if there are any."""
    if importlib.util.find_spec("PyQt6") is None:
        print("check_qt6: PyQt6 is missing; run `pip install --no-deps PyQt6`.", file=sys.stderr)
        return 1
    found = missing_names()
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print(f"{len(found)} uses of names that Qt 6 does not have.", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
