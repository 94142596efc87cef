"""The command line, run as a user runs it."""

import functools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import engine
from engine.cli import main
from engine.errors import OutputError
from tests.engine.conftest import engine_environment

QUICK = ("--json", "--no-register")
LOCALIZATION_KEYS = {
    "photo", "photo_id", "status", "confidence", "footprint", "corners", "center", "camera", "pose",
    "tie_points", "imagery", "inliers", "rms_km", "candidates", "timings_ms", "message", "nadir", "model", "engine",
}  # fmt: skip


def test_version_and_help(earthloc):
    assert earthloc("--version").stdout == f"earthloc {engine.__version__}\n"
    for command in ([], ["localize"], ["index"], ["index", "build"], ["evaluate"], ["serve"]):
        done = earthloc(*command, "--help")
        assert done.returncode == 0
        assert "usage: earthloc" in done.stdout


def test_localize_prints_one_json_object_a_line(earthloc, photo, small_index_folder):
    done = earthloc("localize", photo, photo.parent, "--index", small_index_folder, "--top-k", "4", *QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    (answer,) = [json.loads(line) for line in done.stdout.splitlines()]  # the same photo twice is one photo
    assert set(answer) >= LOCALIZATION_KEYS
    assert answer["photo"] == str(photo)
    assert answer["photo_id"] == "ISS064-E-48617"
    assert answer["status"] == "uncertain"
    assert len(answer["candidates"]) == 4


def test_localize_prints_the_place_for_people(earthloc, photo, small_index_folder, tmp_path):
    out = tmp_path / "results.gpkg"
    done = earthloc("localize", photo, "--index", small_index_folder, "--out", out, "--no-register")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{photo}: uncertain" in done.stdout
    assert f"saved to {out}" in done.stdout
    con = sqlite3.connect(out)
    ((lat, lon),) = con.execute("SELECT center_lat, center_lon FROM footprints").fetchall()
    con.close()
    assert abs(lat - 44.0) < 1.5
    assert abs(lon - 5.0) < 2.0


def test_a_bad_photo_does_not_stop_the_others(earthloc, photo, small_index_folder, tmp_path):
    folder = tmp_path / "mes photos"
    folder.mkdir()
    (folder / "a empty.jpg").touch()
    (folder / "b.jpg").write_bytes(photo.read_bytes())
    (folder / "c.txt").write_text("no photo")
    out = tmp_path / "out.gpkg"
    done = earthloc("localize", folder, tmp_path / "gone.jpg", "--index", small_index_folder, *QUICK, "--out", out)
    assert done.returncode == 3
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(Path(a["photo"]).name, a["status"]) for a in answers] == [
        ("a empty.jpg", "failed"),
        ("b.jpg", "uncertain"),
        ("gone.jpg", "failed"),
    ]
    assert "a empty.jpg" in answers[0]["message"]
    con = sqlite3.connect(out)
    saved = con.execute("SELECT photo, status FROM photos ORDER BY fid").fetchall()
    con.close()
    assert saved == [
        ("mes photos/a empty.jpg", "failed"),
        ("mes photos/b.jpg", "uncertain"),
        ("gone.jpg", "failed"),
    ]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_answers_keep_their_order_with_several_jobs(earthloc, photo, small_index_folder, tmp_path, jobs):
    names = [f"{n}.jpg" for n in (3, 1, 2, 5, 4)]
    for name in names:
        (tmp_path / name).write_bytes(photo.read_bytes())
    done = earthloc("localize", *names, "--index", small_index_folder, *QUICK, "--jobs", jobs, cwd=tmp_path)
    assert done.returncode == 0
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["photo"] for a in answers] == names
    assert len({json.dumps(a["candidates"]) for a in answers}) == 1


