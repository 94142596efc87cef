"""The language model on the user's own computer, played by a stub server on loopback."""

from __future__ import annotations

import base64
import json
import threading
import time

import cv2
import numpy as np
import pytest
from language_model_stub import StubServer

from engine.contract.messages import in_words
from engine.errors import CancelledError, UsageError
from engine.progress import Progress
from engine.where.estimator import left_out
from engine.where.language_model import LanguageModel, LanguageModelError, is_loopback, propose, read_places

PHOTO = np.full((900, 1200, 3), (200, 100, 50), np.uint8)


@pytest.fixture
def server():
    stub = StubServer()
    yield stub
    stub.close()


def test_it_gets_a_small_jpeg_and_a_question_and_its_places_come_back(server):
    server.says('Sure! [{"lat": 31.5, "lon": 34.9}, {"lat": -33.0, "lon": -70.5}]')
    assert propose(LanguageModel(server.address, model="tiny"), PHOTO) == [(31.5, 34.9), (-33.0, -70.5)]
    path, request = server.asked[0]
    assert path == "/v1/chat/completions"
    assert request["model"] == "tiny"
    text, picture = request["messages"][0]["content"]
    assert "at most 5" in text["text"]
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert kind == "data:image/jpeg;base64"
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (384, 512, 3)
    assert pixels[100, 100] == pytest.approx([50, 100, 200], abs=3)  # OpenCV reads blue first


def test_localhost_and_a_path_of_its_own_reach_the_server(server):
    server.says("[]")
    port = server.address.rpartition(":")[2]
    for address in (f"http://localhost:{port}/v1/", f"http://localhost:{port}/api/v1/chat/completions"):
        with pytest.raises(LanguageModelError, match="named no place"):
            propose(LanguageModel(address), PHOTO)
    assert [path for path, _ in server.asked] == ["/v1/chat/completions", "/api/v1/chat/completions"]


def test_a_server_that_is_down_is_named(server):
    server.close()
    with pytest.raises(LanguageModelError, match="no language model answers here; start it"):
        propose(LanguageModel(server.address), PHOTO)


def test_a_slow_server_is_left_after_the_time_limit(server):
    server.says("[]")
    server.delay_s = 3.0
    start = time.monotonic()
    with pytest.raises(LanguageModelError, match=r"did not answer within 0\.3 s"):
        propose(LanguageModel(server.address, timeout_s=0.3), PHOTO)
    assert time.monotonic() - start < 2.0


def test_a_server_that_drips_is_slow_too(server):
    server.says("[]" * 50)
    server.drip_s = 0.1
    start = time.monotonic()
    with pytest.raises(LanguageModelError, match=r"did not answer within 0\.4 s"):
        propose(LanguageModel(server.address, timeout_s=0.4), PHOTO)
    assert time.monotonic() - start < 2.0


def test_waiting_for_the_reply_can_be_cancelled(server):
    server.delay_s = 20.0
    progress = Progress()
    threading.Timer(0.3, progress.cancel).start()
    start = time.monotonic()
    with pytest.raises(CancelledError):
        propose(LanguageModel(server.address, timeout_s=30.0), PHOTO, progress)
    assert time.monotonic() - start < 10.0


def test_reasons_have_ids_for_translation(server):
    server.says("I do not know.")
    with pytest.raises(LanguageModelError) as raised:
        propose(LanguageModel(server.address), PHOTO)
    left = left_out("language_model", raised.value)
    assert left["message_id"] == "language_model.no_place"
    assert in_words(left["message_id"], left["message_params"], "") == left["reason"]


def test_a_redirect_is_not_followed(server):
    other = StubServer()
    try:
        server.status, server.location = 307, other.address + "/v1/chat/completions"
        with pytest.raises(LanguageModelError, match="status 307"):
            propose(LanguageModel(server.address), PHOTO)
        assert other.asked == []
    finally:
        other.close()


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    server.says('{"lat": 1.5, "lon": 2.5}')
    assert propose(LanguageModel(server.address), PHOTO) == [(1.5, 2.5)]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>hello</html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": 5}}]}', b"["],
)
def test_a_reply_that_is_no_chat_completion_is_refused(server, body):
    server.body = body
    with pytest.raises(LanguageModelError, match="not that of a chat completion"):
        propose(LanguageModel(server.address), PHOTO)


