"""Files of clock offsets: what `earthloc clock --out` writes and `earthloc localize --clocks` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.contract.clocks import ClockOffset
from engine.contract.validation import InvalidValueError, validated
from engine.errors import InputError, OutputError
from engine.orbit.times import utc_of

_MAX_BYTES = 16_000_000


def write_clocks(path: Path, clocks: Iterable[ClockOffset]) -> None:
    """Writes a file of clock offsets as a whole.

    Raises:
        OutputError: it cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(json.dumps({"clocks": list(clocks)}, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError.from_os_error(path, error) from error


def checked(clocks: Sequence[ClockOffset]) -> Sequence[ClockOffset]:
    """The same, if their times are times.

    Raises:
        ValueError: they are not.
    """
    for clock in clocks:
        utc_of(clock["first"]), utc_of(clock["last"])
    return clocks


def read_clocks(path: Path) -> Sequence[ClockOffset]:
    """The offsets of such a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError
        found = json.loads(path.read_text(encoding="utf-8"))
        return checked(validated(found["clocks"], list[ClockOffset]))
    except OSError as error:
        raise InputError.of("clock.unreadable", path=path) from error
    except (ValueError, OverflowError, KeyError, TypeError, RecursionError, InvalidValueError) as error:
        raise InputError.of("clock.damaged", path=path) from error
