"""How photos are located in a run, and what the rows of a catalogue follow from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import engine
from engine.errors import UsageError
from engine.imagery.location import find_imagery
from engine.imagery.server import may_be_server
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.opening import open_index


@dataclass(frozen=True)
class Setting:
    """The options of a run, as workers get them.

    Attributes:
        indexes: folders (absolute) or addresses of the indexes; none for those that EarthLoc includes.
        imagery: to register with, instead of that of the indexes; an absolute path or an address.
        radius_km: search within this distance of a nadir.
        top_k: candidates; each of them is tried, however long it takes, for the clock must not decide.
        register: False leaves out registration.
    """

    indexes: tuple[str, ...]
    imagery: str | None
    radius_km: float
    top_k: int
    register: bool

    def open_indexes(self) -> list[RegionalIndex]:
        """The indexes, open.

        Raises:
            IndexDamagedError, InputError: one cannot be used. UsageError: EarthLoc includes none.
        """
        folders = self.indexes or included_indexes()
        if not folders:
            hint = "name one with --index, or build one with `earthloc index build`"
            raise UsageError(None, "no regional index is chosen", hint)
        return [open_index(folder) for folder in folders]

    def as_json(self) -> dict[str, Any]:
        """For a worker."""
        return asdict(self)

    @classmethod
    def from_json(cls, stated: dict[str, Any]) -> Setting:
        """The inverse of `as_json`."""
        return cls(**{**stated, "indexes": tuple(stated["indexes"])})


def identity(setting: Setting, indexes: list[RegionalIndex]) -> dict[str, Any]:
    """What the rows follow from, besides the photos; equal on all computers that give the same rows.

    Indexes are known by the hash of their manifest, which holds the hashes of their files and of their model; imagery
    by its name and size.
    """
    return {
        "engine": engine.__version__,
        "index": [[index.info["name"], _hash(index.info)] for index in indexes],
        "model": sorted({index.info["model"]["sha256"] for index in indexes}),
        "imagery": _imagery(setting, indexes) if setting.register else None,
        "radius_km": setting.radius_km,
        "top_k": setting.top_k,
        "register": setting.register,
    }


def _imagery(setting: Setting, indexes: list[RegionalIndex]) -> list[Any]:
    if setting.imagery is not None:
        return [_named(setting.imagery)]
    found = [find_imagery(index.path, str(index.info["source"].get("path") or "")) for index in indexes]
    return [_named(path) if path is not None else None for path in found]


def _named(imagery: str | Path) -> list[Any]:
    if may_be_server(str(imagery)):
        return [str(imagery), None]
    path = Path(imagery)
    return [path.name, path.stat().st_size if path.is_file() else None]


def _hash(info: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(info, sort_keys=True, default=str).encode()).hexdigest()
