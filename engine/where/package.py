"""The where package: networks and tables of the learned sources of a probability over the cells.

A folder (resources/where/ for the one that is part of EarthLoc) with the file `where.json`:

    {
      "format": 1,
      "name": "earthloc-where", "version": "1.0.0", "license": "GPL-2.0-or-later", "origin": "what it was made from",
      "sources": {
        "geodecoder": {
          "kind": "geodecoder",
          "files": {"trunk": {"file": "trunk.onnx", "sha256": "...", "bytes": 5285101}, "head": {...}},
          "model_sha256": "...",
          "settings": {"size_px": 256, ...}
        }
      }
    }

`kind` chooses the class that runs the source (engine/where/heads). `files` maps the roles that this class knows to
files of the folder: ONNX networks and .npy arrays, never pickles. Sources may share a file. `model_sha256` is there if
the source takes descriptors of photos: it works only with the network of that sha256, which is a model's network for
photos if it has one. The package may come from anybody, so every field is checked, and each file by its size and sha256
before it is used.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.resources import resources_folder

CARD = "where.json"
FORMAT = 1
_MAX_CARD_BYTES = 1_000_000
_MAX_FILE_BYTES = 200_000_000


@dataclass(frozen=True)
class _File:
    path: Path
    sha256: str
    size: int


class PackagedSource:
    """A source of a where package, checked against its card.

    Attributes:
        card: path of where.json.
        name: of the source.
        kind: chooses the class that runs it.
        model_sha256: of the network whose descriptors of photos it takes; None if it takes none.
        settings: as in the card.
    """

    def __init__(self, card: Path, name: str, entry: Any) -> None:
        self.card, self.name = card, name
        where = f"sources.{name}"
        entry = _mapping(card, entry, where)
        self.kind = _text(card, entry.get("kind"), f"{where}.kind")
        model = entry.get("model_sha256")
        self.model_sha256 = None if model is None else _sha256(card, model, f"{where}.model_sha256")
        self.settings = _mapping(card, entry.get("settings", {}), f"{where}.settings")
        files = _mapping(card, entry.get("files", {}), f"{where}.files")
        self._files = {role: _file(card, file, f"{where}.files.{role}") for role, file in files.items()}

    def path(self, role: str) -> Path:
        """The path of the file with a role. Raises ModelError if the card names none."""
        return self._file(role).path

    def sha256(self, role: str) -> str:
        """The sha256 of the file with a role, as the card states it. Raises ModelError if the card names none."""
        return self._file(role).sha256

    def content(self, role: str) -> bytes:
        """The bytes of the file with a role. Raises ModelError: missing, or not the file that the card describes."""
        file = self._file(role)
        try:
            # Read no more than promised: the size is checked before the memory is used.
            with file.path.open("rb") as stream:
                data = stream.read(file.size + 1)
        except OSError as error:
            raise ModelError.of("where.unreadable", path=file.path) from error
        if len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
            raise ModelError.of("where.mismatch", path=file.path)
        return data

    def array(self, role: str, dtype: type[np.generic], ndim: int) -> NDArray[Any]:
        """The array in the .npy file with a role. Raises ModelError also if it has another type or number of axes."""
        file, data = self._file(role), self.content(role)
        try:
            values = np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, OSError, EOFError, MemoryError, SyntaxError) as error:
            raise ModelError.of("where.no_array", path=file.path) from error
        if not isinstance(values, np.ndarray) or values.dtype != np.dtype(dtype) or values.ndim != ndim:
            raise ModelError.of("where.other_array", path=file.path, dtype=str(np.dtype(dtype)), axes=ndim)
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            raise ModelError.of("where.not_numbers", path=file.path)
        return values

    def number(self, key: str, low: float, high: float) -> float:
        """A number in the settings. Raises ModelError: missing, or outside of low..high."""
        return self._number(self.settings.get(key), key, low, high)

    def whole_number(self, key: str, low: int, high: int) -> int:
        """A whole number in the settings. Raises ModelError: missing, or outside of low..high."""
        value = self.number(key, low, high)
        if value != int(value):
            raise self._invalid(key)
        return int(value)

    def numbers(self, key: str, count: int | None = None, low: float = -1e9, high: float = 1e9) -> tuple[float, ...]:
        """A list of numbers in the settings. Raises ModelError: missing, of another length, or outside of low..high."""
        values = self.settings.get(key)
        if not isinstance(values, list) or not 1 <= len(values) <= 1000 or count not in (None, len(values)):
            raise self._invalid(key)
        return tuple(self._number(value, key, low, high) for value in values)

    def _number(self, value: Any, key: str, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self._invalid(key)
        return float(value)

    def _invalid(self, key: str) -> ModelError:
        return ModelError.of("where.lacks", path=self.card, what=f"sources.{self.name}.settings.{key}")

    def _file(self, role: str) -> _File:
        if role not in self._files:
            raise ModelError.of("where.lacks", path=self.card, what=f"sources.{self.name}.files.{role}")
        return self._files[role]


@dataclass(frozen=True)
class WherePackage:
    """An opened where package. Its files are read and checked by the sources that use them.

    Attributes:
        folder: of the package.
        name, version, license, origin: of the card.
        wrong: probability that the sources are wrong together, 0 to 1; "wrong" of the card.
        sources: the valid ones by name, in the order of the card.
        refused: why the entries of other sources cannot be used, by name.
    """

    folder: Path
    name: str
    version: str
    license: str
    origin: str
    wrong: float
    sources: Mapping[str, PackagedSource]
    refused: Mapping[str, ModelError]

    @classmethod
    def open(cls, folder: str | Path | None = None) -> WherePackage:
        """Opens a where package; None for the one that is part of EarthLoc.

        Raises:
            ModelError: missing, damaged, or made for a newer engine.
        """
        folder = Path(folder) if folder is not None else resources_folder() / "where"
        path = folder / CARD
        card = _read(path)
        if card.get("format") != FORMAT:
            raise ModelError.of("where.format", path=path, format=FORMAT)
        name, version, licence, origin = (_text(path, card.get(k), k) for k in ("name", "version", "license", "origin"))
        sources, refused = {}, {}
        for source, entry in _mapping(path, card.get("sources"), "sources").items():
            try:
                sources[source] = PackagedSource(path, source, entry)
            except ModelError as error:
                refused[source] = error
        wrong = card.get("wrong", 0.0)
        if isinstance(wrong, bool) or not isinstance(wrong, (int, float)) or not 0.0 <= wrong <= 1.0:
            raise ModelError.of("where.lacks", path=path, what="wrong")
        return cls(folder, name, version, licence, origin, float(wrong), sources, refused)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _MAX_CARD_BYTES:
            raise ModelError.of("where.no_card", path=path)
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError.of("where.no_card", path=path) from error
    if not isinstance(card, dict):
        raise ModelError.of("where.no_card", path=path)
    return card


def _mapping(card: Path, value: Any, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ModelError.of("where.lacks", path=card, what=f"{key}")
    return value


def _text(card: Path, value: Any, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise ModelError.of("where.lacks", path=card, what=f"{key}")
    return value


def _sha256(card: Path, value: Any, key: str) -> str:
    text = _text(card, value, key)
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ModelError.of("where.lacks", path=card, what=f"{key}")
    return text


def _file(card: Path, value: Any, key: str) -> _File:
    entry = _mapping(card, value, key)
    name = _text(card, entry.get("file"), f"{key}.file")
    size = entry.get("bytes")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= _MAX_FILE_BYTES:
        raise ModelError.of("where.lacks", path=card, what=f"{key}.bytes")
    # "\\" and ":" would leave the folder on Windows.
    if Path(name).name != name or set(name) & set("\\:\0") or name in (".", ".."):
        raise ModelError.of("where.outside", path=card, key=key)
    if Path(name).suffix not in (".onnx", ".npy"):
        raise ModelError.of("where.file_kind", path=card, key=key)
    return _File(card.parent / name, _sha256(card, entry.get("sha256"), f"{key}.sha256"), size)
