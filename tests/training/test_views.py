"""Places and views: geometry from real footprints, fast simulated photos, seasons."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_bounds

from engine import geo
from engine.errors import InputError
from engine.imagery.raster import RasterSource
from engine.imagery.source import NODES
from training.places.seasons import Seasons
from training.places.views import (
    Footprints,
    SimulationParts,
    _random_convolution,
    draw_view,
    fractal,
    render_view,
    tile_picture,
)

NAMES = (
    "@44.9@9.1@45.1@10.4@44.2@10.6@44.0@9.3@ISS064-E-513@20210101@43.0@8.0@10000@120@.jpg\n"
    "@10.0@20.0@10.0@21.0@9.0@21.0@9.0@20.0@ISS064-E-514@20210101@9.5@20.5@12000@0@.jpg\n"
)


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory):
    """A random mosaic of the world, with land everywhere and a dark square."""
    rng = np.random.default_rng(3)
    lattice = (60 + 120 * rng.random((60, 120, 3))).astype(np.uint8)
    pixels = np.asarray(Image.fromarray(lattice).resize((2400, 1200), Image.Resampling.BICUBIC))
    path = tmp_path_factory.mktemp("mosaic") / "world.tif"
    profile = {"driver": "GTiff", "width": 2400, "height": 1200, "count": 3, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=from_bounds(-180, -90, 180, 90, 2400, 1200), **profile) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    with RasterSource.open(path) as source:
        yield source


def a_view(lat, lon, width_km):
    """The first view that does not see the horizon."""
    views = (draw_view(np.random.default_rng(seed), Footprints.typical(), lat, lon, width_km) for seed in range(50))
    return next(view for view in views if view is not None)


def test_footprints_are_read_plain_and_gzipped(tmp_path):
    plain, packed = tmp_path / "names.txt", tmp_path / "names.txt.gz"
    plain.write_text(NAMES)
    with gzip.open(packed, "wt") as file:
        file.write(NAMES)
    for path in (plain, packed):
        footprints = Footprints.read(path)
        np.testing.assert_allclose(footprints.nadir_km, [215, 0], atol=25)
        assert footprints.width_km[1] == pytest.approx(110, abs=2)


@pytest.mark.parametrize("text", ["", "holiday.jpg\n", NAMES + "@1@2@3@.jpg\n"])
def test_message_names_the_line_that_does_not_parse(tmp_path, text):
    path = tmp_path / "names.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"names\.txt"):
        Footprints.read(path)


def test_view_shows_the_place_at_the_requested_width_with_north_up():
    footprints, rng, seen = Footprints.typical(), np.random.default_rng(5), 0
    for number in range(60):
        lat, lon, width = float(rng.uniform(-55, 70)), float(rng.uniform(-180, 180)), float(rng.uniform(150, 800))
        view = draw_view(np.random.default_rng(number), footprints, lat, lon, width)
        if view is None:
            continue
        seen += 1
        assert geo.distance_km(*view.center, lat, lon) < 12
        assert view.width_km == pytest.approx(width, rel=0.15)
        assert view.lat.shape == (NODES, NODES)
        assert 359 < view.camera.altitude_km < 431
        frame = geo.LocalFrame(*view.center)
        x, y = frame.to_xy(view.lat[[-1, 0], NODES // 2], view.lon[[-1, 0], NODES // 2])
        heading = np.degrees(np.arctan2(x[1] - x[0], y[1] - y[0]))
        assert abs(heading) < 65  # 45 degrees and the effect of the tilt
    assert seen > 20


def test_photos_are_reproducible_by_seed(mosaic):
    view = a_view(20, 30, 400)
    first, again = (render_view(mosaic, view, 96, np.random.default_rng(7)) for _ in range(2))
    other = render_view(mosaic, view, 96, np.random.default_rng(8))
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_nadir_photo_without_weather_looks_like_the_tile(mosaic):
    plain = SimulationParts(air=False, clouds=False, water=False, season=False, tones=False, lens=False, texture=False)
    near = Footprints(np.full(5, 100.0), np.full(5, 1.0), np.empty((0, 2)))
    similarity = []
    for number in range(6):
        view = draw_view(np.random.default_rng(number), near, 10.0 * number, 40, 400)
        photo = render_view(mosaic, view, 96, np.random.default_rng(0), None, plain).mean(axis=2)
        direct, _ = mosaic.warped(view.lat, view.lon, 96)
        similarity.append(np.corrcoef(photo.ravel(), direct.mean(axis=2).ravel())[0, 1])
    assert min(similarity) > 0.95


def test_each_part_of_the_weather_changes_the_photo(mosaic):
    view = a_view(20, 30, 400)
    none = {"air": False, "clouds": False, "water": False, "season": False, "tones": False, "lens": False}
    plain = render_view(mosaic, view, 96, np.random.default_rng(9), None, SimulationParts(**none)).astype(int)
    for part in ("air", "clouds", "tones", "lens"):
        changed = [
            render_view(mosaic, view, 96, np.random.default_rng(seed), None, SimulationParts(**{**none, part: True}))
            for seed in range(8)
        ]
        assert max(np.abs(picture - plain).mean() for picture in changed) > 1.0, part


def test_no_photo_and_no_tile_outside_the_imagery(tmp_path):
    path = tmp_path / "small.tif"
    profile = {"driver": "GTiff", "width": 50, "height": 50, "count": 3, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=from_bounds(10, 40, 11, 41, 50, 50), **profile) as file:
        file.write(np.full((3, 50, 50), 99, np.uint8))
    view = a_view(40.5, 10.5, 500)
    with RasterSource.open(path) as source:
        assert render_view(source, view, 32, np.random.default_rng(0)) is None
        assert tile_picture(source, 40.5, 10.5, 500, 32) is None
        assert tile_picture(source, 40.5, 10.5, 50, 32).shape == (32, 32, 3)


def test_noise_has_standard_deviation_one_at_any_size():
    for size, coarsest in ((64, 2), (192, 4), (192, 12)):
        values = np.stack([fractal(size, coarsest, 0.6, np.random.default_rng(s)) for s in range(12)])
        assert 0.6 < values.std() < 1.5


def _months(folder, brightness):
    for month, level in enumerate(brightness, start=1):
        Image.fromarray(np.full((10, 20, 3), level, np.uint8)).save(folder / f"world_{month:02d}_20x10.jpg", quality=95)


def test_brighter_month_gives_a_brighter_picture(tmp_path):
    _months(tmp_path, [200] + [100] * 11)
    seasons = Seasons.read(tmp_path, own_month=8)
    lat, lon = np.meshgrid(np.linspace(60, -60, 5), np.linspace(-170, 170, 5), indexing="ij")
    assert seasons.change(7, lat, lon) == pytest.approx(1.0)
    assert seasons.change(0, lat, lon).min() > 1.5


def test_message_names_a_missing_month(tmp_path):
    _months(tmp_path, [100] * 11)
    with pytest.raises(InputError, match="month 12"):
        Seasons.read(tmp_path, 8)


def test_random_convolution_keeps_tones_and_shapes():
    """Mean and standard deviation are kept, and bright areas mostly stay bright."""
    rng = np.random.default_rng(0)
    picture = np.repeat((fractal(96, 4, 0.6, rng) * 30 + 120).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    for seed in range(8):
        other = _random_convolution(picture, np.random.default_rng(seed))
        assert abs(float(other.mean()) - float(picture.mean())) < 6
        assert np.corrcoef(other.ravel(), picture.ravel())[0, 1] > 0.3
