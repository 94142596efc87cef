"""Writes where packages (engine/where/package.py): a source with its files, beside the sources that are there."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError
from engine.where.package import CARD, FORMAT, WherePackage

_INDENT = 2


def add_source(
    folder: Path,
    name: str,
    kind: str,
    files: Mapping[str, tuple[str, bytes]],
    settings: Mapping[str, Any],
    model_sha256: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> WherePackage:
    """Adds a source to a where package, or replaces it; makes the package if there is none.

    Args:
        folder: of the package.
        name, kind: of the source.
        files: for each role the name of the file and its content. Sources may share a file with the same content.
        settings: of the source.
        model_sha256: of the model package whose descriptors it takes, if it takes any.
        about: further fields of the source's entry, for people: what it was trained on, what was measured.

    Raises:
        ModelError: there is a package that cannot be read. OutputError: the package cannot be written.
    """
    card: dict[str, Any] = {
        "format": FORMAT,
        "name": "earthloc-where",
        "version": "1.0.0",
        "license": "GPL-2.0-or-later",
        "origin": "trained on Blue Marble Next Generation by NASA Earth Observatory (public domain) and on photos "
        "simulated from it; the trunk is that of the model earthloc-default",
        "sources": {},
    }
    path = folder / CARD
    if path.exists():
        WherePackage.open(folder)
        card = json.loads(path.read_text(encoding="utf-8"))
    entry: dict[str, Any] = {"kind": kind, "files": {}, "settings": dict(settings), **(about or {})}
    if model_sha256 is not None:
        entry["model_sha256"] = model_sha256
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for role, (file, data) in files.items():
            (folder / file).write_bytes(data)
            entry["files"][role] = {"file": file, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        card["sources"] = dict(sorted({**card["sources"], name: entry}.items()))
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(card, indent=_INDENT, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError.from_os_error(folder, error) from error
    return WherePackage.open(folder)


def npy(values: NDArray[Any]) -> bytes:
    """An array as the content of a .npy file."""
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
