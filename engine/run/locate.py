"""Locates one photo of a run, by itself: what other photos showed has no part in it."""

from __future__ import annotations

import hashlib
import math
import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from engine.errors import EarthLocError, InputError, in_short
from engine.localize import Localizer, Query, model_of
from engine.messages import Message, ids_of
from engine.photo.read import PhotoInfo, read_photo_info
from engine.registration.neighbours import Memory, Neighbours
from engine.registration.prepare import PlaceCache
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.run.photos import Listed
from engine.run.row import Seen, failed_row, row_of_photo
from engine.run.setting import Setting, identity
from engine.where.evidence import Evidence

# A second try may go better: the file comes back, another program gives memory back, a server answers again.
_TRANSIENT = ("photo.missing", "photo.not_opened", "photo.memory")
# Imagery that failed, unless the index came without any.
_NOT_CHECKED = {"unchecked", "unchecked.some"}
_NO_IMAGERY = {"imagery.missing", "imagery.unnamed"}

Trouble = Literal["", "transient", "died"]


@dataclass(frozen=True)
class Job:
    """A photo to locate, with its number in the ledger."""

    seq: int
    listed: Listed

    def as_json(self) -> list[Any]:
        """For a worker."""
        return [self.seq, self.listed.name, self.listed.path, self.listed.nadir, self.listed.taken_at]

    @classmethod
    def from_json(cls, stated: list[Any]) -> Job:
        """The inverse of `as_json`."""
        seq, name, path, nadir, taken_at = stated
        return cls(seq, Listed(name, path, tuple(nadir) if nadir else None, taken_at))


@dataclass(frozen=True)
class Outcome:
    """What became of a try.

    Attributes:
        seq: number of the photo.
        row: its row; of a failed photo where there was trouble.
        trouble: "transient" when another try may go better, "died" when it took its worker with it.
    """

    seq: int
    row: dict[str, Any]
    trouble: Trouble = ""


class Locator:
    """Indexes and models of a setting, opened once for each process. Thread-safe.

    Raises:
        IndexDamagedError, ModelError, InputError: an index, a model or the imagery cannot be used.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._indexes: list[RegionalIndex] = setting.open_indexes()
        packages: dict[str, ModelPackage] = {}
        for index in self._indexes:
            sha256 = index.info["model"]["sha256"]
            packages[sha256] = packages.get(sha256) or model_of(index, threads=1)
        self._models = list(packages.values())
        self._places = PlaceCache()
        self.identity = identity(setting, self._indexes)
        self._libraries = ThreadpoolController()  # of all that are loaded by now

    def locate(self, job: Job) -> Outcome:
        """Locates a photo. Whatever is wrong with it becomes an outcome.

        Raises:
            EarthLocError: an index or a model cannot be used any more.
        """
        self._use_one_thread()
        try:
            return self._locate(job)
        except MemoryError:
            why = Message("photo.memory", {"path": job.listed.path})
            return Outcome(job.seq, failed_row(job.listed, why), "transient")
        except EarthLocError:  # of an index or a model, so of all photos
            raise
        except Exception as error:  # one photo that shows a bug must not stop a hundred thousand others
            what = f"{type(error).__name__}: {in_short(error)}"
            return Outcome(job.seq, failed_row(job.listed, Message("run.bug", {"path": job.listed.path, "what": what})))

    def _use_one_thread(self) -> None:
        """The same sums in the same order wherever a photo is located; other workers use the other cores.

        OpenMP's number is the calling thread's own, so each thread of a Dask worker needs this.
        """
        cv2.setNumThreads(1)
        self._libraries.limit(limits=1)  # not undone: another thread may be at work

    def _locate(self, job: Job) -> Outcome:
        listed, setting = job.listed, self._setting
        pixels: list[NDArray[np.uint8]] = []
        sha256, size, info = _read(listed.path)
        query = Query(
            Path(listed.path),
            listed.nadir,
            setting.radius_km,
            setting.top_k,
            register=setting.register,
            imagery=setting.imagery,
            register_s=math.inf,
        )
        # Places are those of the imagery, the same whoever looked at them before; neighbours are other photos.
        localizer = Localizer(self._indexes, self._models, Memory(self._places, Neighbours()))

        def keep(evidence: Evidence) -> None:
            pixels.append(evidence.pixels)

        answer = localizer.localize(query, on_evidence=keep)
        ids = set(ids_of(answer))
        if ids & _NOT_CHECKED and not ids & _NO_IMAGERY:  # the row must not depend on whether a server answered
            why = Message("run.imagery", {"path": listed.path, "reason": str(answer["message"])})
            return Outcome(job.seq, failed_row(listed, why), "transient")
        row = row_of_photo(Seen(listed, answer, sha256, size, info, pixels[0] if pixels else None))
        return Outcome(job.seq, row, "transient" if row["reason"] in _TRANSIENT else "")


_opening = threading.Lock()
_opened = cache(Locator)


def locator(setting: Setting) -> Locator:
    """The locator of this process, opened on first use."""
    os.environ.setdefault("GDAL_CACHEMAX", "64")  # as in engine/cli.py, through which a Dask worker does not come
    with _opening:  # a worker's threads share it
        return _opened(setting)


def _read(path: str) -> tuple[str | None, int | None, PhotoInfo | None]:
    """Hash and size of a file and the photo's metadata; None for what cannot be read: the localization says why."""
    sha256, size, info = None, None, None
    try:
        if os.path.isfile(path):  # opening a pipe would wait for ever
            with open(path, "rb") as file:
                sha256, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        info = read_photo_info(path)
    except (OSError, ValueError, InputError):
        pass
    return sha256, size, info
