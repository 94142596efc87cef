"""Views of places, and fast simulated photos for training.

The geometry is drawn from real footprints and the camera is exact. The weather is a faster version of that of
`simulate_photo` for small squares: noise comes from resized lattices instead of ground coordinates, and clouds have no
parallax.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.ellipsoid import surface_normal, surface_point
from engine.errors import InputError
from engine.imagery.raster import RasterSource
from engine.imagery.source import NODES
from engine.photo.photo_id import parse_earthloc_name
from training.places import weather as effects
from training.places.camera import IssCamera
from training.places.seasons import Seasons
from training.places.weather import Weather

# Side of the square sensor. Only the field of view matters.
_SENSOR_MM = 24.0
# With a lower elevation of the line of sight above the ground, a photo shows the horizon and not a place.
_MIN_SIGHT_DEG = 22.0
_MIN_COVERAGE = 0.9
# Lookup table from display colour to reflectance.
_LINEAR = (0.65 * np.power(np.arange(256) / 255.0, 2.2)).astype(np.float32)


@dataclass(frozen=True)
class Footprints:
    """Footprints of real photos.

    Attributes:
        width_km: (n,) square root of the area of the footprint.
        nadir_km: (n,) distance from the nadir to the centre of the footprint.
        center: (n, 2) lat, lon of the centre; (0, 2) if only the distances are known.
    """

    width_km: NDArray[np.float64]
    nadir_km: NDArray[np.float64]
    center: NDArray[np.float64]

    @classmethod
    def read(cls, path: Path) -> Footprints:
        """Reads a list of EarthLoc file names, one per line, plain or gzipped.

        Raises:
            InputError: the list cannot be read, or a name in it does not parse.
        """
        opener = gzip.open if path.suffix == ".gz" else open
        try:
            with opener(path, "rt", encoding="utf-8") as file:
                names = [line.strip() for line in file if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(path, "cannot be read as a list of EarthLoc names", "give a text file") from error
        rows = []
        for number, name in enumerate(names, start=1):
            parsed = parse_earthloc_name(name)
            if parsed is None or parsed.ring is None or parsed.nadir is None:
                raise InputError(
                    path, f"line {number} is not an EarthLoc name: {name[:80]}", "correct or remove the line"
                )
            ring = np.array(parsed.ring)
            center = geo.center_of(ring)
            area = geo.polygon_in_frame(ring, geo.LocalFrame(*center)).area
            rows.append((area**0.5, float(geo.distance_km(*center, *parsed.nadir)), *center))
        if not rows:
            raise InputError(path, "holds no name", "give a list of EarthLoc names")
        table = np.array(rows)
        return cls(table[:, 0], table[:, 1], table[:, 2:])

    @classmethod
    def typical(cls) -> Footprints:
        """Returns nadir distances with the quantiles of the published list, for use without the list."""
        shares = np.array([0.0, 0.05, 0.5, 0.75, 0.9, 0.95, 0.99])
        distances = np.interp(np.linspace(0, 0.99, 100), shares, [5.0, 81.0, 322.0, 507.0, 681.0, 764.0, 943.0])
        return cls(np.full(100, 104.0), distances, np.empty((0, 2)))

    def draw_distance(self, rng: np.random.Generator, width_km: float) -> float:
        """Draws the nadir distance of a real photo, reduced for wide photos, which are taken nearer to the nadir."""
        distance = float(rng.choice(self.nadir_km))
        return distance * min(1.0, (500.0 / width_km) ** 0.7)


@dataclass(frozen=True)
class View:
    """The view of a place by a camera with a square picture.

    Attributes:
        camera: the camera.
        lat, lon: (NODES, NODES), degrees, ground points of a grid of nodes over the picture, row 0 at the top.
        air_mass: (NODES, NODES), path of light through the atmosphere relative to the vertical path.
        center: lat, lon of the ground at the centre of the picture.
        width_km: square root of the area of the footprint.
    """

    camera: IssCamera
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    air_mass: NDArray[np.float32]
    center: tuple[float, float]
    width_km: float


def draw_view(rng: np.random.Generator, footprints: Footprints, lat: float, lon: float, width_km: float) -> View | None:
    """Draws a view of a place, about `width_km` wide, north within 45 degrees of up; None if it shows the horizon."""
    distance = footprints.draw_distance(rng, width_km)
    bearing = float(rng.uniform(0, 2 * np.pi))
    nadir_lat, nadir_lon = _destination(lat, lon, bearing, distance)
    azimuth = _bearing_deg(nadir_lat, nadir_lon, lat, lon)
    altitude = float(rng.uniform(360.0, 430.0))
    angle = distance / geo.EARTH_RADIUS_KM
    tilt = np.degrees(np.arctan2(np.sin(angle), (geo.EARTH_RADIUS_KM + altitude) / geo.EARTH_RADIUS_KM - np.cos(angle)))
    heading = float(rng.uniform(-45.0, 45.0))
    focal = _SENSOR_MM * np.hypot(altitude, distance) / width_km
    for _ in range(3):
        camera = IssCamera(
            lat=nadir_lat,
            lon=nadir_lon,
            altitude_km=altitude,
            azimuth_deg=azimuth,
            tilt_deg=float(tilt),
            roll_deg=heading - azimuth,
            focal_length_mm=float(focal),
            sensor_width_mm=_SENSOR_MM,
            sensor_height_mm=_SENSOR_MM,
        )
        view = look(camera)
        if view is None:
            return None
        if abs(np.log(view.width_km / width_km)) < 0.04:
            break
        focal *= view.width_km / width_km
    return view


def look(camera: IssCamera) -> View | None:
    """What a camera sees; None if a part of its picture shows no ground."""
    at = np.linspace(0.0, 1.0, NODES)
    x, y = np.meshgrid(at, at)
    lat, lon, range_km = camera.locate(x, y, 1, 1)
    if not np.isfinite(lat).all():
        return None
    to_eye = (camera.position() - surface_point(lat, lon)) / range_km[..., None]
    cos_view = (surface_normal(lat, lon) * to_eye).sum(-1)
    if cos_view.min() < np.sin(np.radians(_MIN_SIGHT_DEG)) / 2 or cos_view[NODES // 2, NODES // 2] < np.sin(
        np.radians(_MIN_SIGHT_DEG)
    ):
        return None
    middle = NODES // 2
    center = float(lat[middle, middle]), float(lon[middle, middle])
    corners = surface_point(lat[[0, 0, -1, -1], [0, -1, -1, 0]], lon[[0, 0, -1, -1], [0, -1, -1, 0]])
    area = 0.5 * float(np.linalg.norm(np.cross(corners[2] - corners[0], corners[3] - corners[1])))
    return View(camera, lat, lon, (1.0 / (cos_view + 0.03)).astype(np.float32), center, area**0.5)


def _destination(lat: float, lon: float, bearing: float, distance_km: float) -> tuple[float, float]:
    """Returns the point at a distance in a direction (radians clockwise from north) on the sphere."""
    phi, angle = np.radians(lat), distance_km / geo.EARTH_RADIUS_KM
    sin_lat = np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(bearing)
    east = np.arctan2(np.sin(bearing) * np.sin(angle) * np.cos(phi), np.cos(angle) - np.sin(phi) * sin_lat)
    return float(np.degrees(np.arcsin(np.clip(sin_lat, -1, 1)))), float(geo.normalise_lon(lon + np.degrees(east)))


def _bearing_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Returns the direction from the first point to the second in degrees, clockwise from north."""
    p1, p2, east = np.radians(lat1), np.radians(lat2), np.radians(lon2 - lon1)
    northward = np.cos(p1) * np.sin(p2) - np.sin(p1) * np.cos(p2) * np.cos(east)
    return float(np.degrees(np.arctan2(np.sin(east) * np.cos(p2), northward)))


