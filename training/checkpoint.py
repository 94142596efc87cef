"""Checkpoints: written whole or not at all, read as tensors only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from engine.errors import InputError, OutputError


def save_whole(path: Path, content: Any) -> None:
    """Writes a file whole, or leaves the one that was there.

    Raises:
        OutputError, OSError: it could not be written.
    """
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
    except RuntimeError as error:  # torch hides the system's error, such as a full disk, behind its own
        partial.unlink(missing_ok=True)
        raise OutputError(path, "could not be written", "check the space on the disk and its permissions") from error
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)


def load_state(path: Path) -> dict[str, Any] | None:
    """The checkpoint of a training, or None where there is none.

    Raises:
        InputError: it is damaged, or carries anything but tensors and plain values.
    """
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # readers of damaged bytes raise whatever those provoke
        raise _damaged(path) from error
    if not isinstance(state, dict):
        raise _damaged(path)
    return state


def _damaged(path: Path) -> InputError:
    return InputError(path, "is no checkpoint of a training, or is damaged", "delete it to start anew")
