import contextlib
import json
import multiprocessing
import os
import pickle
import shutil
import sqlite3
import time

import numpy as np
import pytest
import rasterio

from engine.errors import CancelledError, IndexDamagedError, InputError, OutputError, UsageError
from engine.imagery.raster import RasterSource
from engine.progress import Progress
from engine.retrieval import batches, build, footprints, plan, tiling
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex, list_indexes
from engine.retrieval.model import ModelPackage
from engine.retrieval.search import shortlist
from engine.retrieval.tiling import Circle

FEATURE_FILES = ("features.bin", "features.cells")
FILES = ("index.json", "descriptors.f32", "tiles.bin", "tiles.gpkg", "pixels.crc", *FEATURE_FILES)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def test_an_index_holds_the_descriptor_of_every_tile(small_index_folder, land_raster, model):
    index = RegionalIndex.open(small_index_folder, verify=True)
    assert sorted(os.listdir(small_index_folder)) == sorted(FILES)
    assert index.count == len(index.tiles) > 30
    assert index.info["source"]["attribution"] == "made up"
    with RasterSource.open(land_raster) as source:
        for row in (0, index.count // 2, index.count - 1):
            tile = index.tiles[row]
            pixels, _ = source.square(
                float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), model.input.size_px
            )
            # Batches of another size may round differently.
            assert float(index.descriptors[row] @ model.embed(pixels[None])[0]) == pytest.approx(1.0, abs=1e-4)


def test_footprints_open_as_a_layer(small_index_folder):
    with sqlite3.connect(small_index_folder / "tiles.gpkg") as connection:
        (count,) = connection.execute("SELECT count(*) FROM tiles").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert count == RegionalIndex.open(small_index_folder).count


def test_region_and_ocean(tmp_path, land_raster, model):
    info = build_index(land_raster, tmp_path / "part", bbox=(4, 42, 9, 46), tile_km=[313], model=model)
    tiles = RegionalIndex.open(tmp_path / "part").tiles
    assert info["region"] == [4, 42, 9, 46]
    assert (tiles["lon"] >= 4).all()
    assert (tiles["lat"] <= 46).all()
    with RasterSource.open(land_raster) as source:
        land_only = plan.plan_tiles(source, (2, 40, 5, 43), [100], include_ocean=False)
        everything = plan.plan_tiles(source, (2, 40, 5, 43), [100], include_ocean=True)
    assert len(land_only) < len(everything)
    assert (tiling.land_fraction(land_only) >= tiling.MIN_LAND).all()


def test_plan_estimates_tiles_and_size(tmp_path, land_raster, model):
    region, widths = (3.0, 42.5, 7.5, 45.5), [313.0, 150.0]  # no tile reaches beyond the raster
    planned = plan.estimate_index(str(land_raster), region, widths, False, model.dimension, Progress())
    info = build_index(land_raster, tmp_path / "part", bbox=region, tile_km=widths, model=model)
    assert planned.tiles == info["count"]
    size_bytes = sum(file["bytes"] for file in info["files"].values())
    empty_geopackage = 100_000
    assert planned.size_bytes == pytest.approx(size_bytes, abs=empty_geopackage)
    assert planned.size_bytes > 1024 * planned.tiles
    with pytest.raises(UsageError, match="not west, south, east, north"):
        plan.estimate_index(str(land_raster), (2.0, 46.0, 9.0, 42.0), widths, False, model.dimension, Progress())


def test_planning_and_outlines_can_be_cancelled(tmp_path, land_raster, small_index_folder, monkeypatch):
    progress = Progress(lambda stage, done, *_: progress.cancel() if done else None)
    monkeypatch.setattr(plan, "_CHUNK_TILES", 10)
    with pytest.raises(CancelledError), RasterSource.open(land_raster) as source:
        plan.plan_tiles(source, None, [313], False, progress)
    monkeypatch.setattr(footprints, "_CHUNK_TILES", 10)
    progress = Progress(lambda stage, done, *_: progress.cancel() if done else None)
    with pytest.raises(CancelledError):
        footprints.export_footprints(RegionalIndex.open(small_index_folder), tmp_path / "t.gpkg", progress)
    assert os.listdir(tmp_path) == []