@dataclass(frozen=True)
class SimulationParts:
    """Switches for the parts of the simulation, for ablations and for other imagery.

    Attributes:
        air: haze.
        clouds: clouds and their shadows.
        water: flat water and glint.
        season: other months.
        tones: exposure, contrast and colour.
        lens: blur, noise, window frames and round ports.
        texture: random convolutions, which leave photo and imagery only their shapes in common.
    """

    air: bool = True
    clouds: bool = True
    water: bool = True
    season: bool = True
    tones: bool = True
    lens: bool = True
    texture: bool = True


def render_view(
    source: RasterSource,
    view: View,
    size_px: int,
    rng: np.random.Generator,
    seasons: Seasons | None = None,
    parts: SimulationParts | None = None,
) -> NDArray[np.uint8] | None:
    """Simulates a photo of a view, uint8 RGB (size_px, size_px, 3); None if the imagery does not cover the view."""
    parts = parts or SimulationParts()
    rgb, covered = source.warped(view.lat, view.lon, size_px)
    if covered.mean() < _MIN_COVERAGE:
        return None
    weather = Weather.draw(rng)
    ground: NDArray[np.float32] = np.asarray(cv2.LUT(rgb, _LINEAR), np.float32)
    if parts.tones:
        grey = ground.mean(axis=2, keepdims=True)
        ground = grey + np.float32(rng.uniform(0.5, 0.9)) * (ground - grey)
    if parts.season and seasons is not None and rng.random() < 0.8:
        change = seasons.change(int(rng.integers(12)), view.lat, view.lon)
        ground = ground * cv2.resize(change, (size_px, size_px), interpolation=cv2.INTER_LINEAR)
    if parts.tones and rng.random() < 0.5:
        # Crops, moisture and fires: changes on a scale between a single field and the seasonal mosaics.
        ground = ground * np.exp(np.float32(rng.uniform(0.02, 0.07)) * fractal(size_px, 4, 0.6, rng))[..., None]
    if parts.tones and rng.random() < 0.6:
        # Colour weights as they vary with film, time of day and atmosphere.
        ground = ground * np.exp(rng.normal(0.0, 0.4, 3)).astype(np.float32)
    if parts.water and rng.random() < 0.9:
        ground = _paint_water(rgb, ground, weather, rng)
    if parts.clouds and rng.random() < 0.4:
        ground = _cloud_over(ground, view, weather, rng)
    if parts.air:
        air_mass = np.asarray(cv2.resize(view.air_mass, (size_px, size_px)), np.float32)
        ground = effects.add_air(ground, weather, air_mass)
    picture = _expose(ground, weather, rng, parts)
    return _random_convolution(picture, rng) if parts.texture and rng.random() < 0.3 else picture


