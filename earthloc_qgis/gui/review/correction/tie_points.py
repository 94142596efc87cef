"""Correcting a footprint by tie points: sets, moves and deletes them, lets the engine solve the camera anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ....core.engine_client import EngineClient, EngineError
from ..model.controller import ReviewController
from ..model.working import Working, imagery_of
from ..view.handles import Handle

_NO_POINTS = {"tie_points": [], "inliers": 0, "rms_km": None}  # the camera stays
_SNAP_REACH = 0.03  # of the photo's longer side

Point = tuple[float, float]


class Correction(QObject):
    """Tie points of the photo under review.

    A point is a pair: a spot of the photo and a place on the map. The first click opens one on its side, a click on the
    other side closes it; until then the other end is where the camera has it.

    Args:
        sources: tells the folders of the indexes, and a raster or None, that snapping looks in.

    Signals:
        changed(): points, the selected one, or the open one are others.
        told(text): what has become of it; "" when all is well.
    """

    changed = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(
        self,
        controller: ReviewController,
        client: EngineClient,
        sources: Callable[[], tuple[list[str], Optional[str]]],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self._client, self._sources = controller, client, sources
        self.snaps = True
        self.selected = -1
        self.open_spot: Optional[Point] = None  # pixel of a point whose place is missing
        self.open_place: Optional[Point] = None  # (lat, lon) of a point whose pixel is missing
        self._dragged: Optional[tuple[int, dict]] = None
        self._asked = 0
        controller.current_changed.connect(lambda *_: self._forget())
        controller.working_changed.connect(self.changed)

    @property
    def points(self) -> list[dict]:
        """The tie points of what is on the table, one of them perhaps where it is being dragged to."""
        working = self._controller.working
        points = list(working.shown.get("tie_points") or []) if working is not None else []
        if self._dragged is not None and self._dragged[0] < len(points):
            points[self._dragged[0]] = self._dragged[1]
        return points

    # --- what is drawn -----------------------------------------------------------------------------

    def photo_handles(self) -> list[Handle]:
        """The points on the photo, in its pixels."""
        working = self._controller.working
        camera = working.camera() if working is not None else None
        found = []
        for number, point in enumerate(self.points):
            expected = camera.project(point["lat"], point["lon"]) if camera is not None else None
            found.append(Handle(number, point["x_px"], point["y_px"], expected))
        spot = self.open_spot
        if spot is None and self.open_place is not None and camera is not None:
            spot = camera.project(*self.open_place)
        if spot is not None:
            found.append(Handle(len(found), *spot, open=True))
        return found

    def map_points(self) -> list[tuple[Point, Optional[Point], bool]]:
        """The points on the ground: place, where the camera has it, and whether it is open; (lat, lon) each."""
        working = self._controller.working
        camera = working.camera() if working is not None else None
        found = []
        for point in self.points:
            expected = camera.locate(point["x_px"], point["y_px"]) if camera is not None else None
            found.append(((point["lat"], point["lon"]), expected, False))
        place = self.open_place
        if place is None and self.open_spot is not None and camera is not None:
            place = camera.locate(*self.open_spot)
        if place is not None:
            found.append((place, None, True))
        return found

    # --- what the user does ------------------------------------------------------------------------

    def click_photo(self, x_px: float, y_px: float) -> None:
        """A spot of the photo was clicked."""
        if self.open_place is not None:
            self._close((x_px, y_px), self.open_place)
        else:
            self.open_spot = (x_px, y_px)
            self.told.emit(self.tr("Now click the same spot on the map. Enter takes the best match near it."))
            self.changed.emit()

    def click_map(self, lat: float, lon: float) -> None:
        """A place on the map was clicked."""
        if self.open_spot is not None:
            self._close(self.open_spot, (lat, lon))
        else:
            self.open_place = (lat, lon)
            self.told.emit(self.tr("Now click the same spot in the photo."))
            self.changed.emit()

    def accept_open(self) -> None:
        """Closes the open point by the best match near where the camera has it."""
        working = self._controller.working
        camera = working.camera() if working is not None else None
        if self.open_spot is None or camera is None:
            return
        place = camera.locate(*self.open_spot)
        if place is None:
            return
        spot = self.open_spot
        self._snap(working, spot, lambda found: self._close(spot, found) if found is not None else self.told.emit(
            self.tr("Nothing alike is near there: click the spot on the map.")), 0.06)  # fmt: skip

    def select(self, number: int) -> None:
        """Marks a point."""
        self.selected = number
        self.changed.emit()

    def drag_photo(self, number: int, x_px: float, y_px: float, done: bool) -> None:
        """A point's spot is dragged."""
        if number == len(self.points):  # the open one
            self.open_spot = (x_px, y_px)
            self.changed.emit()
            if done and self.open_place is not None:
                self._close(self.open_spot, self.open_place)
            return
        self._drag(number, {"x_px": x_px, "y_px": y_px}, done)

    def drag_map(self, number: int, lat: float, lon: float, done: bool) -> None:
        """A point's place is dragged."""
        if number == len(self.points):
            self.open_place = (lat, lon)
            self.changed.emit()
            if done and self.open_spot is not None:
                self._close(self.open_spot, self.open_place)
            return
        self._drag(number, {"lat": lat, "lon": lon}, done)

    def delete(self) -> None:
        """Deletes the selected point, or gives up the open one."""
        points = self.points
        if self.open_spot is not None or self.open_place is not None:
            self._forget()
        elif 0 <= self.selected < len(points):
            del points[self.selected]
            self.selected = -1
            self._solve(points, self.tr("Delete tie point"))

    def clear(self) -> None:
        """Deletes all points; the camera stays where it is until there are others."""
        working = self._controller.working
        if working is not None and self.points:
            self.selected = -1
            self._controller.edit(_with(working, _NO_POINTS), self.tr("Delete all tie points"))

    # --- solving -----------------------------------------------------------------------------------

    def _close(self, spot: Point, place: Point) -> None:
        self.open_spot = self.open_place = None
        points = [*self.points, _point(spot, place)]
        self.selected = len(points) - 1
        self._solve(points, self.tr("Add tie point"), snap=len(points) - 1)

    def _drag(self, number: int, change: dict, done: bool) -> None:
        points = self.points
        if not 0 <= number < len(points):
            return
        point = {**points[number], **change, "origin": "manual", "residual_px": None, "residual_km": None}
        self.selected = number
        self._dragged = (number, point)
        if not done:
            self.changed.emit()
            return
        points[number] = point
        self._solve(points, self.tr("Move tie point"), snap=number if "lat" in change else -1)

    def _solve(self, points: list[dict], what: str, snap: int = -1) -> None:
        """Asks for the camera of these points; with `snap`, moves that point to the best match and solves again."""
        working = self._controller.working
        if working is None:
            return
        if not points:
            self._controller.edit(_with(working, _NO_POINTS), what)
            return
        # Shown while the engine works, so that nothing jumps back.
        self._asked += 1
        asked = self._asked

        def solved(result: dict) -> None:
            if (
                asked != self._asked
                or self._controller.working is None
                or self._controller.working.path != working.path
            ):
                return
            after = _with(working, {**result, "by_hand": False})
            if snap < 0 or not self.snaps:
                self._take(after, what)
                return
            point = result["tie_points"][snap]
            self._snap(after, (point["x_px"], point["y_px"]), lambda found: snapped(after, found))

        def snapped(after: Working, found: Optional[Point]) -> None:
            if found is None:
                self._take(after, what)
                return
            moved = list(after.shown["tie_points"])
            moved[snap] = _point((moved[snap]["x_px"], moved[snap]["y_px"]), found)
            self._request(after, moved, lambda result: self._take(_with(after, result), what), refused)

        def refused(error: EngineError) -> None:
            # The points are kept; the camera stays until they make sense together.
            if error.kind == "usage":
                self._take(_with(working, {"tie_points": points}), what)
            else:
                self._dragged = None
                self.changed.emit()
            self.told.emit(error.message)

        self._request(working, points, solved, refused)

    def _request(self, working: Working, points: list[dict], on_result, on_error) -> None:
        shown = working.shown
        nadir = shown.get("nadir")
        names = ("x_px", "y_px", "lat", "lon", "origin")
        self._client.request(
            "camera/solve",
            {
                "photo": working.path, "tie_points": [{name: point.get(name) for name in names} for point in points],
                "nadir": list(nadir) if nadir else None, **_start(shown),
            },
            on_result=on_result, on_error=on_error,
        )  # fmt: skip

    def _snap(self, working: Working, spot: Point, on_done: Callable[[Optional[Point]], None],
              reach: float = _SNAP_REACH) -> None:  # fmt: skip
        indexes, imagery = self._sources()
        candidate = working.candidate() or {}
        imagery = imagery or imagery_of(working.engine)
        if not indexes and not imagery:
            on_done(None)
            return
        self._client.request(
            "camera/snap",
            {
                "photo": working.path, "x_px": spot[0], "y_px": spot[1], "indexes": indexes or [imagery],
                "index": str(candidate.get("index") or ""), "imagery": imagery, "reach": reach, **_start(working.shown),
            },
            on_result=lambda result: on_done(None if result["lat"] is None else (result["lat"], result["lon"])),
            on_error=lambda error: on_done(None),
        )  # fmt: skip

    def _take(self, after: Working, what: str) -> None:
        self._dragged = None
        self.told.emit("")
        self._controller.edit(after, what)

    def _forget(self) -> None:
        self.open_spot = self.open_place = self._dragged = None
        self.selected = -1
        self._asked += 1
        self.changed.emit()


def _with(working: Working, change: dict) -> Working:
    return replace(working, shown={**working.shown, **change})


def _start(shown: dict) -> dict:
    """What the engine begins with: the pose, or else the corners."""
    corners = shown.get("corners")
    return {
        "pose": shown.get("pose"),
        "corners": [value for corner in corners for value in corner] if corners else None,
    }


def _point(spot: Point, place: Point) -> dict:
    return {"x_px": spot[0], "y_px": spot[1], "lat": place[0], "lon": place[1], "residual_px": None,
            "residual_km": None, "origin": "manual"}  # fmt: skip