def test_too_fine_features_are_refused_before_reading(tmp_path, land_raster, model):
    """Before hundreds of millions of cells are listed, and before the first tile is embedded."""
    world, began = (-180.0, -60.0, 180.0, 75.0), []
    progress = Progress(lambda stage, *_: began.append(stage))
    with pytest.raises(UsageError, match=r"2 m a pixel take 4\d\d,\d+,\d+ cells .*choose a smaller region or coarser"):
        plan.estimate_index(str(land_raster), world, [3000.0], False, model.dimension, progress, feature_km=0.002)
    with pytest.raises(UsageError, match="choose a smaller region or coarser"):
        build_index(
            land_raster, tmp_path / "fine", bbox=world, tile_km=[3000], model=model, feature_km=0.002, progress=progress
        )
    assert set(began) == {"plan"}
    assert os.listdir(tmp_path) == []


def test_planning_features_can_be_cancelled(land_raster, model):
    progress = Progress(lambda stage, done, total, _: progress.cancel() if total > 10_000 and done else None)
    with pytest.raises(CancelledError):
        plan.estimate_index(str(land_raster), (0.0, 40.0, 10.0, 48.0), [313.0], False, model.dimension, progress, 0.01)


def test_outlines_that_cannot_be_written(tmp_path, small_index_folder):
    with pytest.raises(OutputError, match="gone.*t.gpkg"):
        footprints.export_footprints(RegionalIndex.open(small_index_folder), tmp_path / "gone" / "t.gpkg", Progress())


def test_same_inputs_same_bytes(tmp_path, small_index_folder, land_raster, model):
    build_index(land_raster, tmp_path / "europe", tile_km=(220.0, 313.0), model=model, attribution="made up")
    assert contents(tmp_path / "europe") == contents(small_index_folder)


def test_cancelled_build_is_kept_and_can_be_resumed(tmp_path, small_index_folder, land_raster, model, monkeypatch):
    def stop_after_first_batch(stage, done, total, message):
        if stage == "embed" and done >= build.BATCH:
            progress.cancel()

    progress = Progress(stop_after_first_batch)
    out = tmp_path / "europe"
    plan = {"tile_km": (220.0, 313.0), "model": model, "attribution": "made up"}
    with pytest.raises(CancelledError):
        build_index(land_raster, out, progress=progress, **plan)
    assert not out.exists()
    with pytest.raises(IndexDamagedError, match="only half built.*--resume"):
        RegionalIndex.open(out)

    seen = []
    build_index(
        land_raster, out, resume=True, progress=Progress(lambda stage, done, *_: seen.append((stage, done))), **plan
    )
    assert next(done for stage, done in seen if stage == "embed") >= build.BATCH
    assert contents(out) == contents(small_index_folder)


def _build_in_child(source, out):
    build.BATCH = batches.BATCH = _KILLED_BATCH
    build_index(
        source, out, tile_km=(220.0, 313.0), model=ModelPackage.open(threads=1), resume=True, attribution="made up"
    )


_KILLED_BATCH = 8  # smaller than usual, to have more moments at which to kill


