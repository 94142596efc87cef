"""`earthloc run`: many photos into a catalogue."""

from __future__ import annotations

import errno
import os
import random
import signal
import sqlite3

import duckdb
import psutil
import pytest

from engine.catalogue import parquet
from engine.messages import Message
from engine.run import ledger as ledger_module
from engine.run.ledger import Ledger
from engine.run.locate import Outcome
from engine.run.photos import find_photos
from engine.run.production import Production, open_catalogue
from engine.run.row import failed_row
from tests.engine.run_kit import files_of, night_photo, night_photos, rows_of, run, run_for_people, start

PHOTOS = 620  # two files
DEADLINE_S = 120.0
ONE = ("--jobs", "1")


@pytest.fixture(scope="module")
def many(tmp_path_factory, small_index_folder):
    """Arguments for a folder of photos that are quick to locate, and the files of an undisturbed run."""
    folder = night_photos(tmp_path_factory.mktemp("many"), PHOTOS)
    for name in ("pass0/00003.png", "pass2/00599.png"):  # the content of a photo of another file
        (folder / name).write_bytes((folder / "pass1" / "00610.png").read_bytes())
    (folder / "pass1" / "00001.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    arguments = (folder, "--index", small_index_folder, "--no-register", "--jobs", "2")
    out = tmp_path_factory.mktemp("undisturbed") / "catalogue"
    process = start(out.parent, *arguments, *ONE, "--out", out)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 3  # one photo is torn
    files = files_of(out)
    assert len(files) == 2
    return arguments, files


def test_folder_becomes_a_catalogue(tmp_path, capsys, photo, small_index_folder):
    folder = tmp_path / "photos"
    night_photo(folder / "a" / "Übung № 1.png", 1)
    (folder / "b").mkdir()
    (folder / "b" / f"ISS064-E-48617{photo.suffix}").write_bytes(photo.read_bytes())
    (folder / "c.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    (folder / "d.png").write_bytes((folder / "a" / "Übung № 1.png").read_bytes())
    (folder / "notes.txt").write_text("no photo")
    odd = "z\udcff.png"  # a byte that is not UTF-8
    try:
        night_photo(folder / odd, 2)
    except (OSError, UnicodeError):  # not on this file system
        odd = "z.png"
        night_photo(folder / odd, 2)
    out = tmp_path / "catalogue"
    arguments = (folder, "--out", out, "--index", small_index_folder, "--no-register", *ONE)
    code, said, errors = run_for_people(capsys, *arguments)
    assert (code, errors) == (3, "")
    assert "5 photos: 5 to locate" in said
    assert "1 failed, photo.damaged: is damaged or cut short; such as c.jpg" in said
    assert "1 photos have the content of an earlier one" in said

    rows = rows_of(out)
    shown = [(row["photo"], row["status"], row["reason"], row["duplicate_of"]) for row in rows]
    located = f"b/ISS064-E-48617{photo.suffix}"
    assert shown == [
        ("c.jpg", "failed", "photo.damaged", None),
        ("d.png", "not_found", "photo.dark", None),
        (odd.replace("\udcff", "\\xff"), "not_found", "photo.dark", None),
        ("a/Übung № 1.png", "not_found", "photo.dark", "d.png"),
        (located, "uncertain", rows[4]["reason"], None),
    ]
    assert rows[0]["message"] == "c.jpg: is damaged or cut short; copy or download it again."
    assert rows[4]["photo_id"] == "ISS064-E-48617"
    assert abs(rows[4]["center_lat"] - 44.3) < 1.5
    assert rows[4]["geometry"]["type"] == "Polygon"
    assert (rows[4]["file_bytes"], rows[4]["width_px"] > 0) == (photo.stat().st_size, True)
    counted = duckdb.sql(f"SELECT count(*), count(DISTINCT photo) FROM '{out}/**/*.parquet'").fetchall()
    assert counted == [(5, 5)]

    before = files_of(out)
    code, events, _ = run(capsys, *arguments)
    assert (code, events[0]["to_do"], events[-1]["statuses"]["failed"]) == (3, 0, 1)
    next(out.rglob("*.parquet")).unlink()  # comes back from the ledger
    assert run(capsys, *arguments)[0] == 3
    assert files_of(out) == before
    code, said, _ = run_for_people(capsys, "--status", out)
    assert code == 3
    assert "photo.damaged" in said

    night_photo(folder / "a" / "a new one.png", 99)
    code, events, _ = run(capsys, *arguments)
    assert (code, events[0]["new"], events[0]["to_do"]) == (3, 1, 1)
    after = files_of(out)
    assert {name: after[name] for name in before} == before  # the others keep their file
    assert [row["photo"] for row in rows_of(out)][-1] == "a/a new one.png"
    code, _, errors = run(capsys, *arguments, "--top-k", "3")
    assert code == 2
    assert "was made with another --top-k; use the same, or name another folder with --out." in errors


def test_list_with_problems_is_told_once_with_counts(tmp_path, capsys, small_index_folder):
    night_photos(tmp_path / "photos", 6)
    (tmp_path / "list.csv").write_text(
        "photo,nadir_lat,nadir_lon,taken_at\n"
        "photos/pass0/00000.png,44.5,5.5,2021-03-01T09:30:15Z\n"
        "photos/pass0/00003.png,944.5,5.5,yesterday\n"
        "photos/pass1/00001.png,north,,\n"
        "photos/pass0/00000.png,,,\n"
        "\n"
        "gone/1.jpg,,,\n"
        "gone/2.jpg,,,\n"
        "list.csv,,,\n"
    )
    arguments = (tmp_path / "list.csv", "--out", tmp_path / "c", "--index", small_index_folder, "--no-register", *ONE)
    code, events, errors = run(capsys, *arguments)
    assert (code, errors) == (3, "")
    assert sorted(events[0]["problems"].values()) == [1, 1, 2]
    assert [(one["reason"], one["photos"]) for one in events[-1]["failures"]] == [
        ("photo.missing", 2),
        ("photo.unknown_kind", 1),
    ]
    assert events[-1]["tried_again"] == [{"reason": "photo.missing", "tries": 4}]
    rows = rows_of(tmp_path / "c")
    assert [row["photo"] for row in rows][:2] == ["photos/pass0/00000.png", "photos/pass0/00003.png"]
    assert len(rows) == 6
    assert (rows[0]["nadir_lat"], rows[0]["taken_at"]) == (44.5, "2021-03-01T09:30:15+00:00")
    assert rows[1]["nadir_lat"] is None

    night_photo(tmp_path / "gone" / "1.jpg", 77)
    assert run(capsys, *arguments, "--retry", "photo.dark")[0] == 2  # nothing failed for that
    code, events, _ = run(capsys, *arguments, "--retry", "photo.missing")
    assert (code, events[0]["to_do"], events[0]["tried_again"]) == (3, 2, 2)
    again = {row["photo"]: row["status"] for row in rows_of(tmp_path / "c")}
    assert (again["gone/1.jpg"], again["gone/2.jpg"], len(again)) == ("not_found", "failed", 6)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "FOLDER|LIST or --out is missing"),
        (("{empty}", "--out", "{out}"), "holds no photo"),
        (("{folder}", "--out", "{parquet}"), "holds Parquet files but no ledger"),
        (("{folder}", "--out", "{out}", "--imagery", "{empty}/no.tif"), "no.tif"),
        (("--status", "{empty}"), "there is no ledger of a run in it"),
        (("{folder}", "--out", "{damaged}"), "is damaged"),
    ],
)
def test_what_cannot_be_run_is_told(tmp_path, capsys, small_index_folder, arguments, problem):
    folder = night_photos(tmp_path / "photos", 1)
    for name in ("empty", "parquet", "damaged"):
        (tmp_path / name).mkdir()
    (tmp_path / "parquet" / "mine.parquet").write_bytes(b"PAR1")
    (tmp_path / "damaged" / ledger_module.NAME).write_bytes(b"not a database " * 500)
    named = {path.name: path for path in tmp_path.iterdir()}
    named |= {"out": tmp_path / "out", "folder": folder}
    given = [argument.format(**named) for argument in arguments]
    if "--status" not in arguments:
        given += ["--index", small_index_folder, "--no-register"]
    code, _, errors = run_for_people(capsys, *given)
    assert code in (2, 3)
    assert problem in errors
    assert errors.count("\n") == 1