def test_a_nadir_and_a_radius_restrict_the_search(earthloc, photo, small_index_folder):
    def locate(*options):
        done = earthloc("localize", photo, "--index", small_index_folder, *QUICK, *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    near = locate("--nadir", "41.5,8.5", "--radius-km", "200")
    assert near["nadir"] == [41.5, 8.5]
    assert near["candidates"]
    assert all(c["nadir_distance_km"] <= 200 for c in near["candidates"])
    south = locate("--nadir", "-12.5,-40", "--radius-km", "500")  # a negative value is no option
    assert (south["status"], south["nadir"], south["candidates"]) == ("not_found", [-12.5, -40.0], [])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["localise", "a.jpg"],
        ["localize"],
        ["localize", "a.jpg", "--nadir", "91,0"],
        ["localize", "a.jpg", "--nadir", "nan,0"],
        ["localize", "a.jpg", "--nadir", "12"],
        ["localize", "a.jpg", "--nadir", "-x,3"],
        ["localize", "a.jpg", "--top-k", "0"],
        ["localize", "a.jpg", "--top-k", "ten"],
        ["localize", "a.jpg", "--radius-km", "-5"],
        ["localize", "a.jpg", "--jobs", "0"],
        ["index", "build", "a.tif"],
        ["index", "build", "a.tif", "--out", "b", "--bbox", "-10,0,20"],
        ["index", "build", "a.tif", "--out", "b", "--tile-km", "1,two"],
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(earthloc, arguments):
    done = earthloc(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("earthloc: ")
    assert done.stderr.count("\n") == 1
    assert "--help" in done.stderr


def one_sentence(done, code):
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("earthloc: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_errors_name_the_file_and_the_fix(earthloc, photo, small_index_folder, other_model_folder, tmp_path):
    no_index = tmp_path / "nothing"
    assert "nothing: is not a regional index" in one_sentence(earthloc("localize", photo, "--index", no_index), 4)
    assert "nothing" in one_sentence(earthloc("index", "info", no_index), 4)
    (tmp_path / "text.gpkg").write_text("my notes, kept\n" * 99)
    to_text = earthloc("localize", photo, "--index", small_index_folder, "--out", tmp_path / "text.gpkg")
    assert "text.gpkg: is not a GeoPackage; choose another file." in one_sentence(to_text, 5)
    assert (tmp_path / "text.gpkg").read_text().startswith("my notes")
    missing_model = earthloc("index", "build", photo, "--out", tmp_path / "i", "--model", tmp_path / "m")
    assert "no such model package" in one_sentence(missing_model, 4)
    assert "ISS064" in one_sentence(earthloc("index", "build", photo, "--out", tmp_path / "i"), 3)
    assert "truth.csv" in one_sentence(earthloc("evaluate", tmp_path / "truth.csv", "--index", small_index_folder), 3)
    empty = tmp_path / "empty folder"
    empty.mkdir()
    assert "holds no photo" in one_sentence(earthloc("localize", empty, "--index", small_index_folder), 3)


def test_debug_prints_the_traceback(earthloc, tmp_path):
    done = earthloc("index", "info", tmp_path / "nothing", "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_without_any_index_the_error_says_what_to_do(photo, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("engine.resources.resources_folder", lambda: tmp_path)
    assert main(["localize", str(photo)]) == 2
    assert "earthloc index build" in capsys.readouterr().err


def test_the_included_indexes_are_used(photo, small_index_folder, monkeypatch, capsys, tmp_path):
    (tmp_path / "indexes").symlink_to(small_index_folder.parent, target_is_directory=True)
    monkeypatch.setattr("engine.resources.resources_folder", lambda: tmp_path)
    assert main(["localize", str(photo), *QUICK]) == 0
    assert json.loads(capsys.readouterr().out)["candidates"][0]["index"] == "europe"


def test_a_photo_that_does_not_fit_into_memory_fails(photo, small_index_folder, monkeypatch, capsys):
    from engine.localize import Localizer

    def greedy(self, query, progress):
        raise MemoryError

    monkeypatch.setattr(Localizer, "localize", greedy)
    assert main(["localize", str(photo), "--index", str(small_index_folder), "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "failed"
    assert "does not fit in memory" in answer["message"]


def test_answers_that_cannot_be_saved_are_still_printed(photo, small_index_folder, monkeypatch, capsys, tmp_path):
    """The disk fills up after the first photo."""
    from engine.results import ResultsFile

    saved = []
    save = ResultsFile.save

    def save_one(self, answer, info, include_reviewed):
        if saved:
            raise OutputError(self.path, "the disk is full", "free some space")
        saved.append(answer["photo"])
        return save(self, answer, info, include_reviewed)

    monkeypatch.setattr(ResultsFile, "save", save_one)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    out = tmp_path / "results.gpkg"
    assert main(["localize", str(tmp_path), "--index", str(small_index_folder), *QUICK, "--out", str(out)]) == 5
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert printed.err.count("the disk is full; free some space.") == 1
    assert [Path(row["photo"]).name for row in ResultsFile(out).rows()] == ["a.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="terminals are made by a POSIX call")
def test_progress_is_shown_on_a_terminal_only(land_raster, tmp_path):
    command = [sys.executable, "-m", "engine", "index", "build", str(land_raster), "--tile-km", "400"]
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "a")],
        env=engine_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as child:
        printed = child.stdout.read()
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert child.returncode == 0
    assert "embed" in shown
    assert "\n" not in shown
    assert shown.rstrip(" ").endswith("\r")  # the line is wiped at the end
    assert b"embed" not in printed


def test_a_bug_is_reported_in_one_sentence(monkeypatch, capsys, tmp_path):
    def broken(path):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("engine.retrieval.index.list_indexes", broken)
    assert main(["index", "list", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("earthloc: a bug in the program (ZeroDivisionError: division by zero)")


def test_index_build_info_verify_list(earthloc, land_raster, tmp_path):
    out = tmp_path / "indexes" / "west"
    options = ["--bbox", "-1,41,6,47", "--tile-km", "400", "--attribution", "Someone", "--licence", "CC0"]
    planned = json.loads(earthloc("index", "plan", land_raster, *options[:4], "--json").stdout)
    built = earthloc("index", "build", land_raster, "--out", out, *options)
    assert (built.returncode, built.stderr) == (0, "")
    size = f"{planned['size_bytes'] / 1e6:,.1f} MB"
    features = f"{planned['features']} local features at {1000 * planned['feature_km']:g} m a pixel"
    photos = f"(for photos about {planned['narrowest_km']:g} km wide and wider)"
    text = f"up to {planned['tiles']} tiles, {features} {photos}, {size}\n"
    assert earthloc("index", "plan", land_raster, *options[:4]).stdout == text
    without = earthloc("index", "plan", land_raster, *options[:4], "--feature-km", "0").stdout
    assert without.startswith(f"up to {planned['tiles']} tiles, no local features, ")
    outlines = earthloc("index", "tiles", out, "--out", tmp_path / "outlines.gpkg")
    assert (outlines.returncode, outlines.stderr) == (0, "")
    with sqlite3.connect(tmp_path / "outlines.gpkg") as connection:
        assert connection.execute("SELECT count(*) FROM tiles").fetchone()[0] <= planned["tiles"]
    info = json.loads(earthloc("index", "info", out, "--json").stdout)
    assert info["region"] == [-1, 41, 6, 47]
    assert info["tile_km"] == [400]
    assert (info["source"]["attribution"], info["source"]["licence"]) == ("Someone", "CC0")
    assert f"{info['count']} tiles" in built.stdout
    assert "Someone; CC0" in earthloc("index", "info", out).stdout
    verified = earthloc("index", "verify", out)
    assert (verified.returncode, verified.stdout) == (0, f"{out}: 6 files, all unchanged\n")
    (listed,) = [json.loads(line) for line in earthloc("index", "list", out.parent, "--json").stdout.splitlines()]
    assert (listed["path"], listed["tiles"]) == (str(out), info["count"])
    assert f"{info['count']} tiles" in earthloc("index", "list", out.parent).stdout
    again = earthloc("index", "build", land_raster, "--out", out)
    assert "already exists" in one_sentence(again, 2)
    flipped = bytearray((out / "descriptors.f32").read_bytes())
    flipped[100] ^= 1
    (out / "descriptors.f32").write_bytes(flipped)
    assert "descriptors.f32: is damaged" in one_sentence(earthloc("index", "verify", out), 4)


def test_an_index_of_another_model_is_searched_with_it(earthloc, land_raster, photo, other_model_folder, tmp_path):
    """The index carries the model; it is searched together with an index of the included model."""
    out = tmp_path / "other"
    options = ["--bbox", "3,43,7,45", "--tile-km", "400", "--model", other_model_folder]
    assert earthloc("index", "build", land_raster, "--out", out, *options).returncode == 0
    answer = json.loads(earthloc("localize", photo, "--index", out, "--json").stdout)
    assert answer["model"]["name"] == "other"
    own = tmp_path / "own"
    assert earthloc("index", "build", land_raster, "--out", own, *options[:-2]).returncode == 0
    both = json.loads(earthloc("localize", photo, "--index", out, "--index", own, "--top-k", "100", *QUICK).stdout)
    assert {candidate["index"] for candidate in both["candidates"]} == {"other", "own"}


def test_evaluate_prints_the_recalls(earthloc, photo, small_index_folder, tmp_path):
    from engine import geo

    corners = geo.square_corners(44.0, 5.0, 300.0).ravel()
    header = "photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon"
    row = ",".join([str(photo), *(str(value) for value in corners), "", ""])
    (tmp_path / "truth.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    done = earthloc("evaluate", tmp_path / "truth.csv", "--index", small_index_folder, *QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["photos"] == 1
    assert found["recall"]["100"] == 100.0
    in_words = earthloc("evaluate", tmp_path / "truth.csv", "--index", small_index_folder, "--no-register")
    assert "100.0%" in in_words.stdout


def test_evaluate_measures_the_area_searched(earthloc, photo, small_index_folder, tmp_path):
    from engine import geo
    from engine.where.cells import MAP_AREA_KM2

    corners = geo.square_corners(44.0, 5.0, 300.0).ravel()
    header = "photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon"
    row = ",".join([str(photo), *(str(value) for value in corners), "", ""])
    (tmp_path / "truth.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    done = earthloc("evaluate", tmp_path / "truth.csv", "--index", small_index_folder, "--area", *QUICK)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert 0 < found["area_km2"]["50"] <= found["area_km2"]["90"] < MAP_AREA_KM2
    assert found["area_by_source"]["all"] == found["area_km2"]
    assert {"tiles", "land, uniform", "all without tiles"} <= set(found["area_by_source"])
    in_words = earthloc("evaluate", tmp_path / "truth.csv", "--index", small_index_folder, "--area", "--no-register")
    assert "area searched, km2" in in_words.stdout


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--language-model", "http://127.0.0.1:9"], "--where"),
        (["--where", "--language-model", "http://192.168.0.7:8080"], "192.168.0.7"),
        (["--where", "--language-model", "ftp://127.0.0.1"], "language model"),
    ],
)
def test_an_unfit_language_model_is_refused_before_any_photo(earthloc, photo, small_index_folder, options, problem):
    done = earthloc("localize", photo, "--index", small_index_folder, *options, *QUICK)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_where_package_is_chosen_and_a_missing_one_is_refused(earthloc, photo, small_index_folder, tmp_path):
    card = {"format": 1, "name": "n", "version": "1", "license": "l", "origin": "o"}
    nadir_only = {"nadir": {"kind": "nadir"}}
    (tmp_path / "where.json").write_text(json.dumps({**card, "sources": nadir_only}), encoding="utf-8")
    options = ("--index", small_index_folder, "--where", "--nadir", "44,6", *QUICK)
    done = earthloc("localize", photo, "--where-package", tmp_path, *options)
    assert json.loads(done.stdout)["where"]["sources"] == ["nadir"]
    refused = earthloc("localize", photo, "--where-package", tmp_path / "none", *options)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "where.json" in refused.stderr


def test_localize_says_where_a_photo_could_be(earthloc, photo, small_index_folder):
    done = earthloc("localize", photo, "--index", small_index_folder, "--where", *QUICK)
    assert done.returncode == 0, done.stderr
    where = json.loads(done.stdout)["where"]
    assert [area["percent"] for area in where["areas"]] == [50, 90, 99]
    assert where["areas"][0]["area_km2"] <= where["areas"][1]["area_km2"] <= where["areas"][2]["area_km2"]
    assert "tiles" in where["sources"]
    in_words = earthloc("localize", photo, "--index", small_index_folder, "--where", "--no-register")
    assert "search area: 90 % within" in in_words.stdout
    without = json.loads(earthloc("localize", photo, "--index", small_index_folder, *QUICK).stdout)
    assert without.get("where") is None


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_ends_with_130_and_keeps_the_batches_built(land_raster, tmp_path):
    out = tmp_path / "index"
    command = [sys.executable, "-m", "engine", "index", "build", str(land_raster), "--out", str(out)]
    command += ["--tile-km", "40"]
    environment = engine_environment(tmp_path)
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs of a shell do not
    child = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, encoding="utf-8", preexec_fn=heeding)
    journal = tmp_path / "index.partial" / "journal.txt"
    deadline = time.monotonic() + 60
    while not (journal.is_file() and journal.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert errors.count("\n") == 1
    done = len(journal.read_text().splitlines())
    assert done > 0
    assert not out.exists()


@pytest.mark.skipif(os.name != "posix", reason="a closed pipe shows itself otherwise on Windows")
def test_a_closed_pipe_is_not_an_error(photo, small_index_folder, tmp_path):
    for n in range(4):
        (tmp_path / f"{n}.jpg").write_bytes(photo.read_bytes())
    command = [sys.executable, "-m", "engine", "localize", str(tmp_path), "--index", str(small_index_folder)]
    with subprocess.Popen(
        [*command, *QUICK], env=engine_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert json.loads(child.stdout.readline())["status"] == "uncertain"
        child.stdout.close()
        errors = child.stderr.read()
        child.wait(timeout=60)
    assert errors == b""
    assert child.returncode == 0


def test_the_program_starts_quickly(earthloc):
    """Without heavy libraries: what only parses its arguments must not load them."""
    code = "import sys; from engine.cli import main; main(['index', 'list', '.']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    loaded = set(done.stdout.split())
    assert "engine.retrieval.index" in loaded
    assert not loaded & {"onnxruntime", "faiss", "cv2", "rasterio"}
