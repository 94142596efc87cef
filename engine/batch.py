"""Locates several photos, one after the other or some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.contract.localization import Localization
from engine.contract.status import NOT_FOUND, UNCERTAIN
from engine.localize import Localizer, Query, localize_or_fail
from engine.progress import Progress


def answers(localizer: Localizer, queries: Sequence[Query], jobs: int) -> Iterator[Localization]:
    """Localizations in the order of the queries, `jobs` photos at a time.

    A photo that was not located is tried again when one of its neighbours was located after it. A better answer is
    yielded as a second answer of that photo.
    """
    progress = Progress(what="localize")
    unsure: list[tuple[Query, Localization, set[Path]]] = []

    def answer(query: Query) -> Localization:
        known = localizer.neighbours_of(query)
        found = localize_or_fail(localizer, query, progress)
        if found["status"] in (UNCERTAIN, NOT_FOUND):
            unsure.append((query, found, known))
        return found

    if jobs == 1:
        yield from map(answer, queries)
    else:
        with ThreadPoolExecutor(jobs, thread_name_prefix="localize") as pool:
            try:
                yield from pool.map(answer, queries)
            finally:
                progress.cancel()  # when the caller stops early, running photos end at their next check
        progress = Progress(what="localize")
    for query, first, known in list(unsure):
        if localizer.neighbours_of(query) - known:
            again = localize_or_fail(localizer, query, progress)
            if (again["confidence"] or 0.0) > (first["confidence"] or 0.0):
                yield again
