"""Several photos one after the other, or some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.localize import Localizer, Query
from engine.methods import locate
from engine.progress import Progress


def answers(localizer: Localizer, queries: Sequence[Query], jobs: int) -> Iterator[dict[str, Any]]:
    """Localizations in the order of the queries, `jobs` photos at a time.

    A photo that was not located but has a neighbour that was located after it is then looked at again, and its
    answer comes a second time when it is better.
    """
    progress = Progress(what="localize")
    unsure: list[tuple[Query, dict[str, Any], set[Path]]] = []

    def answer(query: Query) -> dict[str, Any]:
        known = localizer.neighbours_of(query)
        found = locate(localizer, query, progress)
        if found["status"] in ("uncertain", "not_found"):
            unsure.append((query, found, known))
        return found

    if jobs == 1:
        yield from map(answer, queries)
    else:
        with ThreadPoolExecutor(jobs, thread_name_prefix="localize") as pool:
            try:
                yield from pool.map(answer, queries)
            finally:
                progress.cancel()  # when stopped early, what runs ends at its next check
        progress = Progress(what="localize")
    for query, first, known in list(unsure):
        if localizer.neighbours_of(query) - known:
            again = locate(localizer, query, progress)
            if again["confidence"] > first["confidence"]:
                yield again
