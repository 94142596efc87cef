"""NASA's interface and archive, played by a server on loopback that also answers wrongly, slowly or not at all."""

from __future__ import annotations

import hashlib
import json
import threading

import pytest
from records_kit import IDS, Archive, broken_off, jpeg, send, silent, status, text

import engine.records.client as client_module
from engine.errors import CancelledError, InputError, UsageError
from engine.progress import Progress
from engine.records.client import NotThereError, PoliteClient
from engine.records.collect import Task, collect
from engine.records.manifest import NAME as MANIFEST
from engine.records.nasa_api import ApiQuery
from engine.records.record import Tally
from engine.records.sources import Source
from engine.web_session import retry_after_s

QUERY = "nadir|pdate|eq|20210327"
KEY = "s3cret-key"


@pytest.fixture
def archive():
    started = Archive()
    yield started
    started.stop()


@pytest.fixture
def ids(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(IDS))
    return [Source(path)]


def quick(address, **more):
    return PoliteClient(address, **{"pause_s": 0.0, "backoff_s": 0.01, "timeout_s": 5.0, **more})


def ask(archive, progress=None, **more):
    tally = Tally()
    query = ApiQuery(archive.api, QUERY, KEY)
    return list(query.records(tally, progress or Progress(), quick(archive.api, **more))), tally


def fetch(archive, ids, folder, progress=None, size=200.0, **more):
    task = Task(ids, photos=folder, archive=archive.files, max_file_mb=size)
    return collect(task, progress, {archive.files: quick(archive.files, **more)})


def reasons(found):
    return {str(one.reason): one.count for one in found.tally.complaints()}


# -- the API --------------------------------------------------------------------------------------------


def test_the_form_of_a_query(archive):
    records, tally = ask(archive)
    assert [record.photo_id for record in records] == list(IDS)
    assert (tally.rows, tally.complaints()) == (3, [])
    (path, headers) = archive.asked[0]
    sent = archive.query()
    assert (sent["query"], sent["key"]) == (QUERY, KEY)
    returned = sent["return"].split("|")
    assert len(returned) % 2 == 0
    assert {"frames|mission", "images|directory", "mlcoord|ul_lat"} <= {
        f"{table}|{field}" for table, field in zip(returned[::2], returned[1::2], strict=True)
    }
    assert headers["User-Agent"].startswith("EarthLoc/")
    assert "Cookie" not in headers
    assert path.startswith("/SearchPhotos/")


@pytest.mark.parametrize("query", ["", "nadir|pdate|eq", "nadir|pdate|is|1", "na dir|pdate|eq|1", "nadir|pdate|eq|"])
def test_a_query_that_is_none_is_not_sent(query):
    with pytest.raises(UsageError, match="write table"):
        ApiQuery("https://example.org", query)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([text(b'{"error": "Invalid key s3cret-key"}')], "answers with an error"),
        ([text(b"<html>Sign in</html>", "text/html")], "something other than records"),
        ([text(b"42")], "something other than records"),
        ([text(b"\xff\xfe\x00\x00")], "something other than records"),
        ([status(403)], "refuses"),
        ([status(404)], "has nothing there"),
        ([status(418)], "answers 418"),
        ([status(503)] * 5, "answers 503"),
        ([status(503, Retry_After="3600")], "answers 503"),  # longer than we wait
        ([silent(1.0)] * 5, "does not answer in time"),
        ([broken_off(b'[{"frames', 4)] * 5, "breaks off"),
        ([lambda handler: send(handler, 302, b"", Location="https://elsewhere.example/x")], "sends on to"),
        ([lambda handler: send(handler, 302, b"", Location="/around")] * 9, "redirects too often"),
    ],
)  # fmt: skip
def test_answers_that_are_none(archive, answers, said):
    archive.first = list(answers)
    with pytest.raises(InputError, match=said) as failed:
        ask(archive, timeout_s=0.1)
    assert "127.0.0.1" in str(failed.value)
    assert KEY not in str(failed.value)
    cause = failed.value.__cause__
    assert cause is None or KEY not in str(cause)


def test_entries_of_wrong_types_are_told_and_the_rest_is_read(archive):
    archive.reply = [None, 7, "photo", [], {"frames.mission": {"a": 1}}, *archive.reply]
    records, tally = ask(archive)
    assert [record.photo_id for record in records] == list(IDS)
    assert {str(one.reason): one.count for one in tally.complaints()} == {
        "entry that is no object": 4,
        "no mission, roll and frame": 1,
    }


def test_an_answer_that_is_too_large_is_not_read_to_its_end(archive, monkeypatch):
    monkeypatch.setattr("engine.records.nasa_api._MAX_REPLY_BYTES", 1000)
    with pytest.raises(InputError, match="sends more than"):
        ask(archive)


