"""Fixtures for tests in QGIS's Python. They import no library of the engine; end-to-end tests run its program."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("qgis.core", reason="these tests run in QGIS's Python")

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QEventLoop, QTimer

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # for earthloc_qgis: QGIS puts its plugin folder on the path, too
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(REPOSITORY / "tests" / "engine"))  # for the stand-in of a language model's server
FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")


def wait_for(condition, seconds: float = 60.0, what: str = "") -> None:
    """Runs the event loop until `condition()` is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for {what or condition}"
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.002)


def _run_queue_wait_ms() -> float:
    """How long this thread has waited for a processor in use by others; 0.0 if the system does not report it."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6
    except (OSError, IndexError, ValueError):
        return 0.0


QUIET_MS = 200.0  # a shorter pause does not look like a hanging window


class Pulse:
    """Watches the event loop: `longest_ms` is the longest time that it was blocked, with a resolution of 10 ms.

    Time in which other programs used the processor does not count.
    """

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(10)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self.restart()

    def _now_ms(self) -> float:
        return 1000 * time.monotonic() - _run_queue_wait_ms()

    def _tick(self) -> None:
        now = self._now_ms()
        self.longest_ms = max(self.longest_ms, now - self._last)
        self._last = now

    def restart(self) -> None:
        """Starts anew, for example after the test has prepared its data."""
        self.longest_ms, self._last = 0.0, self._now_ms()

    def stop(self) -> float:
        self._tick()
        self._timer.stop()
        return self.longest_ms


@pytest.fixture(autouse=True)
def no_exception_in_slots(monkeypatch):
    """An exception in a slot fails the test; PyQt alone would abort the process."""
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
    """Every test starts without EarthLoc settings, but for a panel that was seen before, and leaves none."""
    QgsSettings().remove("earthloc")
    QgsSettings().setValue("earthloc/panel_offered", True)
    monkeypatch.delenv("EARTHLOC_ENGINE", raising=False)
    yield
    QgsSettings().remove("earthloc")


@pytest.fixture(autouse=True)
def own_profile(tmp_path_factory, monkeypatch):
    """Every test has a new profile folder of EarthLoc."""
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


# --- the real engine -----------------------------------------------------------------------------------

GIVEN_ENGINE = os.environ.get("EARTHLOC_ENGINE", "")


@pytest.fixture(scope="session")
def real_engine() -> str:
    """The engine program: EARTHLOC_ENGINE, else that of the repository's .venv."""
    program = GIVEN_ENGINE or str(REPOSITORY / ".venv" / "bin" / "earthloc")
    if not Path(program).is_file():
        pytest.skip(f"no engine at {program}: run `make setup` or set EARTHLOC_ENGINE")
    return program


def write_ground(path: Path) -> None:
    """Writes a GeoTIFF of synthetic ground, 0 to 10° E, 40 to 48° N, with details of several sizes."""
    from osgeo import gdal, osr

    width, height = 1000, 800
    random.seed(7)
    bands = []
    for _ in range(3):
        total = [0.0] * (width * height)
        for cells, weight in ((10, 0.5), (40, 0.3), (160, 0.2)):
            coarse = gdal.GetDriverByName("MEM").Create("", cells, cells * height // width, 1, gdal.GDT_Byte)
            coarse.WriteRaster(
                0,
                0,
                coarse.RasterXSize,
                coarse.RasterYSize,
                bytes(random.randrange(256) for _ in range(coarse.RasterXSize * coarse.RasterYSize)),
            )
            fine = gdal.Translate("", coarse, format="MEM", width=width, height=height, resampleAlg="cubic")
            total = [a + weight * b for a, b in zip(total, fine.ReadRaster(0, 0, width, height), strict=True)]
        bands.append(bytes(int(value) for value in total))
    file = gdal.GetDriverByName("GTiff").Create(str(path), width, height, 3, gdal.GDT_Byte)
    file.SetGeoTransform((0, 10 / width, 0, 48, 0, -8 / height))
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    file.SetProjection(wgs84.ExportToWkt())
    for number, band in enumerate(bands, start=1):
        file.GetRasterBand(number).WriteRaster(0, 0, width, height, band)
    file.FlushCache()


@pytest.fixture(scope="session")
def imagery(tmp_path_factory) -> Path:
    """The ground of `write_ground`."""
    path = tmp_path_factory.mktemp("imagery") / "ground.tif"
    write_ground(path)
    return path


@pytest.fixture(scope="session")
def real_index(real_engine, imagery, tmp_path_factory) -> Path:
    """An index of `imagery` at 220 and 313 km, built by the engine's own command.

    With the baseline model, which works better on synthetic ground than the model for real ground.
    """
    folder = tmp_path_factory.mktemp("regional indexes") / "ground"
    subprocess.run(
        [real_engine, "index", "build", str(imagery), "--out", str(folder), "--tile-km", "220,313",
         "--include-ocean", "--model", str(REPOSITORY / "resources" / "models" / "baseline")],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return folder


# Centres of the photos, (lat, lon); each shows about 250 km.
PHOTO_CENTRES = [(43.0, 3.0), (45.0, 5.0), (44.0, 7.0), (42.5, 6.0), (46.0, 3.5), (45.5, 7.5)]


@pytest.fixture
def real_photos(imagery, tmp_path) -> list[str]:
    """JPEG photos cut from `imagery` around PHOTO_CENTRES, in a folder whose name has a space and an umlaut."""
    from osgeo import gdal

    folder = tmp_path / "Fotos ü"
    folder.mkdir()
    paths = []
    for number, (lat, lon) in enumerate(PHOTO_CENTRES):
        path = folder / f"ISS042-E-10443{number}.jpg"
        window = [lon - 1.55, lat + 1.12, lon + 1.55, lat - 1.12]
        gdal.Translate(str(path), str(imagery), format="JPEG", projWin=window, width=1200, height=900,
                       resampleAlg="cubic", noData=None)  # fmt: skip
        path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)
        paths.append(str(path))
    return paths


SEEN_FROM_SPACE = (44.2, 5.1)  # centre of the photo below, (lat, lon)


@pytest.fixture
def photo_from_space(imagery, tmp_path) -> str:
    """A photo of `imagery`, rendered from 415 km above, 300 km wide, in other colours."""
    from osgeo import gdal

    lat, lon = SEEN_FROM_SPACE
    seen = gdal.Warp(
        "", str(imagery), format="MEM", width=900, height=600, resampleAlg="cubic",
        dstSRS=f"+proj=nsper +h=415000 +lat_0={lat} +lon_0={lon} +datum=WGS84",
        outputBounds=(-150000, -100000, 150000, 100000),
    )  # fmt: skip
    folder = tmp_path / "Fotos ü"
    folder.mkdir(exist_ok=True)
    path = folder / "ISS064-E-48617.jpg"
    hazy = gdal.Translate("", seen, format="MEM", scaleParams=[[0, 255, 60, 200], [0, 255, 70, 190], [0, 255, 90, 200]])
    gdal.Translate(str(path), hazy, format="JPEG", noData=None)
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)
    return str(path)
