"""Requests to the engine that the user waits for, with progress and *Cancel*."""

from __future__ import annotations

from typing import Any, Callable

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QProgressDialog, QWidget

from ..contract.protocol import Request
from ..core.engine_client import EngineClient, EngineError
from ..core.words import tr

_SHOWN_AFTER_MS = 600


def request_with_progress(
    client: EngineClient,
    request: Request,
    label: str,
    window: QWidget,
    on_result: Callable[[Any], None],
    on_error: Callable[[EngineError], None],
) -> None:
    """Send a request; if the answer takes a moment, show how far it is. After *Cancel* neither function is called."""
    dialog = QProgressDialog(label, tr("Cancel"), 0, 0, window)
    dialog.setObjectName("waiting_dialog")
    dialog.setWindowTitle("EarthLoc")
    dialog.setWindowModality(Qt.WindowModality.NonModal)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    dialog.setMinimumDuration(_SHOWN_AFTER_MS)

    def progressed(params: dict) -> None:
        dialog.setMaximum(int(params.get("total") or 0))
        dialog.setValue(int(params.get("done") or 0))

    def end() -> None:
        dialog.close()
        dialog.deleteLater()

    def done(answer: Any) -> None:
        end()
        on_result(answer)

    def failed(error: EngineError) -> None:
        end()
        if error.kind != "cancelled":
            on_error(error)

    number = client.request(request, on_result=done, on_error=failed, on_progress=progressed)
    dialog.canceled.connect(lambda: client.cancel(number))  # also emitted when it closes; an ended request is ignored
