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
    Callable,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

T = TypeVar("T")
Check = Callable[[Any], Any]  # returns the value, converted where that is allowed, or raises InvalidValueError
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

    def inside(self, name: str) -> InvalidValueError:
        """The same error, named from the value that holds the field or entry `name`."""
        joint = "." if self.name and not self.name.startswith("[") else ""
        return InvalidValueError(f"{name}{joint}{self.name}", self.problem)


class Range(NamedTuple):
    """Lowest and highest value of a number, both allowed."""

    low: float
    high: float


class IsPath:
    """Marks text as a path that a file system could hold."""


class NotEmpty(NamedTuple):
    """Marks a list of `what` that needs an entry, or text that needs a letter."""

    what: str


def validated(value: Any, hint: type[T]) -> T:
    """`value`, when it has the type `hint`.

    Integers become floats where a float is expected, and lists become tuples where a tuple is. The entries of
    TypedDicts stay as they are; unknown keys are kept, so that a newer file still opens.

    Raises:
        InvalidValueError: it has another type.
    """
    found: T = _checker(hint)(value)  # type: ignore[arg-type]
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
            try:
                taken[field.name] = _checker(hints[field.name])(value)
            except InvalidValueError as error:
                # Coordinates of a parameter are reported by its name, fields of an object by theirs.
                name = "" if error.name.endswith("]") else error.name
                raise InvalidValueError(name, error.problem).inside(field.name) from None
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


@cache
def _checker(hint: Any) -> Check:
    """The function that checks values of a type. Made once for each type: a localization has thousands of values."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _limited(_checker(args[0]), args[1])
    if origin is Union and type(None) in args:
        inner = _checker(args[0])
        return lambda value: None if value is None else inner(value)
    if origin is Literal:
        return _one_of(args)
    if origin is list or (origin is tuple and args[-1] is Ellipsis):
        return _list_of(_checker(args[0]), origin)
    if origin is tuple:
        return _tuple_of([_checker(kind) for kind in args])
    if hasattr(hint, "__required_keys__"):
        return _typed_dict(hint)
    if origin is dict:
        return _of_type(dict, "must be an object")
    if hint is str:
        return _of_type(str, "must be text")
    if hint is bool:
        return _of_type(bool, "must be true or false")
    if hint in (int, float):
        return _number(hint)
    return lambda value: value


def _of_type(kind: type[Any], problem: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise InvalidValueError("", problem)
        return value

    return check


def _number(kind: type[Any]) -> Check:
    def check(value: Any) -> Any:
        # An integer may be too large for a float, so it is compared before it is converted. NaN is never in range.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
            raise InvalidValueError("", "must be a number")
        if kind is int and value != int(value):
            raise InvalidValueError("", "must be a whole number")
        if abs(value) > _MAX_NUMBER:
            raise InvalidValueError("", "is too large")
        return kind(value)

    return check


def _one_of(words: Any) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise InvalidValueError("", f"must be one of {', '.join(map(str, words))}")
        return value

    return check


def _list_of(item: Check, kind: type[Any]) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise InvalidValueError("", "must be a list")
        found = []
        for at, entry in enumerate(value):
            try:
                found.append(item(entry))
            except InvalidValueError as error:
                raise error.inside(f"[{at}]") from None
        return kind(found)

    return check


def _tuple_of(items: list[Check]) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, (list, tuple)) or len(value) != len(items):
            raise InvalidValueError("", f"must be a list of {len(items)} numbers")
        return tuple(item(entry) for item, entry in zip(items, value))

    return check


def _typed_dict(hint: Any) -> Check:
    required = hint.__required_keys__
    fields = [(name, _checker(kind)) for name, kind in _hints(hint).items()]

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise InvalidValueError("", "must be an object")
        for name in required - value.keys():
            raise InvalidValueError(name, "is missing")
        for name, field in fields:
            if name in value:
                try:
                    field(value[name])
                except InvalidValueError as error:
                    raise error.inside(name) from None
        return value

    return check


def _limited(inner: Check, limit: Any) -> Check:
    def within(value: Any) -> Any:
        found = inner(value)
        if not limit.low <= found <= limit.high:
            raise InvalidValueError("", f"must be a number from {limit.low:g} to {limit.high:g}")
        return found

    def not_empty(value: Any) -> Any:
        found = inner(value)
        if not found:
            problem = "must not be empty" if isinstance(found, str) else f"must be a list of at least one {limit.what}"
            raise InvalidValueError("", problem)
        return found

    def path(value: Any) -> Any:
        found = inner(value)
        try:
            encoded = os.fsencode(found)
        except UnicodeEncodeError:
            encoded = b"\0"
        if not encoded:
            raise InvalidValueError("", "must be a path")
        if b"\0" in encoded:
            raise InvalidValueError("", "is not a path that a file can have")
        return found

    return within if isinstance(limit, Range) else not_empty if isinstance(limit, NotEmpty) else path
