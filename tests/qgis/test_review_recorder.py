"""What the recorder says of decisions that are on their way to the disk."""

from __future__ import annotations

import threading

import pytest
from conftest import wait_for
from review_results import write_review_results

from earthloc_qgis.core.reviews import Decision, ReviewFile
from earthloc_qgis.gui.review import recorder as module


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
