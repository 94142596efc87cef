"""Errors that a user can act on: a sentence that names the file and the problem, and a hint that says what to do.

Each class has the exit code of the command line (docs/cli.md) and the code and kind of the JSON-RPC protocol
(docs/protocol.md). Any other exception is a bug.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, Self

from engine.contract.answers import ErrorData
from engine.contract.messages import MESSAGES
from engine.messages import Message, Text

_MAX_TEXT = 200  # characters
_PLACES = ("{path}: ", "imagery server {server}: ")  # how the templates of errors begin that name a place


class EarthLocError(Exception):
    """Base of all errors meant for the user.

    Args:
        path: the file or folder that the error is about, or None.
        problem: what is wrong, without the path and without a full stop.
        hint: what the user can do, an imperative without a full stop.

    Attributes:
        message: the error with id and parameters, if it was made with `of`; otherwise None.
    """

    kind = "error"
    exit_code = 1
    rpc_code = -32000

    def __init__(self, path: str | Path | None, problem: str, hint: str) -> None:
        self.path = None if path is None else str(path)
        self.problem = problem
        self.hint = hint
        self.message: Message | None = None
        super().__init__(str(self))

    @classmethod
    def of(cls, message_id: str, **params: Any) -> Self:
        """An error with the text of a message, "where: problem; hint." or "problem; hint.", and its parameters."""
        where, problem, hint = (part.format(**params) for part in _parts(message_id))
        error = cls.__new__(cls)
        EarthLocError.__init__(error, where or None, problem, hint)
        error.message = Message(message_id, {name: _plain(value) for name, value in params.items()})
        return error

    def text(self) -> Text:
        """The error as a message, or as English text if it has no id."""
        return self.message or str(self)

    def data(self) -> ErrorData:
        """The error as messages carry it."""
        data: ErrorData = {"kind": self.kind, "path": self.path, "problem": self.problem, "hint": self.hint}
        if self.message is not None:
            data["message_id"], data["message_params"] = self.message.id, self.message.json_params()
        return data

    def __reduce__(self) -> tuple[Any, ...]:
        """Makes the error picklable: workers of a cluster send it back."""
        return _rebuilt, (type(self), self.path, self.problem, self.hint, self.message)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.problem}; {self.hint}."


def _rebuilt(
    kind: type[EarthLocError], path: str | None, problem: str, hint: str, message: Message | None = None
) -> EarthLocError:
    error = kind.__new__(kind)
    EarthLocError.__init__(error, path, problem, hint)
    error.message = message
    return error


def _parts(message_id: str) -> tuple[str, str, str]:
    """Where, problem and hint of an error's template."""
    template = MESSAGES[message_id]
    where, _, rest = template.partition(": ") if template.startswith(_PLACES) else ("", "", template)
    problem, _, hint = rest.partition("; ")
    return where, problem, hint.removesuffix(".")


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float)) else str(value)


def in_short(error: BaseException) -> str:
    """The first line of a library's error, as part of our sentence."""
    return (str(error) or type(error).__name__).splitlines()[0][:_MAX_TEXT]


class UsageError(EarthLocError):
    """The request itself is wrong: an unknown option, a value out of range."""

    kind = "usage"
    exit_code = 2
    rpc_code = -32001


class InputError(EarthLocError):
    """A photo, a raster or a table could not be read."""

    kind = "input"
    exit_code = 3
    rpc_code = -32002


class OrbitFileError(InputError):
    """A file of the station's orbit could not be read. It is the same file for all photos."""

    kind = "orbit"


class IndexDamagedError(EarthLocError):
    """A regional index is damaged, incomplete, newer than this engine, or made for another model."""

    kind = "index"
    exit_code = 4
    rpc_code = -32003


class ModelError(EarthLocError):
    """A model package is damaged or does not fit."""

    kind = "model"
    exit_code = 4
    rpc_code = -32004


class OutputError(EarthLocError):
    """A result or an index could not be written: no access, no space."""

    kind = "output"
    exit_code = 5
    rpc_code = -32005

    @classmethod
    def from_os_error(cls, path: str | Path, error: OSError) -> OutputError:
        """The error for a file that the operating system did not let us write, with a hint."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return cls.of("output.full", path=path)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return cls.of("output.no_access", path=path)
        return cls.of("output.failed", path=path, reason=error.strerror or str(error))


class CancelledError(EarthLocError):
    """The user cancelled the job."""

    kind = "cancelled"
    exit_code = 1
    rpc_code = -32006

    def __init__(self, what: str = "the job") -> None:
        super().__init__(None, f"{what} was cancelled", "start it again when you want")
