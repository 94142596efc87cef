"""Checks values that come in from messages and files against the types of the contract.

Own code, because the libraries for it (msgspec, pydantic) are compiled and would have to be installed into QGIS's own
Python, which the plugin never does.
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NoReturn,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

T = TypeVar("T")
_MAX_NUMBER = 1e300  # a larger integer does not fit into a float


class InvalidValueError(ValueError):
    """A value does not have the type that the contract says.

    Attributes:
        name: of the parameter or field, such as "nadir" or "tie_points[2].lat"; "" for the value itself.
        problem: what is wrong with it, such as "must be text".
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name!r} {problem}" if name else problem)
        self.name = name
        self.problem = problem


class Range(NamedTuple):
    """Lowest and highest value of a number, both allowed."""

    low: float
    high: float


class IsPath(NamedTuple):
    """Marks text as a path that a file system could hold."""

    what: str = "path"


class NotEmpty(NamedTuple):
    """Marks a list that needs an entry."""

    what: str = "entry"


def validated(value: Any, hint: type[T]) -> T:
    """`value`, when it has the type `hint`.

    Integers become floats where a float is expected, and lists become tuples where a tuple is. The entries of
    TypedDicts stay as they are; unknown keys are kept, so that a newer file still opens.

    Raises:
        InvalidValueError: it has another type.
    """
    found: T = _validated(value, hint, "")
    return found


def parsed(values: Mapping[str, Any], request: type[T]) -> T:
    """The dataclass `request` made from the parameters of a message. Null means the default.

    Raises:
        InvalidValueError: a parameter is missing, unknown, of the wrong type or out of range.
    """
    hints = _hints(request)  # type: ignore[arg-type]
    taken: dict[str, Any] = {}
    for field in dataclasses.fields(request):  # type: ignore[arg-type]
        value = values.get(field.name)
        if value is not None:
            taken[field.name] = _validated(value, hints[field.name], field.name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InvalidValueError("", f"the parameter {field.name!r} is missing")
    unknown = sorted(set(values) - set(hints))  # a misspelt parameter must not be ignored silently
    if unknown:
        raise InvalidValueError("", f"unknown parameter {unknown[0][:80]!r}")
    return request(**taken)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint for name, hint in hints.items() if not str(hint).startswith("typing.ClassVar")}


def _validated(value: Any, hint: Any, name: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _within(_validated(value, args[0], name), args[1], name)
    if origin is Union:  # Optional only
        return None if value is None else _validated(value, args[0], name)
    if origin is Literal:
        if not isinstance(value, str) or value not in args:
            _refuse(name, f"must be one of {', '.join(map(str, args))}")
        return value
    if origin is list:
        return _list(value, args[0], name)
    if origin is tuple and args[-1] is Ellipsis:
        return tuple(_list(value, args[0], name))
    if origin is tuple:
        if not isinstance(value, (list, tuple)) or len(value) != len(args):
            _refuse(name, f"must be a list of {len(args)} numbers")
        return tuple(_validated(item, kind, name) for item, kind in zip(value, args))
    if origin is dict:
        if not isinstance(value, dict):
            _refuse(name, "must be an object")
        return value
    if hasattr(hint, "__required_keys__"):
        return _typed_dict(value, hint, name)
    return _scalar(value, hint, name)


def _list(value: Any, kind: Any, name: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        _refuse(name, "must be a list")
    return [_validated(item, kind, f"{name}[{at}]") for at, item in enumerate(value)]


def _typed_dict(value: Any, hint: Any, name: str) -> Any:
    if not isinstance(value, dict):
        _refuse(name, "must be an object")
    prefix = f"{name}." if name else ""
    for key in hint.__required_keys__ - value.keys():
        _refuse(f"{prefix}{key}", "is missing")
    for key, kind in _hints(hint).items():
        if key in value:
            _validated(value[key], kind, f"{prefix}{key}")
    return value


def _scalar(value: Any, hint: Any, name: str) -> Any:
    if hint is Any:
        return value
    if hint is str:
        if not isinstance(value, str):
            _refuse(name, "must be text")
    elif hint is bool:
        if not isinstance(value, bool):
            _refuse(name, "must be true or false")
    elif hint in (int, float):
        # An integer may be too large for a float, so it is tested before it is converted.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
            _refuse(name, "must be a number")
        if hint is int and value != int(value):
            _refuse(name, "must be a whole number")
        if abs(value) > _MAX_NUMBER:
            _refuse(name, "is too large")
        return hint(value)
    return value


def _within(value: Any, limit: Any, name: str) -> Any:
    if isinstance(limit, Range) and not limit.low <= value <= limit.high:
        _refuse(name, f"must be a number from {limit.low:g} to {limit.high:g}")
    if isinstance(limit, NotEmpty) and not value:
        _refuse(name, f"must be a list of at least one {limit.what}")
    if isinstance(limit, IsPath):
        try:
            encoded = os.fsencode(value)
        except UnicodeEncodeError:
            encoded = b"\0"
        if not encoded:
            _refuse(name, "must be a path")
        if b"\0" in encoded:
            _refuse(name, "is not a path that a file can have")
    return value


def _refuse(name: str, problem: str) -> NoReturn:
    raise InvalidValueError(name, problem)
