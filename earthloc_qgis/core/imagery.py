"""Imagery to which photos can be fitted: layers of the project, tile servers known to QGIS, files. No widgets.

The engine takes the path of a raster, or of a JSON file that describes a tile server (docs/imagery.md). Such a file is
written to the profile when a server is used.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Optional
from urllib.parse import unquote, urlsplit

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer, QgsSettings

from .resources import profile_folder

_PROJECT_ENTRY = ("EarthLoc", "imagery")
_CONNECTIONS = ("qgis/connections-xyz", "connections/xyz/items")  # before and since QGIS 3.30
_GDAL_NAMES = ("GPKG:", "NETCDF:", "HDF5:")
# Fields of a WMTS source string in QGIS, and their names in the JSON file.
_WMTS_FIELDS = {"layers": "layer", "styles": "style", "tileMatrixSet": "tile_matrix_set"}


@dataclass(frozen=True)
class Imagery:
    """The imagery to which photos are fitted. Without path and server: the imagery from which each index was made.

    Attributes:
        label: shown to the user.
        path: file, folder, or GDAL's name of a raster inside a file.
        server: settings of a tile server as JSON.
    """

    label: str = ""
    path: str = ""
    server: str = ""

    @property
    def is_own(self) -> bool:
        """Whether this is each index's own imagery."""
        return not self.path and not self.server

    @property
    def host(self) -> str:
        """Host name of the tile server, or ""."""
        return urlsplit(self.address).hostname or ""

    @property
    def credit(self) -> str:
        """Attribution and licence of a tile server, as far as known, or ""."""
        settings = self._settings()
        return "; ".join(text for text in (settings.get("attribution"), settings.get("licence")) if text)

    def spec(self) -> Optional[str]:
        """The value for the engine: a path, or None for each index's own imagery.

        Raises:
            OSError: the file that describes a tile server cannot be written.
        """
        if self.is_own:
            return None
        if self.path:
            return self.path
        name = hashlib.sha256(self.server.encode()).hexdigest()[:16]
        file = profile_folder() / "imagery" / f"{name}.json"
        if not file.is_file() or file.read_text(encoding="utf-8") != self.server:
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(f".{os.getpid()}.part")
            part.write_text(self.server, encoding="utf-8")
            os.replace(part, file)
        return str(file)

    def to_json(self) -> str:
        """JSON for the settings and the project."""
        return json.dumps({"label": self.label, "path": self.path, "server": self.server})

    @classmethod
    def from_json(cls, text: str) -> Imagery:
        """Reads the JSON of `to_json`; any other text means each index's own imagery."""
        try:
            fields = json.loads(text)
            label, path, server = (str(fields.get(name) or "") for name in ("label", "path", "server"))
            if server:
                urlsplit(json.loads(server)["url"])
        except (ValueError, AttributeError, KeyError, TypeError):
            return cls()
        return cls(label, path, server)

    @property
    def address(self) -> str:
        """URL of the tile server, or ""."""
        return str(self._settings().get("url", ""))

    def _settings(self) -> dict:
        return json.loads(self.server) if self.server else {}


def server_imagery(label: str, url: str, **more: object) -> Imagery:
    """A tile server by its URL. Further settings that are neither "" nor None are added."""
    fields = {"name": label, "url": url, **{name: value for name, value in more.items() if value not in ("", None)}}
    return Imagery(label, server=json.dumps(fields, sort_keys=True))


def imagery_of_layer(layer: QgsMapLayer) -> Optional[Imagery]:
    """A raster layer as imagery; None when the engine cannot use it, such as plain WMS or a server with a login."""
    if not isinstance(layer, QgsRasterLayer):
        return None
    source = layer.source()
    if layer.providerType() == "gdal":
        usable = source.startswith(_GDAL_NAMES) or os.path.isfile(source)
        return Imagery(layer.name(), path=source) if usable else None
    if layer.providerType() != "wms":
        return None
    return imagery_of_source(layer.name(), source, *_credit_of(layer))