def _batches_done(folder):
    """Batches in the journal of an unfinished build."""
    try:
        return (folder.with_name(folder.name + ".partial") / "journal.txt").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def test_killed_at_random_moments_it_resumes_to_the_same_bytes(tmp_path, land_raster):
    """EARTHLOC_KILLS sets the number; every build is killed up to three times, at random moments of its whole time."""
    wanted = int(os.environ.get("EARTHLOC_KILLS", "5"))
    spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    rng = np.random.default_rng(3)
    reference, out = tmp_path / "reference" / "europe", tmp_path / "europe"

    def build_for(folder, moment=np.inf):
        """Whether the build was killed: after this many batches and this part of the time of one more."""
        child = spawn.Process(target=_build_in_child, args=(land_raster, folder))
        child.start()
        while child.is_alive() and _batches_done(folder) < moment // 1:
            child.join(0.001)
        child.join(None if np.isinf(moment) else moment % 1 * batch_s)
        killed = child.is_alive()
        if killed:
            child.kill()
        child.join()
        return killed

    start = time.monotonic()
    build_for(reference)
    expected = contents(reference)
    count = -(-RegionalIndex.open(reference).count // _KILLED_BATCH)
    batch_s = (time.monotonic() - start) / count  # with its share of starting and finishing
    kills = builds = resumed = 0
    while kills < wanted:
        for moment in rng.uniform(0, count + 1, min(3, wanted - kills)):
            killed = build_for(out, moment)
            kills += killed
            resumed += killed and _batches_done(out) > 0
            if not killed:
                break
        if not out.exists():
            build_for(out)
        assert contents(out) == expected
        shutil.rmtree(out)
        builds += 1
    print(f"killed {kills} times, {resumed} of them with batches to resume; {builds} builds, all the same bytes")
    assert resumed > 0


def test_a_compact_index_gives_nearly_the_same_descriptors_in_a_sixth_of_the_size(
    tmp_path, small_index_folder, land_raster, model
):
    plan = {"tile_km": (220.0, 313.0), "model": model, "attribution": "made up", "compact": True}
    build_index(land_raster, tmp_path / "europe", **plan)
    compact, full = RegionalIndex.open(tmp_path / "europe", verify=True), RegionalIndex.open(small_index_folder)
    assert {path.name for path in (tmp_path / "europe").iterdir()} == {
        *("index.json", "descriptors.i8", "tiles.bin", "pixels.crc", *FEATURE_FILES)
    }
    size = sum(path.stat().st_size for path in (tmp_path / "europe").iterdir())
    assert size < 0.3 * sum(path.stat().st_size for path in small_index_folder.iterdir())
    np.testing.assert_array_equal(compact.tiles, full.tiles)
    assert compact.descriptors.dtype == np.float32
    assert (compact.descriptors * full.descriptors).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(compact.descriptors, axis=1), 1.0, atol=1e-5)

    progress = Progress(lambda stage, done, *_: progress.cancel() if done >= build.BATCH else None)
    with pytest.raises(CancelledError):
        build_index(land_raster, tmp_path / "again", progress=progress, **plan)
    build_index(land_raster, tmp_path / "again", resume=True, **plan)
    assert (tmp_path / "again" / "descriptors.i8").read_bytes() == (tmp_path / "europe" / "descriptors.i8").read_bytes()


def test_only_tiles_whose_imagery_changed_are_embedded_again(tmp_path, make_raster, model, monkeypatch):
    bounds = (2.0, 42.0, 6.0, 46.0)
    raster = make_raster(tmp_path / "ground.tif", bounds=bounds, width=200, height=200)
    plan = {"tile_km": (100.0,), "model": model}
    build_index(raster, tmp_path / "old", **plan)
    with rasterio.open(raster, "r+") as file:
        pixels = file.read()
        pixels[:, :60, :60] = 255 - pixels[:, :60, :60]  # the north-west
        file.write(pixels)
    embedded = []
    real = ModelPackage.embed
    monkeypatch.setattr(
        ModelPackage, "embed", lambda self, squares: embedded.append(len(squares)) or real(self, squares)
    )
    build_index(raster, tmp_path / "updated", reuse=RegionalIndex.open(tmp_path / "old"), **plan)
    again = sum(embedded)
    build_index(raster, tmp_path / "afresh", **plan)
    fresh, updated = RegionalIndex.open(tmp_path / "afresh"), RegionalIndex.open(tmp_path / "updated", verify=True)
    assert 0 < again < 0.6 * fresh.count
    np.testing.assert_array_equal(updated.tiles, fresh.tiles)
    assert (tmp_path / "updated" / "pixels.crc").read_bytes() == (tmp_path / "afresh" / "pixels.crc").read_bytes()
    assert (updated.descriptors * fresh.descriptors).sum(axis=1).min() > 0.9999  # other batches round otherwise


def test_dask_gives_the_same_bytes(tmp_path, small_index_folder, land_raster, model, cluster):
    build_index(
        land_raster,
        tmp_path / "europe",
        tile_km=(220.0, 313.0),
        model=model,
        attribution="made up",
        scheduler=cluster.scheduler_address,
    )
    assert contents(tmp_path / "europe") == contents(small_index_folder)


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp://"
    ) as cluster:
        yield cluster


def test_errors_of_a_dask_worker_are_reported(tmp_path, land_raster, model, cluster, monkeypatch):
    """The most common mistake: the imagery is not at the path where the worker looks for it."""
    batches.cached_imagery.cache_clear()

    def not_there(path):
        raise InputError(path, "no such file", "check the path")

    monkeypatch.setattr(batches, "open_imagery", not_there)
    with pytest.raises(InputError, match=r"no such file; check the path") as caught:
        build_index(land_raster, tmp_path / "i", tile_km=[313], model=model, scheduler=cluster.scheduler_address)
    assert caught.value.path == str(land_raster.resolve())


