"""Steps of a review that can be undone and done again."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Optional

from qgis.PyQt.QtCore import QCoreApplication

from ...core.reviews import Decision
from .decisions import word
from .qt import QUndoCommand
from .working import Working


class EditCommand(QUndoCommand):
    """What is on the table for a photo became something else."""

    def __init__(self, controller, before: Working, after: Working, what: str) -> None:
        super().__init__(what)
        self._controller, self._before, self._after = controller, before, after

    def redo(self) -> None:
        """Shows it changed."""
        self._controller.put(self._after)

    def undo(self) -> None:
        """Shows it as it was."""
        self._controller.put(self._before)


class DecideCommand(QUndoCommand):
    """Photos were decided on. Undoing adds to the history what undoes it: nothing is taken out of it.

    Args:
        controller: of the review.
        new, old: the decisions, and those that bring back how it stood.
        unsaved: what was on the table and had been changed, or None.
    """

    def __init__(self, controller, new: list[Decision], old: list[Decision], unsaved: Optional[Working]) -> None:
        template = QCoreApplication.translate("EarthLoc", "{decision}: {n} photos")
        name = word(new[0].decision)
        super().__init__(template.format(decision=name, n=len(new)) if len(new) > 1 else name)
        self._controller, self._new, self._old, self._unsaved = controller, new, old, unsaved

    def redo(self) -> None:
        """Writes the decisions."""
        self._controller.write(_now(self._new))

    def undo(self) -> None:
        """Writes how it stood before, and goes back to the photo."""
        self._controller.write(_now(self._old))
        if self._unsaved is not None:
            self._controller.put(self._unsaved)
        else:
            self._controller.select(self._old[0].photo)


def _now(decisions: list[Decision]) -> list[Decision]:
    """The same decisions, taken now."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [Decision(**{**vars(decision), "reviewed_at": now}) for decision in decisions]
