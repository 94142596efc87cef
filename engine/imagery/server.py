"""The settings of a tile server, from an address or from a small JSON file (docs/imagery.md)."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import EarthLocError, InputError, UsageError
from engine.resources import resources_folder

_MAX_FILE_BYTES = 100_000
_ZOOMS = (0, 24)
_TILE_PX = (64, 4096)
_RATE = (0.1, 100.0)
_WMTS_PREFIX = "WMTS:"
_PRESET_PREFIX = "preset:"
_ENCODED = {"%7B": "{", "%7b": "{", "%7D": "}", "%7d": "}"}
_KNOWN_PLACEHOLDERS = {"x", "y", "-y", "z", "q"}


@dataclass(frozen=True)
class ServerSettings:
    """The settings of a tile server.

    Attributes:
        name: as used in messages and results.
        url: XYZ template with {z}, {x}, {y} ({-y} where rows count from the south) or {q} (quadkey), or the address of
            WMTS capabilities.
        min_zoom, max_zoom: of an XYZ server.
        tile_px: side of an XYZ server's tiles.
        attribution, licence: of the imagery, or "".
        max_requests_per_s: limit of requests per second.
        layer, tile_matrix_set, style: of a WMTS; "" takes the only layer, the first suitable set, the default style.
        notice: what a person must know before using the server, or "".
    """

    name: str
    url: str
    min_zoom: int = 0
    max_zoom: int = 18
    tile_px: int = 256
    attribution: str = ""
    licence: str = ""
    max_requests_per_s: float = 20.0
    layer: str = ""
    tile_matrix_set: str = ""
    style: str = ""
    notice: str = ""

    @property
    def is_template(self) -> bool:
        """Whether it is an XYZ server rather than a WMTS."""
        return "{" in self.url


def server_of(spec: str) -> ServerSettings | None:
    """The server that `spec` names: a preset, an address, `WMTS:address,layer=...`, a JSON file; else None.

    Raises:
        UsageError: there is no such preset, or the address cannot be that of a tile server.
        InputError: the file does not describe a server.
    """
    if spec.lower().startswith(_PRESET_PREFIX):
        return _preset(spec)
    if Path(spec).suffix.lower() == ".json":
        return _read_file(Path(spec))
    address, options = spec, {}
    if spec[: len(_WMTS_PREFIX)].upper() == _WMTS_PREFIX:
        address, *rest = spec[len(_WMTS_PREFIX) :].split(",")
        options = {key: value for key, _, value in (part.partition("=") for part in rest)}
        known = {"layer", "style", "tilematrixset"}
        if not options.keys() <= known:
            raise UsageError(spec, "has options of WMTS that are not known", f"use {', '.join(sorted(known))}")
    elif not re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", spec):
        return None
    for code, sign in _ENCODED.items():
        address = address.replace(code, sign)
    settings = ServerSettings(
        name=_host(address) or address,
        url=address,
        layer=options.get("layer", ""),
        style=options.get("style", ""),
        tile_matrix_set=options.get("tilematrixset", ""),
    )
    _check_address(settings)
    return settings


def may_be_server(spec: str) -> bool:
    """Whether `spec` names a tile server, valid or not."""
    lower = spec.lower()
    return lower.endswith(".json") or lower.startswith((_PRESET_PREFIX, _WMTS_PREFIX.lower())) or "://" in spec


def presets() -> dict[str, ServerSettings]:
    """The tile servers that EarthLoc offers, by the name after `preset:`, coarsest first."""
    found = {path.stem: _read_file(path) for path in (resources_folder() / "imagery").glob("*.json")}
    return dict(sorted(found.items(), key=lambda item: (item[1].max_zoom, item[0])))


def _preset(spec: str) -> ServerSettings:
    known = presets()
    name = spec[len(_PRESET_PREFIX) :].lower()
    if name not in known:
        raise UsageError(spec, "is not a preset", f"use one of {', '.join(_PRESET_PREFIX + name for name in known)}")
    return known[name]


def _read_file(path: Path) -> ServerSettings:
    hint = "correct it (docs/imagery.md has the fields of a server's settings)"
    try:
        with path.open(encoding="utf-8-sig") as file:
            given = json.loads(file.read(_MAX_FILE_BYTES))
    except FileNotFoundError as error:
        raise InputError(path, "no such file", "give the path of a server's settings") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(path, "cannot be read as JSON", hint) from error
    fields = {field.name: field for field in dataclasses.fields(ServerSettings)}
    if not isinstance(given, dict) or not isinstance(given.get("url"), str):
        raise InputError(path, "does not have the url of a tile server", hint)
    unknown = sorted(given.keys() - fields.keys())
    if unknown:
        raise InputError(path, f"has fields that are not known ({', '.join(unknown)})", hint)
    given.setdefault("name", _host(given["url"]) or path.stem)
    for key, value in given.items():
        text = isinstance(fields[key].default, str) or key in ("name", "url")
        number = isinstance(value, (int, float) if key == "max_requests_per_s" else int) and not isinstance(value, bool)
        if not (isinstance(value, str) if text else number):
            raise InputError(path, f"{key} must be {'text' if text else 'a number'}", hint)
    settings = ServerSettings(**given)
    for key, value, (low, high) in (
        ("min_zoom", settings.min_zoom, (_ZOOMS[0], settings.max_zoom)),
        ("max_zoom", settings.max_zoom, _ZOOMS),
        ("tile_px", settings.tile_px, _TILE_PX),
        ("max_requests_per_s", settings.max_requests_per_s, _RATE),
    ):
        if not low <= value <= high:
            raise InputError(path, f"{key} is {value}, not from {low} to {high}", hint)
    try:
        _check_address(settings)
    except EarthLocError as error:
        raise InputError(path, f"{error.path}: {error.problem}", error.hint) from error
    return settings


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:  # reported by _check_address
        return None


def _check_address(settings: ServerSettings) -> None:
    """Raise UsageError if the address cannot be that of a tile server."""
    url = settings.url
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise UsageError.of("server.not_an_address", path=url)
    if "{" not in url and "}" not in url:
        if "wmts" in url.lower() or settings.layer:
            return
        raise UsageError(
            url,
            "is neither a template nor a WMTS",
            "give an address with {z}, {x} and {y} in it, or that of WMTS capabilities",
        )
    used = set(re.findall(r"\{([^{}]*)\}", url))
    strange = sorted(used - _KNOWN_PLACEHOLDERS)
    if strange:
        what = ", ".join(f"{{{name}}}" for name in strange)
        raise UsageError(url, f"has the placeholder {what} in it", "put your own value in its place")
    if not ({"q"} <= used or ({"x", "z"} <= used and len(used & {"y", "-y"}) == 1)):
        raise UsageError(url, "does not have {z}, {x} and {y} in it", "put them where the server expects them")
