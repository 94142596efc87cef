"""Runs many equal jobs on the workers of a Dask cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from engine.errors import InputError, UsageError, in_short
from engine.prefetch import prefetch

# Jobs submitted to the cluster ahead of the one whose result is awaited: enough for some dozens of workers.
_PREFETCHED_PARTS = 128
_FIRST_WORKER_TIMEOUT_S = 30


def results_on_dask(address: str, function: Callable[..., Any], parts: Iterable[tuple[Any, ...]]) -> Generator[Any]:
    """Yield `function(*part)`, computed on the workers of a Dask scheduler, in the order of the parts.

    Raises:
        InputError: no scheduler answers, no worker appears, or the cluster is lost.
        UsageError: the package distributed is not installed.
    """
    with dask_client(address) as client:
        try:
            yield from prefetch(lambda part: client.submit(function, *part, pure=False), parts, _PREFETCHED_PARTS)
        except cluster_errors() as error:
            raise cluster_failed(address, error, "continue with --resume") from error


@contextmanager
def dask_client(address: str) -> Generator[Any]:
    """A client of a Dask scheduler that has at least one worker.

    Raises:
        InputError: no scheduler answers, or no worker appears.
        UsageError: the package distributed is not installed.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            None, "a Dask cluster needs the package distributed", "install it with `pip install earthloc[dask]`"
        ) from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # failures are reported here in one sentence
    try:
        client = Client(address, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:  # time-outs of Client are OSErrors
        raise InputError(address, "no Dask scheduler answers there", "check the address and that it runs") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_TIMEOUT_S)
        except OSError as error:
            raise no_worker(address) from error
        yield client


def cluster_errors() -> tuple[type[BaseException], ...]:
    """What a result raises when the scheduler is gone, all workers that had a part have died, or one lacks EarthLoc."""
    from distributed import KilledWorker

    return CancelledError, KilledWorker, OSError, ImportError


def cluster_failed(address: str, error: BaseException, how_to_go_on: str) -> InputError:
    """The error for a cluster that is lost."""
    hint = f"check that its workers have EarthLoc, and {how_to_go_on}"
    return InputError(address, f"the Dask cluster failed ({in_short(error)})", hint)


def no_worker(address: str) -> InputError:
    """The error for a scheduler without workers."""
    return InputError(address, "no worker is there", f"start some: dask worker {address}")
