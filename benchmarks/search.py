"""Search compared with EarthLoc's method: time, memory, bytes and recall with the same descriptors, in one run.

    python benchmarks/search.py [--tiles 161496] [--codecs [--limit-s 120]] [--json]

EarthLoc's method is a flat float32 index with every tile at four rotations, scanned for each photo. "Same descriptors"
means those of the shipped model, with 256 dimensions. EarthLoc itself has 4,096 dimensions, sixteen times the bytes and
the time of what is called flat here. The flat index is scanned in slices of 100,000 tiles that are created when needed,
so that it fits into any memory; its reported bytes are those of the whole index.

The descriptors are those of the shipped world index. For more tiles than it has, further tiles are interpolated between
two tiles of one width that are neighbours on disk, in descriptor and position, with noise of 0.01 per dimension. The
photos are tiles left out of the index, so both sides are real pictures. A photo counts as found if a tile within half
its width of its centre is among the first 10. Ours searches four rotations of the photo, EarthLoc's method one photo in
four rotations of each tile. All rotations but the first are random vectors, so the amount of work is the same.

Times are processor milliseconds of one thread, which other load on the machine hardly affects. The floor near the nadir
is the bytes of the tiles in the circle divided by the bandwidth with which this machine sums a large array.
`nadir_compared_ms` is a reachable floor: the same number of tiles, with known and contiguous rows, converted to float32
and multiplied.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
import faiss
import numpy as np
from _setting import WORK

from engine import geo
from engine.resources import included_indexes
from engine.retrieval import coarse, tiling
from engine.retrieval.descriptors import to_int8
from engine.retrieval.index import RegionalIndex, file_sha256
from engine.retrieval.search import Circle, shortlist

PHOTOS = 200
VIEWS = 4
RADIUS_KM = 1000.0
_SLICE = 100_000
_NOISE = 0.01


def enlarged(world: RegionalIndex, count: int, held_out: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
    """Tiles and descriptors (count): those of the world without the held-out ones, and interpolated ones if needed."""
    kept = np.setdiff1d(np.arange(world.count), held_out)
    tiles, descriptors = world.tiles_at(kept), world.descriptors_at(kept)
    if count <= len(tiles):
        rows = np.sort(rng.choice(len(tiles), count, replace=False))
        return tiles[rows], descriptors[rows]
    following = np.arange(len(tiles))
    for width in np.unique(tiles["width_km"]):
        rows = np.flatnonzero(tiles["width_km"] == width)
        following[rows] = np.roll(rows, -1)
    parts, places = [descriptors], [tiles]
    while (missing := count - sum(map(len, places))) > 0:
        source = rng.integers(0, len(tiles), min(missing, _SLICE))
        share = rng.uniform(0.2, 0.8, (len(source), 1)).astype(np.float32)
        between = descriptors[source] * (1 - share) + descriptors[following[source]] * share
        between += rng.standard_normal(between.shape, np.float32) * np.float32(_NOISE)
        parts.append(between / np.linalg.norm(between, axis=1, keepdims=True))
        new = tiles[source].copy()
        other = tiles[following[source]]
        new["lat"] += share[:, 0] * (other["lat"] - new["lat"])
        new["lon"] += share[:, 0] * ((other["lon"] - new["lon"] + 180) % 360 - 180)
        new["lon"] = geo.normalise_lon(new["lon"])
        places.append(new)
    return np.concatenate(places), np.concatenate(parts)


def write_index(folder: Path, tiles: np.ndarray, descriptors: np.ndarray) -> RegionalIndex:
    """Writes a compact index as the index builder does."""
    folder.mkdir(parents=True)
    order = tiling.hilbert_order(tiles)
    (folder / "tiles.bin").write_bytes(tiles[order].tobytes())
    with (folder / "descriptors.i8").open("wb") as file:
        for start in range(0, len(order), _SLICE):
            file.write(to_int8(descriptors[order[start : start + _SLICE]]).tobytes())
    names = ["tiles.bin", "descriptors.i8"]
    if coarse.has_codes(*descriptors.shape):
        stored = np.memmap(folder / "descriptors.i8", np.int8, "r", shape=descriptors.shape)
        coarse.write_codes(folder / coarse.CODES, stored)
        names.append(coarse.CODES)
    info = json.loads((included_indexes()[0] / "index.json").read_text(encoding="utf-8"))
    info.update(name=folder.name, count=len(tiles))
    info.pop("features", None)  # without local features
    info["files"] = {n: {"sha256": file_sha256(folder / n), "bytes": (folder / n).stat().st_size} for n in names}
    (folder / "index.json").write_text(json.dumps(info), encoding="utf-8")
    return RegionalIndex.open(folder)


def views_of(photo: np.ndarray, rng) -> np.ndarray:
    """The views of a photo: its descriptor, and random vectors."""
    views = rng.standard_normal((VIEWS, len(photo)), np.float32)
    views[0] = photo
    return views / np.linalg.norm(views, axis=1, keepdims=True)


def recall(ranked: list[np.ndarray], tiles: np.ndarray, truth: np.ndarray) -> float:
    hits = 0
    for rows, photo in zip(ranked, truth, strict=True):
        away = geo.distance_km(tiles["lat"][rows], tiles["lon"][rows], photo["lat"], photo["lon"])
        hits += bool((away <= 0.5 * photo["width_km"]).any())
    return 100.0 * hits / len(truth)


def ours(index: RegionalIndex, photos: np.ndarray, rng) -> tuple[list[np.ndarray], list[float]]:
    shortlist(index, views_of(photos[0], rng), 10)  # warm-up: the first search opens files
    ranked, times = [], []
    for photo in photos:
        views = views_of(photo, rng)
        start = time.process_time()
        ranked.append(shortlist(index, views, 10).rows)
        times.append(1000 * (time.process_time() - start))
    return ranked, times


def flat(descriptors: np.ndarray, photos: np.ndarray, rng) -> tuple[list[np.ndarray], float]:
    """Returns the first 10 tiles by an exhaustive search over four rotations, and its milliseconds per photo."""
    best = [(np.empty(0, np.float32), np.empty(0, np.int64)) for _ in photos]
    total_ms = 0.0
    timed = 20  # photos scanned one at a time and timed; then all together, which is faster
    for start in range(0, len(descriptors), _SLICE):
        rows = descriptors[start : start + _SLICE]
        rotations = [rows]
        for _ in range(3):
            noise = rng.standard_normal(rows.shape, np.float32)
            rotations.append(noise / np.linalg.norm(noise, axis=1, keepdims=True))
        index = faiss.IndexFlatIP(descriptors.shape[1])
        index.add(np.concatenate(rotations))
        del rotations
        for first in range(timed):
            clock = time.process_time()
            index.search(photos[first : first + 1], 10)
            total_ms += 1000 * (time.process_time() - clock)
        scores, hits = index.search(photos, 10)
        for i, (row_scores, row_hits) in enumerate(zip(scores, hits, strict=True)):
            all_scores = np.concatenate([best[i][0], row_scores])
            all_rows = np.concatenate([best[i][1], start + row_hits % len(rows)])
            order = np.argsort(-all_scores, kind="stable")[:10]
            best[i] = all_scores[order], all_rows[order]
        del index
    return [rows for _, rows in best], total_ms / timed


def near_nadir(index: RegionalIndex, photos: np.ndarray, truth: np.ndarray, rng) -> tuple[list[float], float, float]:
    """Measures searches within RADIUS_KM of the photo's place.

    Returns:
        Milliseconds of each search, median of the bytes that a search must read, and median of the milliseconds for
        only comparing the same number of tiles.
    """
    times, must_read, compared = [], [], []
    for photo, place in zip(photos, truth, strict=True):
        views = views_of(photo, rng)
        circle = Circle(float(place["lat"]), float(place["lon"]), RADIUS_KM)
        start = time.process_time()
        shortlist(index, views, 10, circle)
        times.append(1000 * (time.process_time() - start))
        away = geo.distance_km(index.tiles["lat"], index.tiles["lon"], circle.lat, circle.lon)
        inside = np.flatnonzero(away <= RADIUS_KM)
        must_read.append(len(inside) * (index.dimension + index.tiles.dtype.itemsize))
        contiguous = np.arange(len(inside)) + min(inside[0], index.count - len(inside))
        start = time.process_time()
        index.similarity(views, contiguous)
        compared.append(1000 * (time.process_time() - start))
    return times, statistics.median(must_read), statistics.median(compared)


def bytes_per_ms() -> float:
    """Bytes per millisecond that one thread sums in an array larger than the CPU caches: the best of seven runs."""
    array = np.ones(64_000_000 // 8)
    best = 0.0
    for _ in range(7):
        start = time.process_time()
        array.sum()
        best = max(best, array.nbytes / (1000 * (time.process_time() - start)))
    return best


def resident_bytes(index: RegionalIndex) -> int:
    """Bytes that a search of the whole index holds in memory: short codes, or all descriptors, mapped from the file."""
    size = index.info["files"]
    return size[coarse.CODES]["bytes"] if coarse.CODES in size else size["descriptors.i8"]["bytes"]


def _status_bytes() -> dict[str, int]:
    """Resident bytes of this process: anonymous memory, and pages of files, which the system may reclaim."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return {name: 1024 * int(status[name].split()[0]) for name in ("RssAnon", "RssFile")}