def test_one_run_at_a_time(tmp_path, capsys, small_index_folder):
    folder = night_photos(tmp_path / "photos", 1)
    with_lock = open_catalogue(tmp_path / "c")
    code, _, errors = run(capsys, folder, "--out", tmp_path / "c", "--index", small_index_folder, "--no-register")
    with_lock.close()
    assert code == 2
    assert "another run is writing this catalogue" in errors


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_kills_at_random_moments_change_nothing(tmp_path, many):
    """Drivers and workers are killed; in the end every photo is there once, with the bytes of an undisturbed run."""
    arguments, undisturbed = many
    dice = random.Random(16)
    told: list[str] = []
    kills = 0
    while True:
        process = start(tmp_path, *arguments, "--out", tmp_path / "c")
        try:
            victim, moment = dice.choice(("driver", "worker")), dice.randrange(20, 200)
            for line in process.stdout:
                if '"event": "photo"' not in line:
                    continue
                told.append(line)
                moment -= 1
                if moment == 0 and kills < 3:
                    kills += 1
                    if victim == "driver":
                        process.kill()
                        break
                    dice.choice(psutil.Process(process.pid).children()).kill()
                    victim, moment = "driver", dice.randrange(20, 100)
        finally:
            process.kill()
            process.communicate(timeout=DEADLINE_S)
        if process.returncode == 3:
            break
    assert kills == 3
    assert len(set(told)) == len(told)  # none is told twice
    assert files_of(tmp_path / "c") == undisturbed


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_interrupt_stops_cleanly(tmp_path, many, capsys):
    arguments, _ = many
    process = start(tmp_path, *arguments, "--out", tmp_path / "c")
    line = next(line for line in process.stdout if '"event": "photo"' in line)
    assert line
    workers = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, errors) == (130, "earthloc: stopped; what was finished is kept.\n")
    assert not psutil.wait_procs(workers, timeout=20)[1]
    _, events, _ = run(capsys, "--status", tmp_path / "c")
    assert 0 < events[-1]["statuses"]["pending"] < PHOTOS


