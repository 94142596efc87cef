"""The review controller: connects photo queue, results file, current photo and decisions. No widgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

from .... import settings
from ....contract.localization import Localization
from ....contract.review import ReviewDecision
from ....contract.status import ACCEPTED, CORRECTED, UNREVIEWED, DecisionKind
from ....core.reviews import Reviewed
from ....core.words import decision_label
from ...compat import QUndoCommand, QUndoStack
from .picture import stored_size
from .queue_model import ReviewModel
from .recorder import Recorder
from .working_state import WorkingState, from_saved, with_candidate


class ReviewController(QObject):
    """Holds the state of a review and carries out its actions.

    Signals:
        current_changed(path): another photo is current; "" for none.
        working_changed(): the displayed localization changed, or is available now.
        earlier_changed(): the answer of `earlier()` may have changed.
        decided(items): there are new decisions on these photos, from this window or another one.
        stored(items): decisions on these photos have been written to the file.
        conflict(item): somebody else has decided on the current photo.
        message(text): information for the user.
    """

    current_changed = pyqtSignal(str)
    working_changed = pyqtSignal()
    earlier_changed = pyqtSignal()
    decided = pyqtSignal(list)
    stored = pyqtSignal(list)
    conflict = pyqtSignal(object)
    message = pyqtSignal(str)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.model = ReviewModel(self)
        self.recorder = Recorder(self)
        self.undo_stack = QUndoStack(self)
        self.current = ""
        self.working: Optional[WorkingState] = None
        self._earlier: Optional[ReviewDecision] = None  # on the current photo, before it was located again
        self._edited: dict[str, WorkingState] = {}  # unsaved changes, by photo
        self._own_decision_times: dict[str, str] = {}  # time of this window's last decision, by photo
        self.recorder.loaded.connect(self._loaded)
        self.recorder.changed.connect(self._changed)
        self.recorder.failed.connect(self.message)

    def open(self, path: Path) -> None:
        """Open a results GeoPackage for review. The file need not exist yet."""
        if self.recorder.file is not None and self.recorder.file.path == Path(path):
            self.recorder.reload()
            return
        self.undo_stack.clear()
        self._edited.clear()
        self._set_current("")
        self.model.load([])
        self.recorder.open(Path(path))

    def close(self) -> None:
        """Write pending decisions and end the threads."""
        self.recorder.close()

    # --- the current photo -------------------------------------------------------------------------

    def select(self, path: str) -> None:
        """Make a photo current."""
        if path != self.current:
            self._set_current(path)

    def choose(self, rank: int) -> None:
        """Display another candidate of the current photo. Can be undone."""
        if self.working is not None and rank != self.working.rank:
            self.edit(with_candidate(self.working, rank), self.tr("Choose candidate {n}").format(n=rank))

    def edit(self, working: WorkingState, label: str) -> None:
        """Replace the working state of the current photo. Can be undone; `label` names the step."""
        if self.working is not None and working is not self.working:
            self.undo_stack.push(EditCommand(self, self.working, working, label))

    def show_state(self, working: WorkingState) -> None:
        """Show a working state, which may be of another photo. Used by undo and redo."""
        self._edited[working.path] = working
        if working.path != self.current:
            self._set_current(working.path)
            return
        self.working = working
        self.working_changed.emit()

    def _set_current(self, path: str) -> None:
        self.current, self.working, self._earlier = path, None, None
        self.current_changed.emit(path)
        self.earlier_changed.emit()
        if not path:
            return
        if path in self._edited:
            self.working = self._edited[path]
            self.working_changed.emit()
        self._read(path)

    def _read(self, path: str) -> None:
        # A decision that is being written now may or may not be in the file when it is read.
        unwritten = self.recorder.unwritten(path)
        self.recorder.read(
            lambda file: (file.localizations(path), stored_size(path), file.earlier(path)),
            lambda answer: self._localization_read(path, answer, unwritten),
        )

    def _localization_read(self, path: str, answer: tuple, unwritten: Optional[Localization]) -> None:
        (saved, engine), size_px, earlier = answer
        pose = engine["pose"] if engine is not None else None
        if size_px is None and pose is not None:  # a camera RAW file, which only the engine reads
            size_px = pose["width_px"], pose["height_px"]
        saved = self.recorder.unwritten(path) or unwritten or saved
        if path != self.current or engine is None:
            return
        located_again = self.working is not None and engine != self.working.engine
        if self.working is None or (located_again and not self.working.is_unsaved):
            self.working = from_saved(path, size_px, saved or engine, engine)
            self.working_changed.emit()
        self._earlier = earlier
        self.earlier_changed.emit()

    # --- deciding ----------------------------------------------------------------------------------

    def decide(self, decision: DecisionKind, paths: list[str], note: str = "") -> None:
        """Record a decision on photos. Can be undone.

        For the current photo the decision applies to the displayed localization.
        """
        items = [item for item in map(self.model.item, paths) if item is not None]
        if not items:
            return
        new, old, unsaved = [], [], None
        for item in items:
            working = self.working if self.working is not None and item.path == self.working.path else None
            if working is not None and working.is_unsaved:
                unsaved = working
            new.append(self._decision(decision, item, working, note or item.note if len(items) > 1 else note))
            old.append(self._reverse_decision(item, working, new[-1]))
        self.undo_stack.push(DecideCommand(self, new, old, unsaved))

    def earlier(self) -> Optional[ReviewDecision]:
        """The decision on the current photo that can be brought back, or None."""
        item = self.model.item(self.current)
        return self._earlier if item is not None and item.review == UNREVIEWED else None

    def bring_back(self) -> None:
        """Repeat the decision that was lost by locating again, with the footprint it was made for. Can be undone."""
        working, earlier, item = self.working, self.earlier(), self.model.item(self.current)
        if earlier is None or working is None or item is None:
            return
        new = ReviewDecision(working.path, earlier.decision, settings.reviewer(), earlier.note)
        old = ReviewDecision(working.path, UNREVIEWED, settings.reviewer(), item.note)
        if earlier.localization is not None:
            restored = from_saved(working.path, working.size_px, earlier.localization, working.engine)
            new.localization = {**restored.shown, "reviewed_rank": restored.rank or None}
            new.candidate = restored.candidate()
            previous = from_saved(working.path, working.size_px, working.saved, working.engine)
            old.localization, old.candidate = working.saved, previous.candidate()
            new.replaces_footprint = old.replaces_footprint = True
        self.undo_stack.push(DecideCommand(self, [new], [old], working if working.is_unsaved else None))

    def write(self, decisions: list[ReviewDecision]) -> None:
        """Record decisions and display them immediately."""
        items = []
        for decision in decisions:
            item = self.model.item(decision.photo)
            if item is None:
                continue
            corrected = decision.decision == CORRECTED if decision.localization else item.corrected
            items.append(replace(
                item, review=decision.decision, reviewer=decision.reviewer, note=decision.note,
                reviewed_at=decision.reviewed_at, corrected=corrected,
            ))  # fmt: skip
            self._own_decision_times[decision.photo] = decision.reviewed_at
            working = self._edited.pop(decision.photo, None)
            if self.working is not None and decision.photo == self.working.path:
                working = self.working
            if decision.localization and working is not None:
                rank = int(decision.localization.get("reviewed_rank") or working.rank)
                state = WorkingState(working.path, working.size_px, working.engine, decision.localization,
                               decision.localization, rank)  # fmt: skip
                if decision.photo == self.current:
                    self.working = state
                    self.working_changed.emit()
        self.recorder.record(decisions)
        self.model.update(items)
        self.decided.emit(items)

    def _decision(
        self, decision: DecisionKind, item: Reviewed, working: Optional[WorkingState], note: str
    ) -> ReviewDecision:
        changed = working.is_changed if working is not None else item.corrected
        if decision == ACCEPTED and changed:
            decision = CORRECTED
        made = ReviewDecision(item.path, decision, settings.reviewer(), note)
        if decision in (ACCEPTED, CORRECTED) and working is not None and working.shown.get("footprint"):
            candidate = working.candidate()
            made.candidate = candidate
            made.localization = {**working.shown, "reviewed_rank": working.rank or None}
            made.replaces_footprint = working.is_unsaved
        return made

    def _reverse_decision(self, item: Reviewed, working: Optional[WorkingState], new: ReviewDecision) -> ReviewDecision:
        """The decision that restores the previous state."""
        back = ReviewDecision(item.path, item.review, settings.reviewer(), item.note)
        if working is not None and new.localization is not None:
            back.localization = working.saved
            back.replaces_footprint = new.replaces_footprint
        return back

    # --- changes in the file -----------------------------------------------------------------------

    def _loaded(self, items: list[Reviewed]) -> None:
        self.model.load(items)
        if self.current and self.model.item(self.current) is None:
            self._set_current("")
        elif self.current:
            self._read(self.current)  # the photo may have been located again

    def _changed(self, items: list[Reviewed]) -> None:
        if self.model.update(items):
            self.model.arrange()
        self.stored.emit(items)
        others = [item for item in items if item.reviewed_at != self._own_decision_times.get(item.path)]
        if others:
            self.decided.emit(others)
        for item in others:
            if item.path == self.current and item.review != UNREVIEWED:
                self.conflict.emit(item)


class EditCommand(QUndoCommand):
    """Replaces the working state of a photo."""

    def __init__(self, controller, before: WorkingState, after: WorkingState, label: str) -> None:
        super().__init__(label)
        self._controller, self._before, self._after = controller, before, after

    def redo(self) -> None:
        """Show the new state."""
        self._controller.show_state(self._after)

    def undo(self) -> None:
        """Show the previous state."""
        self._controller.show_state(self._before)


class DecideCommand(QUndoCommand):
    """Records decisions. Undo adds the opposite decisions to the history and deletes nothing from it.

    Args:
        controller: the review controller.
        new: the decisions.
        old: the decisions that restore the previous state.
        unsaved: the working state with unsaved changes before the decision, or None.
    """

    def __init__(
        self, controller, new: list[ReviewDecision], old: list[ReviewDecision], unsaved: Optional[WorkingState]
    ) -> None:
        template = QCoreApplication.translate("EarthLoc", "{decision}: {n} photos")
        name = decision_label(new[0].decision)
        super().__init__(template.format(decision=name, n=len(new)) if len(new) > 1 else name)
        self._controller, self._new, self._old, self._unsaved = controller, new, old, unsaved

    def redo(self) -> None:
        """Write the decisions."""
        self._controller.write(_now(self._new))

    def undo(self) -> None:
        """Write the previous decisions and go back to the photo."""
        self._controller.write(_now(self._old))
        if self._unsaved is not None:
            self._controller.show_state(self._unsaved)
        else:
            self._controller.select(self._old[0].photo)


def _now(decisions: list[ReviewDecision]) -> list[ReviewDecision]:
    """The same decisions with the current time."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [ReviewDecision(**{**vars(decision), "reviewed_at": now}) for decision in decisions]
