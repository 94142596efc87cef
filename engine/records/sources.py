"""A catalogue of any kind, opened: its records and the tally of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import InputError
from engine.progress import Progress
from engine.records import earthkam, nasa
from engine.records.ids import read_ids
from engine.records.record import Record, Tally
from engine.records.tables import delimiter_of, normalised, open_text, rows

Kind = Literal["auto", "nasa", "tsv", "earthkam", "ids"]
KINDS: tuple[Kind, ...] = ("auto", "nasa", "tsv", "earthkam", "ids")
_HEADER_CHARACTERS = 65_536


@dataclass(frozen=True)
class Source:
    """A catalogue in a file.

    Attributes:
        path: of the file.
        kind: "nasa" for a saved reply of the API, "tsv" for a table of NASA's dumps or one with the API's column names,
            "earthkam" for the CSV of EarthKAM, "ids" for a list; "auto" looks at the beginning of the file.
    """

    path: Path
    kind: Kind = "auto"

    def records(self, tally: Tally, progress: Progress | None = None) -> Iterator[Record]:
        """The records in the order of the file; rows without one go to the tally.

        Raises:
            InputError: the file cannot be read at all, or is not of that kind.
        """
        progress = progress or Progress()
        kind, columns = self._look()
        if kind == "nasa":
            yield from nasa.read_reply(self.path, tally)
        elif kind == "ids":
            yield from read_ids(self.path, tally, progress)
        elif kind == "tsv":
            table = nasa.table_of(columns, self.path.name)
            if not table:
                raise InputError.of("records.columns", path=self.path, columns="MISSION, ROLL, FRAME")
            for row in rows(self.path, tally, progress):
                record = nasa.nasa_record(row, table)
                if record is not None:
                    yield record
        else:
            if not earthkam.is_earthkam(columns):
                raise InputError.of("records.columns", path=self.path, columns="id, corners, altitude, lens")
            for row in rows(self.path, tally, progress):
                record = earthkam.earthkam_record(row)
                if record is not None:
                    yield record

    def _look(self) -> tuple[Kind, list[str]]:
        """The kind, and the columns if it is a table."""
        with open_text(self.path) as file:
            start = file.read(_HEADER_CHARACTERS).lstrip()
        if not start:
            raise InputError.of("records.empty", path=self.path)
        header = start.splitlines()[0]
        delimiter = delimiter_of(header)
        columns = [normalised(name.strip('"')) for name in header.split(delimiter)] if delimiter else []
        if self.kind != "auto":
            return self.kind, columns
        if start[0] in "[{":
            return "nasa", columns
        if nasa.table_of(columns):
            return "tsv", columns
        return ("earthkam" if earthkam.is_earthkam(columns) else "ids"), columns
