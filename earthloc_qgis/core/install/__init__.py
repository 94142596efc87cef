"""Installs the engine into a Python environment of its own, never into QGIS's Python. No widgets."""
