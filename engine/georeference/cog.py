"""Cloud-optimised GeoTIFFs, whose writing can be watched and stopped."""

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

_PASSES = 2  # once for the overviews, once to be written


def copy_to_cog(source: Path, target: Path, progress: Progress) -> None:
    """Copies a tiled GeoTIFF as a cloud-optimised one, with overviews.

    GDAL copies in one go and asks nobody whether to go on. But it reads `source` as it goes, so that is given to it
    through a file that knows how far it was read, and has nothing more when the work is cancelled.

    Args:
        source: the GeoTIFF, closed.
        target: the new file; gone when this raises.
        work: progress (stage `write`, in per cent) and cancelling.

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
            with contextlib.suppress(CancelledError):  # raised below: GDAL knows nothing of exceptions
                progress.report("write", percent, 100)
        return not progress.cancelled

    try:
        with rasterio.open(source, opener=partial(_MonitoredFile, on_read)) as dataset:
            rasterio.shutil.copy(
                dataset, target, driver="COG", compress="deflate", predictor="yes", overview_resampling="average",
                bigtiff="if_safer", num_threads=2,
            )  # fmt: skip
        _check_complete(target)
    except Exception as error:  # GDAL's own, for which rasterio has no public name
        target.unlink(missing_ok=True)
        progress.check()
        raise rasterio.errors.RasterioIOError(str(error)) from error
    progress.report("write", 100, 100)


def _check_complete(path: Path) -> None:
    """Raises OSError where a part is missing: of a disk that fills up while it closes a file, GDAL says nothing."""
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
    """A file that asks `on_read` how to go on; it ends where that says no."""

    def __init__(self, on_read: Callable[[int], bool], path: str, mode: str = "rb") -> None:
        super().__init__(path, mode)
        self._was_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        content = super().read(-1 if size is None else size) or b""
        return content if self._was_read(len(content)) else b""