def imagery_of_source(label: str, source: str, attribution: str = "", licence: str = "") -> Optional[Imagery]:
    """A source string of QGIS's provider `wms`, such as `type=xyz&url=...`; None when it does not name tiles."""
    fields: dict[str, str] = {}
    for part in source.split("&"):
        name, _, value = part.partition("=")
        fields.setdefault(name, unquote(value))
    url = fields.get("url", "")
    if not url or fields.get("authcfg") or fields.get("username"):
        return None
    credit = {"attribution": attribution, "licence": licence}
    if fields.get("type") == "xyz":
        numbers = {key: _zoom_level(fields.get(name)) for name, key in (("zmin", "min_zoom"), ("zmax", "max_zoom"))}
        side = 512 if fields.get("tilePixelRatio") == "2" else None
        return server_imagery(label, url, tile_px=side, **numbers, **credit)
    if fields.get("tileMatrixSet"):
        return server_imagery(label, url, **{key: fields.get(name, "") for name, key in _WMTS_FIELDS.items()}, **credit)
    return None


def project_imagery(project: QgsProject) -> list[Imagery]:
    """The project's raster layers that the engine can use, in order of name."""
    found = [imagery_of_layer(layer) for layer in project.mapLayers().values()]
    return sorted((imagery for imagery in found if imagery is not None), key=lambda imagery: imagery.label.lower())


def saved_servers() -> list[Imagery]:
    """The XYZ connections of QGIS's browser without a login, in order of name."""
    found = {}
    for group in _CONNECTIONS:
        settings = QgsSettings()
        settings.beginGroup(group)
        for name in settings.childGroups():
            url = str(settings.value(f"{name}/url") or "")
            if url and not settings.value(f"{name}/authcfg") and not settings.value(f"{name}/username"):
                found[name] = server_imagery(
                    name,
                    url,
                    min_zoom=_zoom_level(settings.value(f"{name}/zmin")),
                    max_zoom=_zoom_level(settings.value(f"{name}/zmax")),
                    tile_px=512 if str(settings.value(f"{name}/tilePixelRatio")) in ("2", "2.0") else None,
                )
        settings.endGroup()
    return [found[name] for name in sorted(found, key=str.lower)]


def same_imagery(one: Imagery, other: Imagery) -> bool:
    """Whether two are the same imagery; labels are ignored."""
    if one.server and other.server:
        return one.address == other.address
    return (one.path, one.server) == (other.path, other.server)


def imagery_choices(project: QgsProject, *first: Imagery) -> list[Imagery]:
    """All imagery to choose from, without duplicates: the indexes' own, `first`, project layers, QGIS's servers."""
    found = [Imagery()]
    for imagery in [*first, *project_imagery(project), *saved_servers()]:
        if not any(same_imagery(imagery, other) for other in found):
            found.append(imagery)
    return found


def name_imagery_in(project: QgsProject, chosen: Imagery) -> None:
    """Stores the chosen imagery in the project."""
    path = project.writePath(chosen.path) if chosen.path else ""
    stored = Imagery(chosen.label, path, chosen.server)
    project.writeEntry(*_PROJECT_ENTRY, "" if chosen.is_own else stored.to_json())


def imagery_named_by(project: QgsProject) -> Imagery:
    """The imagery stored in a project. The indexes' own when none is stored or its file does not exist."""
    text, _found = project.readEntry(*_PROJECT_ENTRY, "")
    named = Imagery.from_json(text)
    if not named.path:
        return named
    path = project.readPath(named.path)
    return Imagery(named.label, path=path) if os.path.exists(path) else Imagery()


def _zoom_level(value: object) -> Optional[int]:
    """A zoom level; None when it is not set, for which QGIS writes a negative number."""
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 <= number <= 24 else None


def _credit_of(layer: QgsRasterLayer) -> tuple[str, str]:
    """Attribution and licence from a layer's properties."""
    metadata = layer.metadata()
    attribution = layer.attribution() if hasattr(layer, "attribution") else ""  # newer versions of QGIS lack it
    return attribution or "; ".join(metadata.rights()), "; ".join(metadata.licenses())
