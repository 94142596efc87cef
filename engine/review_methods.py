"""What the service answers while somebody reviews: each of these within a fraction of a second."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.limits import LAT, LON, TILE_KM
from engine.progress import Progress
from engine.rpc import Params, invalid_params

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.imagery.source import ImagerySource
    from engine.photo.read import Photo

_PIXELS = (-1e6, 1e6)
_TIE_POINT = {"x_px": _PIXELS, "y_px": _PIXELS, "lat": LAT, "lon": LON}
_PICTURE_PX = (16, 1024)
_JPEG_QUALITY = 85
_FETCH_S = 5.0  # how long a tile server may take for one picture


class ReviewMethods:
    """The methods, and the imagery that the last one looked at, which stays open.

    Attributes:
        table: {method name: function of (params, work) that returns the result}.
    """

    def __init__(self) -> None:
        self.table: dict[str, Callable[[Params, Progress], Any]] = {
            "tile/picture": self.tile_picture,
            "camera/solve": self.camera_solve,
            "camera/snap": self.camera_snap,
            "results/prepare": self.results_prepare,
        }
        self._imagery: ImagerySource | None = None
        self._photo: tuple[Path, int, Photo] | None = None  # the last one snapped: path, time of change, pixels

    def tile_picture(self, params: Params, progress: Progress) -> dict[str, Any]:
        """The picture of a tile from the imagery of its index, or from other imagery."""
        indexes, index = params.paths("indexes"), params.text("index")
        imagery, center = params.text("imagery", "") or None, params.numbers("center", [LAT, LON])
        width_km, size_px = params.number("width_km", *TILE_KM), params.whole("size_px", *_PICTURE_PX, 192)
        params.done()

        import cv2

        path = imagery or imagery_of(indexes, index)
        if path is None or center is None:
            return {"jpeg": None, "imagery": None}
        source = self._open(str(path), progress)
        pixels, covered = source.square(center[0], center[1], width_km, size_px)
        if not covered.any():
            return {"jpeg": None, "imagery": str(path)}
        quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        _, coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), quality)
        return {"jpeg": base64.b64encode(coded.tobytes()).decode("ascii"), "imagery": str(path)}

    def camera_solve(self, params: Params, progress: Progress) -> dict[str, Any]:
        """The camera, footprint and residuals from tie points set by hand."""
        photo, points = params.path("photo"), params.objects("tie_points")
        nadir, start = params.numbers("nadir", [LAT, LON]), _start(params)
        params.done()

        import numpy as np

        from engine.photo.read import read_photo_info
        from engine.registration.by_hand import solve_by_hand
        from engine.registration.solve import TiePoints

        rows = np.array([[_number(point, name, *limits) for name, limits in _TIE_POINT.items()] for point in points])
        origins = [str(point.get("origin") or "manual")[:20] for point in points]
        stated = (nadir[0], nadir[1]) if nadir else None
        tie_points = TiePoints(rows[:, :2], rows[:, 2], rows[:, 3])
        return solve_by_hand(read_photo_info(photo), tie_points, origins, stated, *start)

    def camera_snap(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Where on the ground a spot of the photo is found again; nulls where nothing alike is near."""
        photo, start = params.path("photo"), _start(params)
        x_px, y_px = params.number("x_px", *_PIXELS), params.number("y_px", *_PIXELS)
        indexes, index = params.paths("indexes"), params.text("index", "")
        imagery, reach = params.text("imagery", "") or None, params.number("reach", 0.005, 0.25, 0.05)
        params.done()

        from engine.registration.by_hand import initial_camera
        from engine.registration.prepare import PHOTO_PX
        from engine.registration.snap import snap

        path = imagery or imagery_of(indexes, index)
        if path is None:
            raise UsageError(None, "there is no imagery to snap to", "choose reference imagery")
        picture = self._read(photo, PHOTO_PX)
        camera = initial_camera(picture, None, *start)
        if camera is None:
            raise UsageError(None, "there is no camera to begin with", "give a pose or four corners")
        height, width = picture.pixels.shape[:2]
        scale = width / picture.width_px
        small = camera.resized(width, height)
        found = snap(
            picture.pixels,
            small,
            self._open(str(path), progress),
            x_px * scale,
            y_px * scale,
            reach * max(width, height),
        )
        lat, lon, similarity = found or (None, None, None)
        return {"lat": lat, "lon": lon, "similarity": similarity}

    def results_prepare(self, params: Params, progress: Progress) -> dict[str, Any]:
        """Brings a results file of an older version up to date."""
        out = params.path("out")
        params.done()

        from engine.results import ResultsFile

        ResultsFile(out).prepare()
        return {"out": str(out)}

    def _read(self, path: Path, max_px: int) -> Photo:
        """The photo's pixels; the last one stays at hand, for points are set one after the other."""
        from engine.photo.read import read_photo

        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            changed = 0  # reading it will say what is wrong
        if self._photo is None or self._photo[:2] != (path, changed):
            self._photo = path, changed, read_photo(path, max_px)
        return self._photo[2]

    def _open(self, spec: str, progress: Progress) -> ImagerySource:
        from engine.imagery.opening import open_imagery

        # What is fetched belongs to one request, with its own end.
        if self._imagery is None or self._imagery.name != spec or self._imagery.remote:
            opened = open_imagery(spec, progress, _FETCH_S)
            if self._imagery is not None:
                self._imagery.close()
            self._imagery = opened
        return self._imagery


def imagery_of(indexes: Sequence[Path], name: str) -> Path | None:
    """The raster of the index called `name` among folders; None when index or raster is not here."""
    from engine.errors import IndexDamagedError
    from engine.imagery.location import find_imagery
    from engine.retrieval.manifest import read_manifest

    for folder in indexes:
        try:
            info = read_manifest(folder)
        except IndexDamagedError:  # another one may be the one
            continue
        if info["name"] == name:
            found = find_imagery(folder, str(info["source"].get("path") or ""))
            if found is not None:
                return found
    return None


def _start(params: Params) -> tuple[dict[str, Any] | None, NDArray[np.float64] | None]:
    """The pose and the corners to begin with; None where they are not given."""
    import numpy as np

    pose, corners = params.object_or_none("pose"), params.numbers("corners", [LAT, LON] * 4)
    if pose is not None:
        _check_pose(pose)
    return pose, None if corners is None else np.array(corners, np.float64).reshape(4, 2)


def _check_pose(pose: dict[str, Any]) -> None:
    """Refuses a pose that is none, before it is calculated with."""
    import numpy as np

    numbers: list[Any] = [pose.get(name) for name in ("width_px", "height_px", "focal_px")]
    numbers += [pose.get("pixel_aspect", 1.0), pose.get("radial")]
    try:
        numbers += [*pose["position_ecef_km"], *(value for row in pose["rotation"] for value in row)]
        shape = [len(pose["position_ecef_km"]), *(len(row) for row in pose["rotation"])]
        covariance = np.array(pose["covariance"], np.float64)
    except (KeyError, TypeError, ValueError):
        shape, covariance = [], np.zeros(0)
    if (shape != [3, 3, 3, 3] or covariance.shape != (8, 8) or not isinstance(pose.get("determined"), list)
            or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in numbers)
            or min(float(v) for v in numbers[:4]) <= 0):  # fmt: skip
        raise invalid_params("'pose' must be the pose of a localization")


def _number(point: dict[str, Any], name: str, low: float, high: float) -> float:
    value = point.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise invalid_params(f"{name!r} of a tie point must be a number from {low:g} to {high:g}")
    return float(value)