def test_a_busy_server_is_asked_again_when_it_says(archive, monkeypatch):
    waits = []
    monkeypatch.setattr(PoliteClient, "_sleep", lambda self, seconds, progress: waits.append(seconds))
    archive.first = [status(429, Retry_After="7"), status(503), status(500)]
    records, _ = ask(archive, backoff_s=2.0)
    assert len(records) == 3
    assert [wait for wait in waits if wait > 0] == [7.0, 4.0, 8.0]  # the server's time, then twice as long each time


def test_retry_after_as_a_date(monkeypatch):
    assert retry_after_s("120") == 120.0
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after_s("Wed, 21 Oct 2099 07:28:00 GMT") > 1e8
    assert [retry_after_s(odd) for odd in ("", "soon", "-5", "²")] == [0.0] * 4


def test_cancelling_ends_a_wait(archive):
    progress = Progress(what="records/read")
    archive.first = [status(503, Retry_After="200")]
    timer = threading.Timer(0.2, progress.cancel)
    timer.start()
    with pytest.raises(CancelledError):
        ask(archive, progress)
    timer.join()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://example.org/api", "without encryption"),
        ("ftp://example.org", "is not the address of a server"),
        ("https://user@example.org", "is not the address of a server"),
        ("nasa", "is not the address of a server"),
        ("", "is not the address of a server"),
    ],
)
def test_addresses_that_are_not_used(address, said):
    with pytest.raises(UsageError, match=said):
        PoliteClient(address)


def test_nobody_listens():
    gone = Archive()
    gone.stop()
    with pytest.raises(InputError, match="cannot be reached"):
        ask(gone)


def test_nothing_is_asked_without_a_wish(archive, ids, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("asked")

    monkeypatch.setattr(client_module.requests.Session, "get", refuse)
    found = collect(Task(ids))
    assert len(found.records) == 3


# -- photos ---------------------------------------------------------------------------------------------


def test_photos_come_one_after_the_other_with_their_hashes(archive, ids, tmp_path):
    archive.hold(*IDS)
    folder = tmp_path / "pho tos"
    found = fetch(archive, ids, folder, pause_s=0.1)
    assert found.outcomes == {"fetched": 3}
    assert archive.most_at_once == 1
    gaps = [b - a for a, b in zip(archive.times, archive.times[1:], strict=False)]
    assert min(gaps) >= 0.095
    assert sorted(path.name for path in folder.iterdir()) == sorted([*(f"{one}.jpg" for one in IDS), MANIFEST])
    for line in (folder / MANIFEST).read_text().splitlines():
        entry = json.loads(line)
        content = archive.content(entry["photo_id"])
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert (folder / entry["name"]).read_bytes() == content
        assert entry["address"].startswith(archive.files)
    assert found.photos[IDS[0]] == folder / f"{IDS[0]}.jpg"


def test_what_is_there_is_compared_by_its_hash_and_not_fetched_again(archive, ids, tmp_path):
    archive.hold(*IDS)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / f"{IDS[2]}.jpg").write_bytes(jpeg(9))  # of the user's own
    assert fetch(archive, ids, tmp_path / "photos").outcomes == {"fetched": 2, "found": 1}
    archive.asked.clear()
    assert fetch(archive, ids, tmp_path / "photos").outcomes == {"verified": 3}
    with open(tmp_path / "photos" / f"{IDS[0]}.jpg", "ab") as file:
        file.write(b"more")
    found = fetch(archive, ids, tmp_path / "photos")
    assert found.outcomes == {"verified": 2, "changed": 1}
    assert reasons(found) == {"photo that was changed since it was fetched": 1}
    assert IDS[0] not in found.photos
    assert archive.asked == []


def test_a_photo_that_breaks_off_is_continued(archive, ids, tmp_path):
    archive.hold(*IDS)
    content = archive.content(IDS[0])
    archive.first = [broken_off(content, 5000), broken_off(content, 7000)]
    found = fetch(archive, ids, tmp_path)
    assert found.outcomes == {"fetched": 3}
    assert (tmp_path / f"{IDS[0]}.jpg").read_bytes() == content
    ranges = [headers.get("Range") for _, headers in archive.asked]
    assert ranges[1] == "bytes=5000-"
    assert not list(tmp_path.glob("*.part*"))


