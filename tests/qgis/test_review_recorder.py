"""What the recorder says of decisions that are on their way to the disk."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from conftest import wait_for
from review_results import write_review_results

from earthloc_qgis.core.reviews import Decision, ReviewFile
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


def test_what_is_overtaken_by_an_unwritten_decision_is_not_told(recorder, monkeypatch):
    """A photo is rejected and that is undone at once: the file says "rejected" until the second is written, too."""
    write, free = module._write, threading.Event()

    def slow(entry):
        if entry.decisions[0].decision == "unreviewed":
            free.wait(60)
        return write(entry)

    monkeypatch.setattr(module, "_write", slow)
    told, read = [], []
    recorder.changed.connect(lambda items: told.extend((item.path, item.review) for item in items))
    since = module._since

    def seen(file, fid):
        answer = since(file, fid)
        read.append(answer)
        return answer

    monkeypatch.setattr(module, "_since", seen)
    first, second = (item.path for item in recorder.file.states()[:2])
    try:
        recorder.record([Decision(first, "rejected")])
        recorder.record([Decision(first, "unreviewed")])
        ReviewFile(recorder.file.path).write([Decision(second, "cloud", "somebody else")])
        wait_for(lambda: read and not recorder._reading)
        # The first decision was read from the file, and somebody else's.
        assert {item.path for item in read[0][0]} <= {first, second}
        recorder.look()
        wait_for(lambda: (second, "cloud") in told)
        assert (first, "rejected") not in told
    finally:
        free.set()
    wait_for(lambda: (first, "unreviewed") in told)
    assert (first, "rejected") not in told
    assert told.count((second, "cloud")) == 1


def test_what_is_written_while_the_file_is_read_is_told(recorder, monkeypatch):
    """A decision that was unwritten as a look began, and written as it read, is not lost between the two."""
    write, since = module._write, module._since
    writes, written = threading.Event(), threading.Event()

    def held_write(entry):
        writes.wait(10)
        answer = write(entry)
        written.set()
        return answer

    def late_read(file, fid):
        writes.set()
        assert written.wait(10)
        return since(file, fid)

    monkeypatch.setattr(module, "_write", held_write)
    monkeypatch.setattr(module, "_since", late_read)
    told = []
    recorder.changed.connect(lambda items: told.extend((item.path, item.review) for item in items))
    first = recorder.file.states()[0].path
    recorder.record([Decision(first, "rejected")])
    recorder.look()
    wait_for(lambda: (first, "rejected") in told)


@pytest.fixture
def photos(recorder):
    return [item.path for item in recorder.file.states()]


@pytest.fixture
def bad(monkeypatch):
    """Photos or notes whose decisions cannot be written, for a reason that nobody has foreseen."""
    bad, write = set(), ReviewFile.write

    def fail(file, decisions):
        if any({decision.photo, decision.note} & bad for decision in decisions):
            raise KeyError("center")
        write(file, decisions)

    monkeypatch.setattr(ReviewFile, "write", fail)
    return bad


def written(recorder) -> list:
    """(photo, decision) of the history, oldest first."""
    found = recorder.file._read("SELECT photo, decision FROM reviews ORDER BY fid")
    return [(str(recorder.file.path.parent / row["photo"]), row["decision"]) for row in found]


def test_what_nobody_foresaw_is_told_and_the_decision_kept(recorder, photos, bad):
    told = []
    recorder.failed.connect(told.append)
    bad.add(photos[0])
    recorder.record([Decision(photos[0], "rejected")])
    wait_for(lambda: told)
    assert str(recorder.file.path) in told[0]
    assert photos[0] in told[0]
    assert "KeyError: 'center'" in told[0]
    # The next ones are written all the same, and it with them as soon as it can be.
    recorder.record([Decision(photos[1], "cloud")])
    wait_for(lambda: recorder._count() == 1)
    assert written(recorder) == [(photos[1], "cloud")]
    bad.clear()
    recorder.record([Decision(photos[2], "night")])
    wait_for(lambda: recorder._count() == 0)
    assert written(recorder) == [(photos[1], "cloud"), (photos[0], "rejected"), (photos[2], "night")]


def test_of_several_photos_only_the_one_that_fails_waits(recorder, photos, bad):
    bad.add(photos[1])
    recorder.record([Decision(photo, "rejected") for photo in photos])
    wait_for(lambda: recorder._count() == 1)
    assert written(recorder) == [(photos[0], "rejected"), (photos[2], "rejected")]


def test_a_later_decision_is_not_overtaken_by_one_that_failed(recorder, photos, bad):
    told = []
    recorder.failed.connect(told.append)
    bad.add("a note like this")
    recorder.record([Decision(photos[0], "accepted", note="a note like this")])
    wait_for(lambda: told)
    recorder.record([Decision(photos[0], "rejected")])
    wait_for(lambda: recorder._count() == 0)
    bad.clear()
    recorder.record([Decision(photos[1], "night")])
    wait_for(lambda: recorder._count() == 0)
    recorder.flush()
    assert written(recorder) == [(photos[0], "rejected"), (photos[1], "night")]


def test_closing_writes_what_failed_before_and_the_rest(recorder, photos, bad):
    told = []
    recorder.failed.connect(told.append)
    bad.update(photos[:2])
    recorder.record([Decision(photos[0], "rejected")])
    wait_for(lambda: told)
    recorder.record([Decision(photos[1], "cloud"), Decision(photos[2], "night")])
    bad.remove(photos[0])
    recorder.close()
    assert sorted(written(recorder)) == sorted([(photos[0], "rejected"), (photos[2], "night")])
    assert Path(photos[1]).name in told[-1]  # it is lost, which is told
    assert "KeyError" in told[-1]
    assert len(told) == 2


def test_a_look_that_fails_is_not_the_last(recorder, photos, monkeypatch):
    since, fails = module._since, [True]

    def failing(file, fid):
        if fails:
            raise RuntimeError("nobody foresaw this")
        return since(file, fid)

    monkeypatch.setattr(module, "_since", failing)
    told, changed = [], []
    recorder.failed.connect(told.append)
    recorder.changed.connect(changed.append)
    recorder.look()
    wait_for(lambda: told)
    assert "nobody foresaw this" in told[0]
    fails.clear()
    ReviewFile(recorder.file.path).write([Decision(photos[0], "cloud", "somebody else")])
    recorder.look()
    wait_for(lambda: changed)
