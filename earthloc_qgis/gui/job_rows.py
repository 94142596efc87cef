"""What a photo's row shows of its job in the queue."""

from __future__ import annotations

from ..core.queue import CANCELLED as JOB_CANCELLED
from ..core.queue import DONE, Job
from ..core.queue import FAILED as JOB_FAILED
from ..core.queue import RUNNING as JOB_RUNNING
from ..core.queue import WAITING as JOB_WAITING
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
    if job.state == DONE and job.result is not None:
        status = str(job.result.get("status", NOT_FOUND))
        return {"status": status, "confidence": job.result.get("confidence"), "message": job.message}
    return {}
