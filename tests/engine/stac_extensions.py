"""What the STAC extensions projection 2.0.0, view 1.0.0 and file 2.1.0 demand of the fields that we write.

Their own schemas lie on https://stac-extensions.github.io, and tests use no network; these state the same rules for our
fields, and refuse any other field of the extensions. pystac carries the schemas of STAC itself.
"""

from __future__ import annotations

from typing import Any

PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
VIEW = "https://stac-extensions.github.io/view/v1.0.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"


def _number(low: float, high: float) -> dict[str, Any]:
    return {"type": "number", "minimum": low, "maximum": high}


_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    PROJECTION: ("proj:", {
        "proj:code": {"type": ["string", "null"]},
        "proj:centroid": {
            "type": "object", "required": ["lat", "lon"],
            "properties": {"lat": _number(-90, 90), "lon": _number(-180, 180)},
        },
        "proj:shape": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
    }),
    VIEW: ("view:", {
        "view:off_nadir": _number(0, 90),
        "view:azimuth": _number(0, 360),
        "view:sun_azimuth": _number(0, 360),
        "view:sun_elevation": _number(-90, 90),
    }),
    FILE: ("file:", {
        "file:checksum": {"type": "string", "pattern": "^[a-f0-9]+$"},
        "file:size": {"type": "integer", "minimum": 0},
    }),
}  # fmt: skip


def _schema(uri: str) -> dict[str, Any]:
    prefix, fields = _FIELDS[uri]
    ours = {"properties": fields, "patternProperties": {f"^(?!{prefix})": {}}, "additionalProperties": False}
    in_properties = [{"required": [name]} for name in fields]
    schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": uri,
        "type": "object",
        "required": ["stac_extensions", "properties", "assets"],
        "properties": {
            "stac_extensions": {"contains": {"const": uri}},
            "properties": ours,
            "assets": {"additionalProperties": ours},
        },
    }
    if prefix != "file:":  # an item that names the extension uses one of its fields
        schema["properties"]["properties"] = {"allOf": [ours, {"anyOf": in_properties}]}
    return schema


def validator() -> Any:
    """pystac's validator, which finds these schemas without a network."""
    from pystac.validation import JsonSchemaSTACValidator

    made = JsonSchemaSTACValidator()
    made.schema_cache.update({uri: _schema(uri) for uri in _FIELDS})
    return made