def test_a_reply_without_end_is_refused(server):
    server.body = b" " * 1_100_000
    with pytest.raises(LanguageModelError, match="has no end"):
        propose(LanguageModel(server.address), PHOTO)


def test_a_refusal_of_the_server_is_told(server):
    server.status = 404
    with pytest.raises(LanguageModelError, match="status 404; check its address and the name of the model"):
        propose(LanguageModel(server.address), PHOTO)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_addresses_of_this_computer(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.168.1.5", "example.org", "localhost.example.org", "127.0.0.1.example.org", "::"])
def test_another_computer_is_refused_unless_allowed(host):
    name = f"[{host}]" if ":" in host else host
    with pytest.raises(UsageError, match="not on this computer"):
        LanguageModel(f"http://{name}:8000")
    assert LanguageModel(f"http://{name}:8000", elsewhere=True).url().startswith(f"http://{name}:8000/v1/")


@pytest.mark.parametrize(
    "address", ["", "ollama", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port", "http://[::1"]
)
def test_what_is_no_address_is_told(address):
    with pytest.raises(UsageError, match="not the address of a language model"):
        LanguageModel(address)


def test_a_password_in_the_address_is_refused():
    with pytest.raises(UsageError, match="holds a password") as found:
        LanguageModel("http://me:secret@127.0.0.1")
    assert "secret" not in str(found.value)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('[{"lat": 10, "lon": 20}]', [(10.0, 20.0)]),
        ('```json\n{"places": [{"latitude": 10.5, "longitude": -20}, {"lat": 91, "lon": 0}]}\n```', [(10.5, -20.0)]),
        ('{"lat": 5, "lng": 6}', [(5.0, 6.0)]),
        ("I think of 33.86 S, 151.2 E or of -1.5, 36.25.", [(-33.86, 151.2), (-1.5, 36.25)]),
        ("12 N, 45 W", [(12.0, -45.0)]),
        ("Taken on 2024-05-12, 10:30, 1,200 km away; 3, 4 or 5 lakes", []),
        (
            '[{"lat": "north", "lon": 4}, {"lat": true, "lon": 4}, {"lat": NaN, "lon": 4}, {"lat": 7, "lon": 8}]',
            [(7.0, 8.0)],
        ),
        ('[{"lat": 1e400, "lon": 4}, {"lat": 10, "lon": 181}]', []),
        ('[{"lat": 1.001, "lon": 2}, {"lat": 1.002, "lon": 2}]', [(1.001, 2.0)]),
        ("[" * 9000, []),
        ("", []),
    ],
)
def test_places_in_a_reply(text, places):
    assert read_places(text) == places


def test_at_most_as_many_places_as_asked_for():
    text = json.dumps([{"lat": n, "lon": n} for n in range(9)])
    assert len(read_places(text, most=3)) == 3


def test_the_service_asks_it_and_a_cancelled_request_does_not_wait_for_it(
    server, start_engine, photo, small_index_folder
):
    engine = start_engine()
    engine.call(0, "initialize", {"protocol": 1, "client": "test 1.0"})
    asked = {"photo": str(photo), "indexes": [str(small_index_folder)], "register": False, "where": True}
    server.says('[{"lat": 36.2, "lon": 44.1}]')
    with_model = {**asked, "language_model": server.address, "language_model_name": "tiny"}
    assert engine.call(1, "localize", with_model)["result"]["status"] == "uncertain"
    ((_, question),) = server.asked
    assert question["model"] == "tiny"
    refused = engine.call(2, "localize", {**with_model, "language_model": "http://192.0.2.1"})["error"]
    assert refused["data"]["message_id"] == "language_model.elsewhere"
    assert engine.call(3, "localize", {**with_model, "where": False})["error"]["data"]["kind"] == "usage"
    server.delay_s = 30.0
    start = time.monotonic()
    engine.send(4, "localize", with_model)
    while len(server.asked) < 2:
        time.sleep(0.05)
    engine.call(5, "cancel", {"id": 4})
    assert engine.answer(4)["error"]["data"]["kind"] == "cancelled"
    assert time.monotonic() - start < 25.0
