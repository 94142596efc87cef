"""The engine: finds where an astronaut's photograph of Earth was taken. Never imports qgis or torch."""

__version__ = "0.1.0"
