"""The recorder: which decisions it reports while others are still being written, and how it handles errors."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from conftest import wait_for
from review_results import write_review_results

from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.gui.review.model import recorder as module


@pytest.fixture
def recorder(tmp_path):
    path = tmp_path / "results.gpkg"
    write_review_results(path, 3)
    recorder = module.Recorder()
    loaded = []
    recorder.loaded.connect(loaded.append)
    recorder.open(path)
    wait_for(lambda: loaded)
    yield recorder
    recorder.close()


def test_decision_superseded_by_an_unwritten_one_is_not_reported(recorder, monkeypatch):
    """A rejection is undone immediately: until the second decision is written, the file still says "rejected"."""
    write, free = module._write, threading.Event()

    def slow(entry):
        if entry.decisions[0].decision == "unreviewed":
            free.wait(60)
        return write(entry)

    monkeypatch.setattr(module, "_write", slow)
    reported, read = [], []
    recorder.changed.connect(lambda items: reported.extend((item.path, item.review) for item in items))
    since = module._since

    def seen(file, fid):
        answer = since(file, fid)
        read.append(answer)
        return answer

    monkeypatch.setattr(module, "_since", seen)
    first, second = (item.path for item in recorder.file.states()[:2])
    try:
        recorder.record([ReviewDecision(first, "rejected")])
        recorder.record([ReviewDecision(first, "unreviewed")])
        ReviewFile(recorder.file.path).write([ReviewDecision(second, "cloud", "somebody else")])
        wait_for(lambda: read and not recorder._reading)
        # The poll has read the first decision and that of somebody else.
        assert {item.path for item in read[0][0]} <= {first, second}
        recorder.poll()
        wait_for(lambda: (second, "cloud") in reported)
        assert (first, "rejected") not in reported
    finally:
        free.set()
    wait_for(lambda: (first, "unreviewed") in reported)
    assert (first, "rejected") not in reported
    assert reported.count((second, "cloud")) == 1


def test_decision_written_during_a_poll_is_reported(recorder, monkeypatch):
    """A decision that is unwritten when a poll starts, and written before it reads, is not lost."""
    write, since = module._write, module._since
    writes, written = threading.Event(), threading.Event()

    def delayed_write(entry):
        writes.wait(10)
        answer = write(entry)
        written.set()
        return answer

    def late_read(file, fid):
        writes.set()
        assert written.wait(10)
        return since(file, fid)

    monkeypatch.setattr(module, "_write", delayed_write)
    monkeypatch.setattr(module, "_since", late_read)
    reported = []
    recorder.changed.connect(lambda items: reported.extend((item.path, item.review) for item in items))
    first = recorder.file.states()[0].path
    recorder.record([ReviewDecision(first, "rejected")])
    recorder.poll()
    wait_for(lambda: (first, "rejected") in reported)


@pytest.fixture
def photos(recorder):
    return [item.path for item in recorder.file.states()]


@pytest.fixture
def bad(monkeypatch):
    """Photos or notes; writing decisions on them raises an unexpected error."""
    bad, write = set(), ReviewFile.write

    def fail(file, decisions):
        if any({decision.photo, decision.note} & bad for decision in decisions):
            raise KeyError("center")
        write(file, decisions)

    monkeypatch.setattr(ReviewFile, "write", fail)
    return bad


def written(recorder) -> list:
    """(photo, decision) of all rows of the history, oldest first."""
    found = recorder.file._read("SELECT photo, decision FROM reviews ORDER BY fid")
    return [(str(recorder.file.path.parent / row["photo"]), row["decision"]) for row in found]


def test_unexpected_error_is_reported_and_the_decision_is_kept(recorder, photos, bad):
    reported = []
    recorder.failed.connect(reported.append)
    bad.add(photos[0])
    recorder.record([ReviewDecision(photos[0], "rejected")])
    wait_for(lambda: reported)
    assert str(recorder.file.path) in reported[0]
    assert photos[0] in reported[0]
    assert "KeyError: 'center'" in reported[0]
    # Later decisions are written nevertheless, and this one as soon as possible.
    recorder.record([ReviewDecision(photos[1], "cloud")])
    wait_for(lambda: recorder._count() == 1)
    assert written(recorder) == [(photos[1], "cloud")]
    bad.clear()
    recorder.record([ReviewDecision(photos[2], "night")])
    wait_for(lambda: recorder._count() == 0)
    assert written(recorder) == [(photos[1], "cloud"), (photos[0], "rejected"), (photos[2], "night")]


def test_of_several_photos_only_the_failing_one_is_deferred(recorder, photos, bad):
    bad.add(photos[1])
    recorder.record([ReviewDecision(photo, "rejected") for photo in photos])
    wait_for(lambda: recorder._count() == 1)
    assert written(recorder) == [(photos[0], "rejected"), (photos[2], "rejected")]


def test_later_decision_is_not_overwritten_by_a_deferred_one(recorder, photos, bad):
    reported = []
    recorder.failed.connect(reported.append)
    bad.add("a note like this")
    recorder.record([ReviewDecision(photos[0], "accepted", note="a note like this")])
    wait_for(lambda: reported)
    recorder.record([ReviewDecision(photos[0], "rejected")])
    wait_for(lambda: recorder._count() == 0)
    bad.clear()
    recorder.record([ReviewDecision(photos[1], "night")])
    wait_for(lambda: recorder._count() == 0)
    recorder.flush()
    assert written(recorder) == [(photos[0], "rejected"), (photos[1], "night")]


def test_closing_writes_deferred_and_pending_decisions(recorder, photos, bad):
    reported = []
    recorder.failed.connect(reported.append)
    bad.update(photos[:2])
    recorder.record([ReviewDecision(photos[0], "rejected")])
    wait_for(lambda: reported)
    recorder.record([ReviewDecision(photos[1], "cloud"), ReviewDecision(photos[2], "night")])
    bad.remove(photos[0])
    recorder.close()
    assert sorted(written(recorder)) == sorted([(photos[0], "rejected"), (photos[2], "night")])
    assert Path(photos[1]).name in reported[-1]  # it is lost, which is reported
    assert "KeyError" in reported[-1]
    assert len(reported) == 2


def test_polling_continues_after_an_error(recorder, photos, monkeypatch):
    since, fails = module._since, [True]

    def failing(file, fid):
        if fails:
            raise RuntimeError("unexpected")
        return since(file, fid)

    monkeypatch.setattr(module, "_since", failing)
    reported, changed = [], []
    recorder.failed.connect(reported.append)
    recorder.changed.connect(changed.append)
    recorder.poll()
    wait_for(lambda: reported)
    assert "unexpected" in reported[0]
    fails.clear()
    ReviewFile(recorder.file.path).write([ReviewDecision(photos[0], "cloud", "somebody else")])
    recorder.poll()
    wait_for(lambda: changed)
