"""Nadirs from the orbit, and clocks, at the command line and in the protocol; elements from a server on loopback."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from georeference_kit import SIZE, place
from orbit_kit import MIDDLE, quick_orbit, write_elements
from PIL import ExifTags, Image
from test_registration_solve import camera_at

from engine import geo, localize
from engine.cli import main
from engine.localize import Query
from engine.orbit import solving
from engine.orbit.clocks_file import read_clocks
from engine.orbit.hint import OrbitHint
from engine.orbit.opening import open_ephemeris
from engine.photo.read import read_photo_info
from engine.results import ResultsFile
from engine.retrieval.model import ModelPackage

BEHIND_S = 195


@pytest.fixture
def elements(tmp_path: Path) -> Path:
    return write_elements(tmp_path / "station.tle")


def draw(path: Path, second: float, camera: str = "NIKON D5", clock_offset_s: float = BEHIND_S) -> Path:
    """A blank photo taken so many seconds after MIDDLE, by a clock that is behind."""
    path.parent.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = camera
    taken = MIDDLE + timedelta(seconds=second - clock_offset_s)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    Image.new("RGB", SIZE, (200, 200, 200)).save(path, exif=exif)
    return path


def locate(folder: Path, name: str, second: float, camera: str = "NIKON D5", clock_offset_s: float = BEHIND_S) -> Path:
    """Puts a located photo into results.gpkg, which saw the ground from the station's orbit."""
    draw(folder / name, second, camera, clock_offset_s)
    state = quick_orbit().state(MIDDLE + timedelta(seconds=second))
    eye = camera_at(*state.nadir(), state.altitude_km(), azimuth_deg=30.0, tilt_deg=20.0)
    seen = dataclasses.replace(eye, width_px=SIZE[0], height_px=SIZE[1], focal_px=400.0)
    return place(folder, seen, np.zeros(0), name, noise_px=0.3)[0]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of eight photos of one camera, and two of another, whose clock is right."""
    for number in range(8):
        locate(tmp_path / "pass", f"a{number}.jpg", 20.0 * number)
    for number in range(2):
        locate(tmp_path / "pass", f"b{number}.jpg", 30.0 * number, "NIKON D4", 0.0)
    return tmp_path / "pass" / "results.gpkg"


def test_the_clock_is_told_and_written(
    results: Path, elements: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "clocks.json"
    assert main(["clock", str(results), "--orbit", str(elements), "--out", str(out)]) == 0
    right, behind = capsys.readouterr().out.splitlines()
    assert "The clock of NIKON D4 was right (± " in right
    assert behind.startswith("2024-02-12 23:21 to 2024-02-12 23:24: The clock of NIKON D5 was 3 min 15 s behind (± ")
    assert behind.endswith("8 of 8 located photos agree).")
    clocks = {clock["camera"]: clock for clock in read_clocks(out)}
    assert clocks["NIKON D5"]["offset_s"] == pytest.approx(BEHIND_S, abs=2.0)
    assert abs(clocks["NIKON D4"]["offset_s"]) < 2.0


def test_two_cameras_of_one_model_are_told(results: Path, elements: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        locate(results.parent, f"c{number}.jpg", 25.0 * number, clock_offset_s=-42.0)
    assert main(["clock", str(results), "--orbit", str(elements), "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    mixed = next(clock for clock in found if clock["camera"] == "NIKON D5")
    assert (mixed["status"], mixed["located"], mixed["agreeing"]) == ("two_clocks", 13, 8)
    assert mixed["others_s"][0] == pytest.approx(-42.0, abs=2.0)
    assert {Path(photo).name for photo in mixed["wrong"]} == {f"c{number}.jpg" for number in range(5)}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, make_raster: Callable[..., Path], model: ModelPackage) -> Path:
    from engine.retrieval.build import build_index

    folder = tmp_path_factory.mktemp("indexes")
    raster = make_raster(folder / "land.tif", width=250, height=200)
    build_index(raster, folder / "land", tile_km=(313.0,), model=model, feature_km=0)
    return folder / "land"


def test_known_offsets_give_the_nadirs_of_other_photos(
    elements: Path, index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = (MIDDLE - timedelta(seconds=BEHIND_S)).isoformat()
    offset = {"camera": "NIKON D5", "first": first, "last": first, "offset_s": BEHIND_S, "sd_s": 0.5}
    (tmp_path / "clocks.json").write_text(json.dumps({"clocks": [offset]}))
    photos = [
        draw(tmp_path / "one.jpg", 100.0),
        draw(tmp_path / "other.jpg", 100.0, "NIKON D4"),
        draw(tmp_path / "late.jpg", 200_000.0),
        draw(tmp_path / "old.jpg", -1e9),
        draw(tmp_path / "older.jpg", -1.1e9),
    ]
    arguments = ["localize", *map(str, photos), "--index", str(index), "--json", "--orbit", str(elements)]
    assert main([*arguments, "--clocks", str(tmp_path / "clocks.json")]) == 0
    told = capsys.readouterr()
    one, other, late, old, _ = (json.loads(line) for line in told.out.splitlines())
    true = quick_orbit().state(MIDDLE + timedelta(seconds=100)).nadir()
    assert geo.distance_km(*one["nadir"], *true) < 0.5
    assert one["orbit"]["clock_offset_s"] == BEHIND_S
    assert one["orbit"]["sd_km"] < 10.0
    assert 1300 < geo.distance_km(*other["nadir"], *true) < 1500  # the offset is not of this camera
    assert other["orbit"]["sd_km"] > 300.0
    assert late["orbit"]["clock_offset_s"] == 0.0  # the clock may have been set anew
    assert old["nadir"] is None
    assert old["orbit"]["message_id"] == "orbit.before_station"
    assert "no nadir from the orbit for 2 photos, such as old.jpg: the station did not fly yet" in told.err


@pytest.mark.parametrize(
    ("stated", "used"),
    [(None, True), ((0.5, 0.5), False), ((14.0, 14.0), True)],
    ids=["none", "near", "wrong"],
)
def test_a_stated_nadir_counts_unless_the_orbit_contradicts_it(
    elements: Path, tmp_path: Path, stated: tuple[float, float] | None, used: bool
) -> None:
    from engine.orbit.hint import nadir_of

    info = read_photo_info(draw(tmp_path / "one.jpg", 0.0, clock_offset_s=0.0))
    lat, lon = quick_orbit().state(MIDDLE).nadir()
    given = None if stated is None else (lat + stated[0], lon + stated[1])
    known = nadir_of(None, dataclasses.replace(info, nadir=given), OrbitHint(open_ephemeris(elements)))
    assert known.is_by_time is used
    assert known.nadir == (pytest.approx((lat, lon), abs=0.01) if used else given)
    assert nadir_of((1.0, 2.0), info, OrbitHint(open_ephemeris(elements))).nadir == (1.0, 2.0)


def test_the_other_photos_of_a_run_are_located_again(
    results: Path, elements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {row["localization"]["photo"]: row["localization"] for row in ResultsFile(results).rows()}
    answers = {str(results.parent / Path(photo).name): answer for photo, answer in answers.items()}
    lost = [draw(results.parent / f"lost{number}.jpg", 40.0) for number in range(2)]
    lost.append(draw(results.parent / "other.jpg", 40.0, "NIKON D500"))
    hint = OrbitHint(open_ephemeris(elements))
    for photo in lost:
        answers[str(photo)] = {**next(iter(answers.values())), "photo": str(photo), "status": "not_found"}
        answers[str(photo)] |= {"confidence": 0.0, "orbit": {}}
    asked: list[Query] = []

    def again(localizer: object, query: Query, progress: object) -> dict[str, object]:
        asked.append(query)
        return {**answers[str(query.photo)], "status": "located", "confidence": 0.99}

    monkeypatch.setattr(solving, "localize_or_fail", again)
    localizer = localize.Localizer([], [], None)  # type: ignore[arg-type] # not used
    queries = [Query(Path(photo), orbit=hint) for photo in answers]
    clocks, better = solving.locate_again(localizer, queries, answers)
    assert [clock.solution.seconds for clock in clocks if clock.solution] == pytest.approx([0.0, BEHIND_S], abs=2.0)
    assert [answer["photo"] for answer in better] == [str(photo) for photo in lost[:2]]
    for query in asked:
        assert query.orbit is not None
        info = read_photo_info(query.photo)
        assert info.taken_at is not None
        assert query.orbit.of_photo(info.camera, info.taken_at).clock_offset_s == pytest.approx(BEHIND_S, abs=2.0)


def test_the_service_solves_and_applies_clocks(
    results: Path, elements: Path, index: Path, start_engine: Callable[[], object], tmp_path: Path
) -> None:
    engine = start_engine()
    engine.call(0, "initialize", {"protocol": 1})  # type: ignore[attr-defined]
    call = engine.call  # type: ignore[attr-defined]
    solved = call(1, "clock/solve", {"results": str(results), "orbit": str(elements)})["result"]["clocks"]
    behind = next(clock for clock in solved if clock["camera"] == "NIKON D5")
    assert behind["status"] == "solved"
    assert behind["message_id"] == "clock.solved"
    known = [{name: behind[name] for name in ("camera", "first", "last", "offset_s", "sd_s")}]
    photo = draw(tmp_path / "one.jpg", 100.0)
    asked = {"photo": str(photo), "indexes": [str(index)], "orbit": str(elements)}
    answer = call(2, "localize", {**asked, "clocks": known})["result"]
    true = quick_orbit().state(MIDDLE + timedelta(seconds=100)).nadir()
    assert geo.distance_km(*answer["nadir"], *true) < 20.0
    for params, kind, says in (
        ({"orbit": str(tmp_path / "gone.tle")}, "orbit", "no such file"),
        ({"clocks": [{**known[0], "first": "noon"}]}, "usage", "not a time"),
        ({"clocks": [{**known[0], "offset_s": 1e12}]}, "usage", "clocks"),
    ):
        error = call(3, "localize", {**asked, **params})["error"]
        assert error["data"]["kind"] == kind
        assert says in error["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["clock", "gone.gpkg", "--stated-nadirs"], 3, "no such file"),
        (["clock", "empty.gpkg", "--stated-nadirs"], 3, "holds no located photos with times"),
        (["localize", "a.jpg", "--solve-clock"], 2, "--solve-clock needs --orbit"),
        (["localize", "a.jpg", "--clock-offset", "-5"], 2, "--clock-offset needs --orbit"),
        (["localize", "a.jpg", "--orbit", "station.tle", "--clocks", "station.tle"], 3, "is no file of clock offsets"),
        (["localize", "a.jpg", "--orbit", "gone.tle"], 3, "no such file"),
        (["elements", "ftp://x/y", "--out", "o"], 3, "is no source of elements"),
        (["elements", "celestrak", "--out", "o"], 2, "this contacts celestrak.org"),
    ],
)
def test_wrong_use_is_explained(
    elements: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "a.jpg", 0.0)
    ResultsFile(tmp_path / "empty.gpkg").prepare()
    assert main(arguments) == code
    assert says in capsys.readouterr().err


# -- elements from a server ------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, tuple[int, bytes]], list[str]]]:
    """A server on loopback: its address, its replies by path, and the paths asked for."""
    replies: dict[str, tuple[int, bytes]] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body = replies[self.path]
            self.send_response(status)
            self.send_header("Location", "/good")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", replies, asked
    running.shutdown()
    running.server_close()


def test_elements_are_fetched_with_consent_and_their_origin_recorded(
    server: tuple[str, dict[str, tuple[int, bytes]], list[str]],
    elements: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, replies, asked = server
    replies["/good"] = 200, elements.read_bytes()
    out = tmp_path / "fetched.tle"
    assert main(["elements", f"{address}/good", "--out", str(out)]) == 2
    assert not asked
    assert f"this contacts {address.removeprefix('http://')}" in capsys.readouterr().err
    assert main(["elements", f"{address}/good", "--out", str(out), "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    note = json.loads((tmp_path / "fetched.tle.source.json").read_text())
    assert note["sha256"] == told["sha256"]
    assert note["address"] == f"{address}/good"
    assert out.read_bytes() == elements.read_bytes()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, b"", "answers with status 404"),
        (302, b"", "answers with status 302"),  # nobody agreed to another place
        (200, b"<html>log in</html>", "sends something else than an orbit"),
        (200, b"x" * 3000, "sends more than"),
    ],
)
def test_a_server_that_sends_no_elements_changes_nothing(
    server: tuple[str, dict[str, tuple[int, bytes]], list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    says: str,
) -> None:
    monkeypatch.setattr("engine.orbit.download.MAX_BYTES", 2000)
    address, replies, asked = server
    replies["/bad"] = status, body
    out = tmp_path / "fetched.tle"
    out.write_text("as before")
    assert main(["elements", f"{address}/bad", "--out", str(out), "--yes"]) == 3
    assert says in capsys.readouterr().err
    assert asked == ["/bad"]
    assert out.read_text() == "as before"
    assert [path.name for path in tmp_path.iterdir() if "fetched" in path.name] == ["fetched.tle"]
