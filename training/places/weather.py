"""Effects on the way from the ground to a photo: light, water, clouds, atmosphere, lens and sensor.

All ranges and constants were tuned by eye, and to match the first two moments of colour of real photos taken from the
ISS; this is not a radiative transfer model. Colours are linear reflectances, float32 (h, w, 3), until `develop` turns
them into a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

Image = NDArray[np.floating]

# Vertical optical depth of clean air for red, green and blue light (Rayleigh scattering), and relative optical depth of
# aerosol for the same colours.
_RAYLEIGH = np.array([0.05, 0.10, 0.22], np.float32)
_AEROSOL = np.array([0.85, 1.0, 1.15], np.float32)
# Much of the scattered light continues forward and is not lost; air scatters more of it back than aerosol.
_LOST_SHARE = 0.6
_RAYLEIGH_BACK = 0.6
_AEROSOL_BACK = 0.25
_DEEP_WATER = np.array([0.002, 0.010, 0.028], np.float32)
_SEDIMENT = np.array([0.03, 0.07, 0.06], np.float32)
_CLOUD = np.array([0.82, 0.83, 0.85], np.float32)


@dataclass(frozen=True)
class Weather:
    """Weather, light and camera settings of one photo.

    Attributes:
        cloud: share of the ground under cloud, 0 to 1.
        cloud_scale_km: size of the largest cloud structures.
        cloud_softness: 0 for sharp cumulus, 1 for thin veils.
        cloud_height_km: height of the cloud tops; determines the offset of shadows.
        haze: vertical optical depth of aerosol; 0.05 is clear, 0.5 is thick.
        sun_elevation_deg, sun_azimuth_deg: position of the Sun.
        glint: strength of sun glint on water, 0 to 1.
        exposure_ev: stops over (+) or under (-) the exposure of a light meter.
        contrast: 1 leaves the tones as they are.
        saturation: 1 leaves the colours as they are.
        warmth: white balance, from -1 (blue) to 1 (orange).
        tint: white balance, from -1 (green) to 1 (magenta).
        vignetting: share of the light lost in the corners.
        blur_px: standard deviation of the blur.
        noise: standard deviation of the sensor noise, as a share of white.
        jpeg_quality: quality of the JPEG compression at the end.
    """

    cloud: float = 0.1
    cloud_scale_km: float = 80.0
    cloud_softness: float = 0.3
    cloud_height_km: float = 3.0
    haze: float = 0.15
    sun_elevation_deg: float = 50.0
    sun_azimuth_deg: float = 140.0
    glint: float = 0.5
    exposure_ev: float = 0.0
    contrast: float = 1.0
    saturation: float = 1.0
    warmth: float = 0.0
    tint: float = 0.0
    vignetting: float = 0.2
    blur_px: float = 0.6
    noise: float = 0.006
    jpeg_quality: int = 90

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Weather:
        """Draws weather with the variety of real photos: mostly usable, sometimes poor."""
        return cls(
            cloud=float(0.6 * rng.beta(0.8, 3.0)),
            cloud_scale_km=float(np.exp(rng.uniform(np.log(15.0), np.log(200.0)))),
            cloud_softness=float(rng.beta(1.2, 2.0)),
            cloud_height_km=float(rng.uniform(1.0, 8.0)),
            haze=float(0.02 + 0.35 * rng.beta(1.0, 5.0)),
            sun_elevation_deg=float(rng.uniform(15.0, 80.0)),
            sun_azimuth_deg=float(rng.uniform(0.0, 360.0)),
            glint=float(rng.uniform(0.2, 1.0)),
            exposure_ev=float(rng.normal(-0.2, 0.5)),
            contrast=float(rng.uniform(0.95, 1.7)),
            saturation=float(rng.uniform(0.7, 1.5)),
            warmth=float(np.clip(rng.normal(0.0, 0.35), -1.0, 1.0)),
            tint=float(np.clip(rng.normal(0.0, 0.35), -1.0, 1.0)),
            vignetting=float(rng.uniform(0.0, 0.4)),
            blur_px=float(rng.uniform(0.3, 1.6)),
            noise=float(rng.uniform(0.002, 0.015)),
            jpeg_quality=int(rng.integers(70, 97)),
        )


def smoothstep(x: Image, low: float, high: float) -> Image:
    """Returns 0 below `low`, 1 above `high`, and a smooth transition in between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


