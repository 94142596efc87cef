"""What a review does: ties the queue, the file, the photo under review and the decisions together. No widgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

from .... import settings
from ....core.reviews import ACCEPTED, CORRECTED, UNREVIEWED, Decision, Reviewed
from ...qt_compat import QUndoCommand, QUndoStack
from .decisions import word
from .picture import stored_size
from .queue_model import ReviewModel
from .recorder import Recorder
from .working import Working, chosen, start_of


class ReviewController(QObject):
    """The state of a review.

    Signals:
        current_changed(path): another photo is under review; "" for none.
        working_changed(): the localization looked at is another one, or there is one now.
        earlier_changed(): whether a decision on the photo can be brought back may have changed.
        decided(items): photos have been decided on, here or in another window.
        stored(items): decisions on these photos have reached the file.
        conflict(item): somebody else has decided on the photo under review while it was on the table.
        told(message): something the user should know.
    """

    current_changed = pyqtSignal(str)
    working_changed = pyqtSignal()
    earlier_changed = pyqtSignal()
    decided = pyqtSignal(list)
    stored = pyqtSignal(list)
    conflict = pyqtSignal(object)
    told = pyqtSignal(str)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.model = ReviewModel(self)
        self.recorder = Recorder(self)
        self.undo_stack = QUndoStack(self)
        self.current = ""
        self.working: Optional[Working] = None
        self._earlier: Optional[Decision] = None  # on the photo under review, put aside when it was located again
        self._edited: dict[str, Working] = {}  # photos with changes that are not decided on yet
        self._own: dict[str, str] = {}  # photo: when this window decided last
        self.recorder.loaded.connect(self._loaded)
        self.recorder.changed.connect(self._changed)
        self.recorder.failed.connect(self.told)

    def open(self, path: Path) -> None:
        """Reviews the photos of a results GeoPackage, which need not exist yet."""
        if self.recorder.file is not None and self.recorder.file.path == Path(path):
            self.recorder.reload()
            return
        self.undo_stack.clear()
        self._edited.clear()
        self._set_current("")
        self.model.load([])
        self.recorder.open(Path(path))

    def close(self) -> None:
        """Writes what is not written yet and ends the threads."""
        self.recorder.close()

    # --- the photo under review --------------------------------------------------------------------

    def select(self, path: str) -> None:
        """Takes a photo on the table."""
        if path != self.current:
            self._set_current(path)

    def choose(self, rank: int) -> None:
        """Looks at another candidate of the photo; can be undone."""
        if self.working is not None and rank != self.working.rank:
            self.edit(chosen(self.working, rank), self.tr("Choose candidate {n}").format(n=rank))

    def edit(self, working: Working, what: str) -> None:
        """Changes what is on the table; can be undone."""
        if self.working is not None and working is not self.working:
            self.undo_stack.push(EditCommand(self, self.working, working, what))

    def put(self, working: Working) -> None:
        """Shows a state of a photo, also of another one; for undoing and redoing."""
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
        # What is being written just now may or may not be in the file when it is read.
        unwritten = self.recorder.unwritten(path)
        self.recorder.read(
            lambda file: (file.localizations(path), stored_size(path), file.earlier(path)),
            lambda answer: self._opened(path, answer, unwritten),
        )

    def _opened(self, path: str, answer: tuple, unwritten: Optional[dict]) -> None:
        (held, engine), size_px, earlier = answer
        held = self.recorder.unwritten(path) or unwritten or held
        if path != self.current or engine is None:
            return
        located_again = self.working is not None and engine != self.working.engine
        if self.working is None or (located_again and not self.working.is_unsaved):
            self.working = start_of(path, size_px, held or engine, engine)
            self.working_changed.emit()
        self._earlier = earlier
        self.earlier_changed.emit()

    # --- deciding ----------------------------------------------------------------------------------

    def decide(self, decision: str, paths: list[str], note: str = "") -> None:
        """Signs photos off; what is shown of the one on the table is what is decided on. Can be undone."""
        items = [item for item in map(self.model.item, paths) if item is not None]
        if not items:
            return
        new, old, unsaved = [], [], None
        for item in items:
            working = self.working if self.working is not None and item.path == self.working.path else None
            if working is not None and working.is_unsaved:
                unsaved = working
            new.append(self._decision(decision, item, working, note or item.note if len(items) > 1 else note))
            old.append(self._back_to(item, working, new[-1]))
        self.undo_stack.push(DecideCommand(self, new, old, unsaved))

    def earlier(self) -> Optional[Decision]:
        """The decision on the photo under review that can be brought back, or None."""
        item = self.model.item(self.current)
        return self._earlier if item is not None and item.review == UNREVIEWED else None

    def bring_back(self) -> None:
        """Takes the decision again that was put aside, with the footprint that it was for. Can be undone."""
        working, earlier = self.working, self.earlier()
        if earlier is None or working is None:
            return
        new = Decision(working.path, earlier.decision, settings.reviewer(), earlier.note)
        old = Decision(working.path, UNREVIEWED, settings.reviewer(), self.model.item(working.path).note)
        if earlier.localization is not None:
            then = start_of(working.path, working.size_px, earlier.localization, working.engine)
            new.localization, new.candidate = {**then.shown, "reviewed_rank": then.rank or None}, then.candidate()
            old.localization, old.candidate = dict(working.held), start_of(
                working.path, working.size_px, working.held, working.engine).candidate()  # fmt: skip
            new.replaces_footprint = old.replaces_footprint = True
        self.undo_stack.push(DecideCommand(self, [new], [old], working if working.is_unsaved else None))

    def write(self, decisions: list[Decision]) -> None:
        """Records decisions and shows them at once."""
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
            self._own[decision.photo] = decision.reviewed_at
            working = self._edited.pop(decision.photo, None)
            if self.working is not None and decision.photo == self.working.path:
                working = self.working
            if decision.localization and working is not None:
                rank = int(decision.localization.get("reviewed_rank") or working.rank)
                kept = Working(working.path, working.size_px, working.engine, decision.localization,
                               decision.localization, rank)  # fmt: skip
                if decision.photo == self.current:
                    self.working = kept
                    self.working_changed.emit()
        self.recorder.record(decisions)
        self.model.update(items)
        self.decided.emit(items)

    def _decision(self, decision: str, item: Reviewed, working: Optional[Working], note: str) -> Decision:
        changed = working.is_changed if working is not None else item.corrected
        if decision == ACCEPTED and changed:
            decision = CORRECTED
        made = Decision(item.path, decision, settings.reviewer(), note)
        if decision in (ACCEPTED, CORRECTED) and working is not None and working.shown.get("footprint"):
            candidate = working.candidate()
            made.candidate = candidate
            made.localization = {**working.shown, "reviewed_rank": working.rank or None}
            made.replaces_footprint = working.is_unsaved
        return made

    def _back_to(self, item: Reviewed, working: Optional[Working], new: Decision) -> Decision:
        """The decision that brings back how it stood."""
        back = Decision(item.path, item.review, settings.reviewer(), item.note)
        if working is not None and new.localization is not None:
            back.localization = dict(working.held)
            back.replaces_footprint = new.replaces_footprint
        return back

    # --- what comes from the file ------------------------------------------------------------------

    def _loaded(self, items: list[Reviewed]) -> None:
        self.model.load(items)
        if self.current and self.model.item(self.current) is None:
            self._set_current("")
        elif self.current:
            self._read(self.current)  # it may have been located again

    def _changed(self, items: list[Reviewed]) -> None:
        if self.model.update(items):
            self.model.arrange()
        self.stored.emit(items)
        others = [item for item in items if item.reviewed_at != self._own.get(item.path)]
        if others:
            self.decided.emit(others)
        for item in others:
            if item.path == self.current and item.review != UNREVIEWED:
                self.conflict.emit(item)


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