def measure_memory(folder: Path, photos: np.ndarray, connection) -> None:
    """Runs in a separate process: sends the growth of its memory after opening an index and after searches of it."""
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(1)
    # Memory that FAISS and NumPy allocate in any search does not count.
    faiss.IndexFlatIP(photos.shape[1]).search(photos, 1)
    before = _status_bytes()
    index = RegionalIndex.open(folder)
    first = _status_bytes()
    after = first
    for photo in photos:
        shortlist(index, views_of(photo, rng), 10)
        if after is first:
            after = _status_bytes()
    last = _status_bytes()
    connection.send([[status[name] - before[name] for name in before] for status in (first, after, last)])


def memory_growth(folder: Path, photos: np.ndarray) -> list[list[int]] | None:
    """Growth in bytes of [anonymous memory, file pages] after opening, one photo and all photos; None outside Linux."""
    if not Path("/proc/self/status").exists():
        return None
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure_memory, args=(folder, photos, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    finally:
        process.join()


# Methods to store and search descriptors: FAISS's factory string, and the number of tiles to re-rank.
CODECS = {
    "float32, exact": ("Flat", 0),
    "float16, exact": ("SQfp16", 0),
    "8 bits, exact": ("SQ8", 0),
    "PCA to 128, 8 bits, exact": ("PCA128,SQ8", 0),
    "PQ 64 x 4 bit": ("PQ64x4fs", 0),
    "PQ 64 x 4 bit, 300 re-ranked": ("PQ64x4fs", 300),
    "OPQ, PQ 64 x 4 bit, 300 re-ranked": ("OPQ64,PQ64x4fs", 300),
    "PCA to 128, PQ 64 x 4 bit, 300 re-ranked": ("PCA128,PQ64x4fs", 300),
    "PQ 32 x 8 bit": ("PQ32", 0),
    "PQ 32 x 8 bit, 300 re-ranked": ("PQ32", 300),
    "IVF 512 (16 visited), 8 bits": ("IVF512,SQ8", 0),
    "IVF 512 (16 visited), PQ 64 x 4 bit, 300 re-ranked": ("IVF512,PQ64x4fs", 300),
    "HNSW 32, 8 bits": ("HNSW32_SQ8", 0),
}


def compare_codecs(descriptors: np.ndarray, photos: np.ndarray, tiles: np.ndarray, truth: np.ndarray, limit_s: float):
    """Measures each codec with the same descriptors, in a separate process with a limit of processor seconds."""
    fork = multiprocessing.get_context("fork")  # shares the descriptors instead of copying them
    results = []
    for name in CODECS:
        receiver, sender = fork.Pipe(duplex=False)
        child = fork.Process(target=_measure_codec, args=(sender, name, descriptors, photos, tiles, truth, limit_s))
        child.start()
        sender.close()
        try:
            results.append({"way": name, **receiver.recv()})
        except EOFError:  # the system stopped the process at its limit
            results.append({"way": name, "given up after s": limit_s})
        child.join()
        if child.exitcode is not None and child.exitcode > 0:
            raise SystemExit(f"{name}: failed")
        print(results[-1], file=sys.stderr, flush=True)
    return results


def _measure_codec(
    connection, name: str, descriptors: np.ndarray, photos: np.ndarray, tiles, truth, limit_s: float
) -> None:
    """Measures one codec with one query per photo. Re-ranked tiles also have 8-bit descriptors on disk."""
    factory, reranked = CODECS[name]
    # With this limit set, the process clock only has the resolution of scheduler ticks; the thread clock is unaffected.
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s), int(limit_s) + 1))
    start = time.thread_time()
    index = faiss.index_factory(descriptors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    if factory.startswith("OPQ"):
        rotation = faiss.downcast_VectorTransform(index.chain.at(0))
        parts = faiss.ProductQuantizer(descriptors.shape[1], 64, 4)  # the default has 8 bits and would take hours
        rotation.niter, rotation.pq = 10, parts
    index.train(descriptors[:: max(1, len(descriptors) // 20_000)])
    index.add(descriptors)
    built_s = time.thread_time() - start
    if "IVF" in factory:
        index.nprobe = 16
    if "HNSW" in factory:
        index.hnsw.efSearch = 64
    stored = to_int8(descriptors)
    ranked, times = [], []
    for photo in photos:
        start = time.thread_time()
        _, hits = index.search(photo[None], reranked or 10)
        rows = hits[0][hits[0] >= 0]
        if reranked:
            numbers = stored[rows].astype(np.float32)
            rows = rows[np.argsort(-(numbers @ photo) / np.linalg.norm(numbers, axis=1))[:10]]
        times.append(1000 * (time.thread_time() - start))
        ranked.append(rows)
    tile_bytes = faiss.serialize_index(index).nbytes / len(descriptors)  # including inverted lists or graph links
    connection.send({"bytes": round(tile_bytes), "recall": round(recall(ranked, tiles, truth), 1),
                 "ms": round(statistics.median(times), 2), "built_s": round(built_s, 1)})  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=161_496)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--codecs", action="store_true", help="compare codecs instead")
    parser.add_argument("--limit-s", type=float, default=120.0, help="processor seconds for each codec")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(0)
    world = RegionalIndex.open(included_indexes()[0])
    held_out = rng.choice(world.count, args.photos, replace=False)
    truth, photos = world.tiles_at(held_out), world.descriptors_at(held_out)
    tiles, descriptors = enlarged(world, args.tiles, held_out, rng)
    if args.codecs:
        results = compare_codecs(descriptors, photos, tiles, truth, args.limit_s)
        print(json.dumps(results) if args.json else "\n".join(map(str, results)))
        return
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as scratch:
        index = write_index(Path(scratch) / "enlarged", tiles, descriptors)
        start = time.process_time()
        RegionalIndex.open(index.path)
        open_ms = 1000 * (time.process_time() - start)
        ranked, times = ours(index, photos, rng)
        recall_ours = recall(ranked, index.tiles_at(slice(None)), truth)
        nadir_times, must_read, compared_ms = near_nadir(index, photos, truth, rng)
        memory = memory_growth(index.path, photos)
        flat_ranked, flat_ms = flat(descriptors, photos, rng)
        result = {
            "ours_ms": round(statistics.median(times), 2),
            "flat_ms": round(flat_ms, 2),
            "ours_bytes": resident_bytes(index),
            "flat_bytes": 4 * 4 * index.dimension * index.count,
            "recall_ours": round(recall_ours, 1),
            "recall_flat": round(recall(flat_ranked, tiles, truth), 1),
            "nadir_ms": round(statistics.median(nadir_times), 2),
            "nadir_floor_ms": round(must_read / bytes_per_ms(), 3),
            "nadir_compared_ms": round(compared_ms, 2),
        }
        disk = sum(entry["bytes"] for entry in index.info["files"].values())
    if not args.json:
        print(f"{args.tiles} tiles, {len(photos)} photos, {VIEWS} views each; opened in {open_ms:.1f} ms")
        p95 = sorted(times)[int(0.95 * len(times))], sorted(nadir_times)[int(0.95 * len(nadir_times))]
        print(f"p95: {p95[0]:.1f} ms worldwide, {p95[1]:.1f} ms near the nadir; {disk / 1e6:.1f} MB on disk")
        if memory:
            for when, (own, files) in zip(("opened", "after one photo", f"after {len(photos)}"), memory, strict=True):
                print(f"{when}: {own / 1e6:.1f} MB more memory, {files / 1e6:.1f} MB more file pages")
        print(
            f"flat index with the same descriptors: {result['flat_bytes'] / result['ours_bytes']:.0f} times the memory,"
        )
        print(f"{result['flat_ms'] / result['ours_ms']:.1f} times the time")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
