"""JSON-RPC 2.0, one message a line: parses untrusted requests and writes answers.

Knows nothing about the methods. docs/protocol.md explains the protocol.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from engine.contract.answers import RequestId
from engine.errors import EarthLocError

MAX_LINE_BYTES = 1 << 20  # a request is a few paths and numbers


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
class Message:
    """A request as it came in; `id` is None for a notification, which is never answered."""

    id: RequestId | None
    method: str
    params: dict[str, Any]


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


def parse_request(line: bytes) -> Message:
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
    if "id" in message and not is_id(request_id):
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
    return Message(request_id, method, params)


def error_object(error: Exception) -> dict[str, Any]:
    """The `error` of an answer: {"code", "message", "data": {"kind", "path", "problem", "hint"}}."""
    if isinstance(error, MemoryError):
        problem, hint = "there is not enough memory", "close other programs or use a smaller photo"
        known = EarthLocError(None, problem, hint)
    elif isinstance(error, EarthLocError):
        known = error
    else:
        problem = f"the engine has a bug ({type(error).__name__}: {str(error)[:200]})"
        known = EarthLocError(None, problem, "report it with the engine's log")
    unexpected = known is not error
    data = known.data()
    if unexpected:
        data["kind"] = "internal"
    return {"code": -32603 if unexpected else known.rpc_code, "message": str(known), "data": data}


class Channel:
    """Writes whole messages, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.broken = False  # the client has closed its end

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


def is_id(value: Any) -> bool:
    """Whether a value may be the id of a request: text or a whole number."""
    return isinstance(value, (int, str)) and not isinstance(value, bool)
