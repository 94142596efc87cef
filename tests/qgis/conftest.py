"""Fixtures of the tests that need QGIS. They need no engine library; the end-to-end test needs an engine."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("qgis.core", reason="these tests run in QGIS's Python")

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QEventLoop, QTimer

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # for earthloc_qgis, as QGIS has its plugin folder on the path
sys.path.insert(0, str(Path(__file__).parent))
FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")


def wait_for(condition, seconds: float = 20.0, what: str = "") -> None:
    """Runs the event loop until `condition()` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for {what or condition}"
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.002)


class Pulse:
    """Watches the event loop: `longest_ms` is the longest time it did not run, in a tick of 10 ms."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._last = time.monotonic()
        self._timer = QTimer()
        self._timer.setInterval(10)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.monotonic()
        self.longest_ms = max(self.longest_ms, 1000 * (now - self._last))
        self._last = now

    def restart(self) -> None:
        """Forgets what has been, such as the time the test itself took to prepare."""
        self.longest_ms, self._last = 0.0, time.monotonic()

    def stop(self) -> float:
        self._tick()
        self._timer.stop()
        return self.longest_ms


@pytest.fixture(autouse=True)
def no_exception_in_slots(monkeypatch):
    """What is raised in a slot fails the test; PyQt would abort the process."""
    raised = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: raised.append(error))
    yield
    if raised:
        raise raised[0]


@pytest.fixture
def pulse():
    pulse = Pulse()
    yield pulse
    pulse.stop()


@pytest.fixture(autouse=True)
def own_settings(qgis_app, monkeypatch):
    """Every test starts without EarthLoc settings and leaves none."""
    QgsSettings().remove("earthloc")
    monkeypatch.delenv("EARTHLOC_ENGINE", raising=False)
    yield
    QgsSettings().remove("earthloc")


@pytest.fixture(autouse=True)
def own_profile(tmp_path_factory, monkeypatch):
    """The profile folder of EarthLoc is a fresh one."""
    from earthloc_qgis import settings
    from earthloc_qgis.core import resources, store

    folder = tmp_path_factory.mktemp("profile") / "earthloc"
    for module in (resources, store, settings):
        monkeypatch.setattr(module, "profile_folder", lambda: folder)
    return folder


@pytest.fixture
def fake_engine():
    """fake_engine(*options): the command line of tests/qgis/fake_engine.py."""
    return lambda *options: [sys.executable, str(FAKE_ENGINE), *options]


@pytest.fixture
def client(fake_engine):
    """A client of the fake engine."""
    from earthloc_qgis.core.engine_client import EngineClient

    client = EngineClient(fake_engine(), watchdog_s=3)
    yield client
    client.close()
