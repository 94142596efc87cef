"""What `learn` has done so far, in a folder, so that a run that was killed goes on where it was.

Each step is a file of arrays, written atomically. The folder belongs to one set of inputs: with others it starts anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError

Arrays = dict[str, NDArray[Any]]
_KEY = "key.txt"


class LearnState:
    """The steps of one run.

    Args:
        folder: made if it is missing.
        inputs: everything that the steps depend on, as JSON.

    Raises:
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, inputs: Any) -> None:
        self.folder = folder
        key = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
        path = folder / _KEY
        try:
            if folder.exists() and (not path.is_file() or path.read_text(encoding="utf-8") != key):
                shutil.rmtree(folder)
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(key, encoding="utf-8")
        except OSError as error:
            raise OutputError.from_os_error(folder, error) from error

    def step(self, name: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> Arrays:
        """The arrays of a step: from an earlier run, or made and kept. A damaged file is made again."""
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as kept:
                return {key: kept[key] for key in kept.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            pass
        made = dict(make())
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as file:
                np.savez(file, **made)  # type: ignore[arg-type]  # numpy's stub takes the names for other parameters
            partial.replace(path)
        except OSError as error:
            raise OutputError.from_os_error(path, error) from error
        return made

    def remove(self) -> None:
        """The run has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
