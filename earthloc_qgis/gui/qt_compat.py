"""Classes that Qt 6 moved from QtWidgets to QtGui; not every QGIS knows them under both names."""

from __future__ import annotations

try:
    from qgis.PyQt.QtWidgets import QAction, QUndoCommand, QUndoStack
except ImportError:
    from qgis.PyQt.QtGui import QAction, QUndoCommand, QUndoStack

__all__ = ["QAction", "QUndoCommand", "QUndoStack"]
