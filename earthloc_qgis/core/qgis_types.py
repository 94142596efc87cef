"""Differences between Qt 5 and 6, and between PyQGIS and its stubs, which call values Optional that are never None."""

from __future__ import annotations

from typing import Any, Optional, TypeVar

from qgis.core import QgsLayerTree, QgsProject
from qgis.PyQt import QtCore

T = TypeVar("T")

# The type of a text field: Qt 6 has no types of QVariant, and QGIS 3.22 takes no others.
TEXT_FIELD: Any = (
    QtCore.QMetaType.Type.QString if QtCore.QT_VERSION >= 0x060000 else getattr(QtCore.QVariant, "String")  # noqa: B009
)


def not_none(value: Optional[T]) -> T:
    """`value` without the None in its type.

    Raises:
        TypeError: it is None, which is a bug.
    """
    if value is None:
        raise TypeError("QGIS returned None unexpectedly")
    return value


def current_project() -> QgsProject:
    """The project that is open in QGIS."""
    return not_none(QgsProject.instance())


def layer_tree_root(project: QgsProject) -> QgsLayerTree:
    """The root of the layer tree of `project`."""
    return not_none(project.layerTreeRoot())
