"""What is known of a photo's camera without tie points: lens and sensor from EXIF, and the stated nadir."""

from __future__ import annotations

import re

from engine.orbit import NADIR_SD_KM
from engine.photo.read import PhotoInfo
from engine.registration.solve import CameraPrior

# Model in EXIF: sensor width and height in mm, and the focal length where the lens is part of the camera.
# Sizes of NASA's cameras are those of its Photos Database.
_CAMERAS: tuple[tuple[str, float, float, float | None], ...] = (
    (r"DCS ?(460|660|760)C?", 27.6, 18.5, None),
    (r"NIKON D1\b|NIKON D1[HX]", 23.6, 15.5, None),
    (r"NIKON D2X", 23.7, 15.7, None),
    (r"NIKON D3X", 35.9, 24.0, None),
    (r"NIKON D(3S?|4S?)\b", 36.0, 23.9, None),
    (r"NIKON D(5|6|8\d\d[AE]?)\b|NIKON Z ?[5-9]", 35.9, 24.0, None),
    # NASA's codes for cameras, as its catalogue has them.
    (r"^E[2-4]$", 27.6, 18.5, None),
    (r"^N1$", 23.6, 15.5, None),
    (r"^N2$", 23.7, 15.7, None),
    (r"^N[356]$", 36.0, 23.9, None),
    (r"^N[47]$", 35.9, 24.0, None),
    (r"imx477", 6.287, 4.712, 5.0),  # Astro Pi Mk II, the lens it flies with
    (r"ov5647", 3.629, 2.722, 3.6),  # Astro Pi Mk I
)
_FOCAL_SD = 0.03  # lenses are engraved with rounded numbers, and the focal length changes with focus
_CROPPED_SD = 0.25
_SAME_SHAPE = 0.05


def camera_prior(
    info: PhotoInfo,
    width_px: int,
    height_px: int,
    nadir: tuple[float, float] | None,
    nadir_sd_km: float = NADIR_SD_KM,
) -> CameraPrior:
    """The prior for a photo resampled to `width_px` by `height_px`.

    The focal length in pixels is unknown where EXIF lacks it or names a camera that is not in the table. A picture
    whose shape differs from the sensor's was cropped; then the focal length is only a hint.
    """
    for pattern, sensor_width, sensor_height, lens_mm in _CAMERAS:
        if info.camera is None or not re.search(pattern, info.camera, re.IGNORECASE):
            continue
        focal_mm = info.focal_length_mm or lens_mm
        if focal_mm is None:
            break
        shape = max(width_px, height_px) / min(width_px, height_px)
        is_whole = abs(shape / (sensor_width / sensor_height) - 1.0) < _SAME_SHAPE
        focal_px = focal_mm / sensor_width * max(width_px, height_px)
        return CameraPrior(focal_px, _FOCAL_SD if is_whole else _CROPPED_SD, nadir, nadir_sd_km)
    return CameraPrior(None, nadir=nadir, nadir_sd_km=nadir_sd_km)


def sensor_width_mm(info: PhotoInfo) -> float | None:
    """Length of the longer side of the sensor; None for a camera that is not in the table."""
    for pattern, width, _, _ in _CAMERAS:
        if info.camera and re.search(pattern, info.camera, re.IGNORECASE):
            return width
    return None
