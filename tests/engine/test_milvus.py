"""Milvus Lite gives the same answers as the index on disk; it has the client and the calls of a server."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed (Windows has none)")

from test_large_index import write_index

from engine import cli
from engine.candidates import find_candidates
from engine.contract.protocol import LinkIndex
from engine.errors import CancelledError, IndexDamagedError, InputError, UsageError
from engine.imagery.location import find_imagery
from engine.imagery.raster import RasterSource
from engine.methods import Methods
from engine.progress import Progress
from engine.resources import included_indexes
from engine.retrieval import milvus
from engine.retrieval.build import build_index
from engine.retrieval.footprints import export_footprints
from engine.retrieval.index import RegionalIndex, list_indexes
from engine.retrieval.milvus import MilvusIndex, link, push
from engine.retrieval.opening import open_index
from engine.retrieval.photo_views import PhotoViews
from engine.retrieval.ranking import Expectation
from engine.retrieval.search import rank_tiles, shortlist
from engine.retrieval.tiling import Circle
from engine.voting import milvus_features
from engine.voting.photo_features import photo_features
from engine.voting.poses import find_poses


@pytest.fixture(scope="module")
def local(tmp_path_factory, land_raster, model):
    """An index with tiles only."""
    folder = tmp_path_factory.mktemp("local") / "europe"
    build_index(land_raster, folder, tile_km=(220.0, 313.0), model=model, attribution="made up", feature_km=0)
    return RegionalIndex.open(folder)


@pytest.fixture(scope="module")
def address(local, tmp_path_factory):
    where = f"milvus://{tmp_path_factory.mktemp('milvus') / 'tiles.db'}/europe"
    push(local, where)
    return where


def views(index, seed):
    rng = np.random.default_rng(seed)

    def like(*shape):
        vectors = rng.standard_normal((*shape, index.dimension)).astype(np.float32)
        vectors += 12 * index.descriptors[rng.integers(index.count, size=shape)]
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    return {index.info["model"]["sha256"]: PhotoViews(like(12), like(4, 4))}


@pytest.mark.parametrize("circle", [None, Circle(44.0, 5.0, 250.0), Circle(45.0, 179.0, 400.0)])
@pytest.mark.parametrize("seed", [0, 1])
def test_milvus_gives_the_answers_of_the_local_index(local, address, circle, seed):
    remote = open_index(address)
    expected = Expectation((circle.lat, circle.lon) if circle else None, 0.6)
    here = find_candidates([local], views(local, seed), None, 20, circle, expected)
    there = find_candidates([remote], views(local, seed), None, 20, circle, expected)
    assert [(c.tile, c.rotation_deg) for c in there] == [(c.tile, c.rotation_deg) for c in here]
    assert [c.score for c in there] == pytest.approx([c.score for c in here], abs=1e-5)
    mine, other = (rank_tiles([index], views(local, seed), 20, circle, expected) for index in (local, remote))
    np.testing.assert_array_equal(other.rows[:20], mine.rows[:20])
    np.testing.assert_array_equal(other.tiles[:20], mine.tiles[:20])


def test_all_tiles_near_a_nadir_are_found_among_many(tmp_path):
    """Real descriptors of Europe and the Near East: enough for an index that does not compare everything."""
    world = RegionalIndex.open(included_indexes()[0])
    tiles = world.tiles_at(slice(None))
    rows = np.flatnonzero((np.abs(tiles["lat"] - 45.0) < 20) & (np.abs(tiles["lon"] - 25.0) < 25))
    here = write_index(tmp_path / "part", tiles[rows], world.descriptors_at(rows), codes=False)
    push(here, f"milvus://{tmp_path / 'part.db'}/part")
    there = open_index(f"milvus://{tmp_path / 'part.db'}/part")
    assert milvus._lists(here.count) > milvus._MIN_VISITED_LISTS
    queries = views(here, 5)[here.info["model"]["sha256"]].whole
    for circle in (Circle(40.0, 30.0, 1000.0), Circle(50.0, 10.0, 400.0), Circle(45.0, 25.0, 60.0)):
        inside, _, _ = here.tiles_to_compare(queries, circle)
        found, _, _ = there.tiles_to_compare(queries, circle)
        assert len(inside) > 1
        np.testing.assert_array_equal(found, inside)
    best = shortlist(here, queries, 100)
    assert np.isin(best.rows, there.tiles_to_compare(queries, None)[0]).mean() > 0.98
    np.testing.assert_array_equal(shortlist(there, queries, 20).rows, best.rows[:20])
    for radius_km in (1000.0, 2300.0, 20_040.0):
        asked = queries, 20, Circle(40.0, 30.0, radius_km), Expectation((40.0, 30.0))
        np.testing.assert_array_equal(shortlist(there, *asked).rows, shortlist(here, *asked).rows)


@pytest.fixture(scope="module")
def with_features(tmp_path_factory, land_raster, model):
    folder = tmp_path_factory.mktemp("voted") / "europe"
    build_index(land_raster, folder, tile_km=(313.0,), model=model, attribution="made up", feature_km=0.7)
    return RegionalIndex.open(folder)


@pytest.fixture
def small_blocks(monkeypatch):
    """Many blocks of few features."""
    monkeypatch.setattr(milvus_features, "_BLOCK", 7)
    monkeypatch.setattr(milvus_features, "_BLOCK_BYTES", 7 * 24)
    monkeypatch.setattr(milvus_features, "_BLOCKS_PER_MESSAGE", 3)


def test_local_features_vote_on_milvus_as_on_the_disk(with_features, land_raster, tmp_path, small_blocks):
    where = f"milvus://{tmp_path / 'x.db'}/europe"
    push(with_features, where)
    remote = open_index(where)
    assert remote.features.count == with_features.features.count > 100
    assert remote.verify() == 1
    tile = with_features.tiles[4]
    lat, lon = float(tile["lat"]), float(tile["lon"])
    with RasterSource.open(land_raster) as source:
        photo = photo_features(source.square(lat, lon, 300.0, 512)[0])
    for circle in (None, Circle(lat, lon, 200.0), Circle(lat + 1.0, lon, 400.0), Circle(-40.0, 179.0, 300.0)):
        here, there = (find_poses(photo, index.features, 20, circle) for index in (with_features, remote))
        assert there == here
        assert bool(here) == (circle is None or circle.lat > 0)
    cell = int(with_features.features.cells["number"][1])
    here, there = (index.features.rows_of_cell(cell) for index in (with_features, remote))
    np.testing.assert_array_equal(there[1], here[1])
    assert there[0] == here[0]


def test_missing_or_damaged_local_features_are_reported(with_features, tmp_path, small_blocks, monkeypatch):
    from pymilvus import MilvusClient

    where = f"milvus://{tmp_path / 'x.db'}/europe"
    push(with_features, where)
    client, get = MilvusClient(uri=str(tmp_path / "x.db")), MilvusClient.get
    with monkeypatch.context() as patch, pytest.raises(IndexDamagedError, match="damaged block of local features"):
        patch.setattr(MilvusClient, "get", lambda *args, **kwargs: [{**one, "content": "?"} if "content" in one else one
                                                                    for one in get(*args, **kwargs)])  # fmt: skip
        open_index(where).verify()
    client.delete("europe_features", ids=[2])
    with pytest.raises(IndexDamagedError, match="only pushed in part; push it again"):
        open_index(where).verify()
    client.drop_collection("europe_features")
    with pytest.raises(IndexDamagedError, match="lacks its local features"):
        assert open_index(where).features is None


def test_index_on_milvus_has_its_manifest(local, address):
    remote = MilvusIndex(address)
    assert remote.verify() == 1
    assert {**remote.info, "files": None, "dtype": None} == {**local.info, "files": None, "dtype": None}
    np.testing.assert_allclose(remote.descriptors_at(np.array([3, 0, 3])), local.descriptors[[3, 0, 3]], atol=1e-6)


def test_push_overwrites_nothing_and_a_partial_push_is_not_an_index(local, tmp_path, monkeypatch):
    where = f"milvus://{tmp_path / 'x.db'}/half"
    stopped = Progress(lambda stage, done, total, _: stopped.cancel() if done else None)
    many = RegionalIndex.open(local.path)
    monkeypatch.setattr(milvus, "_BATCH", 8)
    with pytest.raises(CancelledError):
        push(many, where, stopped)
    with pytest.raises(IndexDamagedError, match="not contain an EarthLoc index"):
        MilvusIndex(where)
    push(many, where)
    assert MilvusIndex(where).count == local.count
    with pytest.raises(UsageError, match="holds an index already"):
        push(many, where)


def test_impossible_tiles_are_reported(address, monkeypatch):
    from pymilvus import MilvusClient

    get = MilvusClient.get
    monkeypatch.setattr(
        MilvusClient, "get", lambda *args, **kwargs: [{**tile, "lat": 1e9} for tile in get(*args, **kwargs)]
    )
    with pytest.raises(IndexDamagedError, match="impossible positions; push it again"):
        open_index(address).tiles_at(np.array([1]))


def test_too_long_manifest_is_reported_before_pushing(local, tmp_path):
    index = RegionalIndex.open(local.path)
    index.info = {**index.info, "source": {"attribution": "x" * 70_000}}
    with pytest.raises(UsageError, match="shorten attribution"):
        push(index, f"milvus://{tmp_path / 'x.db'}/x")
    assert not (tmp_path / "x.db").exists()


def test_wrong_addresses(tmp_path):
    with pytest.raises(InputError, match="no such collection"):
        open_index(f"milvus://{tmp_path / 'y.db'}/nothing")
    for wrong in ("milvus://host/name", "milvus://host:1/a b", "milvus:///folder/name"):
        with pytest.raises(UsageError, match="is not the address of an index"):
            open_index(wrong)


def test_failing_server_is_reported(address, monkeypatch, local, capsys):
    from pymilvus import MilvusClient
    from pymilvus.exceptions import MilvusException

    def gone(*_args, **_kwargs):
        raise MilvusException(message="connection lost")

    remote = open_index(address)
    monkeypatch.setattr(MilvusClient, "search", gone)
    with pytest.raises(InputError, match=r"no Milvus answers there \(.*connection lost"):
        find_candidates([remote], views(local, 0), None, 20)
    monkeypatch.setattr(MilvusClient, "has_collection", gone)
    assert cli.main(["index", "info", address]) == 3
    assert "connection lost" in capsys.readouterr().err


def test_without_pymilvus_it_says_what_to_install(local, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(UsageError, match="pip install"):
        push(local, "milvus://host:1/name")
    with pytest.raises(UsageError, match="pip install"):
        open_index("milvus://host:1/name")


def test_other_methods_of_an_index(local, address, tmp_path, capsys):
    assert cli.main(["index", "info", address]) == 0
    there = capsys.readouterr().out
    assert cli.main(["index", "info", str(local.path)]) == 0
    assert there == capsys.readouterr().out
    assert cli.main(["index", "verify", address]) == 0
    assert f"{local.count} tiles, as many as were pushed" in capsys.readouterr().out
    out = tmp_path / "there.gpkg"
    assert cli.main(["index", "tiles", address, "--out", str(out)]) == 0
    export_footprints(local, tmp_path / "here.gpkg", Progress())
    assert out.read_bytes() == (tmp_path / "here.gpkg").read_bytes()


def test_a_folder_stands_for_an_index_on_milvus(local, address, tmp_path, land_raster, capsys):
    out = tmp_path / "far away"
    assert cli.main(["index", "link", address, "--out", str(out), "--imagery", str(land_raster)]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["index.json"]
    assert f"{local.count} tiles" in capsys.readouterr().out
    (entry,) = [entry for entry in list_indexes(tmp_path) if entry["path"] == str(out)]
    assert entry["milvus"] == address
    assert entry["tiles"] == local.count
    remote = open_index(out)
    here = find_candidates([local], views(local, 3), None, 20)
    there = find_candidates([remote], views(local, 3), None, 20)
    assert [c.tile for c in there] == [c.tile for c in here]
    assert find_imagery(remote.path, "") == land_raster.resolve()
    for command in (["push", str(out), "milvus://host:1/x"], ["build", str(land_raster), "--out", str(tmp_path / "n"),
                    "--update", str(out)]):  # fmt: skip
        assert cli.main(["index", *command]) == 2
        assert "is on a server" in capsys.readouterr().err
    assert cli.main(["index", "link", address, "--out", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.main(["index", "verify", str(out)]) == 0
    assert f"{local.count} tiles, as many as were pushed" in capsys.readouterr().out


def test_link_keeps_a_partial_build_of_the_same_name(address, tmp_path):
    waiting = tmp_path / "europe.partial"
    waiting.mkdir()
    (waiting / "plan.json").write_text("to be resumed")
    link(address, tmp_path / "europe")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["europe", "europe.partial"]
    assert [p.name for p in waiting.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("change", [{"milvus": 5}, {"files": {"tiles.bin": {"bytes": 1, "sha256": ""}}}])
def test_folder_linked_to_nothing(address, tmp_path, change):
    link(address, tmp_path / "x")
    manifest = tmp_path / "x" / "index.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **change}))
    with pytest.raises(IndexDamagedError, match=next(iter(change))):
        open_index(tmp_path / "x")


def test_the_service_links(address, tmp_path):
    out = tmp_path / "far"
    found = Methods().link_index(LinkIndex(address, str(out)), Progress())
    assert found["milvus"] == address
    assert open_index(out).count == found["count"]


def test_the_command_line(local, tmp_path, capsys, land_raster):
    where = f"milvus://{tmp_path / 'z.db'}/europe"
    assert cli.main(["index", "push", str(local.path), where]) == 0
    assert f"{local.count} tiles" in capsys.readouterr().out
    tile = local.tiles[4]
    with RasterSource.open(land_raster) as source:
        pixels, _ = source.square(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), 256)
    photo = tmp_path / "p.png"
    Image.fromarray(pixels).save(photo)
    answers = []
    for index in (str(local.path), where):
        assert cli.main(["localize", str(photo), "--index", index, "--no-register", "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert [c["tile"] for c in answers[0]["candidates"]] == [c["tile"] for c in answers[1]["candidates"]]
