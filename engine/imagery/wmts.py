"""Reads the tile grid of a WMTS from its capabilities (OGC 07-057r7)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import numpy as np
from affine import Affine
from owslib.wmts import WebMapTileService
from pyproj import CRS
from pyproj.exceptions import CRSError

from engine.imagery.fetch import ImageryServerError
from engine.imagery.grid import Level, TileGrid
from engine.imagery.server import ServerSettings

_PIXEL_M = 0.00028  # the pixel size that scale denominators refer to
_DEGREE_M = 6378137.0 * np.pi / 180.0
_FORMATS = ("image/png", "image/jpeg", "image/jpg", "image/webp")
_SHOWN = 5
_MAX_LEVEL_PX = 2**31


def read_wmts(settings: ServerSettings, capabilities: bytes, label: str) -> tuple[TileGrid, ServerSettings]:
    """The grid of the layer that the settings name, and the settings completed from the capabilities.

    Raises:
        ImageryServerError: these are not capabilities, or none of their layers or tile matrix sets can be used.
    """
    try:
        service = WebMapTileService(settings.url, xml=capabilities)
    except Exception as error:  # a third-party parser on untrusted data
        raise ImageryServerError(
            label, "sends no WMTS capabilities that can be read", "give the address of its GetCapabilities"
        ) from error
    layer = _layer(service, settings, label)
    matrix_set = _matrix_set(service, layer, settings, label)
    try:
        crs, transform, levels = _levels(matrix_set)
        address = _addresses(service, layer, matrix_set, settings)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise ImageryServerError(
            label, f"describes its layer {layer.id} in a way that cannot be used ({error})", "choose another layer"
        ) from error
    provider = getattr(getattr(service, "provider", None), "name", None) or ""
    terms = getattr(getattr(service, "identification", None), "accessconstraints", None) or ""
    terms = "" if terms.strip().lower() == "none" else terms.strip()
    name = settings.name if settings.name != urlsplit(settings.url).hostname else layer.title or settings.name
    return TileGrid(crs, transform, levels, address), replace(
        settings, name=name, attribution=settings.attribution or provider, licence=settings.licence or terms
    )


def _layer(service: Any, settings: ServerSettings, label: str) -> Any:
    layers = service.contents
    if settings.layer in layers:
        return layers[settings.layer]
    if not settings.layer and len(layers) == 1:
        return next(iter(layers.values()))
    some = ", ".join(list(layers)[:_SHOWN])
    problem = f"has no layer {settings.layer}" if settings.layer else f"has {len(layers)} layers"
    raise ImageryServerError(label, problem, f"name one as WMTS:{settings.url},layer=NAME; some are {some}")


def _matrix_set(service: Any, layer: Any, settings: ServerSettings, label: str) -> Any:
    """The requested set, otherwise the first whose coordinate system is preferred and known."""
    offered = {
        name: service.tilematrixsets[name] for name in layer.tilematrixsetlinks if name in service.tilematrixsets
    }
    if settings.tile_matrix_set:
        if settings.tile_matrix_set in offered:
            return offered[settings.tile_matrix_set]
        raise ImageryServerError(
            label, f"has no tile matrix set {settings.tile_matrix_set}", f"choose one of {', '.join(offered)}"
        )
    for matrix_set in sorted(offered.values(), key=_preference):
        if _crs(matrix_set) is not None:
            return matrix_set
    raise ImageryServerError(
        label, f"has the layer {layer.id} in no coordinate system that is known", "choose another layer"
    )


def _preference(matrix_set: Any) -> int:
    crs = _crs(matrix_set)
    code = crs.to_epsg() if crs is not None else None
    return {3857: 0, 4326: 1}.get(code or 0, 2)


def _crs(matrix_set: Any) -> CRS | None:
    text = str(matrix_set.crs or "").strip()
    code = re.search(r"EPSG:.*?(\d+)$", text)
    if text.upper().endswith(("CRS84", "CRS:84")):
        text = "OGC:CRS84"
    elif code:  # also in urn:ogc:def:crs:EPSG:6.18:3:3857; 900913 is an old code for Web Mercator
        text = "EPSG:" + {"900913": "3857"}.get(code[1], code[1])
    try:
        return CRS.from_user_input(text)
    except CRSError:
        return None


def _levels(matrix_set: Any) -> tuple[str, Affine, tuple[Level, ...]]:
    crs = _crs(matrix_set)
    if crs is None:
        raise ValueError(f"coordinate system {matrix_set.crs}")
    metres = _DEGREE_M if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)
    matrices = sorted(matrix_set.tilematrix.values(), key=lambda matrix: matrix.scaledenominator)
    northing_first = crs.axis_info[0].direction.lower() in ("north", "south")

    def corner(matrix: Any) -> tuple[float, float]:
        first, second = matrix.topleftcorner
        # Some servers write longitude first although the coordinate system has latitude first.
        swapped = northing_first and not (crs.is_geographic and abs(first) > 90.0)
        return (second, first) if swapped else (first, second)

    finest = matrices[0]
    size = finest.scaledenominator * _PIXEL_M / metres
    left, top = corner(finest)
    levels = []
    for matrix in matrices:
        there = corner(matrix)
        if max(abs(there[0] - left), abs(there[1] - top)) > size:
            raise ValueError("its zoom levels do not begin at one corner")
        shape = (matrix.matrixwidth, matrix.matrixheight, matrix.tilewidth, matrix.tileheight)
        is_valid = min(shape) > 0 and max(shape[2:]) <= 4096 and shape[0] * shape[2] < _MAX_LEVEL_PX
        if not is_valid or not matrix.scaledenominator > 0:
            raise ValueError(f"zoom level {matrix.identifier}")
        levels.append(Level(matrix.identifier, matrix.scaledenominator / finest.scaledenominator, *shape))
    return crs.to_wkt(), Affine(size, 0.0, left, 0.0, -size, top), tuple(levels)


def _addresses(service: Any, layer: Any, matrix_set: Any, settings: ServerSettings) -> Any:
    style = settings.style or next(
        (name for name, details in layer.styles.items() if details.get("isDefault")), next(iter(layer.styles), "")
    )
    kind = next((kind for kind in _FORMATS if kind in layer.formats), None)
    if kind is None:
        raise ValueError(f"formats {', '.join(layer.formats)}")
    dimensions = {name: str(details.get("default") or "") for name, details in (layer.dimensions or {}).items()}
    fixed = {"Style": style, "TileMatrixSet": matrix_set.identifier, **dimensions}
    templates = [
        resource["template"]
        for resource in layer.resourceURLs
        if resource.get("resourceType") == "tile" and resource.get("format", kind) == kind
    ]
    base = templates[0] if templates else _kvp_address(service)
    if urlsplit(base).scheme not in ("http", "https"):
        raise ValueError("addresses that are not of the web")

    def by_template(level: Level, column: int, row: int) -> str:
        url = base
        parts = {**fixed, "TileMatrix": level.name, "TileCol": str(column), "TileRow": str(row)}
        for name, value in parts.items():
            for spelling in (name, name.lower()):
                url = url.replace("{" + spelling + "}", quote(value, safe=":"))
        return url

    def by_query(level: Level, column: int, row: int) -> str:
        query = {
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "VERSION": "1.0.0",
            "LAYER": layer.id,
            "STYLE": style,
            "FORMAT": kind,
            "TILEMATRIXSET": matrix_set.identifier,
            "TILEMATRIX": level.name,
            "TILEROW": row,
            "TILECOL": column,
            **dimensions,
        }
        return f"{base}{'' if base.endswith(('?', '&')) else '&' if '?' in base else '?'}{urlencode(query)}"

    return by_template if templates else by_query


def _kvp_address(service: Any) -> str:
    methods = service.getOperationByName("GetTile").methods
    return next(method["url"] for method in methods if method["type"].lower() == "get")
