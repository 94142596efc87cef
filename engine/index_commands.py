"""The commands `earthloc index ...`; engine.cli parses their arguments. Each returns the exit code."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Sequence
from typing import Any

from engine.contract.parameters import DEFAULT_TILE_KM
from engine.errors import UsageError
from engine.progress import Progress
from engine.resources import resources_folder
from engine.terminal import ProgressLine


def build(args: argparse.Namespace) -> int:
    """Build a regional index."""
    from engine.retrieval.build import build_index
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.model import ModelPackage

    with ProgressLine() as line:
        info = build_index(
            args.source,
            args.out,
            bbox=args.bbox,
            tile_km=args.tile_km or DEFAULT_TILE_KM,
            model=ModelPackage.open(args.model),
            resume=args.resume,
            include_ocean=args.include_ocean,
            compact=args.compact,
            reuse=RegionalIndex.open(args.update) if args.update else None,
            feature_km=args.feature_km,
            scheduler=args.scheduler,
            attribution=args.attribution,
            licence=args.licence,
            progress=Progress(line.show),
        )
    print(json.dumps(info) if args.json else f"{args.out}\n{_index_in_words(info)}")
    return 0


def info(args: argparse.Namespace) -> int:
    """Print what an index covers."""
    from engine.retrieval.opening import open_index

    info = open_index(args.index).info
    print(json.dumps(info) if args.json else _index_in_words(info))
    return 0


def plan(args: argparse.Namespace) -> int:
    """Print how many tiles an index would have, and how large it would be."""
    from engine.retrieval.model import ModelPackage
    from engine.retrieval.plan import estimate_index

    widths = args.tile_km or DEFAULT_TILE_KM
    dimension = ModelPackage.open(args.model).dimension
    with ProgressLine() as line:
        found = estimate_index(
            args.source, args.bbox, widths, args.include_ocean, dimension, Progress(line.show), args.feature_km
        )
    features = "no local features"
    if found.narrowest_km is not None:
        features = (
            f"{found.features} local features at {1000 * found.feature_km:g} m a pixel (for photos about "
            f"{found.narrowest_km:g} km wide and wider)"
        )
    text = f"up to {found.tiles} tiles, {features}, {found.size_bytes / 1e6:,.1f} MB"
    print(json.dumps(dataclasses.asdict(found)) if args.json else text)
    return 0


def tiles(args: argparse.Namespace) -> int:
    """Write the outlines of an index's tiles for QGIS."""
    from engine.retrieval.footprints import export_footprints
    from engine.retrieval.opening import open_index

    index = open_index(args.index)
    with ProgressLine() as line:
        export_footprints(index, args.out, Progress(line.show))
    print(f"{args.out}: the outlines of {index.count} tiles")
    return 0


def verify(args: argparse.Namespace) -> int:
    """Compare all files of an index with their checksums."""
    from engine.retrieval.milvus import MilvusIndex
    from engine.retrieval.opening import open_index

    index = open_index(args.index)
    files = index.verify()
    if isinstance(index, MilvusIndex):
        print(f"{args.index}: {index.count} tiles, as many as were pushed")
    else:
        print(f"{args.index}: {files} files, all unchanged")
    return 0


def push(args: argparse.Namespace) -> int:
    """Copy an index to Milvus."""
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.milvus import push

    index = RegionalIndex.open(args.index, verify=True)
    with ProgressLine() as line:
        push(index, args.address, Progress(line.show))
    print(f"{args.address}: {index.count} tiles")
    return 0


def link(args: argparse.Namespace) -> int:
    """Make a folder that stands for an index on Milvus."""
    from engine.retrieval.milvus import link as link_to

    found = link_to(args.address, args.out, args.imagery)
    print(f"{args.out}\n{_index_in_words(found)}")
    return 0


def listing(args: argparse.Namespace) -> int:
    """List the indexes in a folder, and for damaged ones the problem."""
    from engine.retrieval.index import list_indexes

    folder = args.folder or resources_folder() / "indexes"
    if not os.path.isdir(folder):
        raise UsageError(folder, "is not a folder", "name the folder that holds your indexes")
    for entry in list_indexes(folder):
        if args.json:
            print(json.dumps(entry))
        elif "error" in entry:
            print(f"{entry['error']}")
        else:
            print(f"{entry['path']}: {entry['tiles']} tiles, {_region_in_words(entry['region'])}")
    return 0


def _index_in_words(info: dict[str, Any]) -> str:
    source = info["source"]
    widths = ", ".join(f"{width:g}" for width in info["tile_km"])
    lines = [
        f"{info['name']}: {info['count']} tiles, {widths} km wide, {_region_in_words(info['region'])}",
        f"imagery: {source.get('path')} ({source.get('attribution') or 'no attribution stated'}; "
        f"{source.get('licence') or 'no licence stated'})",
        f"model: {info['model']['name']} {info['model']['version']}",
        _features_in_words(info.get("features")),
    ]
    return "\n".join(lines)


def _features_in_words(facts: dict[str, Any] | None) -> str:
    if facts is None:
        return "local features: none"
    return f"local features: {facts['count']}, at {1000 * facts['feature_km']:g} m a pixel"


def _region_in_words(region: Sequence[float]) -> str:
    west, south, east, north = region
    return f"longitude {west:g} to {east:g}, latitude {south:g} to {north:g}"
