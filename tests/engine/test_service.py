"""`earthloc serve` as its clients see it: a real process, real messages, and malformed ones."""

import json
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engine
from engine import rpc
from engine.contract.protocol import IndexInfo, Initialize, ListIndexes, PhotoInfo, PrepareResults
from engine.errors import UsageError
from engine.methods import Methods
from engine.service import Service

HELLO = {"protocol": 1, "client": "test 1.0"}


@pytest.fixture
def service(start_engine):
    running = start_engine()
    assert running.call(0, "initialize", HELLO)["result"]["protocol"] == 1
    return running


def localize_params(photo, index, **more):
    asked = {"photo": str(photo), "indexes": [str(index)], "nadir": None, "radius_km": 1000.0, "top_k": 3}
    return {**asked, "register": False, **more}


# -- normal use ---------------------------------------------------------------------------------


def test_initialize_is_answered_at_once(start_engine):
    running = start_engine()
    result = running.call("hello", "initialize", HELLO)["result"]
    assert result["engine"] == engine.__version__
    assert result["heartbeat_ms"] == 1000
    assert [Path(path).name for path in result["indexes"]] == ["world"]
    assert {"localize", "index/build", "index/info", "index/verify", "index/list", "photo/info", "cancel"} <= set(
        result["capabilities"]
    )
    status = running.call(2, "status")["result"]
    assert status["uptime_s"] < 20.0  # the heavy libraries are not waited for
    assert status["busy"] == []
    assert status["indexes_open"] == []


def test_another_protocol_is_refused_with_a_hint(start_engine):
    running = start_engine()
    error = running.call(1, "initialize", {"protocol": 2, "client": "newer"})["error"]
    assert error["data"]["kind"] == "usage"
    assert "protocol 2" in error["message"]
    assert "update" in error["data"]["hint"]
    assert "result" in running.call(2, "initialize", HELLO)


def test_localize_answers_saves_and_keeps_index_and_model_open(service, photo, small_index_folder, tmp_path):
    out = tmp_path / "results.gpkg"
    service.send(1, "localize", localize_params(photo, small_index_folder, out=str(out)))
    result = service.answer(1)["result"]
    stages = [m["params"]["stage"] for m in service.seen if m.get("method") == "progress"]
    assert stages == ["read", "embed", "search", "save"]
    assert result["status"] == "uncertain"
    assert len(result["candidates"]) == 3
    assert (result["saved_to"], result["save_error"]) == (str(out), None)
    con = sqlite3.connect(out)
    ((saved,),) = con.execute("SELECT localization FROM photos").fetchall()
    con.close()
    assert json.loads(saved) == {k: v for k, v in result.items() if k not in ("saved_to", "save_error")}
    status = service.call(2, "status")["result"]
    assert status["model"] == "earthloc-default"
    assert status["indexes_open"] == [str(small_index_folder)]
    if sys.platform != "win32":
        assert status["memory_mb"] > 50


def test_registration_reports_progress_and_can_be_cancelled(service, photo, small_index_folder, tmp_path):
    params = localize_params(photo, small_index_folder, register=True, imagery=str(tmp_path / "gone.tif"))
    result = service.call(1, "localize", params)["result"]
    assert result["status"] == "uncertain"
    assert "gone.tif: no such file" in result["message"]
    service.send(2, "localize", localize_params(photo, small_index_folder, register=True, top_k=40))
    service.until(lambda m: m.get("method") == "progress" and m["params"]["stage"] == "register")
    assert service.call(3, "cancel", {"id": 2})["result"] == {"cancelled": True}
    assert service.answer(2)["error"]["data"]["kind"] == "cancelled"


def test_a_rebuilt_index_is_reopened(service, land_raster, photo, tmp_path):
    def build(request_id, out, tile_km):
        answer = service.call(
            request_id,
            "index/build",
            {
                "source": str(land_raster),
                "out": str(out),
                "bbox": [2, 42, 8, 46],
                "tile_km": [tile_km],
                "feature_km": 0,
            },
        )
        assert answer["result"]["count"] > 0

    index = tmp_path / "index"
    build(1, index, 313)
    first = service.call(2, "localize", localize_params(photo, index))["result"]
    index.rename(tmp_path / "old")
    build(3, index, 444)
    second = service.call(4, "localize", localize_params(photo, index))["result"]
    assert [r["candidates"][0]["width_km"] for r in (first, second)] == [313, 444]


