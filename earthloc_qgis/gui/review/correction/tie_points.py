"""Editor for tie points: sets, moves and deletes them, and lets the engine solve the camera after each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Callable, Optional, cast

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ....contract.answers import SolveAnswer
from ....contract.localization import Localization, TiePoint
from ....contract.protocol import Corners, SnapTiePoint, SolveCamera
from ....core.engine_client import EngineError, EngineSession
from ..model.controller import ReviewController
from ..model.working_state import WorkingState, imagery_for
from ..view.handles import Handle

_NO_POINTS = {"tie_points": [], "inliers": 0, "rms_km": None}  # the camera is kept
_SNAP_REACH = 0.03  # of the photo's longer side

Point = tuple[float, float]


class TiePointEditor(QObject):
    """Tie points of the current photo.

    A tie point is a pair of a photo pixel and a ground position. The first click, on either side, opens a point. A
    click on the other side completes it. Until then its other end is displayed where the camera projects it.

    Args:
        sources: returns the index folders, and a raster or None, in which snapping searches.

    Signals:
        changed(): the points, the selected point or the open point changed.
        message(text): a hint or a problem; "" after success.
    """

    changed = pyqtSignal()
    message = pyqtSignal(str)

    def __init__(
        self,
        controller: ReviewController,
        client: EngineSession,
        sources: Callable[[], tuple[list[str], Optional[str]]],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self._client, self._sources = controller, client, sources
        self.snaps = True
        self.selected = -1
        self.open_pixel: Optional[Point] = None  # pixel of a point without ground position
        self.open_ground: Optional[Point] = None  # (lat, lon) of a point without pixel
        self._dragged: Optional[tuple[int, TiePoint]] = None
        self._request_number = 0
        controller.current_changed.connect(lambda *_: self._reset())
        controller.working_changed.connect(self.changed)

    @property
    def points(self) -> list[TiePoint]:
        """The tie points of the displayed localization, including the position of one being dragged."""
        working = self._controller.working
        points = list(working.shown.get("tie_points") or []) if working is not None else []
        if self._dragged is not None and self._dragged[0] < len(points):
            points[self._dragged[0]] = self._dragged[1]
        return points

    # --- display -----------------------------------------------------------------------------------

    def photo_handles(self) -> list[Handle]:
        """Handles for the photo, in pixels."""
        working = self._controller.working
        camera = working.camera() if working is not None else None
        found = []
        for number, point in enumerate(self.points):
            expected = camera.project(point["lat"], point["lon"]) if camera is not None else None
            found.append(Handle(number, point["x_px"], point["y_px"], expected))
        pixel = self.open_pixel
        if pixel is None and self.open_ground is not None and camera is not None:
            pixel = camera.project(*self.open_ground)
        if pixel is not None:
            found.append(Handle(len(found), *pixel, is_open=True))
        return found

    def map_points(self) -> list[tuple[Point, Optional[Point], bool]]:
        """Ground ends: (lat, lon), (lat, lon) according to the camera or None, and whether the point is open."""
        working = self._controller.working
        camera = working.camera() if working is not None else None
        found = []
        for point in self.points:
            expected = camera.locate(point["x_px"], point["y_px"]) if camera is not None else None
            found.append(((point["lat"], point["lon"]), expected, False))
        ground = self.open_ground
        if ground is None and self.open_pixel is not None and camera is not None:
            ground = camera.locate(*self.open_pixel)
        if ground is not None:
            found.append((ground, None, True))
        return found

    # --- user actions ------------------------------------------------------------------------------

    def click_photo(self, x_px: float, y_px: float) -> None:
        """Handle a click on the photo."""
        if self.open_ground is not None:
            self._complete((x_px, y_px), self.open_ground)
        else:
            self.open_pixel = (x_px, y_px)
            self.message.emit(
                self.tr("Now click the same spot on the map, or press Enter to use the best match nearby.")
            )
            self.changed.emit()

    def click_map(self, lat: float, lon: float) -> None:
        """Handle a click on the map."""
        if self.open_pixel is not None:
            self._complete(self.open_pixel, (lat, lon))
        else:
            self.open_ground = (lat, lon)
            self.message.emit(self.tr("Now click the same spot in the photo."))
            self.changed.emit()

    def accept_open(self) -> None:
        """Complete the open point with the best match near its projection by the camera."""
        working = self._controller.working
        camera = working.camera() if working is not None else None
        if self.open_pixel is None or working is None or camera is None:
            return
        ground = camera.locate(*self.open_pixel)
        if ground is None:
            return
        pixel = self.open_pixel

        def found(match: Optional[Point]) -> None:
            if match is not None:
                self._complete(pixel, match)
            else:
                self.message.emit(self.tr("There is no match nearby. Click the spot on the map."))

        self._snap(working, pixel, found, 0.06)

    def select(self, number: int) -> None:
        """Select a point."""
        self.selected = number
        self.changed.emit()

    def drag_photo(self, number: int, x_px: float, y_px: float, done: bool) -> None:
        """Handle dragging the photo end of a point."""
        if number == len(self.points):  # the open point
            self.open_pixel = (x_px, y_px)
            self.changed.emit()
            if done and self.open_ground is not None:
                self._complete(self.open_pixel, self.open_ground)
            return
        self._drag(number, {"x_px": x_px, "y_px": y_px}, done)

    def drag_map(self, number: int, lat: float, lon: float, done: bool) -> None:
        """Handle dragging the ground end of a point."""
        if number == len(self.points):
            self.open_ground = (lat, lon)
            self.changed.emit()
            if done and self.open_pixel is not None:
                self._complete(self.open_pixel, self.open_ground)
            return
        self._drag(number, {"lat": lat, "lon": lon}, done)

    def delete(self) -> None:
        """Delete the selected point, or discard the open one."""
        points = self.points
        if self.open_pixel is not None or self.open_ground is not None:
            self._reset()
        elif 0 <= self.selected < len(points):
            del points[self.selected]
            self.selected = -1
            self._solve(points, self.tr("Delete tie point"))

    def clear(self) -> None:
        """Delete all points. The camera is kept until new points are set."""
        working = self._controller.working
        if working is not None and self.points:
            self.selected = -1
            self._controller.edit(_changed(working, _NO_POINTS), self.tr("Delete all tie points"))

    # --- solving -----------------------------------------------------------------------------------

    def _complete(self, pixel: Point, ground: Point) -> None:
        self.open_pixel = self.open_ground = None
        points = [*self.points, _point(pixel, ground)]
        self.selected = len(points) - 1
        self._solve(points, self.tr("Add tie point"), snap=len(points) - 1)

    def _drag(self, number: int, change: dict[str, float], done: bool) -> None:
        points = self.points
        if not 0 <= number < len(points):
            return
        moved = {**points[number], **change, "origin": "manual", "residual_px": None, "residual_km": None}
        point = cast(TiePoint, moved)
        self.selected = number
        self._dragged = (number, point)
        if not done:
            self.changed.emit()
            return
        points[number] = point
        self._solve(points, self.tr("Move tie point"), snap=number if "lat" in change else -1)

    def _solve(self, points: list[TiePoint], label: str, snap: int = -1) -> None:
        """Request the camera for these points; with `snap`, move that point to its best match and solve again."""
        working = self._controller.working
        if working is None:
            return
        if not points:
            self._controller.edit(_changed(working, _NO_POINTS), label)
            return
        # Display the points while the engine computes, so that a dragged one does not jump back.
        self._request_number += 1
        number = self._request_number

        def solved(result: SolveAnswer) -> None:
            if (
                number != self._request_number
                or self._controller.working is None
                or self._controller.working.path != working.path
            ):
                return
            after = _changed(working, {**result, "by_hand": False})
            if snap < 0 or not self.snaps:
                self._show(after, label)
                return
            point = result["tie_points"][snap]
            self._snap(after, (point["x_px"], point["y_px"]), lambda found: snapped(after, found))

        def snapped(after: WorkingState, found: Optional[Point]) -> None:
            if found is None:
                self._show(after, label)
                return
            moved = list(after.shown["tie_points"])
            moved[snap] = _point((moved[snap]["x_px"], moved[snap]["y_px"]), found)
            self._request(after, moved, lambda result: self._show(_changed(after, result), label), failed)

        def failed(error: EngineError) -> None:
            # Keep the points, and the old camera until they are consistent.
            if error.kind == "usage":
                self._show(_changed(working, {"tie_points": points}), label)
            else:
                self._dragged = None
                self.changed.emit()
            self.message.emit(error.message)

        self._request(working, points, solved, failed)

    def _request(self, working: WorkingState, points: list[TiePoint], on_result, on_error) -> None:
        shown = working.shown
        nadir = shown.get("nadir")
        names = ("x_px", "y_px", "lat", "lon", "origin")
        self._client.request(
            SolveCamera(
                photo=working.path,
                tie_points=[{name: point.get(name) for name in names} for point in points],  # type: ignore[misc]
                nadir=(nadir[0], nadir[1]) if nadir else None,
                pose=shown.get("pose"),
                corners=_corners(shown),
            ),
            on_result=on_result,
            on_error=on_error,
        )

    def _snap(self, working: WorkingState, pixel: Point, on_done: Callable[[Optional[Point]], None],
              reach: float = _SNAP_REACH) -> None:  # fmt: skip
        indexes, imagery = self._sources()
        candidate = working.candidate()
        imagery = imagery or imagery_for(working.engine)
        if not indexes and not imagery:
            on_done(None)
            return
        self._client.request(
            SnapTiePoint(
                photo=working.path,
                x_px=pixel[0],
                y_px=pixel[1],
                indexes=indexes or [imagery or ""],
                index=candidate["index"] if candidate is not None else "",
                imagery=imagery,
                pose=working.shown.get("pose"),
                corners=_corners(working.shown),
                reach=reach,
            ),
            on_result=lambda result: on_done(None if result["lat"] is None else (result["lat"], result["lon"])),
            on_error=lambda error: on_done(None),
        )

    def _show(self, after: WorkingState, label: str) -> None:
        self._dragged = None
        self.message.emit("")
        self._controller.edit(after, label)

    def _reset(self) -> None:
        self.open_pixel = self.open_ground = self._dragged = None
        self.selected = -1
        self._request_number += 1
        self.changed.emit()


def _changed(working: WorkingState, change: Mapping[str, Any]) -> WorkingState:
    return replace(working, shown=cast(Localization, {**working.shown, **change}))


def _corners(shown: Localization) -> Optional[Corners]:
    """The corners as the engine takes them for an initial camera."""
    corners = shown.get("corners")
    return cast(Corners, tuple(value for corner in corners for value in corner)) if corners else None


def _point(pixel: Point, ground: Point) -> TiePoint:
    return {"x_px": pixel[0], "y_px": pixel[1], "lat": ground[0], "lon": ground[1], "residual_px": None,
            "residual_km": None, "origin": "manual"}  # fmt: skip
