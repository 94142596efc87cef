"""Builds a regional index: cut tiles, embed them, write.

The build happens in `<name>.partial`. After every batch its descriptors are written to disk, and then a line of the
journal. So a build that was killed at any moment can resume after the last complete batch. A single rename gives the
finished index its name. The same inputs give the same bytes, interrupted or not.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zlib
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engine.contract.parameters import DEFAULT_TILE_KM
from engine.errors import OutputError, UsageError
from engine.imagery.location import note_imagery
from engine.imagery.opening import open_imagery
from engine.imagery.source import ImagerySource
from engine.progress import Progress
from engine.retrieval import tiling
from engine.retrieval.batches import BATCH, Batch, batches_locally, batches_on_dask
from engine.retrieval.coarse import CODES, has_codes, write_codes
from engine.retrieval.descriptors import DESCRIPTOR_FILES, DTYPES
from engine.retrieval.footprints import write_footprints
from engine.retrieval.index import RegionalIndex, file_sha256
from engine.retrieval.manifest import (
    FOOTPRINTS,
    FORMAT,
    MANIFEST,
    MODEL_CARD,
    MODEL_FILE,
    PHOTO_MODEL_FILE,
    PIXELS,
    TILES,
    read_manifest,
)
from engine.retrieval.model import ModelPackage, find_package
from engine.retrieval.plan import check_feature_km, check_region, plan_tiles
from engine.retrieval.tiling import BBox, Tiles
from engine.voting.build import (
    cells_locally,
    cells_on_dask,
    default_feature_km,
    plan_cells,
    truncate_to_complete_cells,
    write_features,
)
from engine.voting.cells import Cells
from engine.voting.feature_index import FACTS, FEATURE_CELLS, FEATURES

_PLAN = "plan.json"
_JOURNAL = "journal.txt"
_KEPT = "kept.u4"


def build_index(
    source: str | Path,
    out: Path,
    *,
    bbox: BBox | None = None,
    tile_km: Sequence[float] = DEFAULT_TILE_KM,
    model: ModelPackage,
    resume: bool = False,
    include_ocean: bool = False,
    compact: bool = False,
    reuse: RegionalIndex | None = None,
    feature_km: float | None = None,
    scheduler: str = "",
    attribution: str = "",
    licence: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Build the index of the tiles of some imagery.

    Args:
        source: imagery of any kind, see `open_imagery`. A tile server needs `bbox`, and its attribution and licence
            must be known, because everybody who distributes the index needs them.
        out: the folder of the index; must not exist. `<out>.partial` holds the unfinished index.
        bbox: west, south, east, north in degrees; tiles with their centre inside. None: all of the imagery.
        tile_km: ground widths of the tiles.
        model: embeds the tiles.
        resume: continue an unfinished index of the same plan; otherwise it is started again.
        include_ocean: also tiles without land.
        compact: descriptors in 8 bits and no `tiles.gpkg`: a sixth of the size.
        reuse: an earlier index; its descriptors are used again for tiles with unchanged pixels, if it has the same
            model and dtype.
        feature_km: ground resolution at which local features are extracted; by default fine enough for photos as wide
            as the smallest tile, or that of the imagery; 0 for no features.
        scheduler: address of a Dask scheduler whose workers cut and embed, such as tcp://HOST:8786; they must have
            the raster and the model under the same paths.
        attribution, licence: of the imagery, stored in the index; by default what the imagery itself states.
        progress: reports stages `plan`, `embed`, `features`, `write`, and `imagery` while tiles are fetched; may be
            cancelled.

    Returns:
        The manifest, the content of `index.json`.

    Raises:
        InputError: the imagery cannot be used. OutputError: the folder cannot be written. UsageError: the
        arguments are invalid. CancelledError: the partial folder stays, to be resumed.
    """
    progress = progress or Progress()
    out = Path(out)
    if out.exists():
        raise UsageError.of("build.exists", path=out)
    check_region(bbox, tile_km)
    check_feature_km(feature_km)
    with open_imagery(source, progress) as imagery:
        attribution, licence = attribution or imagery.attribution, licence or imagery.licence
        if imagery.remote:
            _check_server(imagery.name, bbox, attribution, licence)
        progress.report("plan", 0, 1, "; ".join(text for text in (imagery.name, attribution, licence) if text))
        tiles = plan_tiles(imagery, bbox, tile_km, include_ocean, progress)
        if len(tiles) == 0:
            raise UsageError.of("build.no_land", path=source)
        dtype = "int8" if compact else "float32"
        if feature_km is None:
            feature_km = default_feature_km(imagery, bbox, tile_km)
        cells = plan_cells(bbox or imagery.bounds(), feature_km, progress)[0] if feature_km else None
        plan = {
            "format": FORMAT if feature_km else 1,
            "name": out.name,
            "region": [round(float(v), 6) for v in (bbox or imagery.bounds())],
            "tile_km": [float(w) for w in tile_km],
            "overlap": tiling.OVERLAP,
            "include_ocean": include_ocean,
            "dimension": model.dimension,
            "dtype": dtype,
            "source": {
                "path": imagery.title,
                "crs": imagery.crs,
                "attribution": attribution,
                "licence": licence,
            },
            "model": model.identity(),
        }
        state = {**plan, "planned": len(tiles), "feature_km": feature_km, "source_stamp": imagery.stamp()}
        partial = out.with_name(out.name + ".partial")
        try:
            start = _open_partial(partial, state, resume)
            if scheduler:
                if imagery.remote:  # many workers at once would overload a public server
                    raise UsageError(source, "is a tile server", "build from it on one computer, without a scheduler")
                batches = batches_on_dask(scheduler, Path(source), tiles, model, dtype, start)
            else:
                batches = batches_locally(imagery, tiles, model, dtype, start, reuse)
            _write_batches(batches, partial, dtype, model.dimension, len(tiles), start, progress)
            if cells is not None:
                plan[FACTS] = _write_features(partial, imagery, source, cells, feature_km, reuse, scheduler, progress)
            info = _finish(partial, out, plan, tiles, model, progress)
        except OSError as error:
            raise OutputError.from_os_error(partial, error) from error
    if not imagery.remote:  # a server is only asked when the user names it
        note_imagery(out, Path(source))
    return info