def test_an_unreadable_photo_gives_a_result_of_status_failed(service, tmp_path, small_index_folder):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff" + bytes(50))
    out = tmp_path / "results.gpkg"
    result = service.call(1, "localize", localize_params(bad, small_index_folder, out=str(out)))["result"]
    assert result["status"] == "failed"
    assert "bad.jpg" in result["message"]
    assert result["saved_to"] == str(out)


def test_an_answer_that_cannot_be_saved_is_still_sent(service, photo, small_index_folder, tmp_path):
    out = tmp_path / "no folder" / "results.gpkg"
    result = service.call(1, "localize", localize_params(photo, small_index_folder, out=str(out)))["result"]
    assert result["status"] == "uncertain"
    assert result["saved_to"] is None
    assert result["save_error"]["kind"] == "output"
    assert result["save_error"]["path"] == str(out)
    assert result["save_error"]["hint"]


def test_photo_info(service, photo):
    info = service.call(1, "photo/info", {"photo": str(photo)})["result"]
    assert info["photo"] == str(photo)
    assert (info["photo_id"], info["width_px"], info["height_px"]) == ("ISS064-E-48617", 192, 192)
    assert {"taken_at", "camera", "focal_length_mm", "nadir"} <= set(info)
    error = service.call(2, "photo/info", {"photo": str(photo.parent / "gone.jpg")})["error"]
    assert (error["code"], error["data"]["kind"]) == (-32002, "input")
    assert error["data"]["path"].endswith("gone.jpg")


def test_index_methods(service, small_index_folder, land_raster, tmp_path):
    info = service.call(1, "index/info", {"index": str(small_index_folder)})["result"]
    assert info == json.loads((small_index_folder / "index.json").read_text())
    assert service.call(2, "index/verify", {"index": str(small_index_folder)})["result"] == {"ok": True, "files": 6}
    listed = service.call(3, "index/list", {"folder": str(small_index_folder.parent)})["result"]["indexes"]
    assert [(i["path"], i["tiles"]) for i in listed] == [(str(small_index_folder), info["count"])]
    outlines = service.call(5, "index/tiles", {"index": str(small_index_folder), "out": str(tmp_path / "t.gpkg")})
    assert outlines["result"] == {"out": str(tmp_path / "t.gpkg"), "tiles": info["count"]}
    assert (tmp_path / "t.gpkg").read_bytes() == (small_index_folder / "tiles.gpkg").read_bytes()
    planned = service.call(6, "index/plan", {"source": str(land_raster), "tile_km": info["tile_km"]})["result"]
    assert planned["tiles"] >= info["count"]  # tiles that reach beyond the raster are planned, too
    assert planned["size_bytes"] > 1024 * planned["tiles"]
    assert planned["narrowest_km"] == pytest.approx(256 * planned["feature_km"], rel=0.01)
    fine = {"source": str(land_raster), "tile_km": info["tile_km"], "feature_km": planned["feature_km"] / 2}
    finer = service.call(7, "index/plan", fine)["result"]
    assert finer["features"] == pytest.approx(4 * planned["features"], rel=0.2)
    assert finer["size_bytes"] - planned["size_bytes"] == 24 * (finer["features"] - planned["features"])
    none = service.call(8, "index/plan", {**fine, "feature_km": 0})["result"]
    assert (none["features"], none["narrowest_km"]) == (0, None)
    assert none["size_bytes"] == planned["size_bytes"] - 24 * planned["features"]
    error = service.call(4, "index/info", {"index": str(tmp_path)})["error"]
    assert (error["code"], error["data"]["kind"]) == (-32003, "index")


