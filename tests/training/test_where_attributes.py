"""The attribute ensemble: maps, the predictor, and the likelihood of a prediction."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image

from engine.errors import ModelError
from engine.retrieval.photo_views import PhotoViews
from engine.where import cells
from engine.where.distribution import Distribution
from engine.where.evidence import Evidence
from engine.where.heads import colours
from engine.where.heads.attributes import Attributes, Maps, month_of
from engine.where.heads.colours import colour_statistics
from engine.where.package import WherePackage
from training.where.attributes import (
    FIXED,
    MONTHLY,
    Trained,
    inputs_of,
    make_maps,
    targets_of,
    train,
    write_attributes,
)
from training.where.descriptors import Described
from training.where.galleries import gallery_cells
from training.where.package import add_source, npy

SHA = "b" * 64
DIMENSION = 12


def test_colours_do_not_depend_on_the_turn_and_tell_ground_apart():
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 255, (256, 256, 3)).astype(np.uint8)
    statistics = colour_statistics(photo)
    assert statistics.shape == (colours.COUNT,)
    assert colour_statistics(np.ascontiguousarray(np.rot90(photo))) == pytest.approx(statistics, abs=1e-5)
    sea, snow, sand = (
        colour_statistics(np.full((64, 64, 3), colour, np.uint8))[-4:]
        for colour in [(10, 20, 60), (230, 230, 235), (200, 170, 120)]
    )
    assert [sea.argmax(), snow.argmax(), sand.argmax()] == [0, 1, 3]
    assert np.isfinite(colour_statistics(np.zeros((300, 200, 3), np.uint8))).all()


@pytest.fixture(scope="module")
def world(tmp_path_factory, make_raster):
    """Maps of a made-up Earth: red grows to the east, blue to the south, and January has snow in the north."""
    folder = tmp_path_factory.mktemp("seasons")
    for month in range(1, 13):
        picture = np.full((200, 400, 3), 100, np.uint8)
        picture[..., 0] = np.linspace(20, 200, 400)
        picture[..., 2] = np.linspace(20, 200, 200)[:, None]
        if month == 1:
            picture[:50] = 240  # north of 45 N
        Image.fromarray(picture).save(folder / f"world_{month:02d}_400x200.jpg", quality=95)
    mosaic = tmp_path_factory.mktemp("mosaic") / "mosaic.tif"
    make_raster(mosaic, bounds=(-180, -62, 180, 76), width=720, height=276)
    return make_maps(mosaic, folder)


def cell_row(maps: Maps, lat: float, lon: float) -> int:
    return int(np.flatnonzero(maps.numbers == cells.cell_of(lat, lon, maps.level))[0])


def test_maps_say_what_the_pictures_say(world):
    assert world.fixed.shape == (len(gallery_cells()), len(FIXED))
    assert world.monthly.shape == (12, len(gallery_cells()), len(MONTHLY))
    assert np.isfinite(world.fixed).all()
    assert np.isfinite(world.monthly).all()
    assert (world.fixed.std(axis=0) > 0.01).all()
    assert (world.monthly.std(axis=(0, 1)) > 0.01).all()
    siberia, congo = cell_row(world, 62.0, 100.0), cell_row(world, 0.0, 22.0)
    land, brightness, snow = FIXED.index("land"), MONTHLY.index("brightness"), MONTHLY.index("snow")
    assert world.fixed[congo, land] > 0.95
    assert world.fixed[cell_row(world, 19.6, -155.5), land] < 0.5  # Hawaii
    assert world.monthly[0, siberia, snow] > 0.9
    assert world.monthly[6, siberia, snow] < 0.1
    red, blue = 20 + 180 * (22 + 180) / 360, 110
    assert world.monthly[6, congo, brightness] == pytest.approx((red + 100 + blue) / 3 / 255, abs=0.02)


def test_the_likelihood_by_hand():
    # Two cells, one fixed and one monthly attribute; the covariance is 0.25 for both.
    monthly = np.zeros((12, 2, 1), np.float32)
    monthly[0, 1] = 1.0
    maps = Maps(0, np.array([3, 7]), np.array([[0.0], [1.0]], np.float32), monthly)
    whiten = 2.0 * np.eye(2, dtype=np.float32)
    predicted = np.array([1.0, 0.0], np.float32)
    lat, lon = cells.centers(0)
    at = [int(cells.cell_of(lat[number], lon[number])) for number in (3, 7)]
    july = maps.log_density(maps.shares(predicted, whiten, 7), 1e-9)
    assert july.shape == (cells.count(),)
    assert july[at[1]] - july[at[0]] == pytest.approx(2.0, abs=1e-4)  # exp(0) against exp(-4 / 2)
    january = maps.log_density(maps.shares(predicted, whiten, 1), 1e-9)
    assert january[at[1]] - january[at[0]] == pytest.approx(0.0, abs=1e-4)
    unknown = maps.log_density(maps.shares(predicted, whiten, None), 1e-9)
    assert unknown[at[1]] - unknown[at[0]] == pytest.approx(np.log((11 + np.exp(-2)) / (12 * np.exp(-2))), abs=1e-4)


def made_up_photos(maps: Maps, count: int, views: int, seed: int) -> Described:
    """Photos whose descriptors and colours hold the attributes of their places, among noise."""
    rng = np.random.default_rng(seed)
    number = rng.choice(maps.numbers, count)
    lat, lon = cells.centers(maps.level)
    month = rng.integers(1, 13, count)
    place = np.stack([lat[number], lon[number], np.full(count, 300.0)], axis=1).astype(np.float32)
    empty = Described(np.zeros((count, views, DIMENSION), np.float32), np.zeros((count, 1), np.float32), place, month)
    aims, inside = targets_of(maps, empty)
    assert inside.all()
    everywhere = np.concatenate([maps.fixed, maps.monthly.mean(axis=0)], axis=1)
    known = (aims - everywhere.mean(axis=0)) / everywhere.std(axis=0)
    mixing = np.random.default_rng(5).standard_normal((known.shape[1], DIMENSION))
    found = (known @ mixing)[:, None] + 0.3 * rng.standard_normal((count, views, DIMENSION))
    colour = rng.standard_normal((count, colours.COUNT)).astype(np.float32)
    return Described(found.astype(np.float32), colour, place, month)


@pytest.fixture(scope="module")
def trained(world) -> Trained:
    return train(world, made_up_photos(world, 1500, 2, 0), made_up_photos(world, 40, 12, 1), hidden=32, epochs=15)


def test_a_trained_source_finds_places_by_their_attributes(world, trained):
    photos = made_up_photos(world, 40, 12, 2)
    areas = [
        Distribution.from_log(trained.log_density(one, int(month))).area_until_km2(*map(float, place[:2]))
        for one, month, place in zip(inputs_of(photos), photos.month, photos.place, strict=True)
    ]
    even = len(world.numbers) * cells.area_km2(world.level) / 2
    assert np.median(areas) < 0.2 * even


def test_a_written_source_gives_what_was_trained(world, trained, tmp_path):
    size = write_attributes(tmp_path, "attributes", trained, SHA, {})
    assert size < 2_000_000
    source = Attributes(WherePackage.open(tmp_path).sources["attributes"])
    photo = made_up_photos(world, 1, 12, 3)
    pixels = np.full((64, 64, 3), 90, np.uint8)
    views = PhotoViews(photo.views[0], np.empty((0, 0, 0), np.float32))
    known = Evidence(pixels, {SHA: views}, taken_at="2013-07-05T10:00:00")
    same = Described(photo.views, colour_statistics(pixels)[None], photo.place, photo.month)
    # Maps have 8 bits and matrices 16.
    assert source.log_density(known) == pytest.approx(trained.log_density(inputs_of(same)[0], 7), abs=0.5)
    undated = Evidence(pixels, {SHA: views}, taken_at="yesterday")
    assert source.log_density(undated) == pytest.approx(trained.log_density(inputs_of(same)[0], None), abs=0.5)
    assert source.log_density(Evidence(pixels, {})) is None


def test_files_that_do_not_fit_are_refused(world, trained, tmp_path):
    write_attributes(tmp_path, "attributes", trained, SHA, {})
    package = WherePackage.open(tmp_path)
    entry = package.sources["attributes"]
    roles = ("cells", "fixed", "monthly", "first", "second", "whiten")
    files = {role: (entry.path(role).name, entry.content(role)) for role in roles}
    files["cells"] = ("short.npy", npy(np.arange(5, dtype=np.uint16)))
    add_source(tmp_path, "attributes", "attributes", files, entry.settings, SHA)
    with pytest.raises(ModelError, match="does not fit its card or the other files"):
        Attributes(WherePackage.open(tmp_path).sources["attributes"])


def test_months_of_dates():
    assert month_of("2014-11-03T04:05:06") == 11
    assert month_of("2014-11-03T04:05:06+00:00") == 11
    assert month_of("November") is None
    assert month_of(None) is None
