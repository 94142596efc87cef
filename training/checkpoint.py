"""Checkpoints: written atomically, and read without running code (`weights_only`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from engine.errors import InputError, OutputError


def save_atomically(path: Path, content: Any) -> None:
    """Writes a checkpoint. On failure an existing file stays as it was.

    Raises:
        OutputError, OSError: the file could not be written.
    """
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
    except RuntimeError as error:  # torch raises this instead of OSError, for example when the disk is full
        partial.unlink(missing_ok=True)
        raise OutputError(path, "could not be written", "check the free disk space and the permissions") from error
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)


def load_state(path: Path) -> dict[str, Any] | None:
    """Reads the checkpoint of a training run; None if there is no file.

    Raises:
        InputError: the file is damaged, or holds anything but tensors and plain values.
    """
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes can make torch raise almost anything
        raise not_a_checkpoint(path) from error
    if not isinstance(state, dict):
        raise not_a_checkpoint(path)
    return state


def not_a_checkpoint(path: Path) -> InputError:
    """The error for a file that is not a training checkpoint or is damaged."""
    return InputError(path, "is not a training checkpoint, or is damaged", "delete it to start again")
