"""Lets the engine look for the photo again, in a part of the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .... import settings
from ....core.camera import Point
from ....core.engine_client import EngineClient, EngineError
from ....core.words import stage_in_words
from ..model.controller import ReviewController
from ..model.working import fitted_rank, imagery_of


class SearchHere(QObject):
    """One search at a time; what it finds is put on the table and saved when it is accepted.

    Args:
        indexes: tells the folders of the indexes to search.

    Signals:
        told(text): how it goes.
    """

    told = pyqtSignal(str)

    def __init__(self, controller: ReviewController, client: EngineClient, indexes: Callable[[], list[str]],
                 parent: Optional[QObject] = None) -> None:  # fmt: skip
        super().__init__(parent)
        self._controller, self._client, self._indexes = controller, client, indexes
        self._request: Optional[int] = None

    def start(self, center: Point, radius_km: float) -> None:
        """Searches within a circle."""
        working, indexes = self._controller.working, self._indexes()
        if working is None:
            return
        if not indexes:
            self.told.emit(self.tr("There is no index to search: add one in the EarthLoc panel."))
            return
        self.cancel()
        where = self.tr("Searching within {km} km…  Esc stops it").format(km=f"{radius_km:,.0f}")
        self.told.emit(where)
        nadir = working.engine.get("nadir")
        self._ask(
            "localize",
            {
                "photo": working.path, "indexes": indexes, "nadir": list(nadir) if nadir else None,
                "area": [center[0], center[1], min(radius_km, settings.WHOLE_EARTH_KM)], "top_k": settings.top_k(),
                "register": settings.register(), "imagery": settings.imagery().spec(), "out": None,
            },
            where, lambda result: self._found(working.path, result),
        )  # fmt: skip

    def fit(self, center: Point, width_km: float) -> None:
        """Fits the photo to the imagery round a place."""
        working = self._controller.working
        imagery = imagery_of(working.engine) if working is not None else None
        if working is None:
            return
        if imagery is None:
            self.told.emit(self.tr("Choose imagery to fit the photo to first: the button with the picture."))
            return
        self.cancel()
        fitting = self.tr("Fitting the photo to the imagery…  Esc stops it")
        self.told.emit(fitting)
        nadir = working.engine.get("nadir")
        self._ask(
            "register",
            {
                "photo": working.path, "at": list(center), "width_km": min(3000.0, max(1.0, width_km)),
                "imagery": imagery, "nadir": list(nadir) if nadir else None, "out": None,
            },
            fitting, lambda result: self._fitted(working.path, result),
        )  # fmt: skip

    def cancel(self) -> bool:
        """Gives a search up; False when there is none."""
        if self._request is None:
            return False
        self._client.cancel(self._request)
        self._request = None
        self.told.emit(self.tr("The search was stopped."))
        return True

    def _ask(self, method: str, params: dict, what: str, on_result: Callable[[dict], None]) -> None:
        """Asks the engine. What still comes of a request that was given up is left alone."""

        def is_wanted() -> bool:
            return self._request == request

        def done(result: dict) -> None:
            if is_wanted():
                self._request = None
                on_result(result)

        def refused(error: EngineError) -> None:
            if is_wanted():
                self._request = None
                if error.kind != "cancelled":
                    self.told.emit(error.message)

        def progress(params: dict) -> None:
            if is_wanted():
                self.told.emit(f"{what} · {stage_in_words(params)}")

        request = self._request = self._client.request(
            method, params, on_result=done, on_error=refused, on_progress=progress
        )

    def _found(self, path: str, result: dict) -> None:
        working = self._controller.working
        if working is None or working.path != path:
            return
        if not result.get("candidates"):
            self.told.emit(str(result.get("message") or self.tr("Nothing was found there.")))
            return
        for name in ("saved_to", "save_error"):
            result.pop(name, None)
        after = replace(working, shown={**result, "photo": working.engine.get("photo", path)}, rank=fitted_rank(result))
        self._controller.edit(after, self.tr("Search here"))
        self.told.emit(str(result.get("message") or ""))

    def _fitted(self, path: str, result: dict) -> None:
        working = self._controller.working
        if working is None or working.path != path:
            return
        if not result.get("pose"):
            self.told.emit(str(result.get("message") or self.tr("The photo does not fit there.")))
            return
        names = ("status", "confidence", "footprint", "corners", "center", "camera", "pose", "tie_points", "imagery",
                 "inliers", "rms_km", "message")  # fmt: skip
        shown = {**working.shown, **{name: result.get(name) for name in names}, "by_hand": False}
        self._controller.edit(replace(working, shown=shown), self.tr("Fit to the imagery"))
        self.told.emit(str(result.get("message") or ""))
