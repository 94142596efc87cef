"""The first five minutes, by real clicks in a real QGIS with a fresh profile: plugin zip, engine pack, sample photo.

`python tests/qgis/test_click_through.py FOLDER [--internet]` does the same by hand and keeps the pictures. With
--internet the engine comes from the package index instead of a pack; its own wheel, which is not published yet, comes
from dist/ (`make wheel`).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "resources" / "sample" / "earthloc-sample.jpg"
# Its true corners, lat and lon: the command in resources/sample/README.md writes them with `--truth FILE`.
TRUE_CORNERS = ((26.997, 32.059), (33.058, 29.766), (35.670, 34.759), (27.113, 39.070))
MAX_OFF_DEG = 0.05  # 5 km of a photo that is 900 km long
MAX_CLICKS = 6
MAX_S = 300.0  # on two cores
RUN_PYTHON = REPOSITORY / ".venv" / "bin" / "python"


def make_plugin() -> Path:
    """Makes the plugin's zip."""
    subprocess.run([RUN_PYTHON, "tools/package.py"], cwd=REPOSITORY, check=True, capture_output=True)
    return max((REPOSITORY / "dist").glob("earthloc_qgis-*.zip"), key=lambda path: path.stat().st_mtime)


def make_published_plugin(folder: Path) -> Path:
    """Makes the plugin's zip as a release has it: its lists of packages name the engine's wheel in dist/."""
    sys.path.insert(0, str(REPOSITORY / "tools"))
    import pack
    import release

    locks = Path(shutil.copytree(REPOSITORY / "resources" / "engine", folder / "locks"))
    release.pin_engine(pack.engine_wheel(), locks)
    published = folder / make_plugin().name
    with zipfile.ZipFile(make_plugin()) as plain, zipfile.ZipFile(published, "w") as zipped:
        for name in plain.namelist():
            lock = locks / Path(name).name
            zipped.writestr(name, lock.read_bytes() if "/resources/engine/" in name else plain.read(name))
    return published


def make_pack() -> Path:
    """Makes an engine pack for this computer's Python alone; downloads its wheels once, about 220 MB."""
    minor = next(minor for minor in ("3.11", "3.12", "3.13") if shutil.which(f"python{minor}"))
    for command in (["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", "."],
                    ["tools/pack.py", "--python", minor]):  # fmt: skip
        done = subprocess.run([RUN_PYTHON, *command], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"no pack could be made: {done.stderr[-1000:]}")
    return next((REPOSITORY / "dist").glob(f"earthloc-engine-*-python{minor}.zip"))


@contextlib.contextmanager
def screen(size: str) -> Iterator[str]:
    """An X server without a monitor. QGIS itself, unlike its libraries, does not start with Qt's offscreen platform."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield f":{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def first_minutes(folder: Path, plugin: Path, pack: Path | None, size: str = "1366x768", theme: str = "") -> dict:
    """Lets a user (new_user.py) try EarthLoc in a QGIS with nothing but a new home folder, and returns the report."""
    home, report = folder / "home", folder / "report"
    for path in (home / "Downloads", report):
        path.mkdir(parents=True)
    home.chmod(0o700)
    if pack is None:  # the wheel is not published: the folder dist/ takes the place of the page of the release
        profile = home / "qgis" / "profiles" / "new" / "QGIS"
        profile.mkdir(parents=True)
        (profile / "QGIS3.ini").write_text(f"[earthloc]\nengine_find_links={REPOSITORY / 'dist'}\n")
    given = [Path(shutil.copy(file, home / "Downloads")) if file else "" for file in (plugin, pack, SAMPLE)]
    kept = ("PATH", "LANG", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "QT_SCALE_FACTOR", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {
        "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "2",
        "USER_PLUGIN": str(given[0]), "USER_PACK": str(given[1]), "USER_PHOTO": str(given[2]),
        "USER_REPORT": str(report), "USER_SIZE": size, "USER_THEME": theme, "USER_ANSWER": "is installed",
    }  # fmt: skip
    command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(home / "qgis"), "--profile", "new",
               "--code", str(Path(__file__).with_name("new_user.py"))]  # fmt: skip
    with (folder / "qgis.log").open("w") as log, screen(size) as display:
        environment["DISPLAY"] = display
        subprocess.run(command, env=environment, cwd=home, stdout=log, stderr=log, timeout=900, check=False)
    file = report / "report.json"
    return json.loads(file.read_text()) if file.is_file() else {"error": (folder / "qgis.log").read_text()[-3000:]}


def test_a_new_user_is_at_a_located_photo_after_a_few_clicks(tmp_path):
    for program in ("qgis", "Xvfb"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")
    report = first_minutes(tmp_path, make_plugin(), make_pack())
    assert not report["error"], report["error"]
    assert report["status"] == "located"
    for found, true in zip(report["corners"], TRUE_CORNERS, strict=True):
        assert abs(found[0] - true[0]) < MAX_OFF_DEG, report["corners"]
        assert abs(found[1] - true[1]) < MAX_OFF_DEG, report["corners"]
    assert report["on map"]
    assert report["clicks"]["EarthLoc"] <= MAX_CLICKS, report["clicks"]
    if os.getloadavg()[1] < 2 * (os.cpu_count() or 1):  # else other programs have slowed the computer down
        assert report["seconds"]["located"] <= MAX_S, report["seconds"]


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    zipped, source = (make_published_plugin(target), None) if "--internet" in sys.argv else (make_plugin(), make_pack())
    print(json.dumps(first_minutes(target, zipped, source), indent=1))
