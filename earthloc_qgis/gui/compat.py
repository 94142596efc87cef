"""Differences between versions of QGIS and Qt, and between PyQGIS and its type stubs."""

from __future__ import annotations

from typing import cast

from qgis.core import QgsProject

try:
    from qgis.PyQt.QtWidgets import QAction, QUndoCommand, QUndoStack
except ImportError:  # Qt 6 moved them to QtGui; not every QGIS has them under both names
    from qgis.PyQt.QtGui import QAction, QUndoCommand, QUndoStack  # type: ignore[attr-defined,no-redef]

__all__ = ["QAction", "QUndoCommand", "QUndoStack", "current_project"]


def current_project() -> QgsProject:
    """The current project of QGIS, which is never None, though the stubs say so."""
    return cast(QgsProject, QgsProject.instance())