def test_full_disk_stops_and_can_be_continued(tmp_path, many, capsys, monkeypatch):
    arguments, undisturbed = many
    connect = sqlite3.connect

    def small(*args, **options):
        con = connect(*args, **options)
        con.execute("PRAGMA max_page_count = 120")
        return con

    def no_space(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    to_do = [PHOTOS]
    for module, name, full in ((ledger_module.sqlite3, "connect", small), (parquet.os, "fsync", no_space)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, full)
            code, events, errors = run(capsys, *arguments, *ONE, "--out", tmp_path / "c")
        assert code == 5
        assert "the disk is full; free some space and try again" in errors
        assert errors.count("\n") == 1
        assert not list(tmp_path.rglob("*.p*"))  # neither a file nor a part of one
        to_do.append(events[0]["to_do"])
    assert to_do[1] == PHOTOS
    code, events, _ = run(capsys, *arguments, *ONE, "--out", tmp_path / "c")
    assert (code, events[0]["to_do"] < to_do[2] < PHOTOS) == (3, True)
    assert files_of(tmp_path / "c") == undisturbed


class _Scripted:
    """Workers that answer as a script says, one photo at a time."""

    def __init__(self, script: dict[str, list[str]]) -> None:
        self._script = script
        self._job = None

    @property
    def free(self) -> int:
        return self._job is None

    def submit(self, job) -> None:
        self._job = job

    def next(self, timeout_s: float) -> Outcome | None:
        if self._job is None:
            return None
        job, self._job = self._job, None
        troubles = self._script.get(job.listed.name, [])
        trouble = troubles.pop(0) if troubles else ""
        if trouble == "died":
            why = Message("run.worker_died", {"path": job.listed.path, "how": "SIGSEGV"})
            return Outcome(job.seq, failed_row(job.listed, why), "died")
        return Outcome(job.seq, {**failed_row(job.listed, Message("photo.dark")), "status": "not_found"})

    def close(self) -> None:
        pass


def test_photo_that_kills_its_workers_is_given_up(tmp_path):
    folder = night_photos(tmp_path / "photos", 4)
    ledger = open_catalogue(tmp_path / "c")
    ledger.add(find_photos(folder), {})
    events = []
    script = {"pass0/00000.png": ["died"] * 9, "pass1/00001.png": ["died"] * 3}
    Production(tmp_path / "c", ledger, _Scripted(script), events.append).run()
    assert ledger.failures() == [("run.worker_died", 1, "pass0/00000.png")]
    assert ledger.tried_again() == [("run.worker_died", 7)]
    ledger.close()
    rows = rows_of(tmp_path / "c")
    assert [row["status"] for row in rows] == ["failed", "not_found", "not_found", "not_found"]
    assert "SIGSEGV" in rows[0]["message"]


def test_duplicates_follow_the_order_of_photos_whenever_they_are_located(tmp_path, monkeypatch):
    """The file of the later photo is written before the earlier one is known to have the same content."""
    monkeypatch.setattr(ledger_module, "_BLOCK", 1)
    folder = night_photos(tmp_path / "photos", 2)
    ledger = open_catalogue(tmp_path / "c")
    ledger.add(find_photos(folder), {})

    class Late(_Scripted):
        def next(self, timeout_s):
            outcome = super().next(timeout_s)
            return outcome and Outcome(outcome.seq, {**outcome.row, "sha256": "ab" * 32}, outcome.trouble)

    Production(tmp_path / "c", ledger, Late({"pass0/00000.png": ["died"] * 2}), lambda event: None).run()
    ledger.close()
    assert [row["duplicate_of"] for row in rows_of(tmp_path / "c")] == [None, "pass0/00000.png"]


def test_ledger_of_another_version_is_refused(tmp_path, capsys, small_index_folder):
    folder = night_photos(tmp_path / "photos", 1)
    Ledger.open(tmp_path).close()
    con = sqlite3.connect(tmp_path / ledger_module.NAME)
    con.execute("PRAGMA user_version = 99")
    con.close()
    assert run(capsys, folder, "--out", tmp_path, "--index", small_index_folder, "--no-register")[0] == 2