def _random_convolution(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Mixes a picture with a random convolution of itself that has the same mean and standard deviation.

    Xu et al.: "Robust and generalizable visual representation learning via random convolutions", ICLR 2021.
    """
    side = int(rng.choice([1, 3, 5, 7]))
    kernel = rng.standard_normal((side, side)) / side
    kernel *= np.sign(kernel.sum()) or 1.0  # bright areas stay bright
    plain = picture.astype(np.float32)
    other = cv2.filter2D(plain, -1, kernel.astype(np.float32), borderType=cv2.BORDER_REFLECT)
    other = (other - other.mean()) * (plain.std() / max(float(other.std()), 1e-3)) + plain.mean()
    share = np.float32(rng.uniform(0.3, 0.8))
    return np.rint(np.clip(plain + share * (other - plain), 0, 255)).astype(np.uint8)


def fractal(size_px: int, coarsest: int, roughness: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Returns fractal noise (size_px, size_px), standard deviation about 1, longest wavelength size_px / coarsest."""
    total = np.zeros((size_px, size_px), np.float32)
    cells, amplitude, power = coarsest + int(rng.integers(0, 3)), 1.0, 0.0
    while cells < size_px / 2:
        lattice = rng.standard_normal((cells + 1, cells + 1), np.float32)
        total += np.float32(amplitude) * cv2.resize(lattice, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
        power += amplitude**2
        cells, amplitude = cells * 2, amplitude * roughness
    return total * np.float32(1.4 * power**-0.5)


def _paint_water(
    rgb: NDArray[np.uint8], ground: NDArray[np.float32], weather: Weather, rng: np.random.Generator
) -> NDArray[np.float32]:
    water = effects.water_share(rgb).astype(np.float32)
    if water.max() < 0.1:
        return ground
    size_px = len(rgb)
    lit = np.array([0.004, 0.012, 0.028], np.float32) * np.float32(rng.uniform(0.3, 2.0))
    sea = np.broadcast_to(lit, ground.shape)
    if rng.random() < 0.4:  # sediment along the shore
        shore = cv2.blur(1.0 - water, (size_px // 12, size_px // 12)) * np.float32(rng.uniform(0.2, 1.0))
        murk = shore * np.clip(0.5 + 0.5 * fractal(size_px, 3, 0.6, rng), 0, 1)
        sea = sea + murk[..., None] * np.array([0.05, 0.12, 0.10], np.float32)
    if rng.random() < 0.35:  # sun glint around a point in or near the picture
        y, x = np.mgrid[0 : 1 : size_px * 1j, 0 : 1 : size_px * 1j].astype(np.float32)
        cx, cy, spread = rng.uniform(-0.4, 1.4), rng.uniform(-0.4, 1.4), rng.uniform(0.25, 0.9)
        sea = sea + np.float32(0.6 * weather.glint) * np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / spread**2))[..., None]
    share = (water * np.float32(rng.uniform(0.8, 1.0)))[..., None]
    return np.asarray(ground + share * (sea - ground), np.float32)


def _cloud_over(
    ground: NDArray[np.float32], view: View, weather: Weather, rng: np.random.Generator
) -> NDArray[np.float32]:
    size_px = len(ground)
    coarsest = int(np.clip(view.width_km / weather.cloud_scale_km, 2, 12))
    density = fractal(size_px, coarsest, float(rng.uniform(0.55, 0.9)), rng)
    if rng.random() < 0.5:  # fields of small cumulus clouds, modulated by the larger pattern
        density = 0.8 * density + fractal(size_px, int(rng.integers(size_px // 16, size_px // 4)), 0.7, rng)
    threshold = np.quantile(density[::4, ::4], 1.0 - weather.cloud)
    span = 0.25 + 1.6 * weather.cloud_softness
    excess = density - threshold
    opacity = effects.smoothstep(excess, -0.5 * span, 0.5 * span).astype(np.float32)
    thickness = effects.smoothstep(excess, 0.0, 3.0 * span).astype(np.float32)
    reach = weather.cloud_height_km / np.tan(np.radians(max(weather.sun_elevation_deg, 8.0)))
    shift_px = reach / view.width_km * size_px
    azimuth = np.radians(weather.sun_azimuth_deg)
    move = np.array([[1, 0, shift_px * np.sin(azimuth)], [0, 1, shift_px * np.cos(azimuth)]], np.float32)
    shadow = cv2.warpAffine(opacity, move, (size_px, size_px), borderMode=cv2.BORDER_REPLICATE)
    return effects.add_clouds(ground, opacity, thickness, np.asarray(shadow, np.float32))


def _expose(
    scene: NDArray[np.float32], weather: Weather, rng: np.random.Generator, parts: SimulationParts
) -> NDArray[np.uint8]:
    size_px = len(scene)
    light = scene.astype(np.float32)
    if parts.lens:
        y, x = np.ogrid[-1 : 1 : size_px * 1j, -1 : 1 : size_px * 1j]
        radius = (x * x + y * y).astype(np.float32)
        falloff = 1.0 - np.float32(weather.vignetting / 2) * radius
        if rng.random() < 0.12:  # a round port, with the camera off its centre
            dx, dy, port = rng.uniform(-0.25, 0.25), rng.uniform(-0.25, 0.25), rng.uniform(0.95, 1.4)
            edge = np.sqrt((x - dx) ** 2 + (y - dy) ** 2).astype(np.float32)
            falloff = falloff * (1.0 - effects.smoothstep(edge, port - 0.05, port + 0.05))
        if rng.random() < 0.06:  # a window frame or a part of the station
            angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.0)
            side = (x * np.cos(angle) + y * np.sin(angle)).astype(np.float32)
            falloff = falloff * (1.0 - effects.smoothstep(side, offset - 0.05, offset + 0.05))
        light = light * falloff[..., None]
        light = cv2.GaussianBlur(light, (0, 0), weather.blur_px)
    if parts.tones:
        light = light * np.array(
            [1 + 0.15 * weather.warmth, 1 - 0.12 * weather.tint, 1 - 0.15 * weather.warmth], np.float32
        )
    metered = float(np.clip(0.25 / max(light.mean(), 1e-3), 0.9, 2.4))
    light *= np.float32(metered * (2.0**weather.exposure_ev if parts.tones else 1.0))
    picture = np.sqrt(np.clip(np.tanh(1.2 * light), 0.0, 1.0))
    if parts.tones:
        picture = 0.45 + np.float32(weather.contrast) * (picture - 0.45)
    if parts.lens:
        picture = picture + np.float32(weather.noise) * rng.standard_normal((size_px, size_px, 1), np.float32)
    stored = cv2.convertScaleAbs(np.clip(picture, 0.0, 1.0), alpha=255.0)
    if parts.lens and rng.random() < 0.2:
        _, data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, min(weather.jpeg_quality, 85)])
        stored = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return stored


def tile_picture(
    source: RasterSource, lat: float, lon: float, width_km: float, size_px: int
) -> NDArray[np.uint8] | None:
    """Renders a tile as an index does; None if the imagery does not cover it."""
    pixels, covered = source.square(lat, lon, width_km, size_px)
    return pixels if covered.mean() >= _MIN_COVERAGE else None
