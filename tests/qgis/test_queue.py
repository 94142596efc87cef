"""The queue with a fake engine: order, failures of photos and of the engine, cancelling."""

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
    """run(names, ...): starts a queue with photos of these names."""

    def start(*photos, client=client):
        queue = LocalizationQueue(client, OPTIONS)
        queue.log, queue.progress, queue.messages = [], [], []
        queue.job_changed.connect(lambda photo: queue.log.append((os.path.basename(photo), queue.jobs[photo].state)))
        queue.progress_changed.connect(lambda *numbers: queue.progress.append(numbers))
        queue.recovered.connect(queue.messages.append)
        queue.halted.connect(queue.messages.append)
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


def test_photos_are_located_one_after_the_other(run):
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


def test_requests_have_the_options_and_the_nadir(fake_engine, run, tmp_path):
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


def test_failed_photos_do_not_stop_the_others(run):
    queue = run("/p/unreadable.jpg", "/p/full.jpg", "/p/good.jpg")
    finish(queue)
    assert states(queue) == [FAILED, FAILED, DONE]
    assert "unreadable.jpg: cannot be read" in queue.jobs["/p/unreadable.jpg"].message
    assert queue.jobs["/p/full.jpg"].message == "Found, but not saved: /results/r.gpkg: the disk is full; make room."
    assert queue.jobs["/p/full.jpg"].result["candidates"]


def test_damaged_index_halts_the_run_and_other_photos_keep_waiting(run):
    queue = run("/p/good.jpg", "/p/damaged.jpg", "/p/later.jpg")
    finish(queue)
    assert states(queue) == [DONE, WAITING, WAITING]
    assert queue.halted_by == "/indexes/europe: descriptors.f32 is damaged; build it again."
    assert queue.messages == [queue.halted_by]


def test_missing_engine_halts_the_run(run):
    client = EngineClient([])
    queue = run("/p/a.jpg", "/p/b.jpg", client=client)
    finish(queue)
    assert states(queue) == [WAITING, WAITING]
    assert "not found" in queue.halted_by


def test_photo_is_tried_again_after_one_crash(run, tmp_path):
    queue = run("/p/a.jpg", tmp_path / "crashonce.jpg", "/p/b.jpg")
    finish(queue)
    assert states(queue) == [DONE] * 3
    assert len(queue.messages) == 1
    assert "Starting it again" in queue.messages[0]


def test_photo_fails_after_two_crashes_and_the_others_continue(run):
    queue = run("/p/crash.jpg", "/p/b.jpg")
    finish(queue)
    assert states(queue) == [FAILED, DONE]
    assert "2 times" in queue.jobs["/p/crash.jpg"].message


def test_hang_counts_as_crash(run):
    queue = run("/p/hang.jpg", "/p/b.jpg")
    finish(queue)
    assert states(queue) == [FAILED, DONE]


def test_run_continues_after_the_engine_was_killed(run, client):
    photos = [f"/p/slow{i}.jpg" for i in range(3)]
    queue = run(*photos)
    wait_for(lambda: queue.jobs[photos[1]].progress > 0.1)
    os.kill(client.process_id, signal.SIGKILL)
    finish(queue)
    assert states(queue) == [DONE] * 3
    assert queue.jobs[photos[1]].crashes == 1


def test_cancel_of_a_waiting_and_a_running_photo(run):
    queue = run("/p/slow.jpg", "/p/b.jpg", "/p/c.jpg")
    queue.cancel("/p/b.jpg")
    wait_for(lambda: queue.jobs["/p/slow.jpg"].progress > 0.1)
    queue.cancel("/p/slow.jpg")
    finish(queue)
    assert states(queue) == [CANCELLED, CANCELLED, DONE]


def test_cancel_all_works_before_the_engine_is_ready(run):
    queue = run("/p/a.jpg", "/p/b.jpg")
    queue.cancel_all()
    finish(queue)
    assert states(queue) == [CANCELLED, CANCELLED]


def test_photos_can_be_added_and_removed_during_a_run(run):
    queue = run("/p/slow.jpg", "/p/b.jpg")
    wait_for(lambda: queue.jobs["/p/slow.jpg"].state == RUNNING)
    queue.add("/p/c.jpg")
    queue.add("/p/slow.jpg")  # already running: not added again
    queue.forget("/p/b.jpg")
    finish(queue)
    assert list(queue.jobs) == ["/p/slow.jpg", "/p/c.jpg"]
    assert states(queue) == [DONE, DONE]


def test_queue_can_start_again_after_a_halt(run):
    queue = run("/p/damaged.jpg")
    finish(queue)
    queue.clear()
    queue.add("/p/good.jpg")
    queue.start()
    wait_for(lambda: not queue.running)
    assert states(queue) == [DONE]
    assert queue.halted_by == ""
