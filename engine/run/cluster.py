"""The workers of a Dask cluster. They need EarthLoc, and the photos, indexes and imagery at the same paths."""

from __future__ import annotations

import queue
import time
from contextlib import ExitStack
from typing import Any

from engine.dask_cluster import cluster_errors, cluster_failed, dask_client, no_worker
from engine.errors import InputError
from engine.messages import Message
from engine.run.locate import Job, Outcome, locator
from engine.run.row import failed_row
from engine.run.setting import Setting

_AHEAD = 128  # photos submitted: enough for some dozens of workers
_NO_WORKER_S = 60.0
_GO_ON = "give the same command again: what was located is kept"


class Cluster:
    """The workers of a Dask scheduler.

    Args:
        address: of the scheduler.
        setting: how to locate.
        identity: of the setting on this computer; a worker where it differs is an error.

    Raises:
        InputError: no scheduler answers, or no worker appears. UsageError: the package distributed is not installed.
    """

    def __init__(self, address: str, setting: Setting, identity: dict[str, Any]) -> None:
        self._address = address
        self._setting = setting
        self._identity = identity
        self._opened = ExitStack()
        self._client = self._opened.enter_context(dask_client(address))
        self._submitted: dict[Any, Job] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._worker_seen = time.monotonic()

    @property
    def free(self) -> int:
        """How many photos can be submitted now."""
        return _AHEAD - len(self._submitted)

    def submit(self, job: Job) -> None:
        """Gives a photo to the cluster."""
        future = self._client.submit(locate_there, self._setting, self._identity, job, pure=False)
        self._submitted[future] = job
        future.add_done_callback(self._done.put)

    def next(self, timeout_s: float) -> Outcome | None:
        """The next outcome; None when none comes in time.

        Raises:
            InputError: the cluster is lost or has no workers. EarthLocError: of an index, a model or the imagery.
        """
        from distributed import KilledWorker

        try:
            future = self._done.get(timeout=timeout_s)
        except queue.Empty:
            self._check_workers()
            return None
        self._worker_seen = time.monotonic()
        job = self._submitted.pop(future)
        try:
            return future.result()
        except KilledWorker:
            why = Message("run.worker_died", {"path": job.listed.path, "how": "several Dask workers"})
            return Outcome(job.seq, failed_row(job.listed, why), "died")
        except cluster_errors() as error:
            raise cluster_failed(self._address, error, _GO_ON) from error

    def close(self) -> None:
        """Leaves the cluster; what it works on is cancelled."""
        for future in self._submitted:
            future.cancel()
        self._opened.close()

    def _check_workers(self) -> None:
        if not self._submitted or time.monotonic() - self._worker_seen < _NO_WORKER_S:
            return
        if not self._client.nthreads():
            raise no_worker(self._address)
        self._worker_seen = time.monotonic()


def locate_there(setting: Setting, identity: dict[str, Any], job: Job) -> Outcome:
    """Locates a photo on a worker.

    Raises:
        InputError: what the rows follow from is not the same there.
    """
    here = locator(setting)
    differing = sorted(name for name, value in identity.items() if here.identity.get(name) != value)
    if differing:
        hint = "give all of them the same files and the same version of EarthLoc"
        raise InputError(None, f"a Dask worker has another {' and another '.join(differing)} than this computer", hint)
    return here.locate(job)
