"""`earthloc doctor`: checks the installation and says what to do about each problem.

The report contains no paths of this computer unless asked for, so that it can be sent with a bug report.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import engine
from engine.errors import EarthLocError, in_short
from engine.log import default_log_file
from engine.resources import included_indexes, resources_folder

EXIT_OK, EXIT_PROBLEM = 0, 4
_LIBRARIES = {  # module: what to call it
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "faiss": "faiss",
    "cv2": "opencv",
    "rasterio": "rasterio",
    "pyproj": "pyproj",
    "shapely": "shapely",
    "scipy": "scipy",
    "PIL": "Pillow",
}
_MIN_MEMORY_GB = 2.0
_MIN_DISK_GB = 1.0
_INSTALL_AGAIN = "install the engine again"
_WINDOWS_RUNTIME = "install Microsoft's Visual C++ Redistributable (x64), then the engine again"


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Attributes:
        name: what was checked.
        ok: whether it works.
        found: what was found, or the problem.
        hint: what to do about a problem; empty otherwise.
        path: the file or folder, for `--paths`.
    """

    name: str
    ok: bool
    found: str
    hint: str = ""
    path: str = ""


class ProblemError(Exception):
    """A check failed: the problem, what to do, and the file."""

    def __init__(self, problem: str, hint: str, path: str | Path = "") -> None:
        super().__init__(problem)
        self.problem, self.hint, self.path = problem, hint, str(path)


