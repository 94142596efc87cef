"""Reads and writes the files of a catalogue: GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/)."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape

from engine.catalogue.columns import COLUMNS, GEOMETRY, REQUIRED, Row
from engine.errors import InputError, UsageError, in_short

_NOT_OURS = "give a file or folder that `earthloc run` wrote"
_ROW_GROUP = 8192
_BBOX = ("xmin", "ymin", "xmax", "ymax")


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """Writes rows, in their order, as one file that appears whole or not at all. Equal rows give equal bytes.

    Raises:
        OSError: the file cannot be written.
        UsageError: pyarrow is not installed.
    """
    arrow = _arrow()
    arrays, kinds, bounds = _arrays(arrow, rows)
    table = arrow.table(arrays).replace_schema_metadata({"geo": json.dumps(_geo(kinds, bounds))})
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb") as file:
            arrow.parquet.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)  # gives the space of a full disk back


def write_merged(path: Path, rows: Iterable[Row]) -> int:
    """Like `write_parquet` for any number of rows, of which it holds some thousand at a time; returns how many."""
    arrow = _arrow()
    part = path.with_name(path.name + ".part")
    kinds: set[str] = set()
    bounds: list[float] | None = None
    count = 0
    remaining = iter(rows)
    try:
        with open(part, "wb") as file:
            batch = list(itertools.islice(remaining, _ROW_GROUP))
            arrays, *_ = _arrays(arrow, batch)
            with arrow.parquet.ParquetWriter(file, arrow.table(arrays).schema, compression="zstd") as writer:
                while batch:
                    arrays, kinds_of_batch, found = _arrays(arrow, batch)
                    writer.write_table(arrow.table(arrays))
                    kinds |= kinds_of_batch
                    if found is not None:
                        bounds = found if bounds is None else _union(bounds, found)
                    count += len(batch)
                    batch = list(itertools.islice(remaining, _ROW_GROUP))
                writer.add_key_value_metadata({"geo": json.dumps(_geo(kinds, bounds))})
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return count


def read_rows(catalogue: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of all `*.parquet` below a folder, or of one file, file by file in the order of their names.

    Args:
        catalogue: folder or file.
        columns: to read; None for all. `geometry` comes as GeoJSON. Those that a file of an older version lacks are
            None.

    Raises:
        InputError: there is no such file, or one is not the file of a catalogue.
        UsageError: pyarrow is not installed.
    """
    arrow = _arrow()
    files = sorted(catalogue.rglob("*.parquet")) if catalogue.is_dir() else [catalogue]
    if not files:
        raise InputError(catalogue, "there are no .parquet files in it", "give the folder of `earthloc run --out`")
    wanted = list(columns) if columns is not None else [*(column.name for column in COLUMNS), GEOMETRY]
    for file in files:
        try:
            with arrow.parquet.ParquetFile(file) as opened:
                for batch in opened.iter_batches(batch_size=4096, columns=wanted):
                    missing = set(wanted) - set(batch.schema.names)
                    if missing & set(REQUIRED):
                        problem = f"it has no column {', '.join(sorted(missing & set(REQUIRED)))}"
                        raise InputError(file, problem, _NOT_OURS)
                    for row in batch.to_pylist():
                        row.update(dict.fromkeys(missing))
                        if row.get(GEOMETRY) is not None:
                            row[GEOMETRY] = mapping(shapely.from_wkb(row[GEOMETRY]))
                        yield row
        except (OSError, arrow.ArrowException, shapely.errors.ShapelyError) as error:
            raise InputError(file, f"it cannot be read as Parquet ({in_short(error)})", _NOT_OURS) from error


def _arrays(arrow: Any, rows: Sequence[Row]) -> tuple[dict[str, Any], set[str], list[float] | None]:
    """The columns of rows, the types of their geometries, and the bounds of all: west, south, east, north."""
    shapes = [shape(row[GEOMETRY]) if row.get(GEOMETRY) else None for row in rows]
    arrays = {
        column.name: arrow.array([row.get(column.name) for row in rows], _type(arrow, column.kind))
        for column in COLUMNS
    }
    boxes = [dict(zip(_BBOX, one.bounds, strict=True)) if one is not None else None for one in shapes]
    arrays["bbox"] = arrow.array(boxes, arrow.struct([(side, arrow.float64()) for side in _BBOX]))
    # WKB of one byte order, whatever the computer's.
    packed = [shapely.to_wkb(one, byte_order=1) if one is not None else None for one in shapes]
    arrays[GEOMETRY] = arrow.array(packed, arrow.binary())
    placed = [one for one in shapes if one is not None]
    bounds = [float(side) for side in shapely.total_bounds(placed)] if placed else None
    return arrays, {one.geom_type for one in placed}, bounds


def _union(one: Sequence[float], other: Sequence[float]) -> list[float]:
    low = [min(pair) for pair in zip(one[:2], other[:2], strict=True)]
    return low + [max(pair) for pair in zip(one[2:], other[2:], strict=True)]


def _geo(kinds: Iterable[str], bounds: list[float] | None) -> dict[str, Any]:
    """The file's metadata `geo`. Without a `crs`, coordinates are longitude and latitude on WGS84."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "covering": {"bbox": {side: ["bbox", side] for side in _BBOX}},
    }
    if bounds is not None:
        column["bbox"] = bounds
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _type(arrow: Any, kind: str) -> Any:
    return {"text": arrow.string(), "number": arrow.float64(), "whole": arrow.int64()}[kind]


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        hint = "install it with `pip install earthloc[catalogue]`"
        raise UsageError(None, "a catalogue needs the package pyarrow", hint) from error
    return pyarrow
