"""Regional indexes as folders: reads their manifests, packs, unpacks and deletes them. No widgets.

A zipped index may come from an untrusted source: only files that belong to an index are unpacked, into a folder that
this module names. Only the files of an index are deleted.
"""

from __future__ import annotations

import json
import lzma
import math
import os
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

MANIFEST = "index.json"
FILES = frozenset(
    (
        f"{MANIFEST} descriptors.f32 descriptors.i8 tiles.bin tiles.gpkg codes.pq4 pixels.crc model.json model.onnx "
        "features.bin features.cells"
    ).split()
)
_BLOCK = 1 << 20
_MAX_MANIFEST_BYTES = 1_000_000


class IndexFileError(Exception):
    """An index cannot be read, packed, unpacked or deleted; the message names the file and the fix."""


@dataclass(frozen=True)
class IndexFacts:
    """What the manifest of an index says.

    Attributes:
        path: its folder.
        name: for the user.
        tiles: number of tiles.
        tile_km: ground widths of the tiles.
        features: number of local features.
        feature_m: ground size of the features' pixels, m; 0.0 without features.
        region: west, south, east, north, degrees.
        size_bytes: of its files.
        built_at: seconds since 1970.
        imagery: path of the imagery from which it was made.
        attribution: of that imagery.
        licence: of that imagery.
        model: name and version of the model.
        server: address of the Milvus server that holds the index; "" when its files are in the folder.
    """

    path: str
    name: str
    tiles: int
    tile_km: tuple
    features: int
    feature_m: float
    region: tuple
    size_bytes: int
    built_at: float
    imagery: str
    attribution: str
    licence: str
    model: str
    server: str


def read_facts(path: str) -> IndexFacts:
    """The facts of an index.

    Raises:
        IndexFileError: the folder has no readable index.
    """
    folder = Path(path)
    manifest = folder / MANIFEST
    try:
        if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
            raise ValueError("too large")
        info = json.loads(manifest.read_text(encoding="utf-8"))
        source, model = info["source"], info["model"]
        region = tuple(float(side) for side in info["region"])
        tile_km = tuple(float(width) for width in info["tile_km"])
        features = info.get("features") or {"count": 0, "feature_km": 0}
        feature_m = round(1000 * float(features["feature_km"]), 1)
        if len(region) != 4 or not all(map(math.isfinite, (*region, *tile_km, feature_m))):
            raise ValueError("region")
        return IndexFacts(
            path=str(folder),
            name=str(info["name"]),
            tiles=int(info["count"]),
            tile_km=tile_km,
            features=int(features["count"]),
            feature_m=feature_m,
            region=region,
            size_bytes=sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file()),
            built_at=manifest.stat().st_mtime,
            imagery=str(source.get("path") or ""),
            attribution=str(source.get("attribution") or ""),
            licence=str(source.get("licence") or ""),
            model=f"{model['name']} {model['version']}",
            server=str(info.get("milvus") or ""),
        )
    # OverflowError and RecursionError: huge numbers, deeply nested brackets.
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise IndexFileError(f"{manifest} is not a readable index; copy it again or build it again.") from error


