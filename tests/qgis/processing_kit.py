"""Fixtures that run Processing algorithms with the real engine."""

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
    """Keeps all messages. Cancels at the first message that contains `cancel_when`."""

    def __init__(self):
        super().__init__(False)
        self.lines = []
        self.errors = []
        self.highest = 0.0
        self.cancel_when = None
        self.progressChanged.connect(self._on_progress)

    def _on_progress(self, percent):
        self.highest = max(self.highest, percent)

    def pushInfo(self, text):
        self._receive(text)

    def pushWarning(self, text):
        self._receive(text)

    def reportError(self, text, fatal=False):
        self.errors.append(text)
        self._receive(text)

    def _receive(self, text):
        self.lines.append(text)
        if self.cancel_when and self.cancel_when in text:
            self.cancel()


@pytest.fixture
def run(provider, real_engine):
    """run(name, parameters, feedback=None): runs an algorithm in this thread and returns its results."""
    settings.set_engine_setting(real_engine)

    def run(name, parameters, feedback=None):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"earthloc:{name}")
        context = QgsProcessingContext()
        feedback = feedback or Feedback()
        if name == "localize":
            parameters = {"REGISTER": False, **parameters}  # it takes seconds per photo and has tests of its own
        valid, message = algorithm.checkParameterValues(parameters, context)
        if not valid:
            raise QgsProcessingException(message)
        results, ok = algorithm.run(parameters, context, feedback, {}, False)
        assert ok
        return results

    return run


def rows(results, sql):
    with closing(sqlite3.connect(str(results))) as database:
        return database.execute(sql).fetchall()
