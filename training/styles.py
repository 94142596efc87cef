"""Gives simulated photos the look of real ones: clouds, window frames, tones, sharpness and uneven light.

A model that learns from the few places of located photos takes the look of a photo for a sign of these places.
Simulated photos of any place with that look prevent it. The place of a real photo need not be known for this. Matching
the tones is histogram specification; matching the sharpness scales the radial power spectrum, after Yang, Soatto: "FDA:
Fourier domain adaptation for semantic segmentation", CVPR 2020, which exchanges amplitudes of low frequencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

# How often each part of the look is taken over.
_CLOUDS, _SHARPNESS, _TONES, _LIGHT, _FRAME = 0.5, 0.5, 0.7, 0.4, 0.85
# A window frame: darker than this everywhere from the edge on, over this share of the photo.
_DARK, _FRAME_SHARES = 45, (0.01, 0.7)
_CLOUD_PERCENTILE, _DARKEST_CLOUD, _CLOUD_SOFTNESS, _MOST_CLOUD = 70, 120.0, 40.0, 0.6
_GAINS = (0.25, 2.5)


@dataclass(frozen=True, eq=False)
class Style:
    """The look of a real photo.

    Attributes:
        light: uint8 (height, width), the photo as the network sees it, in grey.
        frame: bool (height, width), pixels of a window frame.
        pass_name: pass of the photo.
    """

    light: NDArray[np.uint8]
    frame: NDArray[np.bool_]
    pass_name: str


def style_of(light: NDArray[np.uint8], pass_name: str) -> Style:
    """The look of a photo, uint8 (height, width) in grey."""
    dark = (cv2.GaussianBlur(light, (0, 0), 3) < _DARK).astype(np.uint8)
    _, labels = cv2.connectedComponents(dark)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    frame = np.isin(labels, edge[edge > 0])
    if not _FRAME_SHARES[0] < frame.mean() < _FRAME_SHARES[1]:
        frame[:] = False
    reach = max(1, round(0.05 * min(light.shape)))
    grown = cv2.dilate(frame.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    return Style(light, np.asarray(grown, np.bool_), pass_name)


def restyle(picture: NDArray[np.uint8], style: Style, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Gives a simulated photo some of the look of a real one.

    Args:
        picture: uint8 RGB (size_px, size_px, 3); only its mean over the channels is used.
        style: the look.
        rng: source of all random choices.

    Returns:
        uint8 (size_px, size_px, 3) in grey.
    """
    grey = picture.mean(axis=2, dtype=np.float32)
    look, frame = _square(style, len(grey), rng)
    ground = look[~frame] if not frame.all() else look.ravel()
    level = np.float32(ground.mean())
    if rng.random() < _CLOUDS:
        darkest = max(float(np.percentile(ground, _CLOUD_PERCENTILE)), _DARKEST_CLOUD)
        cloud = np.clip((look - darkest) / _CLOUD_SOFTNESS, 0.0, 1.0) * ~frame
        if cloud.mean() < _MOST_CLOUD:
            grey = grey * (1 - cloud) + cloud * np.maximum(look, 0.8 * grey.max())
    filled = np.where(frame, level, look).astype(np.float32)
    if rng.random() < _SHARPNESS:
        grey = _with_sharpness_of(filled, grey, float(rng.uniform(0.3, 1.0)))
    if rng.random() < _TONES:
        share = np.float32(rng.uniform(0.4, 1.0))
        grey = (1 - share) * grey + share * _with_tones_of(ground, grey)
    if rng.random() < _LIGHT:
        small = cv2.resize(filled, (8, 8), interpolation=cv2.INTER_AREA)
        light = cv2.resize(cv2.GaussianBlur(small, (0, 0), 1.5), grey.shape, interpolation=cv2.INTER_CUBIC)
        grey = grey + np.float32(rng.uniform(0.0, 0.7)) * (light - light.mean())
    if frame.any() and rng.random() < _FRAME:
        edge = cv2.GaussianBlur(frame.astype(np.float32), (0, 0), 1)
        grey = grey * (1 - edge) + look * edge
    stored = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return np.repeat(stored[..., None], 3, axis=2)


def pick(styles: Sequence[Style], rng: np.random.Generator) -> Style:
    """Draws a style, every pass with the same probability."""
    passes = sorted({style.pass_name for style in styles})
    chosen = passes[rng.integers(len(passes))]
    of_pass = [style for style in styles if style.pass_name == chosen]
    return of_pass[rng.integers(len(of_pass))]


def _square(style: Style, size_px: int, rng: np.random.Generator) -> tuple[Grey, NDArray[np.bool_]]:
    """A square of the real photo, turned by quarters and mirrored at random; the middle one if there is a frame."""
    height, width = style.light.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    if not style.frame.any():
        side = max(1, int(side * rng.uniform(0.5, 1.0)))
        top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    quarters, mirrored = int(rng.integers(4)), bool(rng.random() < 0.5)
    parts = []
    for part in (style.light, style.frame.astype(np.uint8) * 255):
        cut = cv2.resize(part[top : top + side, left : left + side], (size_px, size_px), interpolation=cv2.INTER_AREA)
        turned = np.rot90(cut, quarters)
        parts.append(np.ascontiguousarray(turned[:, ::-1] if mirrored else turned, np.float32))
    return parts[0], parts[1] > 127


def _with_tones_of(values: Grey, grey: Grey) -> Grey:
    """Histogram specification with 256 tones."""
    stored = np.clip(grey, 0, 255).astype(np.uint8)
    ours = np.cumsum(np.bincount(stored.ravel(), minlength=256)) / stored.size
    theirs = np.cumsum(np.bincount(np.clip(values, 0, 255).astype(np.uint8).ravel(), minlength=256)) / values.size
    table = np.interp(ours, theirs, np.arange(256))
    return np.asarray(table[stored], np.float32)


def _with_sharpness_of(look: Grey, grey: Grey, strength: float) -> Grey:
    """Scales the radial power spectrum to that of another picture of the same size."""
    size = len(grey)
    radius = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    bins = np.minimum((radius * 2 * size).astype(np.int64), size - 1)
    counts = np.maximum(np.bincount(bins.ravel(), minlength=size), 1)
    window = np.hanning(size)[:, None] * np.hanning(size)[None]
    powers = []
    for picture in (grey, look):
        power = np.abs(np.fft.rfft2((picture - picture.mean()) * window)) ** 2
        radial = np.bincount(bins.ravel(), power.ravel(), size) / counts
        radial = radial / max(float(radial[1:8].sum()), 1e-9)
        powers.append(cv2.GaussianBlur(radial[None].astype(np.float32), (0, 0), 2)[0])
    gain = np.clip(np.sqrt(powers[1] / np.maximum(powers[0], 1e-12)), *_GAINS) ** strength
    gain[:3] = 1.0
    mean = grey.mean()
    return np.asarray(np.fft.irfft2(np.fft.rfft2(grey - mean) * gain[bins], s=grey.shape) + mean, np.float32)