def test_lost_dask_cluster_is_reported_and_the_build_can_be_resumed(tmp_path, land_raster, model, cluster):
    plan = {"tile_km": (156.0, 220.0), "model": model}
    closed = []

    def close(stage, done, *_):
        if stage == "embed" and done >= build.BATCH and not closed:
            closed.append(done)
            cluster.close()

    with pytest.raises(InputError, match="the Dask cluster failed.*--resume"):
        build_index(land_raster, tmp_path / "i", progress=Progress(close), scheduler=cluster.scheduler_address, **plan)
    build_index(land_raster, tmp_path / "i", resume=True, **plan)
    build_index(land_raster, tmp_path / "j", **plan)
    assert (tmp_path / "i" / "descriptors.f32").read_bytes() == (tmp_path / "j" / "descriptors.f32").read_bytes()


def test_dask_cluster_without_workers_is_reported(tmp_path, land_raster, model, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("engine.dask_cluster._FIRST_WORKER_TIMEOUT_S", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None, protocol="tcp://") as cluster,
        pytest.raises(InputError, match="no worker is there; start some: dask worker tcp://"),
    ):
        build_index(land_raster, tmp_path / "i", tile_km=[313], model=model, scheduler=cluster.scheduler_address)


@pytest.mark.parametrize("kind", [InputError, UsageError, IndexDamagedError, OutputError])
def test_errors_come_back_from_another_process(kind):
    error = pickle.loads(pickle.dumps(kind("a b.tif", "is bad", "repair it")))
    assert type(error) is kind
    assert str(error) == "a b.tif: is bad; repair it."
    assert str(pickle.loads(pickle.dumps(CancelledError("it")))) == str(CancelledError("it"))


def test_missing_dask_scheduler_is_reported(tmp_path, land_raster, model):
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        build_index(land_raster, tmp_path / "i", tile_km=[313], model=model, scheduler="nonsense://x")


def test_the_manifest_names_the_imagery_without_the_folders_of_this_computer(small_index_folder, land_raster):
    assert json.loads((small_index_folder / "index.json").read_text())["source"]["path"] == land_raster.name


def test_incomplete_batch_is_discarded(tmp_path, small_index_folder, land_raster, model):
    out = tmp_path / "europe"
    plan = {"tile_km": (220.0, 313.0), "model": model, "attribution": "made up"}
    progress = Progress(lambda stage, done, *_: progress.cancel() if done >= 2 * build.BATCH else None)
    with pytest.raises(CancelledError):
        build_index(land_raster, out, progress=progress, **plan)
    partial = tmp_path / "europe.partial"
    content = bytearray((partial / "descriptors.f32").read_bytes())
    content[-10] ^= 0xFF
    (partial / "descriptors.f32").write_bytes(content + b"torn")
    with (partial / "journal.txt").open("a") as journal:
        journal.write("99 1")
    build_index(land_raster, out, resume=True, **plan)
    assert contents(out) == contents(small_index_folder)


def test_another_plan_is_not_resumed(tmp_path, land_raster, model):
    progress = Progress(lambda stage, done, *_: progress.cancel() if done >= build.BATCH else None)
    with pytest.raises(CancelledError):
        build_index(land_raster, tmp_path / "i", tile_km=[220], model=model, progress=progress)
    build_index(land_raster, tmp_path / "i", tile_km=[313], model=model, resume=True)
    assert set(RegionalIndex.open(tmp_path / "i", verify=True).tiles["width_km"]) == {313}


def test_nothing_is_overwritten(small_index_folder, land_raster, model):
    before = contents(small_index_folder)
    with pytest.raises(UsageError, match="already exists"):
        build_index(land_raster, small_index_folder, model=model)
    assert contents(small_index_folder) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"bbox": (0, 50, 10, 40)},
        {"bbox": (0, 0, float("nan"), 5)},
        {"tile_km": []},
        {"tile_km": [-5]},
        {"tile_km": [313, 313]},
        {"bbox": (100, -60, 110, -50)},
    ],
)
def test_invalid_arguments(tmp_path, land_raster, model, changes):
    with pytest.raises(UsageError):
        build_index(land_raster, tmp_path / "i", **{"tile_km": [313], "model": model, **changes})
    assert not (tmp_path / "i").exists()


def test_imagery_without_crs(tmp_path, make_raster, model):
    with pytest.raises(InputError, match="no coordinate system"):
        build_index(make_raster(tmp_path / "x.tif", crs=None), tmp_path / "i", model=model)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_no_write_access(tmp_path, land_raster, model):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        build_index(land_raster, tmp_path / "file" / "i", model=model)


