"""Simulated passes: a station on a known orbit, a camera held in a known way, tie points with noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from orbit_kit import MIDDLE, quick_orbit
from PIL import ExifTags, Image
from scipy.spatial.transform import Rotation

from engine.answer import without_place
from engine.contract.localization import Localization
from engine.contract.status import LOCATED, NOT_FOUND
from engine.orbit.fixes import Measured, measured
from engine.passes.frames import Frame, Pass
from engine.photo.read import PhotoInfo
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.pose import Pose, pose_json, tie_points_json, view_json
from engine.registration.solve import CameraPrior, Solution, TiePoints, errors_px, solve_camera

SIZE = (800, 600)
FOCAL_PX = 640.0
LENS = CameraPrior(FOCAL_PX, 0.03)
START = MIDDLE - timedelta(seconds=150)
TILTED = np.radians([9.0, -3.0, 20.0])  # a mount
Held = Callable[[float], np.ndarray]  # rotation vector relative to the track and the vertical, at seconds


def fixed(second: float) -> np.ndarray:
    """A camera on a mount."""
    return TILTED


def camera_at(second: float, held: Held = fixed, jitter_deg: float = 0.0, seed: int = 0) -> Camera:
    """The camera so many seconds after START."""
    state = quick_orbit().state(START + timedelta(seconds=float(second)))
    up = state.position_km / np.linalg.norm(state.position_km)
    pole = np.cross(state.position_km, state.velocity_km_s)
    pole /= np.linalg.norm(pole)
    track = np.stack([np.cross(pole, up), -pole, -up])
    wobble = np.random.default_rng([seed, int(second * 10) + 10**6]).normal(0.0, np.radians(jitter_deg), 3)
    axes = (Rotation.from_rotvec(wobble) * Rotation.from_rotvec(held(second))).as_matrix() @ track
    return Camera(state.position_km, axes, FOCAL_PX * 1.01, *SIZE, 0.01)


def solved(camera: Camera, rng: np.random.Generator, noise_px: float = 1.0, n: int = 80) -> tuple[Solution, TiePoints]:
    """What registration would find of a camera."""
    x, y = rng.uniform(0, SIZE[0], n), rng.uniform(0, SIZE[1], n)
    lat, lon = camera.locate(x, y)
    points = TiePoints(np.stack([x, y], axis=1) + rng.normal(0.0, noise_px, (n, 2)), lat, lon)[np.isfinite(lat)]
    return solve_camera(points, camera, LENS, 2.0 * noise_px, robust=False), points


def answer_of(path: Path, camera: Camera, rng: np.random.Generator) -> Localization:
    """A located photo."""
    found, points = solved(camera, rng)
    pose = Pose(
        Solution(found.camera, found.covariance, found.determined, errors_px(found.camera, points)), points, LENS
    )
    ring = footprint.footprint_ring(found.camera)
    assert ring is not None
    return {
        **without_place(path, LOCATED, ""),
        "confidence": 0.999,
        **view_json(found.camera, ring, info_of(path, 0.0)),
        "pose": pose_json(pose),
        "tie_points": tie_points_json(pose),
        "inliers": len(points),
    }


def info_of(path: Path, second: float, clock_offset_s: float = 0.0) -> PhotoInfo:
    """What the photo's tags say, in whole seconds."""
    taken = START + timedelta(seconds=float(second) - clock_offset_s)
    return PhotoInfo(path, *SIZE, None, taken.replace(microsecond=0).isoformat()[:19], "imx477", None, 1, None)


def simulate(
    seconds: Sequence[float],
    located: Sequence[int],
    held: Held = fixed,
    seed: int = 0,
    jitter_deg: float = 0.03,
    clock_offset_s: float = 0.0,
    wrong: Sequence[int] = (),
) -> tuple[Pass, list[Camera]]:
    """A pass, of which some frames are located, some of these elsewhere; and its true cameras."""
    rng = np.random.default_rng(seed)
    frames, cameras = [], []
    for number, second in enumerate(seconds):
        camera = camera_at(second, held, jitter_deg, seed)
        info = info_of(Path(f"{number}.jpg"), second, clock_offset_s)
        answer, found = without_place(info.path, NOT_FOUND, ""), None
        if number in located:
            seen = camera_at(second + 400.0, held) if number in wrong else camera
            answer = answer_of(info.path, seen, rng)
            found = _measured(answer)
        at_s = datetime.fromisoformat(info.taken_at or "").replace(tzinfo=UTC).timestamp()
        frames.append(Frame(at_s, info, answer, found))
        cameras.append(camera)
    return Pass(frames), cameras


def draw(path: Path, second: float, model: str = "imx477", size: tuple[int, int] = SIZE) -> Path:
    """A blank photo with the time of a frame."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = model
    taken = START + timedelta(seconds=float(second))
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    Image.new("RGB", size, (90, 90, 90)).save(path, exif=exif)
    return path


def middle(camera: Camera) -> tuple[float, float]:
    """The ground in the middle of the picture."""
    lat, lon = camera.locate(camera.width_px / 2, camera.height_px / 2)
    return float(lat), float(lon)


def _measured(answer: Localization) -> Measured:
    found = measured(answer)
    assert found is not None
    return found
