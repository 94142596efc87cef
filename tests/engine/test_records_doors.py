"""Adding from catalogues as users do it: the command `earthloc records`, hints of `localize`, and the protocol."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from records_kit import IDS, REPLY, Archive, jpeg, send_file, silent, status

from engine.cli import main
from engine.photo.hints import Hints
from engine.photo.read import read_photo_info
from engine.records.client import PoliteClient
from engine.records.collect import Task, collect
from engine.records.record import Moment, Record, Tally, combined
from engine.records.sources import Source
from engine.records.write import flat
from engine.registration.prior import camera_prior
from tests.engine.conftest import engine_environment

HELLO = {"protocol": 1, "client": "test 1.0"}


@pytest.fixture
def archive():
    started = Archive()
    started.hold(*IDS)
    yield started
    started.stop()


@pytest.fixture
def reply(tmp_path):
    path = tmp_path / "reply.json"
    path.write_text(json.dumps([*REPLY, REPLY[0], {"frames.mission": "ISS064"}]))
    return path


# -- the command ----------------------------------------------------------------------------------------


def test_a_catalogue_becomes_a_list(earthloc, reply, tmp_path):
    done = earthloc("records", reply, "--out", tmp_path / "list.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "5 rows, 3 photos",
        "  2 with a nadir, 3 with a time, 1 with a footprint",
        "1 x no id of a photo: reply.json, entry 5: ISS064--",
        "1 x photo that is listed again: reply.json, entry 4: ISS064-E-48617",
        str(tmp_path / "list.csv"),
    ]
    with open(tmp_path / "list.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["photo_id"] for row in rows] == list(IDS)
    assert (rows[0]["nadir_lat"], rows[0]["taken_at"], rows[0]["lat1"]) == ("41.2", "2021-03-27T09:23:05Z", "44.0")
    assert (rows[1]["taken_at"], rows[1]["taken_on"], rows[1]["tilt_code"]) == ("", "2021-03", "HO")
    assert {row["photo"] for row in rows} == {""}
    again, tally = Tally(), Tally()
    first = {one.photo_id: flat(one) for one in combined(Source(reply).records(tally), tally).values()}
    read = {one.photo_id: flat(one) for one in Source(tmp_path / "list.csv").records(again)}
    assert again.complaints() == []
    assert read == first  # nothing is lost on the way


def test_layers_and_json(earthloc, reply, tmp_path):
    assert earthloc("records", reply, "--out", tmp_path / "list.gpkg").returncode == 0
    con = sqlite3.connect(tmp_path / "list.gpkg")
    counts = {table: con.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("nadirs", "footprints")}
    con.close()
    assert counts == {"nadirs": 2, "footprints": 1}
    done = earthloc("records", reply, "--json", "--out", tmp_path / "list.json")
    *records, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["photo_id"] for record in records] == list(IDS)
    assert (summary["rows"], summary["complaints"][0]["count"]) == (5, 1)
    assert json.loads((tmp_path / "list.json").read_text())["records"] == records


def test_photos_of_a_folder_are_paired(earthloc, reply, tmp_path):
    folder = tmp_path / "pho tos" / "deeper"
    folder.mkdir(parents=True)
    for name in (
        "iss064e048617.jpg",
        "ISS064-E-48619 copy.jpg",
        "iss064e48617_lrg.jpg",
        "holiday.jpg",
        "ISS001-E-1.jpg",
    ):
        (folder / name).write_bytes(jpeg(1))
    done = earthloc("records", reply, "--match", tmp_path / "pho tos", "--out", tmp_path / "list.csv")
    assert done.returncode == 0
    assert "2 photos have a file" in done.stdout
    assert "1 x file of a photo whose name has no id" in done.stdout
    assert "1 x further file of the same photo" in done.stdout
    with open(tmp_path / "list.csv", encoding="utf-8", newline="") as file:
        photos = [row["photo"] for row in csv.DictReader(file)]
    assert photos == ["pho tos/deeper/iss064e048617.jpg", "pho tos/deeper/ISS064-E-48619 copy.jpg"]


def test_query_and_download_in_one(earthloc, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("EARTHLOC_NASA_KEY", "s3cret-key")
    archive.reply = REPLY[:2]
    done = earthloc(
        "records", "--api", archive.api, "--query", "nadir|pdate|eq|20210327",
        "--photos", tmp_path / "photos", "--archive", archive.files, "--out", tmp_path / "list.csv",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "  2 photos fetched" in done.stdout
    assert archive.query(0)["key"] == "s3cret-key"
    assert all("s3cret" not in str(asked) for asked in archive.asked[1:])  # photos are fetched without it
    assert (tmp_path / "photos" / f"{IDS[0]}.jpg").read_bytes() == archive.content(IDS[0])
    assert archive.most_at_once == 1
    assert archive.times[2] - archive.times[1] >= 0.9  # a second between two requests


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "there is nothing to read"),
        (["gone.csv"], 3, "gone.csv: there is no such file"),
        (["ids.txt", "--out", "list.xlsx"], 2, "let it end in .csv, .json or .gpkg"),
        (["ids.txt", "--out", "none/list.csv"], 5, "list.csv"),
        (["ids.txt", "--match", "nowhere"], 3, "there is no such folder"),
        (["ids.txt", "--archive", "https://example.org"], 2, "--archive needs --photos"),
        (["ids.txt", "--photos", "p", "--archive", "http://example.org"], 2, "without encryption"),
        (["--api", "nasa"], 2, "--api and --query belong together"),
        (["--api", "nasa", "--query", "frames|mission|eq|ISS064"], 2, "EARTHLOC_NASA_KEY holds no key"),
        (["ids.txt", "--kind", "nasa"], 3, "something other than records"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids.txt").write_text("ISS064-E-1\n")
    assert main(["records", *arguments]) == code
    problem = capsys.readouterr().err
    assert problem.startswith("earthloc: ")
    assert problem.count("\n") == 1
    assert said in problem


# -- hints ----------------------------------------------------------------------------------------------


def test_the_nadir_of_a_catalogue_restricts_the_search(earthloc, photo, small_index_folder, tmp_path):
    path = tmp_path / "frames.tsv"
    path.write_text("MISSION\tROLL\tFRAME\tNLAT\tNLON\tTILT\nISS064\tE\t48617\t41.5\t8.5\t95\nISS\tE\t1\t1\t1\t\n")
    done = earthloc("localize", photo, "--records", path, "--index", small_index_folder, "--json", "--no-register")
    assert done.returncode == 0
    assert json.loads(done.stdout)["nadir"] == [41.5, 8.5]
    assert done.stderr.splitlines() == [
        "earthloc: 1 x no id of a photo: frames.tsv, line 3: ISS-E-1",
        "earthloc: 1 x tilt outside 0 to 90 (only this was left out): frames.tsv, line 2: 95",
    ]


def test_hints_fill_what_the_tags_lack(tmp_path):
    path = tmp_path / "ISS064-E-48617.jpg"
    path.write_bytes(jpeg(1, (600, 400)))
    record = Record(
        "ISS064-E-48617",
        taken_at=Moment("2021-03-27T09:23Z", "minute"),
        focal_length_mm=50.0,
        camera="N6",
        altitude_km=388.0,
    )
    photo = record.hints().fill(read_photo_info(path))
    assert (photo.taken_at, photo.camera, photo.focal_length_mm) == ("2021-03-27T09:23:00", "N6", 50.0)
    assert camera_prior(photo, 600, 400, None).focal_px == pytest.approx(50.0 / 36.0 * 600)
    again = Hints("2001-01-01T00:00:00", "N4", 400.0).fill(photo)
    assert (again.taken_at, again.camera, again.focal_length_mm) == ("2021-03-27T09:23:00", "N6", 50.0)
    assert Hints("yesterday").fill(read_photo_info(path)).taken_at is None
    day = Record("ISS064-E-1", taken_at=Moment("2021-03-27", "day"))
    assert day.hints().taken_at is None  # no time to reckon with


# -- the protocol ---------------------------------------------------------------------------------------


@pytest.fixture
def service(start_engine):
    running = start_engine()
    assert running.call(0, "initialize", HELLO)["result"]["protocol"] == 1
    return running


def test_the_service_reads_fetches_and_writes(service, archive, tmp_path):
    asked = {
        "sources": [], "api": {"address": archive.api, "query": "frames|mission|eq|ISS064", "key": "k"},
        "photos": str(tmp_path / "photos"), "archive": archive.files, "out": str(tmp_path / "list.csv"), "preview": 1,
    }  # fmt: skip
    archive.reply = [REPLY[0], None]
    answer = service.call(1, "records/read", asked)["result"]
    photo = str(tmp_path / "photos" / "ISS064-E-48617.jpg")
    assert (answer["rows"], answer["records"], answer["with_nadir"], answer["with_footprint"]) == (2, 1, 1, 1)
    assert answer["outcomes"] == {"fetched": 1}
    assert answer["preview"] == [
        {"photo_id": IDS[0], "taken_at": "2021-03-27T09:23:05Z", "nadir": [41.2, 10.9], "center": [43.41, 12.13],
         "has_footprint": True, "photo": photo, "source": "127.0.0.1, entry 1"}
    ]  # fmt: skip
    hints = {"taken_at": "2021-03-27T09:23:05Z", "camera": "N6", "focal_length_mm": 50.0}
    assert answer["photos"] == [{"photo": photo, "photo_id": IDS[0], "nadir": [41.2, 10.9], "hints": hints}]
    assert answer["complaints"][0]["message"] == "entry that is no object"
    assert {m["params"]["stage"] for m in service.seen if m.get("method") == "progress"} == {"records", "photos"}
    error = service.call(2, "records/read", {"sources": [str(tmp_path / "gone")]})["error"]
    assert (error["data"]["kind"], error["data"]["message_id"]) == ("input", "records.missing")


def test_a_download_is_cancelled_while_other_requests_are_answered(service, archive, tmp_path):
    (tmp_path / "ids.txt").write_text("\n".join(IDS))
    asked = {"sources": [str(tmp_path / "ids.txt")], "photos": str(tmp_path / "p"), "archive": archive.files}
    archive.first = [status(503, Retry_After="250")]
    service.send(1, "records/read", asked)
    service.until(lambda message: message.get("method") == "progress" and message["params"]["stage"] == "photos")
    assert "result" in service.call(2, "index/list", {"folder": str(tmp_path)})
    assert service.call(3, "cancel", {"id": 1})["result"] == {"cancelled": True}
    assert service.answer(1)["error"]["data"]["kind"] == "cancelled"
    archive.first = [silent(0.0)]  # the connection ends without an answer; the next try succeeds
    assert service.call(4, "records/read", asked)["result"]["outcomes"] == {"fetched": 3}


def test_a_killed_download_is_continued(archive, tmp_path):
    """Nothing is lost and nothing is half there, wherever the process ends."""
    (tmp_path / "ids.txt").write_text("\n".join(IDS))
    content = archive.content(IDS[1])
    half_sent, ended = threading.Event(), threading.Event()

    def half(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("ETag", f'"{hash(content):x}"')
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        half_sent.set()
        ended.wait(60)
        handler.close_connection = True

    archive.first = [lambda handler: send_file(handler, archive.content(IDS[0])), half]
    arguments = ["records", "ids.txt", "--photos", "p", "--archive", archive.files]
    part = tmp_path / "p" / f"{IDS[1]}.part"
    running = subprocess.Popen(
        [sys.executable, "-m", "engine", *arguments], cwd=tmp_path, env=engine_environment(tmp_path / "state")
    )
    assert half_sent.wait(60)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.kill()
    running.wait(60)
    ended.set()
    assert sorted(path.name for path in (tmp_path / "p").glob("*.jpg")) == [f"{IDS[0]}.jpg"]
    archive.asked.clear()
    folder = tmp_path / "p"
    found = collect(
        Task([Source(tmp_path / "ids.txt")], photos=folder, archive=archive.files),
        None,
        {archive.files: PoliteClient(archive.files, pause_s=0.0)},
    )
    assert found.outcomes == {"verified": 1, "fetched": 2}
    assert archive.asked[0][1]["Range"].startswith("bytes=")
    assert {path.stem: path.read_bytes() for path in folder.glob("*.jpg")} == {one: archive.content(one) for one in IDS}
    assert not list(folder.glob("*.part*"))
