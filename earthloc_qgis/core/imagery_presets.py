"""The tile servers that EarthLoc offers as imagery (resources/imagery/*.json). Nothing here contacts a server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from .imagery import Imagery, server_imagery
from .resources import resource
from .words import tr as _tr

_EQUATOR_M = 40_075_016.7


@dataclass(frozen=True)
class Preset:
    """A tile server with what the user must know before agreeing to it.

    Attributes:
        name: as in `preset:NAME`.
        imagery: its settings for the engine.
        resolution_m: ground size of its finest pixels at the equator.
        attribution, licence, notice: texts of its file, in English.
    """

    name: str
    imagery: Imagery
    resolution_m: float
    attribution: str
    licence: str
    notice: str

    @property
    def host(self) -> str:
        """The computer that is contacted."""
        return urlsplit(self.imagery.address).hostname or ""

    @property
    def title(self) -> str:
        """Name and resolution, such as "NASA Blue Marble, 610 m (online)"."""
        return _tr("{name}, {metres} m (online)").format(name=self.imagery.label, metres=f"{self.resolution_m:.0f}")


def presets() -> list[Preset]:
    """All presets, coarsest first."""
    found = []
    for path in sorted(resource("imagery").glob("*.json")):
        fields = json.loads(path.read_text(encoding="utf-8"))
        # The notice is for people. An engine of an older version would refuse it.
        settings = {name: value for name, value in fields.items() if name not in ("name", "url", "notice")}
        size = fields.get("tile_px", 256) * 2 ** fields["max_zoom"]
        found.append(
            Preset(
                path.stem,
                server_imagery(fields["name"], fields["url"], **settings),
                _EQUATOR_M / size,
                fields["attribution"],
                fields["licence"],
                fields["notice"],
            )
        )
    return sorted(found, key=lambda preset: -preset.resolution_m)
