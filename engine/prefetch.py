"""Runs the parts of a job ahead of their use, and yields the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from typing import Any, Protocol


class Pending(Protocol):
    """A future of concurrent.futures or of Dask."""

    def result(self) -> Any: ...  # noqa: D102
    def cancel(self) -> Any: ...  # noqa: D102


def prefetch(submit: Callable[[Any], Pending], parts: Iterable[Any], depth: int) -> Generator[Any]:
    """Yields the results of `submit(part)` in the order of the parts, with up to `depth` parts in progress.

    Closing the generator cancels what is pending.
    """
    remaining = iter(parts)
    pending = deque(submit(part) for part in islice(remaining, depth))
    try:
        while pending:
            result = pending.popleft().result()
            pending.extend(submit(part) for part in islice(remaining, 1))
            yield result
    finally:
        for future in pending:
            future.cancel()
