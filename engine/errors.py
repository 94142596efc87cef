"""Errors that a user can act on: a sentence that names the file and the problem, and a hint that says what to do.

Each class has the exit code of the command line (docs/cli.md) and the code and kind of the JSON-RPC protocol
(docs/protocol.md). Any other exception is a bug.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from engine.contract.answers import ErrorData

_MAX_TEXT = 200  # characters


class EarthLocError(Exception):
    """Base of all errors meant for the user.

    Args:
        path: the file or folder that the error is about, or None.
        problem: what is wrong, without the path and without a full stop.
        hint: what the user can do, an imperative without a full stop.
    """

    kind = "error"
    exit_code = 1
    rpc_code = -32000

    def __init__(self, path: str | Path | None, problem: str, hint: str) -> None:
        self.path = None if path is None else str(path)
        self.problem = problem
        self.hint = hint
        super().__init__(str(self))

    def data(self) -> ErrorData:
        """The error as messages carry it."""
        return {"kind": self.kind, "path": self.path, "problem": self.problem, "hint": self.hint}

    def __reduce__(self) -> tuple[Any, ...]:
        """Makes the error picklable: workers of a cluster send it back."""
        return _rebuilt, (type(self), self.path, self.problem, self.hint)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.problem}; {self.hint}."


def _rebuilt(kind: type[EarthLocError], path: str | None, problem: str, hint: str) -> EarthLocError:
    error = kind.__new__(kind)
    EarthLocError.__init__(error, path, problem, hint)
    return error


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
            return cls(path, "the disk is full", "free some space and try again; nothing saved was lost")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return cls(path, "cannot be written to", "choose another folder or change its permissions")
        return cls(path, f"could not be written ({error.strerror or error})", "choose another place")


class CancelledError(EarthLocError):
    """The user cancelled the job."""

    kind = "cancelled"
    exit_code = 1
    rpc_code = -32006

    def __init__(self, what: str = "the job") -> None:
        super().__init__(None, f"{what} was cancelled", "start it again when you want")
