"""Reads engine packs: zip files with everything that the engine needs, to install it without the internet.

A pack may come from anybody, so nothing in it is trusted: names, sizes and checksums are checked before anything runs.
A pack holds `pack.json`, `requirements.txt` and `wheels/*.whl`; `pack.json` names every other file with its sha256.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from ..resources import resource
from ..words import tr as _tr
from .failures import CANCELLED, Failure, InstallError, explain

FORMAT = 1
MAX_PACK_BYTES = 3_000_000_000
MAX_TEXT_BYTES = 2_000_000  # of pack.json and of requirements.txt
MAX_FILES = 1000
_BLOCK = 1 << 20
_WHEEL = re.compile(r"wheels/[A-Za-z0-9][A-Za-z0-9._+!-]*\.whl")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]{0,40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._ -]*\])? ?== ?[0-9][A-Za-z0-9.+!_-]*( ?;[^#@]*?)?"
    r"( +--hash=sha256:[0-9a-f]{64})+"
)

Progress = Callable[[float], None]  # is given the fraction that is done; raises InstallError to cancel


@dataclass(frozen=True)
class Pack:
    """A pack whose table of contents is in order.

    Attributes:
        path: of the zip.
        engine: version of the engine.
        platform: the platform for which it was made, such as `win_amd64`.
        pythons: versions of Python with which it works, such as ("3.11", "3.12").
        files: sha256 and size in bytes of each file in it.
        sha256: of the zip.
        size_bytes: of the zip.
        released: whether the plugin knows the checksum of the zip.
    """

    path: Path
    engine: str
    platform: str
    pythons: tuple[str, ...]
    files: dict[str, tuple[str, int]]
    sha256: str
    size_bytes: int
    released: bool

    @property
    def unpacked_bytes(self) -> int:
        """Size of all files in the pack."""
        return sum(size for _, size in self.files.values())


def released_packs() -> dict[str, dict[str, Any]]:
    """Checksums and sizes of the released packs, by file name; {} if the list is missing or damaged."""
    try:
        listed = json.loads(resource("engine", "packs.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(listed, dict):
        return {}
    return {name: entry for name, entry in listed.items() if isinstance(entry, dict)}


def read_pack(path: Path, progress: Progress) -> Pack:
    """Reads the table of contents of a pack, and the checksum of the zip. Takes seconds: not on the main thread.

    Raises:
        InstallError: this is no pack, or it is damaged, too large or unsafe.
    """
    sha256 = _sha256_of(path, progress)
    listed = released_packs()
    released = any(entry.get("sha256") == sha256 for entry in listed.values())
    if path.name in listed and not released:
        raise _refused(path, _tr("it is not the released file of this name"), "pack_changed")
    with _opened(path) as archive:
        contents = _read_contents(path, archive)
        files = _files(path, contents)
        _check_entries(path, archive, files)
        engine, platform, pythons = contents.get("engine"), contents.get("platform"), contents.get("python")
        if not (isinstance(engine, str) and _VERSION.fullmatch(engine)):
            raise _refused(path, _tr("pack.json names no version of the engine"))
        if not (isinstance(platform, str) and isinstance(pythons, list) and all(isinstance(p, str) for p in pythons)):
            raise _refused(path, _tr("pack.json names no platform or no Python"))
        return Pack(path, engine, platform, tuple(pythons), files, sha256, path.stat().st_size, released)


def extract(pack: Pack, folder: Path, progress: Progress) -> None:
    """Extracts all files of a pack into an empty folder and checks each sha256. Not on the main thread.

    Raises:
        InstallError: a file differs from pack.json, the disk is full, or the user has cancelled.
    """
    done = 0
    with _opened(pack.path) as archive:
        for name, (sha256, size) in pack.files.items():
            target = folder.joinpath(*name.split("/"))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                digest, left = hashlib.sha256(), size
                with archive.open(name) as source, open(target, "wb") as out:
                    while block := source.read(min(_BLOCK, left + 1)):
                        left -= len(block)
                        if left < 0:
                            raise _damaged(pack.path, name)
                        digest.update(block)
                        out.write(block)
                        done += len(block)
                        progress(done / max(1, pack.unpacked_bytes))
            except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
                raise _damaged(pack.path, name) from error
            except OSError as error:
                raise disk_error(error, target) from error
            if left or digest.hexdigest() != sha256:
                raise _damaged(pack.path, name)
    requirements = folder / "requirements.txt"
    wrong = unsafe_requirement(requirements.read_text(encoding="utf-8", errors="replace"))
    if wrong:
        raise _refused(pack.path, _tr("requirements.txt holds “{line}”, which is not a package with a checksum").format(
            line=wrong))  # fmt: skip


def unsafe_requirement(text: str) -> str:
    """The first requirement that is not `name==version --hash=sha256:...`; "" if all are.

    Options such as `--index-url` and direct URLs would fetch files from places that the user has not chosen.
    """
    joined = re.sub(r"\s*\\\r?\n\s*", " ", text)
    for line in joined.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line and not _REQUIREMENT.fullmatch(line):
            return line[:120]
    return ""


def disk_error(error: OSError, path: Path) -> InstallError:
    """An `InstallError` for a file that could not be read or written."""
    if error.errno in (28, 122) or getattr(error, "winerror", None) == 112:  # no space, quota
        return InstallError(explain("disk_full"))
    problem = _tr("{path} could not be read or written ({reason}).")
    return InstallError(Failure(
        "file", problem.format(path=path, reason=error.strerror or error),
        _tr("Check that the folder exists and that you may write there."),
    ))  # fmt: skip


def _sha256_of(path: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    try:
        total = path.stat().st_size
        if total > MAX_PACK_BYTES:
            limit = MAX_PACK_BYTES // 1_000_000_000
            raise _refused(path, _tr("it is larger than {n} GB").format(n=limit), "pack_large")
        done = 0
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                progress(done / max(1, total))
    except OSError as error:
        raise disk_error(error, path) from error
    return digest.hexdigest()


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise _refused(path, _tr("it is no complete zip file")) from error
    except OSError as error:
        raise disk_error(error, path) from error


def _read_contents(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    contents: Any = None
    # A zip may state another size than it has: never read more than allowed.
    damage = contextlib.suppress(KeyError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
    with damage, archive.open("pack.json") as file:
        contents = json.loads(file.read(MAX_TEXT_BYTES))
    if not isinstance(contents, dict) or not isinstance(contents.get("files"), dict):
        raise _refused(path, _tr("it holds no readable pack.json"))
    if contents.get("format") != FORMAT:
        raise _refused(path, _tr("its format {n} is unknown to this plugin").format(n=contents.get("format")))
    return contents


def _files(path: Path, contents: dict[str, Any]) -> dict[str, tuple[str, int]]:
    files: dict[str, tuple[str, int]] = {}
    lower = set()
    for name, entry in contents["files"].items():
        sha256, size = (entry.get("sha256"), entry.get("bytes")) if isinstance(entry, dict) else (None, None)
        if name != "requirements.txt" and not _WHEEL.fullmatch(name):
            raise _refused(path, _tr("it holds a file that does not belong there: {name}").format(name=name[:120]))
        if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256) and type(size) is int and size >= 0):
            raise _refused(path, _tr("pack.json has no checksum or size of {name}").format(name=name))
        if name == "requirements.txt" and size > MAX_TEXT_BYTES:
            raise _refused(path, _tr("{name} is too large").format(name=name), "pack_large")
        files[name] = (sha256, size)
        lower.add(name.lower())
    if len(files) > MAX_FILES or sum(size for _, size in files.values()) > MAX_PACK_BYTES:
        raise _refused(path, _tr("its files are larger than {n} GB").format(n=MAX_PACK_BYTES // 1_000_000_000),
                       "pack_large")  # fmt: skip
    if len(lower) < len(files) or "requirements.txt" not in files or len(files) < 2:
        raise _refused(path, _tr("pack.json lists no requirements.txt, no wheels, or a file twice"))
    return files


def _check_entries(path: Path, archive: zipfile.ZipFile, files: dict[str, tuple[str, int]]) -> None:
    """Refuses a zip whose entries are not exactly the files that pack.json lists."""
    seen = set()
    for entry in archive.infolist():
        name = entry.filename
        if name == "wheels/" and not entry.file_size:
            continue  # some programs add entries for folders
        if name in seen or (name != "pack.json" and name not in files):
            raise _refused(path, _tr("it holds a file that does not belong there: {name}").format(name=name[:120]))
        seen.add(name)
        if entry.flag_bits & 1:
            raise _refused(path, _tr("{name} is encrypted").format(name=name))
        if name in files and entry.file_size != files[name][1]:
            raise _damaged(path, name)
    for name in files:
        if name not in seen:
            raise _refused(path, _tr("{name} is missing").format(name=name))


def _refused(path: Path, why: str, kind: str = "pack") -> InstallError:
    problem = _tr("{path} is refused as an engine pack: {why}.").format(path=path, why=why)
    return InstallError(Failure(kind, problem, _tr("Download the pack again from the page of EarthLoc's releases.")))


def _damaged(path: Path, name: str) -> InstallError:
    problem = _tr("{path} is damaged: {name} does not have the checksum or size in pack.json.")
    return InstallError(Failure(
        "pack_damaged", problem.format(path=path, name=name), _tr("Download or copy the pack again.")
    ))  # fmt: skip


def cancelled() -> InstallError:
    """The error that a `Progress` raises when the user has cancelled."""
    return InstallError(explain(CANCELLED))