class Noise:
    """Fractal noise in ground coordinates: standard normal at each octave, the same value for the same place.

    Args:
        rng: source of the lattices.
        scale_km: longest wavelength.
        finest_km: shortest wavelength.
        roughness: amplitude of an octave relative to the one twice as long.
    """

    _LATTICE = 64

    def __init__(self, rng: np.random.Generator, scale_km: float, finest_km: float, roughness: float) -> None:
        self._octaves: list[tuple[Image, float, float, float, Image]] = []
        wavelength, amplitude, power = scale_km, 1.0, 0.0
        while wavelength >= finest_km or not self._octaves:
            lattice = rng.standard_normal((self._LATTICE, self._LATTICE)).astype(np.float32)
            angle, shift = rng.uniform(0, 2 * np.pi), rng.uniform(0, self._LATTICE, 2)
            self._octaves.append((lattice, wavelength, amplitude, angle, shift))
            power += amplitude**2
            wavelength, amplitude = wavelength / 2, amplitude * roughness
        self._norm = power**-0.5

    def __call__(self, x_km: Image, y_km: Image) -> Image:
        """Returns values at ground points, (h, w)."""
        total = np.zeros(x_km.shape, np.float32)
        for lattice, wavelength, amplitude, angle, shift in self._octaves:
            cos, sin = np.float32(np.cos(angle) / wavelength), np.float32(np.sin(angle) / wavelength)
            u = _wrapped(x_km * cos - y_km * sin + np.float32(shift[0]), self._LATTICE)
            v = _wrapped(x_km * sin + y_km * cos + np.float32(shift[1]), self._LATTICE)
            total += np.float32(amplitude) * cv2.remap(lattice, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        return total * np.float32(self._norm)


def _wrapped(values: Image, period: int) -> Image:
    """Returns `values` modulo `period`; several times faster than np.mod."""
    return values - np.float32(period) * np.floor(values * np.float32(1.0 / period))


class Clouds:
    """A cloud layer that covers the share `weather.cloud` of the given points.

    Args:
        weather: share, scale and softness of the clouds.
        rng: source of the pattern.
        x_km, y_km: visible points of the layer, (h, w).
        is_ground: (h, w), False for points to ignore.
        resolution_km: ground size of a pixel; the pattern has no finer detail.
    """

    def __init__(
        self,
        weather: Weather,
        rng: np.random.Generator,
        x_km: Image,
        y_km: Image,
        is_ground: NDArray[np.bool_],
        resolution_km: float,
    ) -> None:
        scale, soft = weather.cloud_scale_km, weather.cloud_softness
        finest = max(1.5 * resolution_km, scale / 512)
        self._warp = [Noise(rng, scale, scale / 4, 0.5) for _ in range(2)]
        self._warp_km = np.float32(0.08 * scale)
        self._clumps = Noise(rng, scale, scale / 4, 0.5)
        self._detail = Noise(rng, scale / 3, finest, 0.85 - 0.25 * soft)
        # Wind stretches clouds along its direction.
        self._wind, self._stretch = rng.uniform(0, np.pi), rng.uniform(1.0, 3.0)
        self._cover = min(max(weather.cloud, 0.0), 1.0)
        self._span = 0.25 + 1.6 * soft
        sample = np.flatnonzero(is_ground)
        sample = sample[:: len(sample) // 30_000 + 1, None]  # enough to estimate the quantile
        density = self._density(x_km.ravel()[sample], y_km.ravel()[sample])
        self._threshold = float(np.quantile(density, 1.0 - self._cover)) if self._cover < 1 else -np.inf

    def _density(self, x_km: Image, y_km: Image) -> Image:
        # Domain warping: plain noise looks artificial, warped noise looks like clouds shaped by wind.
        warped_x = x_km + self._warp_km * self._warp[0](x_km, y_km)
        warped_y = y_km + self._warp_km * self._warp[1](x_km, y_km)
        cos, sin = np.float32(np.cos(self._wind)), np.float32(np.sin(self._wind))
        along = (cos * warped_x + sin * warped_y) / np.float32(self._stretch)
        across = cos * warped_y - sin * warped_x
        return self._clumps(along, across) + np.float32(1.2) * self._detail(warped_x, warped_y)

    def __call__(self, x_km: Image, y_km: Image) -> tuple[Image, Image]:
        """Returns opacity and thickness, 0 to 1, at points of the layer, each (h, w)."""
        if self._cover == 0.0:
            return np.zeros(x_km.shape, np.float32), np.zeros(x_km.shape, np.float32)
        excess = self._density(x_km, y_km) - self._threshold
        # Opacity is one half at the threshold, so that the covered share matches `weather.cloud`.
        opacity = smoothstep(excess, -0.5 * self._span, 0.5 * self._span)
        return opacity, smoothstep(excess, 0.0, 3.0 * self._span)


def water_share(rgb: NDArray[np.uint8]) -> Image:
    """Estimates, from 0 to 1, whether pixels of satellite imagery are water: not bright, and blue or blue-green."""
    red, green, blue = np.moveaxis(rgb.astype(np.float32), -1, 0)
    blueness = blue - np.maximum(red, 0.8 * green)
    return smoothstep(blueness, 3.0, 12.0) * (1.0 - smoothstep(np.maximum(red, green), 90.0, 140.0))


def reflectance(rgb: NDArray[np.uint8]) -> Image:
    """Converts display colours of a mosaic, which are brightened and saturated, to reflectance of the ground."""
    linear = np.power(rgb.astype(np.float32) / 255.0, 2.2)
    grey = linear.mean(axis=-1, keepdims=True)
    return 0.65 * (grey + 0.75 * (linear - grey))


def paint_water(ground: Image, water: Image, rng: np.random.Generator, clumps: Image) -> Image:
    """Replaces water by dark sea with sediment along the shore, because mosaics show water in an artificial colour."""
    size = max(ground.shape[:2]) / 60
    shore = cv2.GaussianBlur(1.0 - water, (0, 0), size)
    murk = np.float32(rng.uniform(0.2, 1.0)) * shore * smoothstep(clumps, -1.0, 2.0)
    sea = _DEEP_WATER + murk[..., None] * _SEDIMENT * 2.0
    return ground + water[..., None] * (sea - ground)


def add_clouds(ground: Image, opacity: Image, thickness: Image, shadow: Image) -> Image:
    """Draws clouds and their shadows over the ground."""
    lit = ground * (1.0 - 0.55 * shadow[..., None])
    tops = _CLOUD * (0.7 + 0.3 * thickness[..., None])
    return lit + opacity[..., None] * (tops - lit)


def add_air(scene: Image, weather: Weather, air_mass: Image) -> Image:
    """Adds the effect of air and aerosol between the scene and the camera.

    Args:
        scene: reflectances (h, w, 3).
        weather: gives the haze.
        air_mass: length of the light path through the atmosphere relative to the vertical path, (h, w).
    """
    aerosol = weather.haze * _AEROSOL
    depth = _RAYLEIGH + aerosol
    airlight = (_RAYLEIGH * _RAYLEIGH_BACK + aerosol * _AEROSOL_BACK) / depth
    transmittance = np.exp(-_LOST_SHARE * depth * air_mass[..., None])
    return scene * transmittance + airlight * (1.0 - transmittance)


def develop(scene: Image, weather: Weather, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Simulates lens, sensor and image processing of the camera; returns uint8 RGB (h, w, 3)."""
    height, width = scene.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = scene * (1.0 - weather.vignetting * (x * x + y * y) / 2.0)[..., None].astype(np.float32)
    light *= np.array([1 + 0.15 * weather.warmth, 1 - 0.12 * weather.tint, 1 - 0.15 * weather.warmth], np.float32)
    light = cv2.GaussianBlur(light, (0, 0), weather.blur_px) if weather.blur_px > 0 else light
    # The light meter sets the mean to a middle tone, within the exposures that a crew uses for the sunlit Earth.
    metered = float(np.clip(0.25 / max(light.mean(), 1e-3), 0.9, 2.4))
    light *= np.float32(metered * 2.0**weather.exposure_ev)
    tone = np.tanh(1.2 * light)  # highlights roll off instead of clipping
    picture = np.power(np.clip(tone, 0.0, 1.0), 1 / 2.2)
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + weather.saturation * (picture - grey)
    picture = 0.45 + weather.contrast * (picture - 0.45)
    spread = weather.noise * rng.standard_normal(picture.shape, np.float32)
    picture = np.clip(picture + spread, 0.0, 1.0)
    stored = np.rint(picture * 255.0).astype(np.uint8)
    buffer = BytesIO()
    PIL.Image.fromarray(stored).save(buffer, "JPEG", quality=weather.jpeg_quality)
    return np.array(PIL.Image.open(buffer))
