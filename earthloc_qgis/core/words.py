"""What the engine says, in words for people."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication

from ..contract.protocol import ErrorData, PlanAnswer
from ..contract.status import DECISION_LABELS, STATUS_LABELS


def tr(text: str) -> str:
    """A text outside Qt's classes in the user's language."""
    return QCoreApplication.translate("EarthLoc", text)


def in_percent(confidence: float) -> str:
    """A probability for people to read; nothing here is certain, so it never says 100 %."""
    percent = round(100 * confidence)
    return f"{percent} %" if percent < 100 else "> 99 %"


def lat_lon(lat: float, lon: float, digits: int = 2) -> str:
    """A place in degrees with the letters of the hemispheres; two digits are a kilometre."""
    return f"{abs(lat):.{digits}f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.{digits}f}° {'E' if lon >= 0 else 'W'}"


def stage_in_words(params: dict) -> str:
    """What a progress message of `localize` or `register` says is being done; "" for a stage that is not known."""
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
        "save": tr("Saving"),
    }
    return words.get(str(stage), "")


def status_label(status: str) -> str:
    """A status in the user's language; one that this version does not know as it is."""
    return tr(STATUS_LABELS[status]) if status in STATUS_LABELS else status


def decision_label(decision: str) -> str:
    """A decision of a review in the user's language."""
    return tr(DECISION_LABELS[decision]) if decision in DECISION_LABELS else decision


def in_a_sentence(error: ErrorData) -> str:
    """An error of the engine: file, problem, hint."""
    where = f"{error['path']}: " if error["path"] else ""
    return f"{where}{error['problem']}; {error['hint']}."


def outlook_in_words(found: PlanAnswer) -> str:
    """What the engine's `index/plan` foretells of an index."""
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
