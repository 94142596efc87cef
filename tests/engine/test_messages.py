"""Messages with ids: English stays as it was, ids and parameters come along, and nonsense does no harm."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import pytest

import engine
from engine.answer import failed, why_nothing, without_place
from engine.contract.localization import read_localization
from engine.contract.messages import MESSAGES, in_words
from engine.contract.status import NOT_FOUND
from engine.errors import EarthLocError, InputError, OutputError, UsageError
from engine.imagery.fetch import ImageryServerError
from engine.messages import Message, message_of, put_message, sentences
from engine.retrieval.tiling import Circle
from engine.rpc import error_object

ENGINE = Path(engine.__file__).parent
ERRORS = [name for name, text in MESSAGES.items() if re.match(r"\{path\}: |imagery server \{server\}: ", text)]


def placeholders(text: str) -> list[str]:
    return re.findall(r"\{(\w*)\}", text)


@pytest.mark.parametrize("message_id", MESSAGES)
def test_templates_have_plain_named_placeholders(message_id):
    text = MESSAGES[message_id]
    names = placeholders(text)
    assert len(set(names)) == len(names)
    assert all(names)
    assert text.count("{") == text.count("}") == len(names)
    assert str(Message(message_id, dict.fromkeys(names, "x"))) == re.sub(r"\{\w+\}", "x", text)


def test_templates_differ():
    assert len(set(MESSAGES.values())) == len(MESSAGES)  # a translation belongs to one id


def test_every_id_in_the_code_exists_and_every_id_is_used():
    code = "\n".join(path.read_text(encoding="utf-8") for path in ENGINE.rglob("*.py") if path.name != "messages.py")
    code += "\n".join(path.read_text(encoding="utf-8") for path in (ENGINE.parent / "earthloc_qgis").rglob("*.py"))
    named = set(re.findall(r'(?:\bMessage|\.of|_RequestError)\(\s*"([\w.]+)"', code))
    assert named - set(MESSAGES) == set()
    # `describe` adds "_from_nadir"; `sentences` is in engine/messages.py.
    unused = [name for name in MESSAGES if f'"{name.removesuffix("_from_nadir")}"' not in code]
    assert unused == ["sentences"]


@pytest.mark.parametrize("message_id", ERRORS)
def test_errors_have_a_place_a_problem_and_a_hint(message_id):
    params = dict.fromkeys(placeholders(MESSAGES[message_id]), "x")
    kind = ImageryServerError if message_id.startswith("server.") else InputError
    error = kind.of(message_id, **params)
    assert str(error) == MESSAGES[message_id].format(**params)
    assert error.path
    assert error.problem
    assert error.hint
    assert error.data()["message_id"] == message_id
    again = pickle.loads(pickle.dumps(error))
    assert again.data() == error.data()
    assert type(again) is kind


def test_an_error_may_have_a_message_without_a_place():
    error = UsageError.of("ties.no_ground")
    assert (error.path, str(error)) == (None, MESSAGES["ties.no_ground"])
    assert error.problem == "the camera that fits the tie points sees no ground"
    assert error.data()["message_id"] == "ties.no_ground"


def test_errors_without_id_are_as_before():
    error = EarthLocError("a.txt", "is odd", "look at it")
    assert error.data() == {"kind": "error", "path": "a.txt", "problem": "is odd", "hint": "look at it"}
    assert error.text() == "a.txt: is odd; look at it."


def test_the_protocol_carries_id_and_parameters():
    sent = json.loads(json.dumps(error_object(OutputError.of("results.busy", path=Path("/a b.gpkg")))))
    assert sent["message"] == (
        "/a b.gpkg: is being written by another program; stop editing it there and try again, or choose another file."
    )
    assert sent["data"]["message_id"] == "results.busy"
    assert sent["data"]["message_params"] == {"path": "/a b.gpkg"}


def test_a_localization_carries_the_id_of_its_message():
    answer = failed(Path("gone.jpg"), InputError.of("photo.missing", path="gone.jpg"))
    assert answer["message"] == "gone.jpg: does not exist; check the path."
    assert (answer["message_id"], answer["message_params"]) == ("photo.missing", {"path": "gone.jpg"})
    assert "message_id" not in failed(Path("a.jpg"), InputError("a.jpg", "is odd", "look at it"))
    answer = without_place(Path("a.jpg"), NOT_FOUND, why_nothing(Circle(41.9, 12.5, 1000.0)))
    assert answer["message_params"] == {"km": "1000", "place": "41.9°N 12.5°E"}
    assert read_localization(json.dumps(answer)) == answer
    older = {name: value for name, value in answer.items() if not name.startswith("message_")}
    assert read_localization(json.dumps(older)) == older


def test_sentences_are_joined_and_come_back():
    answer = dict[str, object]()
    why = OutputError.of("results.folder", path="/r")
    guess = Message("guess.tile", {"place": "1.0°N 2.0°E"})
    put_message(answer, sentences(guess, Message("guess.compare")))
    put_message(answer, sentences(message_of(answer), Message("unchecked", {"reason": why.text()})))
    assert answer["message"] == (
        "Best guess near 1.0°N 2.0°E: the tile with the highest cosine similarity, not checked by registration. "
        "Compare it with a basemap. Not checked: /r: is a folder; name a file in it, such as results.gpkg."
    )
    assert len(answer["message_params"]["sentences"]) == 3  # not nested
    shown = in_words(answer["message_id"], json.loads(json.dumps(answer["message_params"])), "", str.upper)
    assert shown.startswith("BEST GUESS NEAR") or shown == ""  # str.upper breaks the placeholders
    put_message(answer, "Of a library.")
    assert answer == {"message": "Of a library."}
    assert message_of(answer) == "Of a library."


def test_translation_reaches_the_messages_inside():
    german = {
        MESSAGES["registered"]: "{parts}!", MESSAGES["part.tie_points"]: "{n} Passpunkte",
        MESSAGES["part.candidate"]: "Kandidat {rank}",
    }  # fmt: skip
    message = Message(
        "registered", {"parts": [Message("part.tie_points", {"n": 41}), Message("part.candidate", {"rank": 2})]}
    )
    assert str(message) == "41 tie points, candidate 2."
    params = json.loads(json.dumps(message.json_params()))
    assert in_words(message.id, params, "", lambda text: german.get(text, text)) == "41 Passpunkte, Kandidat 2!"


deep: dict = {"id": "unchecked", "params": {}, "text": "x"}
for _ in range(50):
    deep = {"id": "unchecked", "params": {"reason": deep}, "text": "x"}


@pytest.mark.parametrize(
    ("message_id", "params"),
    [
        (None, None),
        ("nothing", {}),
        (["registered"], {}),
        ("registered", None),
        ("registered", {}),
        ("registered", {"parts": [{"id": 5}]}),
        ("part.tie_points", {"m": 5}),
        ("part.tie_points", {1: 5}),
    ],
)
def test_what_does_not_fit_shows_the_english_text(message_id, params):
    assert in_words(message_id, params, "in English") == "in English"


def test_messages_inside_messages_end_somewhere():
    assert in_words("unchecked", {"reason": deep}, "x").endswith("x")


def test_unknown_message_inside_a_known_one_is_shown_in_english():
    reason = {"id": "of.tomorrow", "params": {}, "text": "the moon is in the way."}
    assert in_words("unchecked", {"reason": reason}, "") == "Not checked: the moon is in the way."
