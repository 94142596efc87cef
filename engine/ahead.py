"""Parts of a piece of work that are done several ahead, and taken in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from typing import Any, Protocol


class Pending(Protocol):
    """What becomes a result: a future of concurrent.futures or of Dask."""

    def result(self) -> Any: ...  # noqa: D102
    def cancel(self) -> Any: ...  # noqa: D102


def in_order(give: Callable[[Any], Pending], parts: Iterable[Any], ahead: int) -> Generator[Any]:
    """Results of `give(part)` in the order of the parts, of which so many are given ahead; cancelled when closed."""
    waiting = iter(parts)
    pending = deque(give(part) for part in islice(waiting, ahead))
    try:
        while pending:
            result = pending.popleft().result()
            pending.extend(give(part) for part in islice(waiting, 1))
            yield result
    finally:
        for left in pending:
            left.cancel()
