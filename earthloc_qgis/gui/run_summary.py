"""What a run found, in one line: so many photos located, uncertain, not found, and so on."""

from __future__ import annotations

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

from ..contract.status import FAILED, LOCATED, NOT_FOUND, UNCERTAIN
from ..core.queue import CANCELLED, SKIPPED, Job
from ..core.queue import FAILED as JOB_FAILED
from ..core.queue import WAITING as JOB_WAITING
from .notice_line import NoticeLine

_NOT_SAVED = "not saved"


def outcome(job: Job) -> str:
    """The group of a job that has ended: a status, SKIPPED, CANCELLED, or not saved; "" if it still waits."""
    if job.state in (SKIPPED, CANCELLED):
        return job.state
    if job.state == JOB_FAILED:
        return _NOT_SAVED if job.result is not None and job.result["status"] != FAILED else FAILED
    if job.state == JOB_WAITING or job.result is None:
        return ""
    return job.result["status"]


class RunSummary(NoticeLine):
    """Shows "4 located, 3 uncertain, 1 could not be read". Each count is a link that selects its photos.

    Signals:
        photos_wanted(paths): photos of the run, to be selected.
    """

    photos_wanted = pyqtSignal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("run_summary", "mIconInfo", "", parent)
        self.button.setText(self.tr("Show"))
        self.button.setToolTip(self.tr("Select these photos in the list"))
        self._groups: dict[str, list[str]] = {}
        self.action_wanted.connect(lambda: self._select(None))
        self.link_activated.connect(self._select)

    def show_run(self, jobs: dict[str, Job]) -> None:
        """Show the photos of a run that has ended; nothing if none was worked on."""
        texts = {
            LOCATED: self.tr("{n} located"),
            UNCERTAIN: self.tr("{n} uncertain"),
            NOT_FOUND: self.tr("{n} not found"),
            FAILED: self.tr("{n} could not be read"),
            _NOT_SAVED: self.tr("{n} not saved"),
            SKIPPED: self.tr("{n} skipped"),
            CANCELLED: self.tr("{n} cancelled"),
        }
        self._groups = {group: [] for group in texts}
        for path, job in jobs.items():
            if outcome(job) in self._groups:
                self._groups[outcome(job)].append(path)
        parts = [
            f'<a href="{group}">{texts[group].format(n=len(paths))}</a>'
            for group, paths in self._groups.items()
            if paths
        ]
        self.show_text(", ".join(parts))

    def _select(self, group: str | None) -> None:
        groups = list(self._groups) if group is None else [group]
        self.photos_wanted.emit([path for name in groups for path in self._groups.get(name, [])])
