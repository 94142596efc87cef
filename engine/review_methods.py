"""What the service answers during a review: each of these within a fraction of a second."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract import answers, protocol
from engine.contract.localization import Pose
from engine.errors import UsageError
from engine.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.imagery.source import ImagerySource
    from engine.photo.read import Photo

_JPEG_QUALITY = 85
_FETCH_S = 5.0  # how long a tile server may take for one picture


class ReviewMethods:
    """The methods, and the imagery that the last one looked at, which stays open.

    Attributes:
        table: {method name: function of (params, work) that returns the result}.
    """

    def __init__(self) -> None:
        self.handlers: dict[type[protocol.Request], Callable[[Any, Progress], Any]] = {
            protocol.PhotoPicture: self.photo_picture,
            protocol.TilePicture: self.tile_picture,
            protocol.SolveCamera: self.solve_camera,
            protocol.SnapTiePoint: self.snap_tie_point,
            protocol.PrepareResults: self.prepare_results,
        }
        self._imagery: ImagerySource | None = None
        self._photo: tuple[Path, int, Photo] | None = None  # the last one snapped: path, time of change, pixels

    def tile_picture(self, request: protocol.TilePicture, progress: Progress) -> answers.TilePictureAnswer:
        """The picture of a tile from the imagery of its index, or from other imagery."""
        path = request.imagery or imagery_of(request.indexes, request.index)
        if path is None or request.center is None:
            return {"jpeg": None, "imagery": None}
        source = self._open(str(path), progress)
        pixels, covered = source.square(*request.center, request.width_km, request.size_px)
        if not covered.any():
            return {"jpeg": None, "imagery": str(path)}
        return {"jpeg": _jpeg(pixels), "imagery": str(path)}

    def photo_picture(self, request: protocol.PhotoPicture, progress: Progress) -> answers.PhotoPictureAnswer:
        """A photo as a picture, in the orientation of its stored pixels."""
        from engine.photo.read import read_photo

        photo = read_photo(Path(request.photo), request.longer_px)
        return {"jpeg": _jpeg(photo.pixels), "width_px": photo.width_px, "height_px": photo.height_px}

    def solve_camera(self, request: protocol.SolveCamera, progress: Progress) -> answers.SolveAnswer:
        """The camera, footprint and residuals from tie points set by hand."""
        import numpy as np

        from engine.photo.read import read_photo_info
        from engine.registration.by_hand import solve_by_hand
        from engine.registration.solve import TiePoints

        points = request.tie_points
        rows = np.array([[point["x_px"], point["y_px"], point["lat"], point["lon"]] for point in points], np.float64)
        origins = [(point.get("origin") or "manual")[:20] for point in points]
        tie_points = TiePoints(rows[:, :2], rows[:, 2], rows[:, 3])
        info = read_photo_info(Path(request.photo))
        return solve_by_hand(info, tie_points, origins, request.nadir, _pose(request.pose), _corners(request.corners))

    def snap_tie_point(self, request: protocol.SnapTiePoint, progress: Progress) -> answers.SnapAnswer:
        """Where on the ground the surroundings of a pixel are found again; None where they are not."""
        from engine.registration.by_hand import initial_camera
        from engine.registration.prepare import PHOTO_PX
        from engine.registration.snap import snap

        path = request.imagery or imagery_of(request.indexes, request.index)
        if path is None:
            raise UsageError.of("ties.no_imagery")
        picture = self._read(Path(request.photo), PHOTO_PX)
        camera = initial_camera(picture, None, _pose(request.pose), _corners(request.corners))
        if camera is None:
            raise UsageError(None, "there is no initial pose", "give a pose or four corners")
        height, width = picture.pixels.shape[:2]
        scale = width / picture.width_px
        x_px, y_px, reach_px = request.x_px * scale, request.y_px * scale, request.reach * max(width, height)
        imagery = self._open(str(path), progress)
        found = snap(picture.pixels, camera.resized(width, height), imagery, x_px, y_px, reach_px)
        lat, lon, similarity = found or (None, None, None)
        return {"lat": lat, "lon": lon, "similarity": similarity}

    def prepare_results(self, request: protocol.PrepareResults, progress: Progress) -> answers.PreparedAnswer:
        """Brings a results file of an older version up to date."""
        from engine.results import ResultsFile

        ResultsFile(request.out).prepare()
        return {"out": request.out}

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


def imagery_of(indexes: Sequence[str], name: str) -> Path | None:
    """The raster of the index called `name` among folders; None when index or raster is not here."""
    from engine.errors import IndexDamagedError
    from engine.imagery.location import find_imagery
    from engine.retrieval.manifest import read_manifest

    for folder in map(Path, indexes):
        try:
            info = read_manifest(folder)
        except IndexDamagedError:  # another one may be the one
            continue
        if info["name"] == name:
            found = find_imagery(folder, str(info["source"].get("path") or ""))
            if found is not None:
                return found
    return None


def _corners(given: protocol.Corners | None) -> NDArray[np.float64] | None:
    """Corners (4, 2) lat, lon."""
    import numpy as np

    return None if given is None else np.array(given, np.float64).reshape(4, 2)


def _pose(given: Pose | None) -> Pose | None:
    """Refuses a pose whose arrays have other shapes, before it is calculated with."""
    if given is not None:
        shape = [len(given["position_ecef_km"]), *(len(row) for row in given["rotation"])]
        covariance = [len(row) for row in given["covariance"]]
        sizes = (given["width_px"], given["height_px"], given["focal_px"], given.get("pixel_aspect", 1.0))
        if shape != [3, 3, 3, 3] or covariance != [8] * 8 or min(sizes) <= 0:
            raise UsageError(None, "'pose' must be the pose of a localization", "correct the request")
    return given


def _jpeg(pixels: NDArray[np.uint8]) -> str:
    """RGB pixels (h, w, 3) as a JPEG in base64."""
    import cv2

    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), quality)
    return base64.b64encode(coded.tobytes()).decode("ascii")