def test_heartbeats_continue_during_a_request(service, land_raster, tmp_path):
    params = {"source": str(land_raster), "out": str(tmp_path / "index"), "tile_km": [40]}
    service.send("build", "index/build", params)
    beats = [service.until(lambda m: m.get("method") == "heartbeat")["params"] for _ in range(2)]
    assert beats[1]["busy"] == ["build"]
    assert 0.5 < beats[1]["uptime_s"] - beats[0]["uptime_s"] < 5
    assert service.call(2, "cancel", {"id": "build"})["result"] == {"cancelled": True}
    service.answer("build")


def test_a_review_and_a_photo_do_not_wait_for_an_index(service, land_raster, photo, small_index_folder, tmp_path):
    service.send("build", "index/build", {"source": str(land_raster), "out": str(tmp_path / "index"), "tile_km": [40]})
    service.until(lambda m: m.get("method") == "progress" and m["params"]["stage"] == "embed")
    tile = {"indexes": [str(small_index_folder)], "index": "europe", "center": [44.0, 5.0], "width_km": 220.0}
    service.send("tile", "tile/picture", tile)
    assert service.answer("tile")["result"]["jpeg"]
    service.send("photo", "localize", localize_params(photo, small_index_folder))
    assert service.answer("photo")["result"]["status"] == "uncertain"
    assert service.call("state", "status")["result"]["busy"] == ["build"]
    service.call("cancel", "cancel", {"id": "build"})
    assert service.answer("build")["error"]["data"]["kind"] == "cancelled"


# -- cancelling and ending ----------------------------------------------------------------------------


def test_cancel_stops_running_and_waiting_requests(service, land_raster, photo, small_index_folder, tmp_path):
    build = {"source": str(land_raster), "out": str(tmp_path / "index"), "tile_km": [40]}
    service.send(1, "index/build", build)
    service.send(2, "index/build", {**build, "out": str(tmp_path / "second")})
    service.send(3, "localize", localize_params(photo, small_index_folder))
    service.until(lambda m: m.get("method") == "progress" and m["params"]["stage"] == "embed")
    service.send(4, "cancel", {"id": 2})
    error = service.answer(2)["error"]  # at once, although 1 still runs
    assert (error["code"], error["data"]["kind"]) == (-32006, "cancelled")
    assert service.answer(4)["result"] == {"cancelled": True}
    service.send(5, "cancel", {"id": 1})
    assert service.answer(5)["result"] == {"cancelled": True}
    assert service.answer(1)["error"]["data"]["kind"] == "cancelled"
    assert service.answer(3)["result"]["status"] == "uncertain"  # the others go on
    assert service.call(6, "cancel", {"id": 1})["result"] == {"cancelled": False}
    assert service.call(7, "status")["result"]["busy"] == []


def test_shutdown_answers_and_ends(service):
    assert service.call(9, "shutdown") == {"jsonrpc": "2.0", "id": 9, "result": None}
    assert service.process.wait(timeout=30) == 0


def test_the_end_of_stdin_ends_the_process_during_a_request(service, land_raster, tmp_path):
    service.send(1, "index/build", {"source": str(land_raster), "out": str(tmp_path / "index"), "tile_km": [40]})
    told = service.until(lambda m: m.get("method") == "progress" and m["params"]["stage"] == "embed")
    assert service.end() == 0
    assert not (tmp_path / "index").exists()
    # Counted in tiles, as seconds are long or short with what else the computer does.
    after = [m["params"]["done"] for m in service.rest() if m.get("method") == "progress"]
    assert max(after, default=0) - told["params"]["done"] < told["params"]["total"] / 8


@pytest.mark.skipif(os.name != "posix", reason="a closed pipe shows itself otherwise on Windows")
def test_a_closed_stdout_ends_the_process(start_engine):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writing, 1)
        os.close(reading)
        os.dup2(os.pipe()[0], 0)
        os.execv(sys.executable, [sys.executable, "-c", NOBODY_READS])
    os.close(writing)
    os.close(reading)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    pytest.fail("the process went on")


NOBODY_READS = """
import io, sys, threading
from pathlib import Path
from engine import service
from engine.rpc import Channel
class Quiet(io.RawIOBase):  # says hello and stays open for ever
    lines = [b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocol": 1}}\\n']
    def readable(self): return True
    def readline(self, limit=-1): return self.lines.pop() if self.lines else threading.Event().wait()
requests, answers = service._claim_stdio()
service.Service(Channel(answers), service.Methods()).serve(Quiet())
"""


