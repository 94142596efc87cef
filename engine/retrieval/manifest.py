"""The manifest of a regional index, `index.json`: what the index is made from, and its files with their checksums.

docs/architecture.md describes the format. An index may come from anybody, so every field is checked before use.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.errors import IndexDamagedError
from engine.retrieval.coarse import CODES, codes_bytes
from engine.retrieval.descriptors import DESCRIPTOR_FILES, DTYPES
from engine.retrieval.tiling import TILE_DTYPE
from engine.voting.feature_index import FACTS, FEATURE_CELLS, FEATURES, check_feature_files, check_features

FORMAT = 2  # format 1, which older versions wrote, has no local features
MANIFEST = "index.json"
TILES = "tiles.bin"
FOOTPRINTS = "tiles.gpkg"
PIXELS = "pixels.crc"
# Key in the manifest of an index that has no files of its own; the value is its address.
MILVUS = "milvus"
# The model package, if it is not one that is part of EarthLoc.
MODEL_CARD = "model.json"
MODEL_FILE = "model.onnx"
PHOTO_MODEL_FILE = "model-photo.onnx"
MODEL_FILES = (MODEL_CARD, MODEL_FILE, PHOTO_MODEL_FILE)
_MAX_MANIFEST_BYTES = 1_000_000
WIDEST_KM = 20_000.0  # from one side of the Earth to the other


def read_manifest(path: Path) -> dict[str, Any]:
    """Read and check an index's `index.json`. Raises IndexDamagedError."""
    manifest = path / MANIFEST
    if not manifest.is_file():
        if path.with_name(path.name + ".partial").is_dir() or path.suffix == ".partial":
            raise IndexDamagedError.of("index.half_built", path=path)
        raise IndexDamagedError.of("index.none", path=path)
    try:
        if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
            raise ValueError("too large")
        info = json.loads(manifest.read_text(encoding="utf-8"))
        version = info["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise IndexDamagedError.of("index.manifest", path=manifest) from error
    if not isinstance(version, int) or version > FORMAT:
        raise IndexDamagedError.of("index.newer", path=path, version=version)
    try:
        check_facts(info)
        _check_files(info)
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamagedError.of("index.lacks", path=manifest, what=error) from error
    return info


def check_facts(info: dict[str, Any]) -> None:
    """Check a manifest except for its files. Raises KeyError, TypeError or ValueError that names the field."""
    if not isinstance(info["name"], str):
        raise TypeError("name")
    for key, low in (("count", 0), ("dimension", 1)):
        if not isinstance(info[key], int) or isinstance(info[key], bool) or not low <= info[key] < 1 << 40:
            raise ValueError(key)
    if info["dtype"] not in DESCRIPTOR_FILES:
        raise ValueError("dtype")
    if len(info["region"]) != 4 or not all(isinstance(v, (int, float)) and abs(v) <= 360 for v in info["region"]):
        raise ValueError("region")
    if not all(isinstance(v, (int, float)) and 0 < v <= WIDEST_KM for v in info["tile_km"]):
        raise ValueError("tile_km")
    for key in ("name", "version", "sha256"):
        if not isinstance(info["model"][key], str):
            raise TypeError(f"model.{key}")
    if FACTS in info:
        check_features(info[FACTS])
    if not isinstance(info["source"], dict):
        raise TypeError("source")


def _check_files(info: dict[str, Any]) -> None:
    """Check the files that a manifest names, or the address that it has instead."""
    if MILVUS in info:
        if not isinstance(info[MILVUS], str):
            raise TypeError(MILVUS)
        if info["files"]:
            raise ValueError("files")
        return
    descriptors = DESCRIPTOR_FILES[info["dtype"]]
    required = {descriptors, TILES}
    if FACTS in info:
        required |= {FEATURES, FEATURE_CELLS}
    if not required <= set(info["files"]) <= required | {FOOTPRINTS, PIXELS, CODES, *MODEL_FILES}:
        raise ValueError("files")
    for entry in info["files"].values():
        if not isinstance(entry["bytes"], int) or not isinstance(entry["sha256"], str):
            raise TypeError("files")
    if CODES in info["files"] and info["files"][CODES]["bytes"] != codes_bytes(info["count"], info["dimension"]):
        raise ValueError("count")
    if PIXELS in info["files"] and info["files"][PIXELS]["bytes"] != 4 * info["count"]:
        raise ValueError("count")
    if FACTS in info:
        check_feature_files(info[FACTS], info["files"])
    row_bytes = {descriptors: info["dimension"] * DTYPES[info["dtype"]].itemsize, TILES: TILE_DTYPE.itemsize}
    for name, size in row_bytes.items():
        if info["files"][name]["bytes"] != info["count"] * size:
            raise ValueError("count")
