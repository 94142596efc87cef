"""The card and the files of a where package: what a hostile or damaged one does."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import ModelError
from engine.where.package import CARD, WherePackage


def write(folder: Path, **changes: Any) -> Path:
    """A package with one source of one array; `changes` are made to the source's entry."""
    stream = io.BytesIO()
    np.save(stream, np.arange(6, dtype=np.int32))
    data = stream.getvalue()
    (folder / "cells.npy").write_bytes(data)
    file = {"file": "cells.npy", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    entry = {"kind": "geodecoder", "files": {"cells": file}, "settings": {"floor": 0.1, "levels": [0, 1]}, **changes}
    card = {"format": 1, "name": "w", "version": "1.0.0", "license": "GPL-2.0-or-later", "origin": "a test"}
    (folder / CARD).write_text(json.dumps({**card, "sources": {"geodecoder": entry}}), encoding="utf-8")
    return folder


def file_entry(**changes: Any) -> dict[str, Any]:
    return {"files": {"cells": {"file": "cells.npy", "sha256": "0" * 64, "bytes": 10, **changes}}}


def test_a_source_reads_its_files_and_settings(tmp_path: Path) -> None:
    source = WherePackage.open(write(tmp_path)).sources["geodecoder"]
    assert source.array("cells", np.int32, 1).tolist() == [0, 1, 2, 3, 4, 5]
    assert source.number("floor", 0.0, 1.0) == 0.1
    assert source.numbers("levels", 2) == (0.0, 1.0)
    assert source.model_sha256 is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"format": 2}', '{"format": 1, "name": "x"}', "[" * 100_000, '{"format": 1e999}'],
)
def test_a_card_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / CARD).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=CARD):
        WherePackage.open(tmp_path)


def test_a_missing_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=CARD):
        WherePackage.open(tmp_path / "none")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": 3},
        {"settings": []},
        {"files": "x"},
        {"model_sha256": "short"},
        file_entry(file="../cells.npy"),
        file_entry(file="a\\cells.npy"),
        file_entry(file="c:cells.npy"),
        file_entry(file=".."),
        file_entry(file="cells.pkl"),
        file_entry(bytes=-1),
        file_entry(bytes=10**12),
        file_entry(bytes=True),
        file_entry(sha256="Z" * 64),
    ],
)
def test_an_invalid_entry_refuses_only_its_source(tmp_path: Path, changes: dict[str, Any]) -> None:
    package = WherePackage.open(write(tmp_path, **changes))
    assert not package.sources
    assert CARD in str(package.refused["geodecoder"])


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    source = WherePackage.open(write(tmp_path)).sources["geodecoder"]
    path = tmp_path / "cells.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    for content in (bytes(data), bytes(data) + b"more", b""):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="does not match"):
            source.content("cells")
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        source.content("cells")


@pytest.mark.parametrize(
    "values", [np.zeros(3, np.float32), np.zeros((2, 3), np.int32), np.array([{}], object), np.array([1], np.int64)]
)
def test_an_array_of_another_type_is_refused(tmp_path: Path, values: np.ndarray) -> None:
    write(tmp_path)
    np.save(tmp_path / "cells.npy", values, allow_pickle=True)
    data = (tmp_path / "cells.npy").read_bytes()
    entry = file_entry(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    card = json.loads((tmp_path / CARD).read_text(encoding="utf-8"))
    card["sources"]["geodecoder"].update(entry)
    (tmp_path / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="array"):
        WherePackage.open(tmp_path).sources["geodecoder"].array("cells", np.int32, 1)


@pytest.mark.parametrize("value", [None, "1", True, [1], 7, float("nan"), 10**400])
def test_a_setting_out_of_range_is_refused(tmp_path: Path, value: Any) -> None:
    source = WherePackage.open(write(tmp_path, settings={"floor": value})).sources["geodecoder"]
    with pytest.raises(ModelError, match="floor"):
        source.number("floor", 0.0, 1.0)


def test_a_setting_that_is_no_whole_number_is_refused(tmp_path: Path) -> None:
    source = WherePackage.open(write(tmp_path, settings={"size_px": 256.5, "levels": []})).sources["geodecoder"]
    with pytest.raises(ModelError, match="size_px"):
        source.whole_number("size_px", 1, 1000)
    with pytest.raises(ModelError, match="levels"):
        source.numbers("levels")