# -- rubbish ------------------------------------------------------------------------------------------

RUBBISH = [
    (b"hello\n", -32700, "parse"),
    (b"{\n", -32700, "parse"),
    (b"\xff\xfe{}\n", -32700, "parse"),
    (b"[" * 100_000 + b"\n", -32700, "parse"),
    (b'{"id":' * 50_000 + b"\n", -32700, "parse"),
    (b"9" * 10_000 + b"\n", -32700, "parse"),
    (b"\0\0\0\n", -32700, "parse"),
    (b'"' + b"x" * (rpc.MAX_LINE_BYTES * 3) + b'"\n', -32700, "parse"),
    (b"[]\n", -32600, "parse"),
    (b'[{"jsonrpc": "2.0", "id": 1, "method": "status"}]\n', -32600, "parse"),
    (b"42\n", -32600, "parse"),
    (b"null\n", -32600, "parse"),
    (b"{}\n", -32600, "parse"),
    (b'{"jsonrpc": "2.0", "id": 1.5, "method": "status"}\n', -32600, "parse"),
    (b'{"jsonrpc": "2.0", "id": null, "method": "status"}\n', -32600, "parse"),
    (b'{"jsonrpc": "2.0", "id": true, "method": "status"}\n', -32600, "parse"),
    (b'{"jsonrpc": "2.0", "id": NaN, "method": "status"}\n', -32600, "parse"),
    (b'{"jsonrpc": "2.0", "id": [1], "method": "status"}\n', -32600, "parse"),
    (b'{"jsonrpc": "2.0", "id": {"a": 1}, "method": "status"}\n', -32600, "parse"),
    (b'{"jsonrpc": "2.0", "method": "localize", "params": {}}\n', -32600, "parse"),
]

REFUSED = [
    ({"jsonrpc": "1.0", "method": "status"}, -32600, "parse"),
    ({"method": "status"}, -32600, "parse"),
    ({"jsonrpc": "2.0"}, -32600, "parse"),
    ({"jsonrpc": "2.0", "result": 3}, -32600, "parse"),
    ({"jsonrpc": "2.0", "method": 7}, -32600, "parse"),
    ({"jsonrpc": "2.0", "method": "status", "params": [1]}, -32600, "parse"),
    ({"jsonrpc": "2.0", "method": "status", "params": "x"}, -32600, "parse"),
    ({"jsonrpc": "2.0", "method": "fly"}, -32601, "usage"),
    ({"jsonrpc": "2.0", "method": "__init__"}, -32601, "usage"),
    ({"jsonrpc": "2.0", "method": "\ud800" * 99}, -32601, "usage"),
]

