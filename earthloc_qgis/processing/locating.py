"""The run of `earthloc:localize`: the queue of the panel, with a Processing feedback."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from qgis.core import QgsProcessingException, QgsProcessingFeedback  # type: ignore[attr-defined]

from ..contract.protocol import Localize
from ..contract.status import LOCATED, NOT_FOUND, UNCERTAIN
from ..core.clocks import silence_in_words
from ..core.queue import CANCELLED, DONE, FAILED, SKIPPED, Job, LocalizationQueue
from ..core.words import tr as _tr
from .engine_run import EngineRun


def locate(
    photos: list[str],
    options: Localize,
    nadir: tuple[float, float] | None,
    engine_program: str,
    feedback: QgsProcessingFeedback,
    include_reviewed: bool = False,
) -> list[Job]:
    """Locates photos and returns their jobs. Each result is written to the GeoPackage `options.out` at once.

    Args:
        photos: paths.
        options: the parameters for all photos.
        nadir: (lat, lon) for all photos, or None.
        engine_program: "" for the one in the options.
        feedback: receives the outcome for each photo, and progress.
        include_reviewed: also locate photos that a review in the GeoPackage decided on.

    Raises:
        QgsProcessingException: no photo can be located, because there is no engine or an index is damaged.
    """
    with EngineRun(engine_program, feedback) as engine:
        queue = LocalizationQueue(engine.client, options)
        _report(queue, feedback)
        for photo in photos:
            queue.add(photo, nadir, include_reviewed)

        def begin(loop) -> None:
            queue.finished.connect(loop.quit)
            queue.start()

        engine.wait(begin, queue.cancel_all)
    if queue.halted_by:
        raise QgsProcessingException(queue.halted_by)
    return list(queue.jobs.values())


def summarise(jobs: list[Job], feedback: QgsProcessingFeedback) -> tuple[int, ...]:
    """Numbers of photos: all, located, uncertain, not found, failed, skipped. Reports the failed ones as a table."""
    counts = Counter(job.result["status"] for job in jobs if job.state == DONE and job.result)
    failed = [job for job in jobs if job.state == FAILED]
    if failed:
        feedback.reportError(_tr("{n} of {total} photos failed:").format(n=len(failed), total=len(jobs)))
        for job in failed:
            feedback.reportError(f"  {Path(job.photo).name} | {job.message}")
    cancelled = sum(job.state == CANCELLED for job in jobs)
    if cancelled:
        feedback.pushWarning(_tr("{n} photos were cancelled.").format(n=cancelled))
    for line in silence_in_words(job.result for job in jobs if job.result is not None):
        feedback.pushWarning(line)
    skipped = sum(job.state == SKIPPED for job in jobs)
    if skipped:
        feedback.pushWarning(
            _tr(
                "{n} of {total} photos were skipped because a review decided on them;"
                " INCLUDE_REVIEWED locates them again."
            ).format(n=skipped, total=len(jobs))
        )
    return len(jobs), counts[LOCATED], counts[UNCERTAIN], counts[NOT_FOUND], len(failed), skipped


def _report(queue: LocalizationQueue, feedback: QgsProcessingFeedback) -> None:
    """Connects the queue to the feedback: the outcome for each photo, and the progress of all."""

    def changed(photo: str) -> None:
        job = queue.jobs[photo]
        feedback.setProgress(100.0 * sum(_share(job) for job in queue.jobs.values()) / len(queue.jobs))
        if job.state in (DONE, SKIPPED):
            feedback.pushInfo(_line(job))
        elif job.state == FAILED:
            feedback.pushWarning(_line(job))

    queue.job_changed.connect(changed)
    queue.recovered.connect(feedback.pushWarning)


def _share(job: Job) -> float:
    return 1.0 if job.state in (DONE, FAILED, CANCELLED, SKIPPED) else job.progress


def _line(job: Job) -> str:
    result = job.result
    parts = [Path(job.photo).name, result["status"] if result is not None and job.state != SKIPPED else job.state]
    if result is not None and result["center"]:
        lat, lon = result["center"]
        parts.append(f"{lat:.2f}, {lon:.2f}")
    if job.message:
        parts.append(job.message)
    return " | ".join(parts)
