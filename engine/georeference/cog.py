"""Writes cloud-optimised GeoTIFFs, with progress and cancelling."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import rasterio
import rasterio.errors
import rasterio.shutil

from engine.errors import CancelledError
from engine.progress import Progress

_PASSES = 2  # GDAL reads the source once for the overviews and once for writing


def copy_to_cog(source: Path, target: Path, progress: Progress) -> None:
    """Copy a tiled GeoTIFF as a cloud-optimised one, with overviews.

    GDAL copies in a single call without progress or cancelling. But it reads `source` while it copies. So the source
    is opened through a file object that counts the bytes read, and that ends early when the job is cancelled.

    Args:
        source: the GeoTIFF, closed.
        target: the new file; removed when this raises.
        progress: reports stage `write`, in per cent; may be cancelled.

    Raises:
        RasterioIOError: it cannot be written.
    """
    total, done, reported = _PASSES * source.stat().st_size, 0, -1

    def on_read(count: int) -> bool:
        nonlocal done, reported
        done += count
        percent = min(99, 100 * done // total)
        if percent > reported:
            reported = percent
            with contextlib.suppress(CancelledError):  # raised below: GDAL does not pass exceptions on
                progress.report("write", percent, 100)
        return not progress.cancelled

    try:
        with rasterio.open(source, opener=partial(_MonitoredFile, on_read)) as dataset:
            rasterio.shutil.copy(
                dataset, target, driver="COG", compress="deflate", predictor="yes", overview_resampling="average",
                bigtiff="if_safer", num_threads=2,
            )  # fmt: skip
        _check_complete(target)
    except Exception as error:  # GDAL's own exceptions, for which rasterio has no public name
        target.unlink(missing_ok=True)
        progress.check()
        raise rasterio.errors.RasterioIOError(str(error)) from error
    progress.report("write", 100, 100)


def _check_complete(path: Path) -> None:
    """Raise OSError if a part is missing: GDAL reports nothing when the disk fills up while it closes a file."""
    size = path.stat().st_size
    with rasterio.open(path) as dataset:
        for (row, column), _ in dataset.block_windows(1):
            offset, length = (
                int(dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1) or 0)
                for what in ("OFFSET", "SIZE")
            )
            if not 0 < offset < offset + length <= size:
                raise OSError("No space left")


class _MonitoredFile(io.FileIO):
    """A file that calls `on_read` after each read, and ends where that returns False."""

    def __init__(self, on_read: Callable[[int], bool], path: str, mode: str = "rb") -> None:
        super().__init__(path, mode)
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        content = super().read(-1 if size is None else size) or b""
        return content if self._on_read(len(content)) else b""