WRONG_PARAMS = [
    ("status", {"extra": 1}),
    ("initialize", {}),
    ("initialize", {"protocol": "1"}),
    ("initialize", {"protocol": 10**400}),
    ("cancel", {}),
    ("cancel", {"id": None}),
    ("cancel", {"id": [1]}),
    ("photo/info", {}),
    ("photo/info", {"photo": None}),
    ("photo/info", {"photo": ""}),
    ("photo/info", {"photo": 3}),
    ("photo/info", {"photo": "a\0b.jpg"}),
    ("photo/info", {"photo": "a\ud800.jpg"}),
    ("localize", {"photo": "a.jpg"}),
    ("localize", {"photo": "a.jpg", "indexes": []}),
    ("localize", {"photo": "a.jpg", "indexes": "x"}),
    ("localize", {"photo": "a.jpg", "indexes": [7]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": [float("nan"), 1]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": [float("inf"), 1]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": [91, 1]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": [10**400, 1]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": [True, False]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": [1]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": "1,2"}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "nadir": {"lat": 1}}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "radius_km": -1}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "top_k": 1.5}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "top_k": 10**30}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "out": 5}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "register": 1}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "imagery": ["x"]}),
    ("localize", {"photo": "a.jpg", "indexes": ["i"], "otu": "typo.gpkg"}),
    ("index/build", {"source": "a.tif", "out": "b", "bbox": [1, 2, 3]}),
    ("index/build", {"source": "a.tif", "out": "b", "tile_km": 313}),
    ("index/build", {"source": "a.tif", "out": "b", "tile_km": [0]}),
    ("index/build", {"source": "a.tif", "out": "b", "resume": "yes"}),
    ("index/build", {"source": "a.tif", "out": "b", "attribution": 1}),
]


def check_error(answer, code, kind):
    assert answer["error"]["code"] == code, answer
    assert answer["error"]["data"]["kind"] == kind
    assert set(answer["error"]["data"]) == {"kind", "path", "problem", "hint"}
    assert answer["error"]["message"]


def test_every_malformed_message_gets_a_typed_error_and_the_process_lives(service, photo, small_index_folder):
    def is_answer(message):
        return "method" not in message

    for line, code, kind in RUBBISH:
        service.send_bytes(line)
        answer = service.until(is_answer)
        assert answer["id"] is None
        check_error(answer, code, kind)
    for number, (message, code, kind) in enumerate(REFUSED, start=100):
        service.send_bytes(json.dumps({**message, "id": number}).encode() + b"\n")
        check_error(service.answer(number), code, kind)
    for number, (method, params) in enumerate(WRONG_PARAMS, start=200):
        answer = service.call(f"wrong {number}", method, params)
        check_error(answer, -32602, "usage")
    service.send_bytes(b"\n   \n")  # blank lines are nothing at all
    assert service.call(1, "localize", localize_params(photo, small_index_folder))["result"]["candidates"]
    assert service.end() == 0


def test_an_id_in_use_is_refused_without_that_id(service, land_raster, tmp_path):
    build = {"source": str(land_raster), "out": str(tmp_path / "index"), "tile_km": [40]}
    service.send("twin", "index/build", build)
    service.send("twin", "index/info", {"index": "x"})
    answer = service.until(lambda m: "error" in m)
    assert answer["id"] is None
    check_error(answer, -32600, "parse")
    assert "'twin'" in answer["error"]["message"]
    assert service.call("other", "cancel", {"id": "twin"})["result"] == {"cancelled": True}
    check_error(service.answer("twin"), -32006, "cancelled")


def test_a_notification_is_never_answered(service):
    service.send_bytes(b'{"jsonrpc": "2.0", "method": "status"}\n')
    service.send_bytes(b'{"jsonrpc": "2.0", "method": "shutdown"}\n')
    assert service.process.wait(timeout=30) == 0
    service.end()


def test_a_last_line_without_newline_is_read(start_engine):
    running = start_engine()
    running.send_bytes(b'{"jsonrpc": "2.0", "id": 5, "method": "status"}')
    running.process.stdin.close()
    assert running.answer(5)["result"]["busy"] == []
    assert running.end() == 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
PARAMETERS = """photo indexes nadir radius_km top_k out source bbox tile_km model resume include_ocean index
    folder id protocol client attribution"""
METHODS = (
    "localize photo/info index/info index/verify index/list index/build index/plan index/tiles status cancel initialize"
)
names, methods = st.sampled_from(PARAMETERS.split()), st.sampled_from(METHODS.split())
mutated_requests = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | json_values, "method": methods | json_values, "id": st.integers() | json_values},
    optional={"params": st.dictionaries(names, json_values, max_size=6) | json_values},
).map(lambda message: json.dumps(message).encode())
lines = (st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()) | mutated_requests).map(
    lambda line: line.replace(b"\n", b" ")
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    from tests.engine.conftest import EngineProcess

    running = EngineProcess(tmp_path_factory.mktemp("state"))
    running.call("hello", "initialize", HELLO)
    running.count = 0
    yield running
    assert running.end() == 0


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(lines, min_size=1, max_size=10))
def test_random_and_mutated_lines_never_end_the_process(fuzzed, batch):
    """Every line sent is survived; after each batch the process still answers, in valid JSON."""
    for line in batch:
        fuzzed.send_bytes(line + b"\n")
    fuzzed.count += 1
    assert fuzzed.call(f"alive {fuzzed.count}", "status")["result"]["engine"] == engine.__version__
    fuzzed.seen.clear()


# -- the process around it ----------------------------------------------------------------------------