def find_indexes(folder: str, further: list[str]) -> list[IndexFacts]:
    """Facts of the readable indexes directly in `folder` and of `further` ones, without duplicates, in order of name.

    May run in any thread. Only the engine checks whether an index is complete and fits the model.
    """
    paths = [Path(path) for path in further]
    if os.path.isdir(folder):
        paths += [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    found: dict[str, IndexFacts] = {}
    for path in paths:
        try:
            found[str(path)] = read_facts(str(path))
        except IndexFileError:
            continue
    return sorted(found.values(), key=lambda facts: facts.name.lower())


def file_name(name: str) -> str:
    """The name of an index, made valid as the name of a file or folder."""
    return re.sub(r"[^\w .-]", "_", name).strip(" .") or "index"


def free_folder(into: str, name: str) -> Path:
    """A new folder path in `into` for an index of this name; numbered if the folder exists."""
    target, number = Path(into) / file_name(name), 2
    while target.exists():
        target, number = Path(into) / f"{file_name(name)} {number}", number + 1
    return target


def pack(folder: str, archive: str, on_progress: Callable[[float], None] = lambda _: None) -> None:
    """Writes an index to a zip file, in a folder of its name.

    Args:
        folder: of the index.
        archive: the zip file.
        on_progress: called with the completed share, 0 to 1.

    Raises:
        IndexFileError: it cannot be written; no incomplete file stays behind.
    """
    facts = read_facts(folder)
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name in FILES)
    partial, done = f"{archive}.partial", 0
    try:
        # Descriptors do not compress: storing them is ten times as fast.
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
            for name in names:
                source = Path(folder) / name
                member = f"{file_name(facts.name)}/{name}"
                with source.open("rb") as read, packed.open(member, "w", force_zip64=True) as write:
                    while block := read.read(_BLOCK):
                        write.write(block)
                        done += len(block)
                        on_progress(done / max(1, facts.size_bytes))
        os.replace(partial, archive)
    except OSError as error:
        Path(partial).unlink(missing_ok=True)
        raise IndexFileError(f"{archive} cannot be written ({error.strerror}); choose another place.") from error


def unpack(archive: str, into: str, on_progress: Callable[[float], None] = lambda _: None) -> str:
    """Unpacks an index into a new folder in `into` and returns its path. Existing indexes are never overwritten.

    Raises:
        IndexFileError: the file is not a zipped index, is damaged, or the disk is full; or the index is on a server: an
            untrusted file must not make QGIS connect to a server.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            parts = [member.filename.split("/") for member in members]
            if not members or any(len(p) != 2 or p[0] != parts[0][0] or p[1] not in FILES for p in parts):
                raise IndexFileError(f"{archive} is no zipped index; choose one that EarthLoc has written.")
            target = free_folder(into, parts[0][0])
            partial = target.with_name(f"{target.name}.unpacking")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                _unpack_members(packed, members, partial, on_progress)
                server = read_facts(str(partial)).server
                if server:
                    raise IndexFileError(
                        f"{archive} names an index on {server}; if you trust it, add it by its address."
                    )
                partial.rename(target)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            return str(target)
    # RuntimeError: encrypted, or a compression method that Python lacks.
    except (zipfile.BadZipFile, EOFError, RuntimeError, zlib.error, lzma.LZMAError) as error:
        raise IndexFileError(f"{archive} is damaged or no zip file; copy it again.") from error
    except OSError as error:
        raise IndexFileError(f"{archive} cannot be unpacked ({error.strerror}); check the disk.") from error


def _unpack_members(
    packed: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, on_progress: Callable[[float], None]
) -> None:
    """Writes the members, but no more bytes than they declare, so that a small archive cannot fill the disk."""
    total = sum(member.file_size for member in members)
    if total > shutil.disk_usage(folder).free:
        raise OSError(28, "there is not enough room")
    done = 0
    for member in members:
        with packed.open(member) as read, (folder / member.filename.split("/")[1]).open("wb") as write:
            while block := read.read(_BLOCK):
                write.write(block)
                done += len(block)
                if done > total:
                    raise zipfile.BadZipFile("longer than stated")
                on_progress(done / max(1, total))


def delete(folder: str) -> None:
    """Deletes an index's files, and its folder if that is empty then.

    Raises:
        IndexFileError: the folder is not an index, or a file cannot be deleted.
    """
    read_facts(folder)  # only an index may be deleted
    try:
        # The manifest last: after a failure, the folder still counts as an index.
        for name in (*sorted(FILES - {MANIFEST}), MANIFEST):
            (Path(folder) / name).unlink(missing_ok=True)
        if not any(os.scandir(folder)):
            Path(folder).rmdir()
    except OSError as error:
        raise IndexFileError(f"{folder} cannot be deleted ({error.strerror}); close what uses it.") from error
