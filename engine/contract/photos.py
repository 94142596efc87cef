"""Which files count as photos when a folder is searched, for engine and plugin alike."""

from __future__ import annotations

from collections.abc import Iterable

# Recorded by the camera's sensor. ".raw" is left out: other programs call other files that.
RAW_SUFFIXES = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".kdc", ".mrw", ".nef", ".nrw",
    ".orf", ".pef", ".raf", ".rw2", ".sr2", ".srf", ".srw", ".x3f",
)  # fmt: skip
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".avif", ".jp2", *RAW_SUFFIXES)


def is_photo(name: str) -> bool:
    """Whether the ending of a file name is that of a photo."""
    return name.lower().endswith(PHOTO_SUFFIXES)


def is_raw(name: str) -> bool:
    """Whether the ending of a file name is that of a camera RAW photo."""
    return name.lower().endswith(RAW_SUFFIXES)


def photos_among(names: Iterable[str]) -> list[str]:
    """The photos among the names of a folder's files, sorted.

    Cameras store a RAW file and a JPEG of the same photo; then the RAW file is left out.
    """
    photos = sorted(name for name in names if is_photo(name))
    developed = {name.rpartition(".")[0] for name in photos if not is_raw(name)}
    return [name for name in photos if not is_raw(name) or name.rpartition(".")[0] not in developed]
