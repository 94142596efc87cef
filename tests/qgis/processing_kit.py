"""Running the Processing algorithms with the real engine, for the tests of each."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)

from earthloc_qgis import settings
from earthloc_qgis.processing.provider import EarthLocProvider


@pytest.fixture
def provider(qgis_app):
    provider = EarthLocProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)


class Feedback(QgsProcessingFeedback):
    """Keeps what it is told; `when(text)` cancels as soon as something with that text is told."""

    def __init__(self):
        super().__init__(False)
        self.lines = []
        self.errors = []
        self.highest = 0.0
        self.cancel_when = None
        self.progressChanged.connect(self._progressed)

    def _progressed(self, percent):
        self.highest = max(self.highest, percent)

    def pushInfo(self, text):
        self._take(text)

    def pushWarning(self, text):
        self._take(text)

    def reportError(self, text, fatal=False):
        self.errors.append(text)
        self._take(text)

    def _take(self, text):
        self.lines.append(text)
        if self.cancel_when and self.cancel_when in text:
            self.cancel()


@pytest.fixture
def run(provider, real_engine):
    """run(name, parameters, feedback=None): results of an algorithm, run in this thread."""
    settings.set_engine_setting(real_engine)

    def run(name, parameters, feedback=None):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"earthloc:{name}")
        context = QgsProcessingContext()
        feedback = feedback or Feedback()
        if name == "localize":
            parameters = {"REGISTER": False, **parameters}  # seconds a photo, which the engine's own tests see to
        good, message = algorithm.checkParameterValues(parameters, context)
        if not good:
            raise QgsProcessingException(message)
        results, ok = algorithm.run(parameters, context, feedback, {}, False)
        assert ok
        return results

    return run


def rows(results, sql):
    with closing(sqlite3.connect(str(results))) as database:
        return database.execute(sql).fetchall()
