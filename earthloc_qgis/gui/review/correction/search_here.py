"""Searches for the photo again in a part of the map, or fits it to the imagery there."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Optional, cast

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .... import settings
from ....contract.answers import LocalizeAnswer
from ....contract.localization import Localization
from ....contract.parameters import RADIUS_KM, TILE_KM
from ....contract.protocol import Localize, Register, Request
from ....core.camera import Point
from ....core.engine_client import EngineError, EngineSession
from ....core.words import message_in_words, stage_in_words
from ..model.controller import ReviewController
from ..model.working_state import fitted_rank, imagery_for


class SearchHere(QObject):
    """Runs one search at a time. The result is displayed, and saved when the user accepts it.

    Args:
        indexes: returns the folders of the indexes to search.

    Signals:
        message(text): progress, result or problem.
    """

    message = pyqtSignal(str)

    def __init__(self, controller: ReviewController, client: EngineSession, indexes: Callable[[], list[str]],
                 parent: Optional[QObject] = None) -> None:  # fmt: skip
        super().__init__(parent)
        self._controller, self._client, self._indexes = controller, client, indexes
        self._request: Optional[int] = None

    def start(self, center: Point, radius_km: float) -> None:
        """Search within a circle."""
        working, indexes = self._controller.working, self._indexes()
        if working is None:
            return
        if not indexes:
            self.message.emit(self.tr("There is no index to search. Add one in the EarthLoc panel."))
            return
        self.cancel()
        where = self.tr("Searching within {km} km…  Press Esc to stop.").format(km=f"{radius_km:,.0f}")
        self.message.emit(where)
        nadir = working.engine.get("nadir")
        self._send(
            Localize(
                photo=working.path,
                indexes=indexes,
                nadir=(nadir[0], nadir[1]) if nadir else None,
                area=(center[0], center[1], min(radius_km, RADIUS_KM.high)),
                top_k=settings.top_k(),
                register=settings.register(),
                imagery=settings.imagery().spec(),
            ),
            where,
            lambda result: self._found(working.path, result),
        )

    def fit(self, center: Point, width_km: float) -> None:
        """Fit the photo to the imagery around a position."""
        working = self._controller.working
        imagery = imagery_for(working.engine) if working is not None else None
        if working is None:
            return
        if imagery is None:
            self.message.emit(
                self.tr("There is no imagery to fit the photo to. Choose some with the button that shows a picture.")
            )
            return
        self.cancel()
        fitting = self.tr("Fitting the photo to the imagery…  Press Esc to stop.")
        self.message.emit(fitting)
        nadir = working.engine.get("nadir")
        self._send(
            Register(
                photo=working.path,
                at=(center[0], center[1]),
                width_km=min(TILE_KM.high, max(TILE_KM.low, width_km)),
                imagery=imagery,
                nadir=(nadir[0], nadir[1]) if nadir else None,
            ),
            fitting,
            lambda result: self._fitted(working.path, result),
        )

    def cancel(self) -> bool:
        """Cancel the current search. Returns False when there is none."""
        if self._request is None:
            return False
        self._client.cancel(self._request)
        self._request = None
        self.message.emit(self.tr("The search was stopped."))
        return True

    def _send(self, message: Request, label: str, on_result: Callable[[LocalizeAnswer], None]) -> None:
        """Send a request to the engine. Answers to a cancelled request are ignored."""

        def is_current() -> bool:
            return self._request == request

        def done(result: LocalizeAnswer) -> None:
            if is_current():
                self._request = None
                on_result(result)

        def failed(error: EngineError) -> None:
            if is_current():
                self._request = None
                if error.kind != "cancelled":
                    self.message.emit(error.message)

        def progress(params: dict) -> None:
            if is_current():
                self.message.emit(f"{label} · {stage_in_words(params)}")

        request = self._request = self._client.request(message, on_result=done, on_error=failed, on_progress=progress)

    def _found(self, path: str, result: LocalizeAnswer) -> None:
        working = self._controller.working
        if working is None or working.path != path:
            return
        if not result.get("candidates"):
            self.message.emit(message_in_words(result) or self.tr("The photo was not found there."))
            return
        shown = {name: value for name, value in result.items() if name not in ("saved_to", "save_error")}
        shown["photo"] = working.engine["photo"]
        after = replace(working, shown=cast(Localization, shown), rank=fitted_rank(result))
        self._controller.edit(after, self.tr("Search here"))
        self.message.emit(message_in_words(result))

    def _fitted(self, path: str, result: LocalizeAnswer) -> None:
        working = self._controller.working
        if working is None or working.path != path:
            return
        if not result.get("pose"):
            self.message.emit(message_in_words(result) or self.tr("The photo does not fit there."))
            return
        names = ("status", "confidence", "footprint", "corners", "center", "camera", "pose", "tie_points", "imagery",
                 "inliers", "rms_km", "message", "message_id", "message_params")  # fmt: skip
        fitted = {name: result.get(name) for name in names if name in result}
        shown = {**working.shown, **fitted, "by_hand": False}
        self._controller.edit(replace(working, shown=cast(Localization, shown)), self.tr("Fit to the imagery"))
        self.message.emit(message_in_words(result))
