"""Photos with positions in their colours, registered, and what a raster made of them shows."""

from __future__ import annotations

import numpy as np
import rasterio
from PIL import Image
from pyproj import CRS, Transformer
from test_registration_solve import camera_at
from test_results import localization

from engine.registration.pose import Pose, pose_json, tie_points_json
from engine.registration.solve import CameraPrior, Solution, TiePoints
from engine.results import ResultsFile

SIZE = (360, 240)
PERIOD_PX = 40.0


def stripes(width, height, along_x):
    """A picture from whose colours a position along one axis can be read, modulo PERIOD_PX, to 0.1 px."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    phase = 2 * np.pi * (x if along_x else y) / PERIOD_PX
    return np.uint8(np.rint(np.stack([128 + 110 * np.cos(phase), 128 + 110 * np.sin(phase), 128 + 0 * x], axis=-1)))


def position_in(rgb):
    """The positions that `stripes` wrote into colours (3, ...)."""
    cos, sin = rgb[0].astype(float) - 128, rgb[1].astype(float) - 128
    return np.arctan2(sin, cos) / (2 * np.pi) * PERIOD_PX


def seen_at(camera, lat, lon, metres=0.0):
    """Where a camera without radial term sees places: the textbook way, apart from the engine's own."""
    x, y, z = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True).transform(lon, lat, metres + 0.0 * lat)
    ray = (np.stack([x, y, z], axis=-1) / 1000 - camera.eye) @ camera.axes.T
    return (
        ray[..., 0] / ray[..., 2] * camera.focal_px + camera.width_px / 2,
        ray[..., 1] / ray[..., 2] * camera.focal_px + camera.height_px / 2,
    )


def place(folder, camera, pixels, name="photo.png", status="located", noise_px=0.0):
    """Saves a photo and results in which it was registered with this camera."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        Image.fromarray(pixels).save(path)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, camera.width_px, 400), rng.uniform(0, camera.height_px, 400)
    lat, lon = camera.locate(x, y)
    fine = np.flatnonzero(np.isfinite(lat))[:60]
    xy = np.stack([x, y], axis=1)[fine] + rng.normal(0, noise_px, (len(fine), 2)) * (noise_px > 0)
    points = TiePoints(xy, lat[fine], lon[fine])
    covariance = np.diag([1.0, 1.0, 1.0, 1e-6, 1e-6, 1e-6, 1e-6, 0.0])
    residuals = np.hypot(*(np.stack(camera.project(points.lat, points.lon), axis=1) - xy).T)
    pose = Pose(Solution(camera, covariance, ("altitude",), residuals), points, CameraPrior())
    answer = {
        **localization(path, status),
        "confidence": 0.9975,
        "pose": pose_json(pose),
        "tie_points": tie_points_json(pose),
    }
    results = ResultsFile(folder / "results.gpkg")
    results.save(answer)
    return path, results.path


def ground_of(dataset):
    """Latitude and longitude of the middles of a raster's pixels, by its own tags."""
    rows, columns = np.mgrid[0 : dataset.height, 0 : dataset.width]
    t = dataset.transform
    x, y = t.a * (columns + 0.5) + t.c, t.e * (rows + 0.5) + t.f
    lon, lat = Transformer.from_crs(CRS.from_wkt(dataset.crs.to_wkt()), "EPSG:4326", always_xy=True).transform(x, y)
    return lat, lon


def check_positions(path, camera, along_x, tolerance_px, heights_m=lambda lat, lon: 0.0):
    """The opaque pixels of a drawn photo show what the camera sees there; returns how many there are."""
    with rasterio.open(path) as drawn:
        rgba = drawn.read()
        lat, lon = ground_of(drawn)
    opaque = rgba[3] > 0
    lat, lon = lat[opaque], lon[opaque]
    expected = seen_at(camera, lat, lon, heights_m(lat, lon))[0 if along_x else 1]
    # Where a pixel of the raster is several of the photo, or one a part of it, colours still tell the position.
    off = (position_in(rgba[:3, opaque]) - expected + PERIOD_PX / 2) % PERIOD_PX - PERIOD_PX / 2
    strong = np.hypot(rgba[0, opaque] - 128.0, rgba[1, opaque] - 128.0) > 60
    assert np.percentile(np.abs(off[strong]), 99) < tolerance_px
    assert np.abs(np.median(off[strong])) < 0.15
    return int(opaque.sum())


def camera_of(angles, size=SIZE):
    camera = camera_at(**angles)
    return type(camera)(camera.eye, camera.axes, camera.focal_px, *size, camera.radial)
