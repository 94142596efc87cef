"""Differences between versions of QGIS and Qt, and between PyQGIS and its type stubs."""

from __future__ import annotations

from typing import cast

from qgis.core import QgsProject

# Qt 6 moved them from QtWidgets to QtGui; not every QGIS has them under both names. The checks for Qt 5 and Qt 6 each
# see an error in one of the lines.
try:
    from qgis.PyQt.QtGui import QAction, QUndoCommand, QUndoStack  # type: ignore[attr-defined,unused-ignore]
except ImportError:
    from qgis.PyQt.QtWidgets import (  # type: ignore[attr-defined,no-redef,unused-ignore]
        QAction,
        QUndoCommand,
        QUndoStack,
    )

__all__ = ["QAction", "QUndoCommand", "QUndoStack", "current_project"]


def current_project() -> QgsProject:
    """The current project of QGIS, which is never None, though the stubs say so."""
    return cast(QgsProject, QgsProject.instance())
