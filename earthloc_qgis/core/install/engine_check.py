"""Checks that a program is an EarthLoc engine: first that it says so, then that it answers this plugin."""

from __future__ import annotations

import os
import re
from typing import Callable, Optional

from qgis.PyQt.QtCore import QObject

from ...contract.protocol import GetStatus
from ..child_environment import clean_environment
from ..engine_client import EngineClient
from ..words import tr as _tr
from .failures import Failure, classify
from .process import ChildProcess, Outcome

VERSION_TIMEOUT_S = 120  # a virus scanner may read all files of the engine the first time
_ANSWER = re.compile(r"^earthloc ([0-9][0-9A-Za-z.+]*)$", re.MULTILINE)

OnChecked = Callable[[str, Optional[Failure]], None]


class EngineCheck(QObject):
    """Checks one program at a time, without blocking."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.process = ChildProcess(self)
        self._client: EngineClient | None = None

    def check(self, program: str, on_checked: OnChecked) -> None:
        """Calls `on_checked(version, failure)` later; `failure` is None if the engine works."""
        self.stop()
        if not os.path.isfile(program):
            problem = _tr("{program} does not exist.").format(program=program or _tr("The engine"))
            on_checked("", Failure("missing", problem, _tr("Install the engine, or choose the program earthloc.")))
            return

        def on_end(outcome: Outcome) -> None:
            self._versioned(program, outcome, on_checked)

        self.process.start(program, ["--version"], clean_environment(), on_end, VERSION_TIMEOUT_S)

    def stop(self) -> None:
        """Ends the check; `on_checked` is not called."""
        self.process.stop()
        self._end_client()

    def _versioned(self, program: str, outcome: Outcome, on_checked: OnChecked) -> None:
        answer = _ANSWER.search(outcome.output) if outcome.ok else None
        if answer is None:
            on_checked("", _no_engine(program, outcome))
            return
        client = self._client = EngineClient([program, "serve"], self)

        def ended(failure: Failure | None) -> None:
            if client is self._client:
                self._end_client()
                on_checked(answer[1], failure)

        hint = _tr("Repair the engine or install it again.")
        client.request(
            GetStatus(),
            on_result=lambda _: ended(None),
            on_error=lambda error: ended(Failure("engine", error.message, hint)),
        )

    def _end_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
            client.deleteLater()


def _no_engine(program: str, outcome: Outcome) -> Failure:
    """Why a program has not answered `--version` as an engine does."""
    hint = _tr("Choose the program earthloc of an EarthLoc engine, or press Install engine.")
    if outcome.error:
        problem = _tr("{program} could not be started: {reason}.").format(program=program, reason=outcome.error)
        return Failure("engine", problem, hint)
    if outcome.timed_out:
        problem = _tr("{program} did not answer within {n} s.").format(program=program, n=VERSION_TIMEOUT_S)
        return Failure("engine", problem, hint)
    if not outcome.ok:
        failure = classify(outcome.output, outcome.crashed)
        if failure.kind != "unknown":
            return failure
    first = outcome.output.strip().partition("\n")[0][:120] or _tr("nothing")
    problem = _tr("{program} is not an EarthLoc engine: asked for its version, it answered “{answer}”.")
    return Failure("no_engine", problem.format(program=program, answer=first), hint)
