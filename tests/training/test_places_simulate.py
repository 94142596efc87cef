"""Simulated photos: geometry, each effect separately, and the command."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from PIL.ExifTags import IFD, Base
from rasterio.transform import from_bounds

from engine.errors import UsageError
from engine.geo import distance_km
from engine.photo.read import read_photo
from training.places.camera import IssCamera
from training.places.simulate import NOTICE, main, simulate_photo
from training.places.weather import Clouds, Noise, Weather, water_share

CLEAR = Weather(cloud=0.0, haze=0.0, glint=0.0, vignetting=0.0, blur_px=0.0, noise=0.0, jpeg_quality=100)
DOWN = IssCamera(20.0, 30.0, focal_length_mm=50)


class Ground:
    """Imagery whose colour is a function of latitude and longitude."""

    def __init__(self, colour):
        self._colour = colour
        self.resolution_km = None

    def sample(self, lat, lon, resolution_km=None):
        self.resolution_km = resolution_km
        rgb = np.zeros((*lat.shape, 3), np.uint8)
        seen = np.isfinite(lat)
        rgb[seen] = self._colour(lat[seen], lon[seen])
        return rgb, seen


def plain(*colour):
    return Ground(lambda lat, lon: np.broadcast_to(np.array(colour, np.uint8), (len(lat), 3)))


def shoot(source, camera=DOWN, weather=CLEAR, seed=1, size=(150, 100)):
    return simulate_photo(source, camera, *size, np.random.default_rng(seed), weather)


# -- geometry -------------------------------------------------------------------------------------


def test_landmark_appears_where_the_camera_projects_it():
    camera = replace(DOWN, azimuth_deg=70, tilt_deg=25, roll_deg=40)
    lat, lon, _ = camera.locate(110.0, 30.0, 150, 100)

    def landmark(lats, lons):
        near = distance_km(lat, lon, lats, lons) < 6
        return np.where(near[:, None], 250, 40).astype(np.uint8)

    pixels = shoot(Ground(landmark), camera).pixels
    rows, columns = np.nonzero(pixels[..., 1] > 150)
    assert columns.mean() + 0.5 == pytest.approx(110, abs=1)
    assert rows.mean() + 0.5 == pytest.approx(30, abs=1)


def test_corners_and_centre_match_the_camera():
    camera = replace(DOWN, lon=179.9, tilt_deg=30, azimuth_deg=90)
    photo = shoot(plain(90, 80, 60), camera)
    np.testing.assert_array_equal(photo.corners, camera.footprint(150, 100))
    assert photo.center == pytest.approx(tuple(float(v) for v in camera.locate(75, 50, 150, 100)[:2]))
    assert photo.pixels.shape == (100, 150, 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.coverage == 1.0


def test_imagery_is_sampled_at_the_resolution_of_the_photo():
    source = plain(90, 80, 60)
    shoot(source, size=(300, 200))
    assert source.resolution_km == pytest.approx(420 * 36 / 50 / 300, rel=0.1)


def test_space_is_dark_and_a_camera_that_misses_the_earth_is_refused():
    photo = shoot(plain(200, 190, 180), replace(DOWN, tilt_deg=70))
    assert photo.pixels[0].max() < 10
    assert photo.pixels[-1].min() > 100
    assert np.isnan(photo.corners[:2]).all()
    with pytest.raises(UsageError, match="past the Earth"):
        shoot(plain(200, 190, 180), replace(DOWN, tilt_deg=90, focal_length_mm=400))


def test_coverage_is_the_share_of_ground_with_imagery():
    class Half(Ground):
        def sample(self, lat, lon, resolution_km=None):
            rgb, seen = super().sample(lat, lon)
            return rgb, seen & (lat > 20)

    half = Half(lambda lat, lon: np.full((len(lat), 3), 90, np.uint8))
    assert shoot(half).coverage == pytest.approx(0.5, abs=0.02)


# -- randomness -----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_photo():
    first, again, other = (
        simulate_photo(plain(90, 110, 60), DOWN, 120, 80, np.random.default_rng(seed)).pixels for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_random_weather_is_varied_and_in_range():
    rng = np.random.default_rng(0)
    weathers = [Weather.draw(rng) for _ in range(300)]
    assert Weather.draw(np.random.default_rng(9)) == Weather.draw(np.random.default_rng(9))
    for name in asdict(weathers[0]):
        values = np.array([getattr(weather, name) for weather in weathers])
        assert values.std() > 0
    assert all(0 <= weather.cloud <= 0.7 for weather in weathers)
    assert np.median([weather.cloud for weather in weathers]) < 0.25
    assert all(10 < weather.sun_elevation_deg < 90 and 60 <= weather.jpeg_quality <= 97 for weather in weathers)


# -- effects --------------------------------------------------------------------------------------


def test_haze_grows_with_the_path_through_the_air():
    camera = replace(DOWN, tilt_deg=55)
    dark = plain(30, 40, 20)
    rows = shoot(dark, camera, replace(CLEAR, haze=0.3)).pixels.mean(axis=1)
    assert (np.diff(rows[::10].sum(axis=1)) < 0).all()  # the far side is at the top
    assert rows[0, 2] > rows[0, 0]  # and bluish
    contrast = []
    for haze in (0.0, 0.2, 0.6):
        stripes = Ground(lambda lat, lon: np.where((lat * 5 % 1 < 0.5)[:, None], 200, 60).astype(np.uint8))
        contrast.append(shoot(stripes, weather=replace(CLEAR, haze=haze)).pixels.astype(float).std())
    assert contrast[0] > contrast[1] > contrast[2]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.8, 1.0])
@pytest.mark.parametrize("softness", [0.0, 1.0])
def test_clouds_cover_the_requested_share(share, softness):
    x, y = np.meshgrid(np.linspace(-150, 150, 300, dtype=np.float32), np.linspace(-100, 100, 200, dtype=np.float32))
    weather = replace(CLEAR, cloud=share, cloud_softness=softness)
    layer = Clouds(weather, np.random.default_rng(3), x, y, np.ones(x.shape, bool), 1.0)
    opacity, thickness = layer(x, y)
    assert (opacity >= 0.5).mean() == pytest.approx(share, abs=0.02)
    assert opacity.min() >= 0
    assert opacity.max() <= 1
    assert thickness[opacity < 0.4].sum() == 0


def test_clouds_are_white_and_cast_shadows_away_from_the_sun():
    ground = plain(110, 100, 90)
    for azimuth, axis, sign in ((0, 0, 1), (90, 1, -1), (180, 0, -1), (270, 1, 1)):
        weather = replace(
            CLEAR,
            cloud=0.15,
            cloud_softness=0.0,
            cloud_height_km=6.0,
            cloud_scale_km=120.0,
            sun_azimuth_deg=float(azimuth),
            sun_elevation_deg=35.0,
        )
        pixels = shoot(ground, weather=weather, size=(300, 200)).pixels.astype(float).mean(axis=2)
        usual = np.median(pixels)
        cloud, shadow = pixels > usual + 40, pixels < usual - 15
        assert 0.08 < cloud.mean() < 0.25
        assert shadow.mean() > 0.02
        # The shadows correlate with the clouds shifted away from the Sun, not with those shifted towards it.
        away = np.roll(cloud, sign * 8, axis)
        towards = np.roll(cloud, -sign * 8, axis)
        assert (away & shadow).sum() > 3 * (towards & shadow).sum()


def test_artificial_sea_colours_are_replaced():
    def sea(lat, lon):
        depth = (np.sin(lon * 20) + 1) / 2
        return np.stack([2 + 10 * depth, 5 + 45 * depth, 25 + 55 * depth], axis=1).astype(np.uint8)

    assert sea(np.zeros(100), np.linspace(28, 32, 100)).std(axis=0).max() > 15
    pixels = shoot(Ground(sea)).pixels.astype(float)
    assert pixels.std(axis=(0, 1)).max() < 3
    red, green, blue = pixels.mean(axis=(0, 1))
    assert blue > green > red


def test_water_is_distinguished_from_land():
    colours = np.array(
        [[(2, 5, 20), (12, 40, 80), (15, 60, 62)], [(30, 50, 25), (200, 170, 130), (225, 230, 240)]], np.uint8
    )
    np.testing.assert_allclose(water_share(colours), [[1, 1, 1], [0, 0, 0]], atol=0.05)


def test_glint_is_only_on_water_towards_the_sun():
    facing = replace(DOWN, tilt_deg=30, azimuth_deg=90)
    weather = replace(CLEAR, glint=1.0, sun_elevation_deg=60.0, sun_azimuth_deg=90.0)
    bright = shoot(plain(2, 5, 20), facing, weather).pixels
    middle = bright[45:55, 70:80].mean()
    assert middle > shoot(plain(2, 5, 20), replace(facing, azimuth_deg=270), weather).pixels.mean() + 60
    assert middle > bright[:, :5].mean() + 20
    on_land = shoot(plain(90, 80, 60), facing, weather).pixels
    np.testing.assert_array_equal(on_land, shoot(plain(90, 80, 60), facing, replace(weather, glint=0.0)).pixels)


def test_lens_and_camera_effects():
    ground = plain(110, 100, 90)
    usual = shoot(ground).pixels.astype(float)
    cornered = shoot(ground, weather=replace(CLEAR, vignetting=0.4)).pixels.astype(float)
    assert cornered[50, 75].mean() > cornered[0, 0].mean() + 15
    assert shoot(ground, weather=replace(CLEAR, exposure_ev=1.0)).pixels.mean() > usual.mean() + 20
    assert shoot(ground, weather=replace(CLEAR, exposure_ev=-1.0)).pixels.mean() < usual.mean() - 20
    warm = shoot(ground, weather=replace(CLEAR, warmth=1.0)).pixels.mean(axis=(0, 1))
    assert warm[0] - warm[2] > usual[..., 0].mean() - usual[..., 2].mean() + 10
    noisy = shoot(ground, weather=replace(CLEAR, noise=0.02)).pixels.astype(float)
    assert 3 < (noisy - usual).std() < 8
    edge = Ground(lambda lat, lon: np.where((lon < 30)[:, None], 40, 200).astype(np.uint8))
    sharp = np.abs(np.diff(shoot(edge).pixels[50, :, 1].astype(int))).max()
    assert np.abs(np.diff(shoot(edge, weather=replace(CLEAR, blur_px=2.0)).pixels[50, :, 1].astype(int))).max() < (
        0.5 * sharp
    )


def test_noise_has_unit_variance_and_depends_on_the_ground_position():
    x, y = np.meshgrid(np.arange(0, 400, 1, dtype=np.float32), np.arange(0, 300, 1, dtype=np.float32))
    noise = Noise(np.random.default_rng(2), 20.0, 2.0, 0.6)
    values = noise(x, y)
    assert 0.5 < values.std() < 1.3
    assert abs(values.mean()) < 0.25
    np.testing.assert_allclose(noise(x[50:90, 30:70], y[50:90, 30:70]), values[50:90, 30:70], atol=1e-4)
    assert np.abs(np.diff(values, axis=1)).max() < 2.5


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def imagery(tmp_path):
    """A GeoTIFF of 20 by 20 degrees around (20 N, 30 E) with patches of colour."""
    path = tmp_path / "imagery.tif"
    blocks = np.random.default_rng(4).integers(30, 200, (3, 40, 40), np.uint8)
    data = np.kron(blocks, np.ones((1, 10, 10), np.uint8))
    with rasterio.open(
        *(path, "w"),
        driver="GTiff",
        width=400,
        height=400,
        count=3,
        dtype="uint8",
        crs="EPSG:4326",
        transform=from_bounds(20, 10, 40, 30, 400, 400),
    ) as out:
        out.write(data)
    return path


def command(imagery, out, *more):
    place = ["--lat", "20", "--lon", "30", "--tilt-deg", "20", "--azimuth-deg", "45", "--focal-mm", "85"]
    return main(["--imagery", str(imagery), "--out", str(out), *place, "--width-px", "200", *more])


def test_command_writes_a_photo_marked_as_simulated(tmp_path, imagery, capsys):
    out, truth = tmp_path / "photos" / "été 1.jpg", tmp_path / "truth.csv"
    out.parent.mkdir()
    assert command(imagery, out, "--cloud", "0.2", "--seed", "3", "--truth", str(truth)) == 0
    assert NOTICE.lower() in capsys.readouterr().out
    photo = read_photo(out)
    assert photo.pixels.shape == (133, 200, 3)
    assert (photo.focal_length_mm, photo.photo_id, photo.nadir) == (85.0, None, None)
    exif = Image.open(out).getexif()
    assert exif[Base.ImageDescription] == NOTICE
    assert NOTICE.encode() in exif.get_ifd(IFD.Exif)[Base.UserComment]

    with truth.open(encoding="utf-8", newline="") as table:
        (row,) = csv.DictReader(table)
    assert ",".join(row) == "photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon"
    assert row["photo"] == "photos/été 1.jpg"
    assert (float(row["nadir_lat"]), float(row["nadir_lon"])) == (20.0, 30.0)
    corners = [[float(row[f"lat{i}"]), float(row[f"lon{i}"])] for i in range(1, 5)]
    camera = IssCamera(20.0, 30.0, tilt_deg=20, azimuth_deg=45, focal_length_mm=85)
    np.testing.assert_allclose(corners, camera.footprint(200, 133), atol=1e-6)


def test_command_is_deterministic(tmp_path, imagery):
    for name, seed in (("a.jpg", "1"), ("b.jpg", "1"), ("c.jpg", "2")):
        assert command(imagery, tmp_path / name, "--seed", seed) == 0
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    assert (tmp_path / "a.jpg").read_bytes() != (tmp_path / "c.jpg").read_bytes()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--tilt-deg", "80"], 2, "looks past the Earth"),
        (["--tilt-deg", "95"], 2, "is out of range"),
        (["--cloud", "2"], 2, "share from 0 to 1"),
        (["--focal-mm", "0"], 2, "focal_length_mm"),
        (["--width-px", "1"], 2, "--width-px"),
        (["--lon", "120"], 3, "does not cover"),
        (["--imagery", "missing.tif"], 3, "missing.tif"),
        (["--out", "no such folder/a.jpg"], 5, "no such folder"),
    ],
)
def test_command_gives_one_line_error_messages(tmp_path, imagery, capsys, more, code, message):
    out = tmp_path / "a.jpg"
    assert command(imagery, out, *more) == code
    message_shown = capsys.readouterr().err
    assert message in message_shown
    assert message_shown.count("\n") == 1
    assert not out.exists()


def test_simulator_does_not_import_torch():
    code = "import sys; sys.modules['torch'] = None; import training.places.simulate"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root)
