"""Addresses of SQLite files, on every kind of path."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from urllib.parse import quote_from_bytes


def sqlite_uri(path: PurePath, mode: str) -> str:
    """The URI of a database for `sqlite3.connect(..., uri=True)`.

    `Path.as_uri` writes the server of a Windows share (`//server/share`) as the URI's host, which SQLite refuses. Here
    the host is empty and the path begins with `//server`. A drive letter that stands for a share stays a drive letter,
    because the path is not resolved.

    Args:
        path: the file; a relative path is taken from the current folder.
        mode: SQLite's mode: ro, rw or rwc.
    """
    absolute = Path(os.path.abspath(path)) if isinstance(path, Path) else path
    name = absolute.as_posix()
    if not name.startswith("/"):  # a drive letter
        name = "/" + name
    return f"file://{quote_from_bytes(os.fsencode(name))}?mode={mode}"
