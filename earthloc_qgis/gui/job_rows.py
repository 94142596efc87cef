"""Texts and row fields for the jobs of the queue, during a run and at its end."""

from __future__ import annotations

import os

from ..contract.status import FAILED, NOT_FOUND
from ..core.queue import CANCELLED as JOB_CANCELLED
from ..core.queue import DONE, SKIPPED, Job
from ..core.queue import FAILED as JOB_FAILED
from ..core.queue import RUNNING as JOB_RUNNING
from ..core.queue import WAITING as JOB_WAITING
from ..core.words import tr as _tr
from .photo_model import CANCELLED, NEW, QUEUED, RUNNING


def row_of(job: Job, previous: dict) -> dict:
    """Fields of `Photo` that change with a job; `previous` is the state of the photo before it was queued."""
    if job.state == JOB_RUNNING:
        return {"status": RUNNING, "progress": job.progress, "message": job.message}
    if job.state == JOB_WAITING:
        return {"status": QUEUED, "message": ""}
    if job.state == JOB_FAILED:
        return {"status": FAILED, "confidence": None, "message": job.message}
    if job.state == JOB_CANCELLED:
        # A previous result is still valid.
        return {"status": CANCELLED, "message": job.message} if previous.get("status", NEW) == NEW else previous
    if job.state == SKIPPED and previous.get("status", NEW) != NEW:
        return previous
    if job.state in (DONE, SKIPPED) and job.result is not None:
        status = str(job.result.get("status", NOT_FOUND))
        return {"status": status, "confidence": job.result.get("confidence"), "message": job.message}
    return {}


def failures_in_words(jobs: dict[str, Job]) -> str:
    """One message about all failed photos of a run; "" without any."""
    failed = [job for job in jobs.values() if job.state == JOB_FAILED]
    if len(failed) == 1:
        name, text = os.path.basename(failed[0].photo), failed[0].message
        return text if name in text else f"{name}: {text}"
    text = _tr("{n} of {total} photos failed. Their rows and the log give the reasons.")
    return text.format(n=len(failed), total=len(jobs)) if failed else ""


def skipped_in_words(jobs: dict[str, Job]) -> str:
    """One message about all reviewed photos that a run skipped; "" without any."""
    skipped = sum(job.state == SKIPPED for job in jobs.values())
    text = _tr(
        "{n} of {total} photos were skipped because they have been reviewed."
        " Tick “Also locate reviewed photos again” to include them."
    )
    return text.format(n=skipped, total=len(jobs)) if skipped else ""