def test_a_cancelled_download_is_continued_by_the_next(archive, ids, tmp_path):
    archive.hold(*IDS)
    content = archive.content(IDS[1])
    progress = Progress()
    asked = len(content) // 2

    def cancel_here(handler):
        broken_off(content, asked)(handler)
        progress.cancel()

    archive.first = [lambda handler: send(handler, 200, archive.content(IDS[0]), "image/jpeg"), cancel_here]
    with pytest.raises(CancelledError):
        fetch(archive, ids, tmp_path, progress, backoff_s=0.2)
    assert (tmp_path / f"{IDS[0]}.jpg").is_file()  # what is finished stays
    assert not (tmp_path / f"{IDS[1]}.jpg").exists()
    assert (tmp_path / f"{IDS[1]}.part").stat().st_size <= asked
    archive.asked.clear()
    assert fetch(archive, ids, tmp_path).outcomes == {"verified": 1, "fetched": 2}
    assert len(archive.asked) == 2
    assert (tmp_path / f"{IDS[1]}.jpg").read_bytes() == content


def test_a_photo_that_changed_on_the_server_begins_anew(archive, ids, tmp_path):
    archive.hold(*IDS)
    archive.first = [broken_off(jpeg(77), 3000)]  # the beginning of another file
    assert fetch(archive, ids, tmp_path).outcomes == {"fetched": 3}
    assert (tmp_path / f"{IDS[0]}.jpg").read_bytes() == archive.content(IDS[0])


def test_photos_that_cannot_be_had_are_told_and_the_rest_is_fetched(archive, tmp_path):
    many = [f"ISS064-E-{number}" for number in range(1, 7)] + ["STS059-213-19"]
    archive.hold(*many[3:6])
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(many))
    content = archive.content(many[3])
    archive.first = [
        text(b"<!DOCTYPE html><p>Log in", "text/html"),
        text(b" <html>a page that says it is a picture", "image/jpeg"),
        text(content[:-2000], "image/jpeg"),  # a picture without its end
    ]
    large = jpeg(5, (2400, 2400))
    archive.contents[f"/ESC/large/ISS064/{many[4]}.JPG"] = large
    found = fetch(archive, [Source(path)], tmp_path / "photos", size=0.1)
    assert len(large) > 1e5 > len(content)
    assert found.outcomes == {"fetched": 2, "missing": 5}
    assert reasons(found) == {
        "photo for which the archive sent text/html": 1,
        "photo for which the archive sent a web page": 1,
        "photo for which the archive sent no picture, or a damaged one": 1,
        "photo that is larger than allowed": 1,
        "photo whose file the catalogue does not name": 1,  # of film
    }
    archive.contents.clear()
    again = fetch(archive, [Source(path)], tmp_path / "photos")
    assert reasons(again) == {
        "photo that the archive does not have": 4,
        "photo whose file the catalogue does not name": 1,
    }
    assert sorted(path.suffix for path in (tmp_path / "photos").iterdir()) == [".jpg", ".jpg", ".jsonl"]


def test_the_file_that_the_catalogue_names_is_fetched(archive, tmp_path):
    archive.contents["/ESC/large/ISS064/ISS064-E-48617.JPG"] = jpeg(1)
    task = Task(
        api=ApiQuery(archive.api, QUERY), photos=tmp_path / "p", archive=archive.files, out=tmp_path / "list.csv"
    )
    found = collect(task, None, {archive.files: quick(archive.files), archive.api: quick(archive.api)})
    assert found.outcomes == {"fetched": 1, "missing": 2}
    listed = (tmp_path / "list.csv").read_text().splitlines()
    assert len(listed) == 2
    assert listed[1].startswith("p/ISS064-E-48617.jpg,ISS064-E-48617,41.2,10.9,0.1,2021-03-27T09:23:05Z")


def test_a_server_that_is_down_ends_the_download_and_keeps_what_came(archive, ids, tmp_path):
    archive.hold(*IDS)
    archive.first = [
        lambda handler: send(handler, 200, archive.content(IDS[0]), "image/jpeg"),
        *[status(503)] * 5,
    ]
    with pytest.raises(InputError, match="answers 503"):
        fetch(archive, ids, tmp_path)
    assert fetch(archive, ids, tmp_path).outcomes == {"verified": 1, "fetched": 2}


def test_a_manifest_cut_short_by_a_power_failure(archive, ids, tmp_path):
    archive.hold(*IDS)
    fetch(archive, ids, tmp_path)
    manifest = tmp_path / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-30])
    assert fetch(archive, ids, tmp_path).outcomes == {"verified": 2, "found": 1}
    assert fetch(archive, ids, tmp_path).outcomes == {"verified": 3}
    line = json.dumps({"photo_id": IDS[0], "name": "../x.jpg", "sha256": "", "size_bytes": 1, "address": ""})
    manifest.write_text(line + "\n")
    with pytest.raises(Exception, match="is not a readable list of fetched photos"):
        fetch(archive, ids, tmp_path)


def test_a_missing_file_is_not_there(archive):
    with pytest.raises(NotThereError):
        quick(archive.base + "/gone").get({}, 100, Progress())