def _check_server(name: str, bbox: BBox | None, attribution: str, licence: str) -> None:
    if bbox is None:
        raise UsageError.of("build.no_region", path=name)
    if not attribution or not licence:
        raise UsageError.of("build.no_credit", path=name)


# -- embedding, batch by batch ------------------------------------------------------------------------


def _open_partial(partial: Path, state: dict[str, Any], resume: bool) -> int:
    """Create the partial folder, or truncate an existing one to its last complete batch; the next batch's number."""
    if partial.is_dir() and not (resume and _read_plan(partial) == state):
        shutil.rmtree(partial)
    if not partial.is_dir():
        partial.mkdir(parents=True)
        (partial / _PLAN).write_text(json.dumps(state), encoding="utf-8")
    columns = _columns(state["dtype"], state["dimension"])
    batches, kept = _complete_batches(partial, columns)
    for name, row_bytes in columns.items():
        with (partial / name).open("ab") as file:
            file.truncate(kept * row_bytes)
    _write_synced(partial / _JOURNAL, "".join(line + "\n" for line in batches).encode())
    return len(batches)


def _columns(dtype: str, dimension: int) -> dict[str, int]:
    """The files that grow with every batch, and the bytes per tile in each."""
    return {_KEPT: 4, PIXELS: 4, DESCRIPTOR_FILES[dtype]: dimension * DTYPES[dtype].itemsize}


