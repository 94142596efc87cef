"""Reads the rows of tables: CSV and TSV in any encoding, with gzip, of any size, written by strangers."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from engine.errors import InputError, in_short
from engine.messages import Message
from engine.progress import Progress
from engine.records.record import Tally
from engine.records.values import Row

MAX_LINE = 1 << 20  # characters
_START_BYTES = 4096
_DELIMITERS = "\t,;|"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_REPORT_ROWS = 1000


def normalised(name: str) -> str:
    """A column's name in lower case, with "_" for what is neither letter, digit nor the "." of table.field."""
    return re.sub(r"[^a-z0-9.]+", "_", name.strip().lower()).strip("_")


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Opens a text file, perhaps of gzip, in UTF-8 or UTF-16; characters of another encoding are replaced.

    Raises:
        InputError: there is no such file, it cannot be read, or it is not text.
    """
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
            start = file.read(_START_BYTES)
            file.seek(0)
            wide = start.startswith(_UTF_16)
            if not wide and _is_binary(start):
                raise InputError.of("records.binary", path=path)
            yield io.TextIOWrapper(file, encoding="utf-16" if wide else "utf-8-sig", errors="replace", newline="")
    except FileNotFoundError:
        raise InputError.of("records.missing", path=path) from None
    except IsADirectoryError:
        raise InputError.of("records.folder", path=path) from None
    except (OSError, EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        raise InputError.of("records.unreadable", path=path, reason=in_short(error)) from error


def _is_binary(start: bytes) -> bool:
    """Whether a file begins with bytes that no text has."""
    return (
        b"\0" in start
        or start.startswith((b"%PDF", b"\xff\xd8\xff"))
        or bool(re.search(rb"[\x01-\x08\x0e-\x1a]", start))
    )


def lines(file: TextIO, name: str, tally: Tally) -> Iterator[str]:
    """The lines of a text; one that is longer than MAX_LINE is skipped and tallied."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            tally.reject(Message("record.long_line"), f"{name}, line {number}")
            while (rest := file.readline(MAX_LINE)) and not rest.endswith("\n"):
                pass
            continue
        yield line


def delimiter_of(header: str) -> str:
    """The delimiter that splits a header into most columns; "" if none does."""
    best = max(_DELIMITERS, key=header.count)
    return best if best in header else ""


def rows(path: Path, tally: Tally, progress: Progress) -> Iterator[Row]:
    """The rows of a table whose first line names its columns, their names normalised.

    Raises:
        InputError: the file cannot be read or holds no table.
    """
    with open_text(path) as file:
        source = lines(file, path.name, tally)
        header = next((line for line in source if line.strip()), "")
        delimiter = delimiter_of(header)
        if not delimiter:
            raise InputError.of("records.no_table", path=path)
        # Dumps separated by tabs do not quote: a quotation mark in a caption is one.
        quoting: Any = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
        columns = [normalised(name) for name in next(csv.reader([header], delimiter=delimiter, quoting=quoting))]
        reader = csv.reader(source, delimiter=delimiter, quoting=quoting, skipinitialspace=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                tally.rows += 1
                tally.reject(Message("record.no_columns"), f"{path.name}, line {reader.line_num + 1}", error)
                continue
            if cells is None:
                return
            if not any(cells):
                continue
            tally.rows += 1
            if tally.rows % _REPORT_ROWS == 0:
                progress.report("records", tally.rows, 0, f"{tally.rows:,}")
            where = f"{path.name}, line {reader.line_num + 1}"
            if len(cells) > len(columns) and any(cells[len(columns) :]):
                tally.reject(Message("record.more_values"), where, f"{len(cells)} values")
                continue
            if any("\N{REPLACEMENT CHARACTER}" in cell for cell in cells):
                tally.drop(Message("record.encoding"), where)
            yield Row(dict(zip(columns, cells, strict=False)), where, tally)
