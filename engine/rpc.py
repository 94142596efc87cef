"""JSON-RPC 2.0, one message a line: reading requests from strangers, writing answers.

Nothing here knows what the methods do. docs/architecture.md has the protocol.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import EarthLocError

MAX_LINE_BYTES = 1 << 20  # a request is a few paths and numbers
_REQUIRED = object()

RequestId = int | str


class RpcError(EarthLocError):
    """A message that is not a request, or a request that no method can take."""

    kind = "parse"

    def __init__(
        self, rpc_code: int, problem: str, hint: str, kind: str = "parse", request_id: RequestId | None = None
    ) -> None:
        super().__init__(None, problem, hint)
        self.rpc_code = rpc_code
        self.kind = kind
        self.request_id = request_id


def parse_error(problem: str) -> RpcError:
    """-32700: the line is not JSON."""
    return RpcError(-32700, problem, "send one JSON-RPC 2.0 request a line, in UTF-8")


def invalid_request(problem: str, request_id: RequestId | None = None) -> RpcError:
    """-32600: JSON, but not a request."""
    return RpcError(-32600, problem, "send one JSON-RPC 2.0 request a line", request_id=request_id)


def unknown_method(name: str) -> RpcError:
    """-32601."""
    return RpcError(-32601, f"there is no method {name[:80]!r}", "update the engine or the client", "usage")


def invalid_params(problem: str) -> RpcError:
    """-32602: a parameter is missing, unknown, of the wrong type or out of range."""
    return RpcError(-32602, problem, "correct the request", "usage")


@dataclass(frozen=True)
class Request:
    """A request; `id` is None for a notification, which is never answered."""

    id: RequestId | None
    method: str
    params: Params


@dataclass
class Params:
    """The parameters of a request, taken out one by one with their types checked.

    Every getter raises RpcError that names the parameter; `done` refuses what nobody took.
    """

    values: dict[str, Any]
    _taken: set[str] = field(default_factory=set)

    def _take(self, name: str, default: Any) -> Any:
        self._taken.add(name)
        value = self.values.get(name)
        if value is not None:
            return value
        if default is _REQUIRED:
            raise invalid_params(f"the parameter {name!r} is missing")
        return default

    def text(self, name: str, default: Any = _REQUIRED) -> str:
        """A string."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise invalid_params(f"{name!r} must be text")
        return value

    def path(self, name: str) -> Path:
        """A path that this computer's file system could hold."""
        return _path(name, self._take(name, _REQUIRED))

    def path_or_none(self, name: str) -> Path | None:
        """The same, or None when missing or null."""
        value = self._take(name, None)
        return None if value is None else _path(name, value)

    def paths(self, name: str) -> list[Path]:
        """A list of at least one path."""
        value = self._take(name, _REQUIRED)
        if not isinstance(value, list) or not value:
            raise invalid_params(f"{name!r} must be a list of at least one path")
        return [_path(name, item) for item in value]

    def boolean(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise invalid_params(f"{name!r} must be true or false")
        return value

    def number(self, name: str, low: float, high: float, default: Any = _REQUIRED) -> float:
        """A number from low to high."""
        return _number(name, self._take(name, default), low, high)

    def number_or_none(self, name: str, low: float, high: float) -> float | None:
        """The same, or None when missing or null."""
        value = self._take(name, None)
        return None if value is None else _number(name, value, low, high)

    def whole(self, name: str, low: int, high: int, default: Any = _REQUIRED) -> int:
        """A whole number from low to high."""
        value = _number(name, self._take(name, default), low, high)
        if value != int(value):
            raise invalid_params(f"{name!r} must be a whole number")
        return int(value)

    def numbers(self, name: str, ranges: list[tuple[float, float]]) -> tuple[float, ...] | None:
        """As many numbers as ranges, each within its range; None when missing or null."""
        value = self._take(name, None)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != len(ranges):
            raise invalid_params(f"{name!r} must be a list of {len(ranges)} numbers")
        return tuple(_number(name, item, *limits) for item, limits in zip(value, ranges, strict=True))

    def number_list(self, name: str, low: float, high: float, default: list[float]) -> list[float]:
        """A list of numbers, each from low to high."""
        value = self._take(name, default)
        if not isinstance(value, list):
            raise invalid_params(f"{name!r} must be a list of numbers")
        return [_number(name, item, low, high) for item in value]

    def objects(self, name: str) -> list[dict[str, Any]]:
        """A list of at least one object."""
        value = self._take(name, _REQUIRED)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise invalid_params(f"{name!r} must be a list of at least one object")
        return value

    def object_or_none(self, name: str) -> dict[str, Any] | None:
        """An object; None when missing or null."""
        value = self._take(name, None)
        if value is not None and not isinstance(value, dict):
            raise invalid_params(f"{name!r} must be an object")
        return value

    def request_id(self, name: str) -> RequestId:
        """The id of another request."""
        value = self._take(name, _REQUIRED)
        if not _is_id(value):
            raise invalid_params(f"{name!r} must be the id of a request")
        return value

    def done(self) -> None:
        """Refuses parameters that no getter asked for: a misspelt one must not be ignored silently."""
        unknown = sorted(set(self.values) - self._taken)
        if unknown:
            raise invalid_params(f"unknown parameter {unknown[0][:80]!r}")


def read_lines(stream: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[bytes | RpcError]:
    """Lines of a stream to its end; for a line above the limit, which is skipped, the error to answer."""
    while line := stream.readline(limit + 1):
        if len(line) <= limit or line.endswith(b"\n"):
            if line.strip():
                yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(limit + 1)
        yield parse_error(f"the line is longer than {limit} bytes")


def parse_request(line: bytes) -> Request:
    """The request of a line. Raises RpcError with the request's id where that could be read."""
    try:
        message = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise parse_error("the line is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise parse_error(f"the line is not JSON ({str(error)[:80]})") from None
    if isinstance(message, list):
        raise invalid_request("requests in batches are not supported")
    if not isinstance(message, dict):
        raise invalid_request("the message is not an object")
    request_id = message.get("id")
    if "id" in message and not _is_id(request_id):
        raise invalid_request("the id must be text or a whole number")
    if message.get("jsonrpc") != "2.0":
        raise invalid_request('"jsonrpc" must be "2.0"', request_id)
    method, params = message.get("method"), message.get("params", {})
    if not isinstance(method, str):
        raise invalid_request("the method must be text", request_id)
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise invalid_request("the params must be an object", request_id)
    return Request(request_id, method, Params(params))


def error_object(error: Exception) -> dict[str, Any]:
    """The `error` of an answer: {"code", "message", "data": {"kind", "path", "problem", "hint"}}."""
    if isinstance(error, MemoryError):
        problem, hint = "there is not enough memory", "close other programs or use a smaller picture"
        known = EarthLocError(None, problem, hint)
    elif isinstance(error, EarthLocError):
        known = error
    else:
        problem = f"the engine has a fault ({type(error).__name__}: {str(error)[:200]})"
        known = EarthLocError(None, problem, "report it with the engine's log")
    unforeseen = known is not error
    data = {"path": known.path, "problem": known.problem, "hint": known.hint}
    return {
        "code": -32603 if unforeseen else known.rpc_code,
        "message": str(known),
        "data": {"kind": "internal" if unforeseen else known.kind, **data},
    }


class Channel:
    """The way out: whole messages, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.broken = False  # nobody reads any more

    def result(self, request_id: RequestId | None, result: Any) -> None:
        """Answers a request; a notification gets no answer. A ValueError (NaN) or TypeError sends nothing."""
        if request_id is not None:
            self._send({"id": request_id, "result": result})

    def error(self, request_id: RequestId | None, error: Exception) -> None:
        """Answers with an error; without id it is about a message that had none that could be read."""
        self._send({"id": request_id, "error": error_object(error)})

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Sends a notification."""
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        # ASCII only, so that no file name, whatever its encoding, can break a line.
        line = json.dumps({"jsonrpc": "2.0", **message}, allow_nan=False).encode("ascii") + b"\n"
        with self._lock:
            if self.broken:
                return
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                self.broken = True


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str) or not value:
        raise invalid_params(f"{name!r} must be a path")
    try:
        encoded = os.fsencode(value)
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise invalid_params(f"{name!r} is not a path that a file can have")
    return Path(value)


def _number(name: str, value: Any, low: float, high: float) -> float:
    # Compared before it is made a float, for which a whole number may be too large. NaN is in no range.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise invalid_params(f"{name!r} must be a number from {low:g} to {high:g}")
    return float(value)
