"""Sources of the pictures of a recipe: the dataset, a mosaic in several seasons, and mined real photos."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image
from tiny_dataset import YEARS, in_year, photo_name, picture, tile_name, write_dataset

from engine import geo
from engine.errors import InputError
from training.config import ImageryConfig, PlacesConfig
from training.overlap import overlapping
from training.places.dated import DatedMosaic, EarthLocFolder
from training.places.earthloc_dataset import (
    DatasetPicture,
    newest_year,
    read_earthloc_dataset,
    read_square,
    rotate_north_up,
)
from training.places.pairs import Imagery, held_out
from training.places.views import SimulationParts
from training.published_config import DatasetConfig, MiningConfig, read_published
from training.published_data import BatchLoader, PhotoMiner, open_sources
from training.sampling import PlaceBatchSampler, SamplingConfig
from training.validation import DatasetValidation


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "earthloc")


@pytest.fixture
def mosaic(make_raster, tmp_path):
    """Imagery of Central Europe, optionally with seasons."""

    def open_(months=None, **kwargs):
        make_raster(tmp_path / "m.tif", bounds=(0.0, 40.0, 30.0, 60.0), **kwargs)
        seasons = ""
        if months is not None:
            seasons = "seasons"
            (tmp_path / seasons).mkdir()
            for month, level in enumerate(months, start=1):
                flat = np.full((50, 100, 3), level, np.uint8)
                Image.fromarray(flat).save(tmp_path / seasons / f"world_{month:02d}_100x50.jpg")
        config = ImageryConfig(mosaic="m.tif", seasons=seasons, own_month=8)
        return Imagery(config, PlacesConfig(tile_km=(220.0,)), 32, SimulationParts(), tmp_path, tmp_path)

    return open_


def test_pictures_of_a_place_are_in_the_order_of_years(dataset):
    source = EarthLocFolder(dataset / "database", 4)
    assert (len(source.places), source.years, source.left_out) == (24, 4, 0)
    pictures = source.pictures(0, 32)
    assert pictures.shape == (4, 32, 32, 3)
    means = pictures.mean(axis=(1, 2, 3))
    assert (np.diff(means) > 3).all()  # each year is lighter, see in_year
    assert np.array_equal(source.newest(0, 32), pictures[-1])
    np.testing.assert_allclose(source.places.width_km, 200, rtol=0.01)


def test_single_year_is_repeated(tmp_path):
    source = EarthLocFolder(write_dataset(tmp_path, 1, 2, years=("2021",)) / "database", 4)
    pictures = source.pictures(0, 32)
    assert len(pictures) == 4
    assert all(np.array_equal(pictures[0], other) for other in pictures)


def test_places_that_lack_a_year_are_left_out(tmp_path):
    folder = write_dataset(tmp_path, 1, 3)
    next((folder / "database" / "2019_09").rglob("*.jpg")).unlink()
    assert (len(EarthLocFolder(folder / "database", 4).places), EarthLocFolder(folder / "database", 4).left_out) == (
        2,
        1,
    )
    for path in (folder / "database" / "2020_09").rglob("*.jpg"):
        if "0001" in path.name:
            continue
        path.unlink()
    with pytest.raises(InputError, match="no place with all its years"):
        for path in (folder / "database" / "2018_09").rglob("*0001*.jpg"):
            path.unlink()
        EarthLocFolder(folder / "database", 4)


def test_overlapping_neighbours_overlap_and_adjacent_ones_do_not(dataset):
    source = EarthLocFolder(dataset / "database", 4)
    lat, lon = source.places.lat, source.places.lon
    matrix = overlapping(source.rings(np.arange(24)))
    x, y = geo.LocalFrame(lat[0], lon[0]).to_xy(lat, lon)
    apart = np.maximum(np.abs(x), np.abs(y))
    assert matrix[0][apart < 150].all()
    assert not matrix[0][apart > 202].any()


def test_message_names_a_tile_whose_name_does_not_parse(tmp_path):
    folder = write_dataset(tmp_path, 1, 2)
    (folder / "database" / "@1@2@.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="@1@2@"):
        EarthLocFolder(folder / "database", 4)


def test_message_names_a_truncated_tile(dataset, tmp_path):
    source = EarthLocFolder(write_dataset(tmp_path, 1, 2) / "database", 4)
    for path in (tmp_path / "database" / "2020_09").rglob("*.jpg"):
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match="@2020@"):
        source.pictures(1, 32)


def test_validation_searches_the_newest_year(dataset):
    tiles = read_earthloc_dataset(dataset / "database")
    assert len(tiles) == 4 * 24
    assert {tile.year for tile in newest_year(tiles)} == {"2021"}


@pytest.mark.parametrize("quarters", range(4))
def test_photos_are_rotated_north_up(quarters):
    upright = picture(1, 32)
    corners = geo.square_corners(45, 10, 100)
    stored = np.roll(corners, quarters, axis=0)  # the picture's top-left is another corner of the ground
    tl, tr, br, bl = stored
    photo = DatasetPicture(None, np.array([tl, bl, br, tr]))
    # Rotated clockwise by 90 degrees, the top-left corner of the picture shows the bottom-left corner of the ground.
    assert np.array_equal(rotate_north_up(photo, np.rot90(upright, -quarters)), upright)


def test_mosaic_with_seasons_gives_different_years(mosaic):
    imagery = mosaic(months=[40, 50, 60, 80, 130, 110, 120, 100, 90, 70, 50, 40])
    source = DatedMosaic(imagery, 4, True, 8)
    pictures = next(p for p in (source.pictures(n, 32) for n in range(9)) if p is not None).astype(float)
    assert pictures.shape == (4, 32, 32, 3)
    # November, February and May compared with August: darker, darker, lighter.
    means = pictures.mean(axis=(1, 2, 3)) / pictures[-1].mean()
    assert means[0] < 0.8
    assert means[1] < 0.8
    assert means[2] > 1.05
    assert means[3] == 1


def test_mosaic_without_seasons_is_repeated(mosaic):
    source = DatedMosaic(mosaic(), 3, True, 8)
    pictures = next(p for p in (source.pictures(n, 32) for n in range(9)) if p is not None)
    assert len(pictures) == 3
    assert np.array_equal(pictures[0], pictures[2])
    number = next(n for n in range(9) if source.newest(n, 32) is not None)
    seasonal = DatedMosaic(mosaic(months=range(40, 160, 10)), 3, False, 8)
    assert np.array_equal(seasonal.pictures(number, 32)[0], seasonal.pictures(number, 32)[2])


def test_training_places_of_a_mosaic_touch_no_held_out_cell(mosaic):
    source = DatedMosaic(mosaic(), 2, True, 8)
    places = source.places
    for lat, lon, width in zip(places.lat, places.lon, places.width_km, strict=True):
        ring = geo.square_ring(lat, lon, width)
        assert not held_out(ring[:, 0], ring[:, 1]).any()
    assert 10 < len(places) < len(source._imagery.tiles)


def test_message_names_a_mosaic_of_nodata(mosaic):
    source = DatedMosaic(mosaic(nodata=0, pixels=np.zeros((3, 200, 300), np.uint8)), 2, True, 8)
    sampler = PlaceBatchSampler(source.places, SamplingConfig(places_per_batch=8), 0)
    with pytest.raises(InputError, match="covers hardly any"):
        list(BatchLoader(source, None, sampler, 32, True).load([0]))


def test_mosaic_without_crs_is_refused(make_raster, tmp_path):
    make_raster(tmp_path / "m.tif", crs=None)
    (tmp_path / "c.toml").write_text('recipe = "earthloc"\n[imagery]\nmosaic = "m.tif"\n')
    with pytest.raises(InputError, match="no coordinate system"):
        open_sources(read_published(tmp_path / "c.toml"), tmp_path, tmp_path)


def test_batches_do_not_depend_on_their_order_and_have_an_overlap_matrix(dataset):
    source = EarthLocFolder(dataset / "database", 4)
    sampler = PlaceBatchSampler(source.places, SamplingConfig(places_per_batch=6), 7)
    batches = BatchLoader(source, None, sampler, 32, True)
    first, second = list(batches.load([0, 1]))
    assert first.places.shape == (6, 4, 3, 51, 51)
    assert first.places.dtype == torch.uint8
    assert not torch.equal(first.places, second.places)
    (again,) = list(batches.load([1]))
    assert torch.equal(again.places, second.places)
    assert second.overlapping.diagonal().all()
    assert second.overlapping.sum() > 6
    (plain,) = list(BatchLoader(source, None, sampler, 32, False).load([1]))
    assert torch.equal(plain.overlapping, torch.eye(6, dtype=torch.bool))
    assert len(plain.photos) == len(plain.photo_places) == 0
    assert list(batches.load([])) == []


def test_mined_photos_show_their_place_north_up(dataset):
    source = EarthLocFolder(dataset / "database", 4)
    miner = PhotoMiner(dataset / "queries", MiningConfig("queries", 0.5, -1), source, [(0.0, 0.0)])
    sampler = PlaceBatchSampler(source.places, SamplingConfig(places_per_batch=24), 7)
    (batch,) = list(BatchLoader(source, miner, sampler, 32, True).load([0]))
    assert batch.photos.shape == (2, 1, 3, 51, 51)
    counts = miner.photos_per_place(len(source.places))
    assert sorted(np.flatnonzero(counts)) == sorted(sampler.batch(0)[batch.photo_places.numpy()])
    assert counts.sum() == 2
    for photo, place in zip(batch.photos[:, 0], batch.photo_places.tolist(), strict=True):
        tile = batch.places[place, YEARS.index("2020")].float()  # the year with the brightness of the photo
        assert (photo.float() - tile).abs().mean() < 12


def test_photos_near_the_test_sets_are_not_mined(dataset):
    source = EarthLocFolder(dataset / "database", 4)
    with pytest.raises(InputError, match="farther than 2500 km from the test sets"):
        PhotoMiner(dataset / "queries", MiningConfig("queries", 0.5, 2500), source, [(30.0, -95.0)])
    PhotoMiner(dataset / "queries", MiningConfig("queries", 0.5, 2500), source, [(45.0, 10.0)])


def test_mosaic_is_used_without_the_dataset(make_raster, tmp_path):
    make_raster(tmp_path / "m.tif", bounds=(0.0, 40.0, 30.0, 60.0))
    text = 'recipe = "earthloc"\n[network]\nsize_px = 32\n[dataset]\nfolder = "earthloc"\n[imagery]\nmosaic = "m.tif"\n'
    (tmp_path / "c.toml").write_text(text + "[places]\ntile_km = [220]\ntest_photos = 3\n")
    sources = open_sources(read_published(tmp_path / "c.toml"), tmp_path, tmp_path)
    assert sources.description.startswith("the mosaic m.tif, ")
    assert len(sources.validation.photos) == 3
    sources.places.close()
    write_dataset(tmp_path / "earthloc")
    assert open_sources(read_published(tmp_path / "c.toml"), tmp_path, tmp_path).description.startswith(
        "the data set earthloc, 24"
    )


def test_validation_without_usable_photos_is_refused(dataset):
    DatasetValidation(dataset, DatasetConfig("earthloc", 30.0, -95.0, 500, 1200), True)
    for lat, lon in ((50.0, -95.0), (30.0, -100.0)):  # no photo near; photos near that show no tile
        with pytest.raises(InputError, match="no photo within 500 km"):
            DatasetValidation(dataset, DatasetConfig("earthloc", lat, lon, 500, 30), True)


def test_pictures_are_squashed_to_squares(tmp_path):
    Image.fromarray(np.full((100, 400, 3), 90, np.uint8)).save(tmp_path / "a.jpg")
    assert read_square(tmp_path / "a.jpg", 48).shape == (48, 48, 3)
    assert read_square(tmp_path / "a.jpg", 48).mean() == pytest.approx(90, abs=1)


def test_published_names_are_parsed(tmp_path):
    tl, tr, br, bl = geo.square_corners(45, 10, 100)
    for name in (tile_name((bl, tl, tr, br), 1, "2021"), photo_name((tl, tr, br, bl), 7, nadir=(44.0, 12.0))):
        Image.fromarray(in_year(picture(1), "2021")).save(tmp_path / name)
    tile, photo = sorted(read_earthloc_dataset(tmp_path), key=lambda n: n.year)
    assert (tile.year, photo.nadir) == ("2021", (44.0, 12.0))