@dataclass(frozen=True)
class Report:
    """All checks, in the order in which they ran."""

    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no check found a problem."""
        return all(check.ok for check in self.checks)

    def as_json(self, paths: bool) -> dict[str, Any]:
        """The report as docs/cli.md describes it."""
        checks = [{k: v for k, v in asdict(check).items() if paths or k != "path"} for check in self.checks]
        return {"engine": engine.__version__, "ok": self.ok, "checks": checks}

    def in_words(self, paths: bool) -> str:
        """The report with one line for each check."""
        lines = []
        for check in self.checks:
            where = f" [{check.path}]" if paths and check.path else ""
            lines.append(f"{'OK     ' if check.ok else 'PROBLEM'} {check.name}: {check.found}{where}")
            if check.hint:
                lines.append(f"        What to do: {check.hint}.")
        problems = sum(not check.ok for check in self.checks)
        lines.append("No problems." if not problems else f"{problems} problem{'s' * (problems > 1)}.")
        return "\n".join(lines)


def examine(deep: bool = False) -> Report:
    """Runs all checks.

    Args:
        deep: also compare every included file with its checksum.
    """
    report = Report()

    def run(name: str, check: Callable[[], tuple[str, str | Path]]) -> None:
        report.checks.append(_run(name, check))

    run("engine", lambda: (f"{engine.__version__}, Python {platform.python_version()}, {_system()}", sys.executable))
    run("memory", _memory)
    for module, name in _LIBRARIES.items():
        run(name, lambda module=module: _library(module))  # type: ignore[misc]
    run("camera RAW photos", _raw)
    run("coordinate systems", _coordinate_systems)
    run("model", _embedding)
    folders = included_indexes()
    if not folders:
        run("index", _no_index)
    for folder in folders:
        run(f"index {folder.name}", lambda folder=folder: _index(folder, deep))  # type: ignore[misc]
        run(f"imagery of {folder.name}", lambda folder=folder: _imagery(folder, deep))  # type: ignore[misc]
    if deep:
        run("installed files", _installed_files)
    run("log folder", lambda: _writable(default_log_file().parent))
    run("cache folder", _cache)
    return report


def _run(name: str, check: Callable[[], tuple[str, str | Path]]) -> Check:
    try:
        found, path = check()
    except ProblemError as problem:
        return Check(name, False, problem.problem, problem.hint, problem.path)
    except EarthLocError as error:
        file = f"{Path(error.path).name} " if error.path else ""
        return Check(name, False, file + error.problem, error.hint, error.path or "")
    except OSError as error:  # its text contains the path
        return Check(name, False, error.strerror or type(error).__name__, _INSTALL_AGAIN, str(error.filename or ""))
    except Exception as error:
        return Check(name, False, f"failed with {type(error).__name__}", _INSTALL_AGAIN, in_short(error))
    return Check(name, True, found, path=str(path))


def _system() -> str:
    libc = " ".join(platform.libc_ver()).strip()
    return f"{platform.system()} {platform.release()} {platform.machine()}" + (f", {libc}" if libc else "")


def _memory() -> tuple[str, str]:
    total = _total_memory_gb()
    if total is None:
        return "amount unknown", ""
    if total < _MIN_MEMORY_GB:
        raise ProblemError(f"{total:.1f} GB", f"use a computer with at least {_MIN_MEMORY_GB:.0f} GB")
    return f"{total:.1f} GB, {os.cpu_count() or 1} processor cores", ""


def _total_memory_gb() -> float | None:
    if sys.platform == "win32":
        import ctypes

        class Status(ctypes.Structure):  # MEMORYSTATUSEX
            _fields_ = (("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("sizes", ctypes.c_ulonglong * 7))

        status = Status(length=ctypes.sizeof(Status))
        if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            return None
        return float(status.sizes[0]) / 1e9
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (ValueError, OSError):
        return None


def _library(module: str) -> tuple[str, str]:
    try:
        library = importlib.import_module(module)
    except ImportError as error:  # also a missing DLL or shared library
        missing = isinstance(error, ModuleNotFoundError)
        hint = _WINDOWS_RUNTIME if sys.platform == "win32" and not missing else _INSTALL_AGAIN
        raise ProblemError("is missing" if missing else "cannot be loaded", hint, in_short(error)) from error
    gdal = f", GDAL {library.__gdal_version__}" if module == "rasterio" else ""
    return f"{library.__version__}{gdal}", library.__file__ or ""


def _raw() -> tuple[str, str]:
    try:
        rawpy = importlib.import_module("rawpy")
    except ImportError:
        return "cannot be read; install the extra `raw` (rawpy) if you need them", ""
    return f"rawpy {rawpy.__version__}, LibRaw {'.'.join(map(str, rawpy.libraw_version))}", rawpy.__file__ or ""


def _coordinate_systems() -> tuple[str, str]:
    """Uses the databases of both copies of PROJ; another program's PROJ_LIB or PROJ_DATA can break them."""
    import pyproj
    from rasterio.crs import CRS

    try:
        CRS.from_epsg(32633)
        x, _ = pyproj.Transformer.from_crs(4326, 32633, always_xy=True).transform(15.0, 45.0)
        if abs(x - 500_000.0) > 1e-3:
            raise ValueError(x)
    except Exception as error:
        names = [name for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA") if os.environ.get(name)]
        hint = f"unset the environment variable {' and '.join(names)}" if names else _INSTALL_AGAIN
        raise ProblemError("the database of PROJ does not work", hint, in_short(error)) from error
    return f"PROJ {pyproj.proj_version_str}", pyproj.datadir.get_data_dir()


def _embedding() -> tuple[str, Path]:
    """Opens the default model, whose checksum is always compared, and embeds one made-up picture."""
    import numpy as np

    from engine.retrieval.model import ModelPackage

    model = ModelPackage.open(threads=1)
    size = model.input.size_px
    picture = np.random.default_rng(0).integers(0, 255, (1, size, size, 3), np.uint8)
    started = time.perf_counter()
    descriptor = model.embed(picture)
    milliseconds = 1000 * (time.perf_counter() - started)
    if not np.isfinite(descriptor).all() or abs(float(np.linalg.norm(descriptor)) - 1.0) > 1e-3:
        raise ProblemError(f"{model.name} gives no valid descriptor", _INSTALL_AGAIN, model.path)
    return f"{model.name} {model.version} works, {milliseconds:.0f} ms for a picture", model.path


def _no_index() -> tuple[str, str]:
    raise ProblemError("none is included", _INSTALL_AGAIN, resources_folder() / "indexes")


def _index(folder: Path, deep: bool) -> tuple[str, Path]:
    from engine.retrieval.index import RegionalIndex

    index = RegionalIndex.open(folder, verify=deep)
    state = "all checksums right" if deep else "all files have their sizes"
    return f"{index.count} tiles, {state}", folder


def _imagery(folder: Path, deep: bool) -> tuple[str, Path]:
    import rasterio

    from engine.imagery.location import find_imagery
    from engine.retrieval.manifest import read_manifest

    name = str(read_manifest(folder)["source"].get("path", ""))
    path = find_imagery(folder, name)
    if path is None:
        raise ProblemError(f"{name} is missing", _INSTALL_AGAIN, folder.parent / name)
    try:
        with rasterio.open(path) as raster:
            windows = [window for _, window in raster.block_windows(1)]
            for window in windows if deep else windows[len(windows) // 2 :][:1]:
                raster.read(window=window)
            size = f"{raster.width} x {raster.height} pixels"
    except rasterio.errors.RasterioError as error:
        raise ProblemError(f"{path.name} is damaged", _INSTALL_AGAIN, path) from error
    return f"{path.name}, {size}" + (", all of it readable" if deep else ""), path


def _installed_files() -> tuple[str, str]:
    """Compares the engine's files with the checksums that pip recorded."""
    package = Path(engine.__file__).resolve().parent
    files = [file for file in _recorded() if file.hash and Path(str(file.locate())).resolve().is_relative_to(package)]
    for file in files:
        if _differs(file):
            raise ProblemError(f"{file.name} is missing or has changed", _INSTALL_AGAIN, str(file.locate()))
    return (f"{len(files)} files, all checksums right" if files else "not recorded; this is a source tree"), ""


def _recorded() -> Iterator[importlib.metadata.PackagePath]:
    try:
        yield from importlib.metadata.files("earthloc") or ()
    except importlib.metadata.PackageNotFoundError:
        return


def _differs(file: importlib.metadata.PackagePath) -> bool:
    import base64
    import hashlib

    if file.hash is None:
        return False
    try:
        with open(str(file.locate()), "rb") as content:
            digest = hashlib.file_digest(content, file.hash.mode).digest()
    except OSError:
        return True
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value


def _cache() -> tuple[str, Path]:
    from engine.imagery.tile_cache import default_cache_file

    return _writable(default_cache_file().parent)


def _writable(folder: Path) -> tuple[str, Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix="doctor-"):
            pass
        free = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        raise ProblemError(
            f"cannot be written to ({error.strerror})", "change its permissions, or free some space", folder
        ) from error
    if free < _MIN_DISK_GB:
        raise ProblemError(f"only {free:.1f} GB free", "free some space on this disk", folder)
    return f"writable, {free:.0f} GB free", folder