def test_disk_full(tmp_path, land_raster, model, monkeypatch):
    import errno

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build, "_append_batch", full)
    with pytest.raises(OutputError, match="disk is full.*nothing saved was lost"):
        build_index(land_raster, tmp_path / "i", tile_km=[313], model=model)


# -- damaged indexes ------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path, small_index_folder):
    return shutil.copytree(small_index_folder, tmp_path / "Kopie ä b")


def edit(folder, **changes):
    info = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    info.update(changes)
    (folder / "index.json").write_text(json.dumps(info), encoding="utf-8")


def test_a_newer_version_says_so(copy):
    edit(copy, format=99)
    with pytest.raises(IndexDamagedError, match="newer version.*update EarthLoc"):
        RegionalIndex.open(copy)


def test_a_file_cut_short(copy):
    with (copy / "descriptors.f32").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(IndexDamagedError, match="wrong size"):
        RegionalIndex.open(copy)


def test_a_missing_file(copy):
    (copy / "tiles.bin").unlink()
    with pytest.raises(IndexDamagedError, match=r"tiles\.bin: is missing"):
        RegionalIndex.open(copy)


def test_flipped_bytes_are_refused_or_harmless(copy):
    """Any flipped byte of any file: verify refuses it; without verifying there is an error, or finite numbers."""
    rng = np.random.default_rng(4)
    query = np.eye(1, RegionalIndex.open(copy).dimension, dtype=np.float32)
    for name in FILES:
        original = (copy / name).read_bytes()
        for _ in range(25):
            content = bytearray(original)
            content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
            (copy / name).write_bytes(content)
            try:
                index = RegionalIndex.open(copy)
            except IndexDamagedError:
                continue
            if name != "index.json":
                with pytest.raises(IndexDamagedError, match="checksum"):
                    index.verify()
            with contextlib.suppress(IndexDamagedError):
                for circle in (None, Circle(10.0, 10.0, 3000.0)):
                    found = shortlist(index, query, 5, circle)
                    assert (np.abs(found.similarity) <= 1.001).all()
                footprints.export_footprints(index, copy.with_name("outlines.gpkg"), Progress())
        (copy / name).write_bytes(original)


@pytest.mark.parametrize("field", ["lat", "lon", "width_km"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1e30, 1e30])
def test_outlines_of_impossible_tiles_are_refused(copy, field, value):
    tiles = np.fromfile(copy / "tiles.bin", tiling.TILE_DTYPE)
    tiles[field][3] = value
    tiles.tofile(copy / "tiles.bin")
    out = copy.with_name("outlines.gpkg")
    with pytest.raises(IndexDamagedError, match=r"tiles\.bin: is damaged"):
        footprints.export_footprints(RegionalIndex.open(copy), out, Progress())
    assert not list(out.parent.glob("outlines*"))


@pytest.mark.parametrize(
    "changes", [{"region": [0, 0, float("nan"), 1]}, {"region": [0, 0, 1e9, 1]}, {"tile_km": [float("inf")]},
                {"tile_km": [-1]}, {"count": 1e400}]
)  # fmt: skip
def test_manifest_with_impossible_numbers(copy, changes):
    edit(copy, **changes)
    with pytest.raises(IndexDamagedError, match=next(iter(changes))):
        RegionalIndex.open(copy)


def test_manifest_larger_than_the_files(copy):
    info = json.loads((copy / "index.json").read_text(encoding="utf-8"))
    edit(copy, count=info["count"] * 1000)
    with pytest.raises(IndexDamagedError, match="count"):
        RegionalIndex.open(copy)


def test_list_indexes_reports_damaged_indexes(tmp_path, small_index_folder):
    shutil.copytree(small_index_folder, tmp_path / "good")
    shutil.copytree(small_index_folder, tmp_path / "bad")
    (tmp_path / "bad" / "index.json").write_text("{")
    (tmp_path / "unrelated").mkdir()
    found = list_indexes(tmp_path)
    assert [set(entry) >= {"error"} for entry in found] == [True, False]
    assert found[1]["tiles"] > 30


def test_opening_is_fast(small_index_folder):
    start = time.perf_counter()
    RegionalIndex.open(small_index_folder)
    assert time.perf_counter() - start < 2.0  # a bound against accidents, not a benchmark
