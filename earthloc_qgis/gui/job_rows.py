"""What is shown of jobs in the queue: in a photo's row, and when a run has ended."""

from __future__ import annotations

import os

from ..core.queue import CANCELLED as JOB_CANCELLED
from ..core.queue import DONE, SKIPPED, Job
from ..core.queue import FAILED as JOB_FAILED
from ..core.queue import RUNNING as JOB_RUNNING
from ..core.queue import WAITING as JOB_WAITING
from ..core.words import tr as _tr
from .photo_model import CANCELLED, FAILED, NEW, NOT_FOUND, QUEUED, RUNNING


def row_of(job: Job, before: dict) -> dict:
    """Fields of `Photo` that change with the job; `before` is how the photo stood before it was queued."""
    if job.state == JOB_RUNNING:
        return {"status": RUNNING, "progress": job.progress, "message": job.message}
    if job.state == JOB_WAITING:
        return {"status": QUEUED, "message": ""}
    if job.state == JOB_FAILED:
        return {"status": FAILED, "confidence": None, "message": job.message}
    if job.state == JOB_CANCELLED:
        # A result from before still holds.
        return {"status": CANCELLED, "message": job.message} if before.get("status", NEW) == NEW else before
    if job.state == SKIPPED and before.get("status", NEW) != NEW:
        return before
    if job.state in (DONE, SKIPPED) and job.result is not None:
        status = str(job.result.get("status", NOT_FOUND))
        return {"status": status, "confidence": job.result.get("confidence"), "message": job.message}
    return {}


def failures_in_words(jobs: dict[str, Job]) -> str:
    """One sentence for all photos of a run that failed; "" for none."""
    failed = [job for job in jobs.values() if job.state == JOB_FAILED]
    if len(failed) == 1:
        name, text = os.path.basename(failed[0].photo), failed[0].message
        return text if name in text else f"{name}: {text}"
    text = _tr("{n} of {total} photos failed; their rows and the log say why.")
    return text.format(n=len(failed), total=len(jobs)) if failed else ""


def skipped_in_words(jobs: dict[str, Job]) -> str:
    """One sentence for all photos of a run that a review decided on and that were left alone; "" for none."""
    skipped = sum(job.state == SKIPPED for job in jobs.values())
    text = _tr(
        "{n} of {total} photos were skipped because a review decided on them."
        " Tick “Locate reviewed photos again, too” to locate them all the same."
    )
    return text.format(n=skipped, total=len(jobs)) if skipped else ""
