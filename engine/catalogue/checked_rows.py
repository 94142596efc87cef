"""The rows of a catalogue, checked while they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.catalogue.columns import Row
from engine.catalogue.parquet import read_rows
from engine.errors import InputError
from engine.progress import Progress

_REPORT_EVERY = 500


class CheckedRows:
    """The rows of a catalogue, checked while they are read; numbers that are none are None.

    Args:
        catalogue: its folder or file.
        statuses: only photos of these; empty for all.
        progress: of the job.

    Attributes:
        count: how many were read so far.
    """

    def __init__(self, catalogue: Path, statuses: Sequence[str], progress: Progress) -> None:
        self._catalogue = catalogue
        self._statuses = set(statuses)
        self._progress = progress
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        """The rows.

        Raises:
            InputError: the catalogue cannot be read, a row has no photo or status, or there is no row.
        """
        for row in read_rows(self._catalogue):
            if not isinstance(row.get("photo"), str) or not isinstance(row.get("status"), str):
                raise InputError(self._catalogue, "a row has no photo or no status", "make the catalogue again")
            if not self._statuses or row["status"] in self._statuses:
                self.count += 1
                if self.count % _REPORT_EVERY == 0:
                    self._progress.report("photos", self.count, 0)
                yield {name: _known(value) for name, value in row.items()}
        if self.count == 0:
            raise InputError(self._catalogue, "there is no such photo in it", "choose another --status or catalogue")


def _known(value: Any) -> Any:
    """None for what is not a number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
