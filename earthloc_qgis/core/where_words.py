"""Where a photo could be, in words."""

from __future__ import annotations

import math

from qgis.PyQt.QtCore import QLocale

from ..contract.localization import LeftOut, SearchRegion, Where
from ..contract.messages import in_words
from ..contract.parameters import NO_HINT_KM2
from .words import in_percent, lat_lon
from .words import tr as _tr

_PERCENT = 90
_REGIONS = 3
_SOURCES = {  # by the engine's names
    "tiles": "Im2GPS (tiles)",
    "votes": "Im2GPS (votes)",
    "geodecoder": "GeoDecoder",
    "cosplace": "CosPlace",
    "geoclip": "GeoCLIP",
    "satclip": "SatCLIP",
    "range": "RANGE",
}


def where_in_words(where: Where) -> str:
    """The search area of 90 % and its most probable regions. "" if the answer has no such area."""
    area_km2 = next((area["area_km2"] for area in where["areas"] if area["percent"] == _PERCENT), None)
    if area_km2 is None:
        return ""
    parts = [_tr("Search area, not a location:")]
    if area_km2 > NO_HINT_KM2:  # its regions are whole continents
        parts += [_extent(area_km2, []), _tr("The photo gives hardly any hint.")]
    else:
        parts.append(_extent(area_km2, where["regions"]))
    return " ".join(parts)


def left_out_in_words(where: Where) -> str:
    """The sources that were not used, and why. "" if all were."""
    if not where["left_out"]:
        return ""
    return _tr("Not used: {sources}.").format(sources="; ".join(_left_out(source) for source in where["left_out"]))


def gives_a_hint(where: Where) -> bool:
    """Whether the area of 90 % is a part of the world rather than most of it."""
    return all(area["area_km2"] <= NO_HINT_KM2 for area in where["areas"] if area["percent"] == _PERCENT)


def area_text(area_km2: float) -> str:
    """An area with two significant digits, in the user's way of writing numbers, without the unit."""
    digits = 1 - math.floor(math.log10(area_km2)) if area_km2 > 0 else 0
    locale = QLocale()
    # QGIS leaves out group separators unless the user asks for them; without them, millions cannot be read.
    locale.setNumberOptions(locale.numberOptions() & ~QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(round(round(area_km2, digits)))


def _extent(area_km2: float, regions: list[SearchRegion]) -> str:
    area, best = area_text(area_km2), regions[:_REGIONS]
    places = "; ".join(
        _tr("{percent} near {place}").format(
            percent=in_percent(region["probability"]), place=lat_lon(region["center"][0], region["center"][1], digits=1)
        )
        for region in best
    )
    if not best:
        text = _tr("90 % within {area} km².")
    elif len(regions) == 1:
        text = _tr("90 % within {area} km² in one region: {places}.")
    elif len(regions) <= _REGIONS:
        text = _tr("90 % within {area} km² in {n} regions: {places}.")
    else:
        text = _tr("90 % within {area} km², mostly in these {n} regions: {places}.")
    return text.format(area=area, n=len(best), places=places)


def _left_out(source: LeftOut) -> str:
    name = _SOURCES.get(source["source"], source["source"])
    reason = in_words(source.get("message_id"), source.get("message_params"), source["reason"], _tr)
    return f"{name} ({reason})"
