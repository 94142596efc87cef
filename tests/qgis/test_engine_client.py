"""The engine client with a fake engine: start, answers, failures."""

from __future__ import annotations

import os
import signal

from conftest import QUIET_MS, wait_for
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QEventLoop, QProcess, QThread, qInstallMessageHandler

from earthloc_qgis.contract.protocol import GetStatus, Localize, PhotoInfo, Request
from earthloc_qgis.core.engine_client import EngineClient


class Answers:
    """Collects result, error and progress of a request."""

    def __init__(self) -> None:
        self.results, self.errors, self.progress = [], [], []

    def ask(self, client, request: Request) -> int:
        return client.request(request, self.results.append, self.errors.append, self.progress.append)

    @property
    def ended(self) -> bool:
        return len(self.results) + len(self.errors) > 0


def localize(photo: str) -> Localize:
    return Localize(photo, ["/i"], top_k=3)


def test_first_request_starts_the_engine_and_is_answered(client):
    states = []
    client.state_changed.connect(states.append)
    assert client.state == "stopped"
    assert client.process_id == 0
    answers = Answers()
    answers.ask(client, localize("/p/Straße am 湾.jpg"))
    assert not answers.ended  # no callback before request() returns
    wait_for(lambda: answers.ended)
    assert answers.results[0]["photo"] == "/p/Straße am 湾.jpg"
    assert answers.progress[0]["stage"] == "embed"
    assert states == ["starting", "ready"]


def test_indexes_of_the_engine_are_known_when_it_is_ready(fake_engine):
    client = EngineClient(fake_engine("--indexes", "/engine/world"))
    assert client.included_indexes == []
    answers = Answers()
    answers.ask(client, localize("/p/a.jpg"))
    wait_for(lambda: answers.ended)
    assert client.included_indexes == ["/engine/world"]
    client.close()


def test_engine_does_not_inherit_the_variables_of_qgis(client, monkeypatch):
    foreign = {"PYTHONPATH", "PYTHONHOME", "GDAL_DATA", "PROJ_LIB", "LD_LIBRARY_PATH", "QGIS_PREFIX_PATH",
               "QT_PLUGIN_PATH"}  # fmt: skip
    for name in foreign:
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    answers = Answers()
    answers.ask(client, GetStatus())
    wait_for(lambda: answers.ended)
    environment = answers.results[0]["environment"]
    assert not foreign & set(environment)
    assert "/nowhere" not in environment.values()
    assert environment["PYTHONUTF8"] == "1"
    assert environment["HTTPS_PROXY"] == "http://proxy"


def test_other_text_on_stdout_is_ignored(client):
    answers = Answers()
    answers.ask(client, localize("/p/garbage.jpg"))
    wait_for(lambda: answers.ended)
    assert answers.results[0]["status"] == "uncertain"


def test_engine_continues_after_an_error(client):
    first, second = Answers(), Answers()
    first.ask(client, PhotoInfo("/p/unreadable.jpg"))
    second.ask(client, PhotoInfo("/p/good.jpg"))
    wait_for(lambda: second.ended)
    assert first.errors[0].kind == "input"
    assert "unreadable.jpg" in first.errors[0].message
    assert second.results[0]["photo_id"] == "ISS042-E-104433"


def test_cancel_of_sent_and_unsent_requests(client):
    unsent = Answers()
    client.cancel(unsent.ask(client, localize("/p/a.jpg")))
    assert unsent.errors[0].kind == "cancelled"
    slow = Answers()
    request_id = slow.ask(client, localize("/p/slow.jpg"))
    wait_for(lambda: len(slow.progress) >= 2)
    client.cancel(request_id)
    wait_for(lambda: slow.ended)
    assert slow.errors[0].kind == "cancelled"
    assert len(slow.progress) < 10
    client.cancel(request_id)  # already finished: ignored
    client.cancel(987654)


def test_crash_fails_pending_requests_and_the_next_one_restarts_the_engine(client):
    crashed, queued = Answers(), Answers()
    crashed.ask(client, localize("/p/crash.jpg"))
    queued.ask(client, localize("/p/good.jpg"))
    wait_for(lambda: queued.ended)
    assert crashed.errors[0].kind == queued.errors[0].kind == "crashed"
    again = Answers()
    again.ask(client, localize("/p/good.jpg"))
    wait_for(lambda: again.ended)
    assert again.results


def test_killed_engine_counts_as_crashed(client):
    answers = Answers()
    answers.ask(client, localize("/p/slow.jpg"))
    wait_for(lambda: answers.progress)
    os.kill(client.process_id, signal.SIGKILL)
    wait_for(lambda: answers.ended)
    assert answers.errors[0].kind == "crashed"
    assert client.process_id == 0


def test_watchdog_kills_a_hanging_engine(client, pulse):
    answers = Answers()
    answers.ask(client, localize("/p/hang.jpg"))
    wait_for(lambda: answers.ended)
    assert answers.errors[0].kind == "crashed"
    assert "3 s" in answers.errors[0].message
    assert pulse.stop() < QUIET_MS


def test_watchdog_leaves_an_engine_with_heartbeats_running(fake_engine):
    client = EngineClient(fake_engine(), watchdog_s=2)
    answers = Answers()
    answers.ask(client, localize("/p/quiet.jpg"))
    wait_for(lambda: answers.ended)
    assert not answers.errors
    client.close()


def test_engines_that_cannot_start_are_reported(fake_engine, tmp_path):
    for command, message in (
        ([], "not found"),
        ([str(tmp_path / "no such program")], "no such program"),
        (fake_engine("--die"), "libopenblas is missing"),
        (fake_engine("--protocol", "2"), "protocol 2"),
    ):
        client = EngineClient(command)
        problems, answers = [], Answers()
        client.failed.connect(problems.append)
        answers.ask(client, GetStatus())
        wait_for(lambda answers=answers: answers.ended)
        assert answers.errors[0].kind == "unavailable"
        assert message in answers.errors[0].message
        assert len(problems) == 1
        assert client.state == "failed"
        client.close()


def test_engine_can_be_replaced(client, fake_engine):
    first, second = Answers(), Answers()
    first.ask(client, localize("/p/slow.jpg"))
    wait_for(lambda: first.progress)
    client.set_command(fake_engine("--journal", os.devnull))
    assert first.errors[0].kind == "cancelled"
    second.ask(client, GetStatus())
    wait_for(lambda: second.ended)
    assert "--journal" in second.results[0]["arguments"]


def test_close_ends_the_process(client):
    answers = Answers()
    answers.ask(client, localize("/p/hang.jpg"))
    wait_for(lambda: answers.progress or client.state == "ready")
    pid = client.process_id
    warnings: list[str] = []
    before = qInstallMessageHandler(lambda kind, context, text: warnings.append(text))
    try:
        client.close()
        for process in client.findChildren(QProcess):
            sip.delete(process)  # Qt would print a warning if it were running
    finally:
        qInstallMessageHandler(before)
    assert warnings == []
    assert not os.path.exists(f"/proc/{pid}")
    assert not answers.ended


def test_works_in_another_thread(fake_engine):
    class Worker(QThread):
        def run(self) -> None:
            client = EngineClient(fake_engine())
            loop = QEventLoop()
            self.result = None

            def done(result) -> None:
                self.result = result
                loop.quit()

            client.request(localize("/p/good.jpg"), on_result=done)
            loop.exec()
            client.close()

    worker = Worker()
    worker.start()
    wait_for(worker.isFinished)
    assert worker.result["status"] == "uncertain"
