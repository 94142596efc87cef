"""Helpers for values that the stubs of PyQGIS declare as Optional although QGIS never returns None there."""

from __future__ import annotations

from typing import Optional, TypeVar

from qgis.core import QgsLayerTree, QgsProject

T = TypeVar("T")


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
