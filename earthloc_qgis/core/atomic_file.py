"""Writes files completely or not at all."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from .export import ExportError


def write_atomically(target: Path, content: bytes) -> None:
    """Writes a temporary file beside `target`, then moves it there when it is on the disk.

    Raises:
        ExportError: it could not be written; an existing file is unchanged.
    """
    # Not with tempfile, whose files other users may not read.
    part = target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}")
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        with suppress(OSError):  # the file or its folder may not exist
            part.unlink()
        reason = error.strerror or str(error)
        raise ExportError(
            f"{target}: could not be written ({reason}); choose another folder. The old file is unchanged."
        ) from error
