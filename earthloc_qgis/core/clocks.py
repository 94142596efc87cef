"""Offsets of cameras' clocks that the user has applied: stored in the project, sent with each photo to locate.

The engine takes the offset of a photo's camera and time, and computes the nadir from the orbit file of the options.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import QgsProject

from .. import settings
from ..contract.clocks import ClockOffset
from ..contract.localization import Localization
from ..contract.validation import InvalidValueError, validated
from .words import tr, translated

_PROJECT_ENTRY = ("EarthLoc", "clocks")


def orbit_parameters(project: QgsProject) -> dict[str, Any]:
    """The parameters `orbit` and `clocks` of a request to locate; {} without an orbit file."""
    orbit = settings.orbit_file()
    return {"orbit": orbit, "clocks": tuple(applied_clocks(project))} if orbit else {}


def applied_clocks(project: QgsProject) -> list[ClockOffset]:
    """The offsets in a project; none if the entry is damaged."""
    text, _found = project.readEntry(*_PROJECT_ENTRY, "")
    try:
        return _checked(json.loads(text or "[]"))
    except ValueError:
        return []


def apply_clocks(project: QgsProject, clocks: list[ClockOffset]) -> list[ClockOffset]:
    """Stores offsets before those of a project, except for those that they replace. Returns what was there before."""
    before = applied_clocks(project)
    kept = [one for one in before if not any(_is_same_time(one, new) for new in clocks)]
    store_clocks(project, [*clocks, *kept])
    return before


def store_clocks(project: QgsProject, clocks: list[ClockOffset]) -> None:
    """Stores these offsets in a project and no others."""
    project.writeEntry(*_PROJECT_ENTRY, json.dumps(clocks) if clocks else "")


def silence_in_words(results: Iterable[Localization]) -> list[str]:
    """Of how many photos the orbit said nothing, in a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        hint = result.get("orbit")
        if hint is not None and hint["message"]:
            example = f"{os.path.basename(result['photo'])}: {translated(hint, hint['message'])}"
            reasons.setdefault(hint.get("message_id", hint["message"]), []).append(example)
    text = tr("No nadir from the orbit for {n} photos, such as {example}")
    return [text.format(n=len(found), example=found[0]) for found in reasons.values()]


def read_clocks(path: Path) -> list[ClockOffset]:
    """The offsets of a file that EarthLoc wrote.

    Raises:
        OSError, ValueError: it is no such file.
    """
    try:
        return _checked(json.loads(path.read_text(encoding="utf-8"))["clocks"])
    except (KeyError, TypeError) as error:
        raise ValueError(path) from error


def _checked(clocks: Any) -> list[ClockOffset]:
    try:
        return validated(clocks, list[ClockOffset])
    except InvalidValueError as error:
        raise ValueError(str(error)) from error


def _is_same_time(one: ClockOffset, other: ClockOffset) -> bool:
    """Whether two are of one camera and overlap. The times have one form and zone, so text compares like time."""
    same = one["camera"] == other["camera"]
    return same and one["first"] <= other["last"] and other["first"] <= one["last"]
