"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from .export import ExportError


def write_whole(target: Path, content: bytes) -> None:
    """Writes a file beside its place and moves it there when it has reached the disk.

    Raises:
        ExportError: with the reason; what was there is unchanged.
    """
    # Opened by name rather than by tempfile, whose files nobody else in the office may read.
    part = target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}")
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        with suppress(OSError):  # it need not be there, nor its folder be one
            part.unlink()
        reason = error.strerror or str(error)
        raise ExportError(
            f"{target}: could not be written ({reason}); choose another place. What was there is unchanged."
        ) from error
