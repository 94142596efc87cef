"""A message for users with its id and parameters (engine/contract/messages.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.contract.messages import MESSAGES, NestedMessage, in_words


@dataclass(frozen=True)
class Message:
    """A message; `str` of it is the English text.

    Attributes:
        id: one of `MESSAGES`.
        params: text, numbers, messages, or lists of messages, by the names of the template's placeholders.
    """

    id: str
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.id not in MESSAGES:
            raise KeyError(self.id)

    def __str__(self) -> str:
        return in_words(self.id, self.json_params(), self.id)

    def json_params(self) -> dict[str, Any]:
        """The parameters as JSON has them."""
        return {name: _json(value) for name, value in self.params.items()}

    def nested(self) -> NestedMessage:
        """The message as a parameter of another one."""
        return {"id": self.id, "params": self.json_params(), "text": str(self)}


Text = Message | str  # a text without an id stays English


def sentences(first: Text, *more: Text) -> Text:
    """Messages one after the other, with a space between them."""
    if not more:
        return first
    flat: list[Text] = []
    for text in (first, *more):
        flat += text.params["sentences"] if isinstance(text, Message) and text.id == "sentences" else [text]
    return Message("sentences", {"sentences": flat})


def put_message(answer: Any, text: Text) -> None:
    """Set `message`, `message_id` and `message_params` of an answer."""
    answer["message"] = str(text)
    for name in ("message_id", "message_params"):
        answer.pop(name, None)
    if isinstance(text, Message):
        answer["message_id"], answer["message_params"] = text.id, text.json_params()


def message_of(answer: Any) -> Text:
    """The message of an answer, with its id if it has one."""
    if "message_id" not in answer:
        return str(answer["message"])
    params = {name: _from_json(value) for name, value in answer["message_params"].items()}
    return Message(answer["message_id"], params)


def ids_of(answer: Any) -> Iterator[str]:
    """The ids of an answer's message and of those inside it, in their order; "sentences" itself says nothing."""
    return _ids(answer.get("message_id"), answer.get("message_params"))


def _ids(message_id: str | None, params: Any) -> Iterator[str]:
    if message_id is not None and message_id != "sentences":
        yield message_id
    for value in (params or {}).values():
        for nested in value if isinstance(value, list) else [value]:
            if isinstance(nested, dict):
                yield from _ids(nested.get("id"), nested.get("params"))


def _json(value: Any) -> Any:
    if isinstance(value, Message):
        return value.nested()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(item) for item in value]
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if isinstance(value, dict):
        return Message(value["id"], {name: _from_json(item) for name, item in value["params"].items()})
    return value
