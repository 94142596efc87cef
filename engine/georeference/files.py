"""What all georeferenced files share: they are written under a temporary name first, and carry tags."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import rasterio

import engine
from engine.errors import OutputError, UsageError
from engine.georeference.registered import RegisteredPhoto


@contextlib.contextmanager
def written(out: Path, kept: tuple[Path, ...]) -> Iterator[Path]:
    """A temporary path to write to, which is renamed to `out` at the end, or removed when anything goes wrong.

    Raises:
        UsageError: `out` is one of the files `kept`. OutputError: it cannot be written.
    """
    if any(_is_same(out, other) for other in kept):
        raise UsageError.of("output.own_input", path=out)
    if out.is_dir():
        raise OutputError.of("output.folder", path=out)
    if not out.parent.is_dir():
        raise OutputError.of("results.no_folder", path=out)
    partial = out.with_name(f"{out.name}.partial")
    try:
        with writing(out):
            yield partial
            os.replace(partial, out)
    finally:
        for left in (partial, *out.parent.glob(f"{_escaped(partial.name)}.*")):  # also GDAL's own, such as .ovr.tmp
            left.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(out: Path) -> Iterator[None]:
    """Convert errors of GDAL and of the system while writing `out` to OutputErrors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # it is georeferenced later
            yield
    except rasterio.errors.RasterioError as error:
        raise OutputError(out, f"could not be written ({error})", "free some space or choose another place") from error
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error


def tags(registered: RegisteredPhoto) -> dict[str, str]:
    """Tags of a GeoTIFF that document how it was made."""
    found = registered.localization
    imagery: Mapping[str, Any] = found["imagery"] or {}
    values = {
        "TIFFTAG_SOFTWARE": f"EarthLoc {engine.__version__}",
        "EARTHLOC_PHOTO": found["photo_id"] or registered.info.path.name,
        "EARTHLOC_STATUS": found["status"],
        "EARTHLOC_CONFIDENCE": "" if found["confidence"] is None else str(found["confidence"]),
        "EARTHLOC_TIE_POINTS": str(len(registered.tie_points)),
        "EARTHLOC_RMS_KM": "" if found["rms_km"] is None else str(found["rms_km"]),
        "EARTHLOC_IMAGERY": Path(imagery.get("source") or "").name,
        "EARTHLOC_IMAGERY_ATTRIBUTION": imagery.get("attribution") or "",
        "EARTHLOC_TAKEN_AT": registered.info.taken_at or "",
    }
    return {name: value for name, value in values.items() if value}


def _is_same(a: Path, b: Path) -> bool:
    try:
        return os.path.samefile(a, b)
    except OSError:
        return os.path.abspath(a) == os.path.abspath(b)


def _escaped(name: str) -> str:
    """A file name as a glob pattern that matches only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
