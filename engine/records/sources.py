"""A catalogue of any kind, opened: its records and the tally of what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from engine.errors import InputError
from engine.progress import Progress
from engine.records import earthkam, nasa
from engine.records.ids import read_ids
from engine.records.own_list import is_own_list, own_record
from engine.records.record import Record, Tally
from engine.records.tables import delimiter_of, normalised, open_text, rows
from engine.records.values import Row

Kind = Literal["auto", "nasa", "tsv", "earthkam", "ids", "list"]
KINDS: tuple[Kind, ...] = ("auto", "nasa", "tsv", "earthkam", "ids", "list")
_HEADER_CHARACTERS = 65_536


@dataclass(frozen=True)
class Source:
    """A catalogue in a file.

    Attributes:
        path: of the file.
        kind: "nasa" for a saved reply of the API, "tsv" for a table of NASA's dumps or one with the API's column names,
            "earthkam" for the CSV of EarthKAM, "ids" for a list of ids, "list" for a CSV that
            engine.records.write made; "auto" looks at the beginning of the file.
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
        else:
            read = self._reader(kind, columns)
            for row in rows(self.path, tally, progress):
                record = read(row)
                if record is not None:
                    yield record

    def _reader(self, kind: Kind, columns: list[str]) -> Callable[[Row], Record | None]:
        """What makes records from the rows of a table of this kind. Raises InputError if the columns do not fit."""
        if kind == "tsv":
            table = nasa.table_of(columns, self.path.name)
            if table:
                return partial(nasa.nasa_record, table=table)
            wanted = "MISSION, ROLL, FRAME"
        elif kind == "list":
            if is_own_list(columns):
                return own_record
            wanted = "photo_id, nadir_lat, taken_on"
        else:
            if earthkam.is_earthkam(columns):
                return earthkam.earthkam_record
            wanted = "id, corners, altitude, lens"
        raise InputError.of("records.columns", path=self.path, columns=wanted)

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
        if is_own_list(columns):
            return "list", columns
        return ("earthkam" if earthkam.is_earthkam(columns) else "ids"), columns
