"""What the heads are trained on: the trunk's maps, fast tiles, quick views, kinds of ground."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from heads_kit import tiny_trunk
from rasterio.transform import from_bounds

from engine.errors import InputError, ModelError
from engine.imagery.raster import RasterSource
from engine.progress import Progress
from engine.resources import resources_folder
from engine.retrieval.model import DEFAULT_MODEL, ModelPackage
from engine.where.heads.trunk import Trunk
from engine.where.package import PackagedSource
from training.export import texture_pictures
from training.places.pairs import held_out
from training.where.data import cut_trunk, load_maps, split, write_photo_maps, write_tile_maps, write_view_maps
from training.where.quick_views import quick_view
from training.where.scenes import SCENES, SceneMap
from training.where.tiles import GreyMosaic, land_tiles

QUIET = Progress(lambda *_: None, "a test")
HALF_M = 20037508.342789244


def trunk_of(path: Path, size_px: int) -> Trunk:
    data = path.read_bytes()
    files = {"trunk": {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}
    settings = {"size_px": size_px, "photo_weights": [1, 0, 0]}
    return Trunk(
        PackagedSource(path.parent / "where.json", "test", {"kind": "t", "files": files, "settings": settings})
    )


@pytest.fixture
def mosaic(tmp_path: Path) -> Path:
    """A mosaic of the world in Web Mercator, 2,048 px wide, with smooth texture."""
    rgb = texture_pictures(512, count=1)[0].repeat(4, axis=0).repeat(4, axis=1)
    path = tmp_path / "mosaic.tif"
    profile = {"driver": "GTiff", "width": 2048, "height": 2048, "count": 3, "dtype": "uint8", "crs": "EPSG:3857"}
    with rasterio.open(
        path, "w", transform=from_bounds(-HALF_M, -HALF_M, HALF_M, HALF_M, 2048, 2048), **profile
    ) as out:
        out.write(rgb.transpose(2, 0, 1))
    return path


def test_the_trunk_is_the_model_before_its_aggregator(tmp_path: Path) -> None:
    folder = resources_folder() / DEFAULT_MODEL
    cut_trunk(folder / "earthloc-default.onnx", tmp_path / "trunk.onnx")
    trunk = trunk_of(tmp_path / "trunk.onnx", 256)
    pixels = texture_pictures(300, count=1)[0]
    maps = trunk.of_photo(pixels)
    assert maps.shape == (4, 64, 320)
    assert trunk.of_photo(pixels) is maps
    # The aggregator's first statistic is the mean over all positions; so equal maps have equal descriptors.
    model = ModelPackage.open(folder, threads=1)
    square = model.prepare(model.photo_light(pixels))
    assert np.array_equal(square[..., 0], trunk.square(pixels))
    turned = trunk.maps([np.rot90(square[..., 0])])
    np.testing.assert_allclose(turned[0], maps[1], atol=1e-4)
    assert np.abs(maps[0] - maps[1]).max() > 0.1


def test_a_model_with_another_aggregator_has_no_trunk(tmp_path: Path) -> None:
    tiny_trunk(tmp_path / "tiny.onnx")
    with pytest.raises(ModelError, match="rings"):
        cut_trunk(tmp_path / "tiny.onnx", tmp_path / "trunk.onnx")


def test_maps_of_a_cache_know_place_and_turn(tmp_path: Path) -> None:
    tiny_trunk(tmp_path / "tiny.onnx")
    trunk = trunk_of(tmp_path / "tiny.onnx", 32)
    (tmp_path / "cache").mkdir()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 1, 32, 32), np.uint8)
    place = rng.uniform(-50, 50, (6, 3)).astype(np.float32)
    for name in ("photos-00000", "photos-00001"):
        np.savez(tmp_path / "cache" / f"{name}.npz", pixels=pixels, tile=np.arange(6), place=place)
    (tmp_path / "cache" / "photos-00002.partial").write_bytes(b"not finished")
    write_photo_maps(tmp_path / "cache", tmp_path / "maps", trunk, QUIET, copies=2)
    photos = load_maps(tmp_path / "maps", "photos")
    assert len(photos) == 24
    assert set(photos.turn.tolist()) > {0, 1}
    for row in range(len(photos)):
        picture = np.rot90(pixels[row % 6, 0], photos.turn[row])
        np.testing.assert_allclose(photos.maps[row], trunk.maps([picture])[0], atol=2e-3)
        np.testing.assert_array_equal(photos.place[row], place[row % 6])
    trained, watched = split(photos)
    assert len(trained) == len(watched) == 12
    assert not set(trained.chunk.tolist()) & set(watched.chunk.tolist())


def test_missing_and_damaged_maps_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="maps"):
        load_maps(tmp_path, "photos")
    (tmp_path / "photos-00000-0.npz").write_bytes(b"PK not really")
    with pytest.raises(InputError, match="photos-00000-0"):
        load_maps(tmp_path, "photos")


@pytest.mark.parametrize(("lat", "lon"), [(10.0, 20.0), (-45.0, 179.9), (60.0, -100.0)])
def test_fast_tiles_show_what_an_index_shows(mosaic: Path, lat: float, lon: float) -> None:
    ours = GreyMosaic(mosaic).square(lat, lon, 4000.0, 64)
    theirs, _ = RasterSource.open(mosaic).square(lat, lon, 4000.0, 64)
    assert ours is not None
    assert np.corrcoef(ours.ravel(), theirs.mean(axis=2).ravel())[0, 1] > 0.98


def test_a_square_with_a_heading_is_the_picture_turned(mosaic: Path) -> None:
    source = GreyMosaic(mosaic)
    north, east = source.square(10.0, 20.0, 4000.0, 64), source.square(10.0, 20.0, 4000.0, 64, heading_deg=90.0)
    assert north is not None
    assert east is not None
    np.testing.assert_allclose(np.rot90(north).astype(float), east.astype(float), atol=3)


def test_a_square_off_the_mosaic_is_none(mosaic: Path) -> None:
    assert GreyMosaic(mosaic).square(85.0, 0.0, 3000.0, 32) is None


def test_a_mosaic_in_degrees_is_refused() -> None:
    with pytest.raises(InputError, match="Mercator"):
        GreyMosaic(resources_folder() / "landmask.png")


def test_the_first_tiles_are_the_widest() -> None:
    tiles = land_tiles((886.0, 1253.0), seed=1)
    assert (np.diff(tiles["width_km"]) <= 0).all()
    assert len(np.unique(tiles["width_km"])) == 2


def test_quick_views_avoid_the_places_held_out_and_are_reproducible(mosaic: Path) -> None:
    source, tiles = GreyMosaic(mosaic), land_tiles((886.0,), seed=1)
    views = [quick_view(source, tiles, np.random.default_rng(seed), 48) for seed in range(40)]
    again = quick_view(source, tiles, np.random.default_rng(3), 48)
    found = [view for view in views if view is not None]
    assert len(found) > 20
    for picture, (lat, lon, width_km), turn in found:
        assert picture.shape == (48, 48)
        assert picture.std() > 0
        assert not held_out(lat, lon)
        assert 700 < width_km < 1100
        assert turn in range(4)
    assert (again is None) == (views[3] is None)
    if again is not None and views[3] is not None:
        assert np.array_equal(again[0], views[3][0])


def test_maps_of_tiles_and_views(tmp_path: Path, mosaic: Path) -> None:
    tiny_trunk(tmp_path / "tiny.onnx")
    trunk = trunk_of(tmp_path / "tiny.onnx", 32)
    write_tile_maps(mosaic, (1772.0,), tmp_path / "maps", trunk, QUIET)
    write_view_maps(mosaic, (1772.0,), 256, tmp_path / "maps", trunk, QUIET)
    tiles, views = load_maps(tmp_path / "maps", "tiles"), load_maps(tmp_path / "maps", "views")
    assert len(tiles) > 100
    assert (tiles.turn == 0).all()
    assert (tiles.place[:, 2] == 1772.0).all()
    assert len(views) == 256
    assert set(views.turn.tolist()) == {0, 1, 2, 3}


def test_kinds_of_ground_by_colour() -> None:
    globe = np.empty((180, 360, 3), np.uint8)
    globe[:] = (25, 40, 11)  # forest
    globe[:, :60] = (166, 142, 106)  # desert, west of 120 W
    globe[:, 300:] = (2, 5, 20)  # water, east of 120 E
    globe[:20] = (250, 252, 252)  # snow, north of 70 N
    found = SceneMap(globe).scenes(
        np.array([[0, -150, 300], [0, 0, 300], [0, 150, 300], [80, -60, 300], [0, 120, 300]], np.float32)
    )
    assert [SCENES[k] for k in found] == ["desert", "forest", "sea", "snow", "coast"]