def test_output_of_libraries_never_reaches_the_protocol(start_engine, tmp_path):
    """A library that prints, in Python and straight to descriptor 1, on being imported."""
    (tmp_path / "faiss.py").write_text(
        "import os, sys\nprint('loading')\nos.write(1, b'\\x00noise\\n')\nsys.stdin.read()\n"
        "raise ImportError('no faiss here')\n"
    )
    running = start_engine_with_path(tmp_path, start_engine)
    running.call(1, "initialize", HELLO)
    answer = running.call(2, "localize", {"photo": "a.jpg", "indexes": ["i"]})
    assert answer["error"]["data"]["kind"] == "internal"
    assert "no faiss here" in answer["error"]["message"]
    assert "result" in running.call(3, "status")


def start_engine_with_path(folder, start_engine):
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(folder)
    try:
        return start_engine()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def test_the_log_goes_to_its_file(start_engine, tmp_path):
    log = tmp_path / "logs" / "engine.log"
    running = start_engine("--log-file", str(log))
    running.call(1, "initialize", {"protocol": 1, "client": "the tester 7"})
    running.send_bytes(b"rubbish\n")
    running.call(2, "photo/info", {"photo": "gone é.jpg"})
    assert running.end() == 0
    text = log.read_text(encoding="utf-8")
    assert "the tester 7" in text
    assert "not JSON" in text
    assert "gone é.jpg" in text


def test_the_service_works_without_a_log_file(start_engine, tmp_path):
    (tmp_path / "file").touch()
    running = start_engine("--log-file", str(tmp_path / "file" / "engine.log"))
    assert "result" in running.call(1, "initialize", HELLO)
    assert running.end() == 0


class FaultyMethods(Methods):
    """Methods that fail in ways a real one should not."""

    def __init__(self):
        super().__init__()
        faults = (self.memory, self.fault, self.nan, self.fine)
        self.handlers.update(zip((PhotoInfo, IndexInfo, ListIndexes, PrepareResults), faults, strict=True))

    def preload(self):
        raise RuntimeError("no model")

    def memory(self, params, progress):
        raise MemoryError

    def fault(self, params, progress):
        raise RuntimeError("boom \ud800")

    def nan(self, params, progress):
        return {"value": float("nan")}

    def fine(self, params, progress):
        return "fine"


def test_bugs_of_a_method_are_answered_and_the_worker_continues():
    requests, answers = os.pipe(), os.pipe()
    running = Service(rpc.Channel(os.fdopen(answers[1], "wb")), FaultyMethods())
    thread = threading.Thread(target=running.serve, args=[os.fdopen(requests[0], "rb")])
    thread.start()
    with os.fdopen(requests[1], "wb") as stream, os.fdopen(answers[0], "rb") as replies:
        for name, request in (
            ("initialize", Initialize(**HELLO)),
            ("memory", PhotoInfo("a")),
            ("fault", IndexInfo("a")),
            ("nan", ListIndexes("a")),
            ("fine", PrepareResults("a")),
        ):
            message = {"jsonrpc": "2.0", "id": name, "method": request.METHOD, "params": request.params()}
            stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()
        got = {}
        while "fine" not in got:
            message = json.loads(replies.readline())
            got[message.get("id")] = message
        stream.close()
        thread.join(30)
    for method in ("memory", "fault", "nan"):
        check_error(got[method], -32603, "internal")
    assert "not enough memory" in got["memory"]["error"]["message"]
    assert got["fine"]["result"] == "fine"


def test_out_of_memory_and_bugs_become_errors():
    assert rpc.error_object(MemoryError())["data"] == {
        "kind": "internal",
        "path": None,
        "problem": "there is not enough memory",
        "hint": "close other programs or use a smaller photo",
    }
    fault = rpc.error_object(KeyError("x"))
    assert (fault["code"], fault["data"]["kind"]) == (-32603, "internal")
    known = rpc.error_object(UsageError("a.tif", "has no CRS", "give it one"))
    assert (known["code"], known["data"]["path"], known["message"]) == (
        -32001,
        "a.tif",
        "a.tif: has no CRS; give it one.",
    )
