"""Texts for the user: statuses, progress, errors, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from qgis.PyQt.QtCore import QCoreApplication

from ..contract.answers import ErrorData, PlanAnswer
from ..contract.messages import in_words
from ..contract.status import CHANCE, DECISION_LABELS, STATUS_LABELS


def tr(text: str) -> str:
    """Translates a text outside Qt's classes."""
    return QCoreApplication.translate("EarthLoc", text)


def in_percent(confidence: float) -> str:
    """A probability in percent. Never 100 %, because no localization is certain, and never 0 %, which it cannot be."""
    percent = round(100 * confidence)
    if confidence < CHANCE:
        return "< 1 %"
    return f"{percent} %" if percent < 100 else "> 99 %"


def lat_lon(lat: float, lon: float, digits: int = 2) -> str:
    """Coordinates in degrees with hemisphere letters; two digits are about one kilometre."""
    return f"{abs(lat):.{digits}f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.{digits}f}° {'E' if lon >= 0 else 'W'}"


def stage_in_words(params: dict) -> str:
    """The stage in a progress message of `localize` or `register`; "" for an unknown stage."""
    stage, done, total = params.get("stage"), params.get("done"), params.get("total")
    if isinstance(total, (int, float)) and total > 0:
        if stage == "imagery":
            what = str(params.get("message") or "")
            return tr("Fetching imagery: {done} of {total} {what}").format(done=done, total=total, what=what)
        if stage == "register" and total > 1:
            return tr("Comparing with the imagery: {done} of {total} candidates").format(done=done, total=total)
    words = {
        "read": tr("Reading the photo"),
        "embed": tr("Looking at the photo"),
        "search": tr("Searching the index"),
        "register": tr("Comparing with the imagery"),
        "where": tr("Estimating where it could be"),
        "save": tr("Saving"),
    }
    return words.get(str(stage), "")


def status_label(status: str) -> str:
    """A status in the user's language; an unknown status is not translated."""
    return tr(STATUS_LABELS[status]) if status in STATUS_LABELS else status


def decision_label(decision: str) -> str:
    """A review decision in the user's language; an unknown decision is not translated."""
    return tr(DECISION_LABELS[decision]) if decision in DECISION_LABELS else decision


def capitalised(label: str) -> str:
    """A label at the beginning of a line."""
    return label[:1].upper() + label[1:]


def in_a_sentence(error: ErrorData) -> str:
    """An error of the engine as a sentence in the user's language: file, problem, hint."""
    where = f"{error['path']}: " if error["path"] else ""
    return translated(error, f"{where}{error['problem']}; {error['hint']}.")


def message_in_words(answer: Mapping[str, Any]) -> str:
    """The message of a localization or another answer of the engine, in the user's language; "" without one."""
    return translated(answer, str(answer.get("message") or ""))


def message_of_row(text: str, found: Optional[Mapping[str, Any]]) -> str:
    """The message of a row of results in the user's language, if the row's localization `found` has the same text."""
    return message_in_words(found) if found is not None and found.get("message") == text else text


def translated(answer: Mapping[str, Any], english: str) -> str:
    """A text in the user's language by its `message_id` and `message_params`.

    A text that does not belong to them stays as it is: a review can replace the message of an older localization.
    """
    message_id, params = answer.get("message_id"), answer.get("message_params")
    if in_words(message_id, params, "") != english:
        return english
    return in_words(message_id, params, english, tr)


def outlook_in_words(found: PlanAnswer) -> str:
    """The estimate of an index's size from `index/plan`."""
    if not found["tiles"]:
        return tr("No tile of this region lies on land that the imagery covers.")
    tiles, size_mb = f"{found['tiles']:,}", f"{found['size_bytes'] / 1e6:,.1f}"
    if found["narrowest_km"] is None or found["feature_km"] is None:
        return tr("Up to {n} tiles, no local features, {mb} MB.").format(n=tiles, mb=size_mb)
    text = tr(
        "Up to {n} tiles and {f} local features, {mb} MB.\n"
        "Features at {m} m a pixel are for photos about {km} km wide and wider."
    )
    return text.format(
        n=tiles,
        f=f"{found['features']:,}",
        mb=size_mb,
        m=f"{1000 * found['feature_km']:,g}",
        km=f"{found['narrowest_km']:,g}",
    )
