"""The queue against a fake engine: order, faults of photos and engine, cancelling."""

from __future__ import annotations

import json
import os
import signal

import pytest
from conftest import wait_for

from earthloc_qgis.contract.protocol import Localize
from earthloc_qgis.core.engine_client import EngineClient
from earthloc_qgis.core.queue import CANCELLED, DONE, FAILED, RUNNING, WAITING, LocalizationQueue

OPTIONS = Localize(photo="", indexes=["/indexes/europe"], radius_km=500.0, top_k=3, out="/results/r.gpkg")


@pytest.fixture
def run(client):
    """run(names, ...): a queue with photos of these names, started."""

    def start(*photos, of=client):
        queue = LocalizationQueue(of, OPTIONS)
        queue.log, queue.progress, queue.told = [], [], []
        queue.job_changed.connect(lambda photo: queue.log.append((os.path.basename(photo), queue.jobs[photo].state)))
        queue.progress_changed.connect(lambda *numbers: queue.progress.append(numbers))
        queue.recovered.connect(queue.told.append)
        queue.halted.connect(queue.told.append)
        queue.ends = []
        queue.finished.connect(lambda: queue.ends.append(1))
        for photo in photos:
            queue.add(str(photo))
        queue.start()
        return queue

    return start


def states(queue) -> list[str]:
    return [job.state for job in queue.jobs.values()]


def finish(queue) -> None:
    wait_for(lambda: queue.ends, 40)
    assert not queue.running
    assert queue.ends == [1]


def test_one_after_the_other(run):
    queue = run("/p/a.jpg", "/p/b.jpg", "/p/c.jpg")
    finish(queue)
    assert states(queue) == [DONE] * 3
    running = [name for name, state in queue.log if state == RUNNING]
    assert list(dict.fromkeys(running)) == ["a.jpg", "b.jpg", "c.jpg"]
    assert queue.log.index(("b.jpg", RUNNING)) > queue.log.index(("a.jpg", DONE))
    assert [done for done, _, _ in queue.progress][-1] == 3
    assert queue.progress[0] == (0, 3, -1.0)
    assert queue.progress[-1][2] == 0.0
    assert len(queue.jobs["/p/a.jpg"].result["candidates"]) == OPTIONS.top_k


def test_what_is_sent(fake_engine, run, tmp_path):
    journal = tmp_path / "journal"
    client = EngineClient(fake_engine("--journal", str(journal)))
    queue = LocalizationQueue(client, OPTIONS)
    queue.add("/p/a.jpg", (41.5, -12.25))
    queue.start()
    wait_for(lambda: not queue.running)
    requests = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [request["method"] for request in requests] == ["initialize", "localize"]
    assert requests[0]["params"]["protocol"] == 1
    assert requests[1]["params"] == {
        "photo": "/p/a.jpg", "indexes": ["/indexes/europe"], "nadir": [41.5, -12.25], "radius_km": 500.0, "top_k": 3,
        "out": "/results/r.gpkg",
    }  # fmt: skip
    client.close()


def test_empty_queue_finishes(run):
    finish(run())


def test_bad_photos_do_not_stop_the_others(run):
    queue = run("/p/unreadable.jpg", "/p/full.jpg", "/p/good.jpg")
    finish(queue)
    assert states(queue) == [FAILED, FAILED, DONE]
    assert "unreadable.jpg: cannot be read" in queue.jobs["/p/unreadable.jpg"].message
    assert queue.jobs["/p/full.jpg"].message == "Found, but not saved: /results/r.gpkg: the disk is full; make room."
    assert queue.jobs["/p/full.jpg"].result["candidates"]


def test_damaged_index_halts_and_leaves_the_rest_waiting(run):
    queue = run("/p/good.jpg", "/p/damaged.jpg", "/p/later.jpg")
    finish(queue)
    assert states(queue) == [DONE, WAITING, WAITING]
    assert queue.halted_by == "/indexes/europe: descriptors.f32 is damaged; build it again."
    assert queue.told == [queue.halted_by]


def test_no_engine_halts(run):
    client = EngineClient([])
    queue = run("/p/a.jpg", "/p/b.jpg", of=client)
    finish(queue)
    assert states(queue) == [WAITING, WAITING]
    assert "not found" in queue.halted_by


def test_crash_once_is_carried_through(run, tmp_path):
    queue = run("/p/a.jpg", tmp_path / "crashonce.jpg", "/p/b.jpg")
    finish(queue)
    assert states(queue) == [DONE] * 3
    assert len(queue.told) == 1
    assert "Starting it again" in queue.told[0]


def test_photo_that_crashes_twice_is_left_and_the_rest_goes_on(run):
    queue = run("/p/crash.jpg", "/p/b.jpg")
    finish(queue)
    assert states(queue) == [FAILED, DONE]
    assert "2 times" in queue.jobs["/p/crash.jpg"].message


def test_hang_counts_as_crash(run):
    queue = run("/p/hang.jpg", "/p/b.jpg")
    finish(queue)
    assert states(queue) == [FAILED, DONE]


def test_killed_in_the_middle(run, client):
    photos = [f"/p/slow{i}.jpg" for i in range(3)]
    queue = run(*photos)
    wait_for(lambda: queue.jobs[photos[1]].progress > 0.1)
    os.kill(client.process_id, signal.SIGKILL)
    finish(queue)
    assert states(queue) == [DONE] * 3
    assert queue.jobs[photos[1]].crashes == 1


def test_cancel_one_waiting_one_running(run):
    queue = run("/p/slow.jpg", "/p/b.jpg", "/p/c.jpg")
    queue.cancel("/p/b.jpg")
    wait_for(lambda: queue.jobs["/p/slow.jpg"].progress > 0.1)
    queue.cancel("/p/slow.jpg")
    finish(queue)
    assert states(queue) == [CANCELLED, CANCELLED, DONE]


def test_cancel_all_at_once_even_before_the_engine_is_up(run):
    queue = run("/p/a.jpg", "/p/b.jpg")
    queue.cancel_all()
    finish(queue)
    assert states(queue) == [CANCELLED, CANCELLED]


def test_add_while_running_and_forget(run):
    queue = run("/p/slow.jpg", "/p/b.jpg")
    wait_for(lambda: queue.jobs["/p/slow.jpg"].state == RUNNING)
    queue.add("/p/c.jpg")
    queue.add("/p/slow.jpg")  # running already: not twice
    queue.forget("/p/b.jpg")
    finish(queue)
    assert list(queue.jobs) == ["/p/slow.jpg", "/p/c.jpg"]
    assert states(queue) == [DONE, DONE]


def test_starts_again_after_a_halt(run):
    queue = run("/p/damaged.jpg")
    finish(queue)
    queue.clear()
    queue.add("/p/good.jpg")
    queue.start()
    wait_for(lambda: not queue.running)
    assert states(queue) == [DONE]
    assert queue.halted_by == ""