def _read_plan(partial: Path) -> Any:
    try:
        return json.loads((partial / _PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _complete_batches(partial: Path, columns: dict[str, int]) -> tuple[list[str], int]:
    """Journal lines of the batches whose bytes are all present and correct, and the number of their tiles."""
    complete: list[str] = []
    total = 0
    with contextlib.ExitStack() as stack:
        try:
            lines = (partial / _JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
            files = [(stack.enter_context((partial / name).open("rb")), size) for name, size in columns.items()]
        except OSError:
            return [], 0
        for number, line in enumerate(lines):
            fields = line.split()
            if len(fields) != 3 or not all(field.isdecimal() for field in fields) or int(fields[0]) != number:
                break
            kept = int(fields[1])
            data = b"".join(file.read(kept * size) for file, size in files)
            if len(data) != kept * sum(columns.values()) or zlib.crc32(data) != int(fields[2]):
                break
            complete.append(line)
            total += kept
    return complete, total


def _write_batches(
    batches: Generator[Batch], partial: Path, dtype: str, dimension: int, total: int, start: int, progress: Progress
) -> None:
    """Write batches as they arrive; each is written to disk while the next one is embedded."""
    done = min(start * BATCH, total)
    progress.report("embed", done, total)
    with contextlib.ExitStack() as stack:
        names = (*_columns(dtype, dimension), _JOURNAL)
        files = [stack.enter_context((partial / name).open("ab")) for name in names]
        writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="write"))
        stack.callback(batches.close)
        written = None
        for batch in batches:
            if written is not None:
                written.result()
                done = min(batch.number * BATCH, total)
                progress.report("embed", done, total, f"{done} of {total} tiles")
            written = writer.submit(_append_batch, files, batch)
        if written is not None:
            written.result()
        progress.report("embed", total, total, f"{total} of {total} tiles")


def _append_batch(files: Sequence[BinaryIO], batch: Batch) -> None:
    """Write a batch. The journal names it only after its bytes are on disk."""
    *columns, journal = files
    parts = (batch.rows.astype("<u4").tobytes(), batch.pixels.astype("<u4").tobytes(), batch.descriptors.tobytes())
    for file, content in zip(columns, parts, strict=True):
        file.write(content)
    for file in columns:
        _sync(file)
    journal.write(f"{batch.number} {len(batch.rows)} {zlib.crc32(b''.join(parts))}\n".encode())
    _sync(journal)


def _write_features(
    partial: Path,
    imagery: ImagerySource,
    source: str | Path,
    cells: Cells,
    feature_km: float,
    reuse: RegionalIndex | None,
    scheduler: str,
    progress: Progress,
) -> dict[str, Any]:
    """Extract the features of these cells, continuing an earlier build; what the manifest says about them."""
    start = truncate_to_complete_cells(partial, cells)
    if scheduler:
        read = cells_on_dask(scheduler, Path(source), cells[start:], feature_km)
    else:
        read = cells_locally(source, imagery, cells[start:], feature_km, reuse.features if reuse is not None else None)
    return write_features(partial, cells, feature_km, read, start, progress)


# -- the finished index -------------------------------------------------------------------------------


def _finish(
    partial: Path, out: Path, plan: dict[str, Any], tiles: Tiles, model: ModelPackage, progress: Progress
) -> dict[str, Any]:
    progress.report("write", 0, 1)
    kept = np.fromfile(partial / _KEPT, "<u4")
    if len(kept) == 0:
        raise UsageError.of("build.no_tile", path=plan["source"]["path"])
    tiles = tiles[kept]
    with (partial / TILES).open("wb") as file:
        file.write(tiles.tobytes())
        _sync(file)
    descriptors = DESCRIPTOR_FILES[plan["dtype"]]
    names = [descriptors, TILES, PIXELS]
    if plan["dtype"] == "float32":
        write_footprints(partial / FOOTPRINTS, tiles, progress)
        names.append(FOOTPRINTS)
    if has_codes(len(tiles), model.dimension):
        shape = len(tiles), model.dimension
        write_codes(partial / CODES, np.memmap(partial / descriptors, DTYPES[plan["dtype"]], "r", shape=shape))
        names.append(CODES)
    if FACTS in plan:
        names += [FEATURES, FEATURE_CELLS]
    if find_package(model.sha256) is None:
        names += _copy_model(model, partial)
    files = {n: {"sha256": file_sha256(partial / n), "bytes": (partial / n).stat().st_size} for n in names}
    manifest = {**plan, "count": len(tiles), "files": files}
    _write_synced(partial / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    for name in (_PLAN, _JOURNAL, _KEPT):
        (partial / name).unlink(missing_ok=True)
    progress.report("write", 1, 1)
    partial.rename(out)
    return read_manifest(out)


def _copy_model(model: ModelPackage, partial: Path) -> list[str]:
    """Copy a model that is not part of EarthLoc into the index, so that the index is complete by itself."""
    card = {**model.card, "file": MODEL_FILE}
    names = [MODEL_CARD, MODEL_FILE]
    if model.has_photo_network:
        card["photo_file"] = PHOTO_MODEL_FILE
        shutil.copyfile(model.path.parent / model.card["photo_file"], partial / PHOTO_MODEL_FILE)
        names.append(PHOTO_MODEL_FILE)
    _write_synced(partial / MODEL_CARD, (json.dumps(card, indent=1) + "\n").encode())
    shutil.copyfile(model.path, partial / MODEL_FILE)
    return names


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        _sync(file)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
