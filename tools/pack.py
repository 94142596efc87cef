"""Builds engine packs: one zip for each platform with the engine, all its dependencies and their checksums.

    python tools/pack.py [--platform linux_x86_64|win_amd64|macosx_arm64|macosx_x86_64|all] [--wheels FOLDER]
                         [--python 3.11|3.12|3.13]

A pack installs the engine without the internet. docs/formats.md describes it. The wheels are those that the lock
resources/engine/requirements-PLATFORM.txt pins by hash (tools/locks.py); with `--wheels` they are taken from a folder,
otherwise pip downloads them. The engine's own wheel is taken from dist/ (`make wheel`). The same wheels give the same
bytes. With `--python` the pack fits that Python only, is about half as large, and says so in its name.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DIST = REPOSITORY / "dist"
WHEELS = REPOSITORY / "build" / "wheels"  # downloads are kept here, one folder for each platform
LOCKS = REPOSITORY / "resources" / "engine"
FORMAT = 1
PYTHONS = ("3.11", "3.12", "3.13")
NAME = "earthloc"  # the engine's own package
EPOCH = (1980, 1, 1, 0, 0, 0)  # of zip files; with real times every pack would have different bytes


class PackError(Exception):
    """A pack cannot be built; the text says why and what to do."""


@dataclass(frozen=True)
class Platform:
    """A platform that packs are built for.

    Attributes:
        tags: platform tags of the wheels that run on it, for pip.
        triple: the name of the platform in uv.
        needs: the oldest system, in words.
    """

    tags: tuple[str, ...]
    triple: str
    needs: str


_GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
PLATFORMS = {
    "linux_x86_64": Platform(
        (*(f"manylinux_{glibc}_x86_64" for glibc in _GLIBC), "manylinux2014_x86_64"),
        "x86_64-manylinux_2_28",
        "Linux with glibc 2.28 or newer",
    ),
    "win_amd64": Platform(("win_amd64",), "x86_64-pc-windows-msvc", "Windows 10 or newer, 64 bit"),
    "macosx_arm64": Platform(("macosx_14_0_arm64",), "aarch64-apple-darwin", "macOS 14 or newer on Apple silicon"),
    "macosx_x86_64": Platform(("macosx_14_0_x86_64",), "x86_64-apple-darwin", "macOS 14 or newer on Intel"),
}


def this_platform() -> str:
    """The platform of this computer, by its name in `PLATFORMS`."""
    machine = platform.machine().lower()
    system = {"Linux": "linux", "Windows": "win", "Darwin": "macosx"}.get(platform.system(), platform.system())
    if system in ("linux", "macosx"):
        machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)
    name = f"{system}_{machine}"
    if name not in PLATFORMS:
        raise PackError(f"{name}: there are no packs for this platform; name one of {', '.join(PLATFORMS)}.")
    return name


def chosen(name: str) -> list[str]:
    """Platforms for the value of `--platform`: a name, several with commas, `all`, or empty for this computer's."""
    if name == "all":
        return list(PLATFORMS)
    names = [part for part in re.split(r"[,\s]+", name) if part] or [this_platform()]
    for part in names:
        if part not in PLATFORMS:
            raise PackError(f"{part}: no such platform; name one of {', '.join(PLATFORMS)}, or all.")
    return names


def lock_path(name: str, folder: Path = LOCKS) -> Path:
    """The lock of a platform."""
    return folder / f"requirements-{name}.txt"


def read_lock(path: Path) -> dict[str, tuple[str, ...]]:
    """The requirements of a lock, "name==version", with the SHA-256 of their wheels."""
    try:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    except OSError as error:
        raise PackError(f"{path.name}: cannot be read; run `make locks`.") from error
    requirements = {}
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        hashes = tuple(word.removeprefix("--hash=sha256:") for word in words[1:])
        if not re.fullmatch(r"[a-z0-9-]+==[\w.!+-]+", words[0]) or not hashes:
            raise PackError(f"{path.name}: {words[0]} is not pinned with hashes; run `make locks`.")
        if not all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in hashes):
            raise PackError(f"{path.name}: {words[0]} has a damaged hash; run `make locks`.")
        requirements[words[0]] = hashes
    return requirements


def write_lock(requirements: dict[str, tuple[str, ...]], name: str, sizes: dict[str, int] | None = None) -> str:
    """The text of a lock, for pip's `--require-hashes`.

    Args:
        requirements: as `read_lock` returns them.
        name: the platform.
        sizes: bytes to download for one Python, by what: `dependencies` without the engine, `download` with it.
    """
    lines = [f"# The engine's dependencies for {name} (Python {', '.join(PYTHONS)}). Written by `make locks`."]
    lines += [f"# {what}: {size} bytes" for what, size in (sizes or {}).items()]
    for requirement in sorted(requirements):
        lines.append(
            " \\\n    ".join([requirement, *(f"--hash=sha256:{d}" for d in sorted(requirements[requirement]))])
        )
    return "\n".join(lines) + "\n"


def dependency_bytes(wheels: list[Path]) -> int:
    """Bytes that the Python with the largest wheels downloads of these wheels."""
    own = {python: f"-cp{python.replace('.', '')}-cp{python.replace('.', '')}" for python in PYTHONS}
    shared = sum(path.stat().st_size for path in wheels if not any(tag in path.name for tag in own.values()))
    return shared + max(sum(path.stat().st_size for path in wheels if tag in path.name) for tag in own.values())


def download(
    name: str, requirements: Path, folder: Path, check_hashes: bool = True, pythons: Sequence[str] = PYTHONS
) -> None:
    """Downloads the wheels of a platform for every Python of `pythons` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for python in pythons:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
        command += [part for tag in PLATFORMS[name].tags for part in ("--platform", tag)]
        command += ["--require-hashes"] if check_hashes else []
        if subprocess.run([*command, "--dest", folder, "--requirement", requirements], check=False).returncode:
            raise PackError(f"{name}: not all wheels for Python {python} could be downloaded; pip says why above.")


def find_wheels(requirements: dict[str, tuple[str, ...]], folder: Path, pythons: Sequence[str] = PYTHONS) -> list[Path]:
    """The locked wheels in a folder, by their hashes; those for the Pythons in `pythons` and for all.

    Raises:
        PackError: a wheel is missing, or a file has other bytes than the locked wheel.
    """
    others = [f"-cp{python.replace('.', '')}-cp" for python in PYTHONS if python not in pythons]
    wheels = [path for path in sorted(folder.glob("*.whl")) if not any(tag in path.name for tag in others)]
    by_hash = {sha256(path): path for path in wheels}
    found = []
    for requirement, hashes in requirements.items():
        missing = [digest for digest in hashes if digest not in by_hash]
        if len(pythons) < len(PYTHONS) and len(missing) < len(hashes):
            missing = []  # the others are those for other Pythons
        if missing:
            raise PackError(
                f"{requirement}: {len(missing)} of {len(hashes)} wheels are missing or have other bytes than the lock "
                f"says, such as sha256 {missing[0]}; download them again, or run `make locks`."
            )
        found += [by_hash[digest] for digest in hashes if digest in by_hash]
    return found


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def engine_wheel(folder: Path = DIST) -> Path:
    """The engine's own wheel, which `make wheel` has built from this version."""
    text = (REPOSITORY / "engine" / "__init__.py").read_text(encoding="utf-8")
    version = re.findall(r'__version__ = "(.+)"', text)[0]
    wheel = folder / f"{NAME}-{version}-py3-none-any.whl"
    if not wheel.is_file():
        raise PackError(f"{wheel.name}: is not in {folder}; run `make wheel`.")
    return wheel


def write_pack(
    name: str, lock: Path, wheels: Path, own: Path, dist: Path = DIST, pythons: Sequence[str] = PYTHONS
) -> Path:
    """Writes the pack of a platform into `dist` and returns its path.

    Args:
        name: the platform.
        lock: its lock.
        wheels: folder with the wheels that the lock pins.
        own: the engine's own wheel.
        dist: folder of the pack.
        pythons: the versions of Python that the pack is for.
    """
    version = own.name.split("-")[1]
    requirements = without_engine(read_lock(lock))
    files: dict[str, Path | bytes] = {
        f"wheels/{path.name}": path for path in find_wheels(requirements, wheels, pythons)
    }
    files[f"wheels/{own.name}"] = own
    requirements[f"{NAME}=={version}"] = (sha256(own),)
    files["requirements.txt"] = write_lock(requirements, name).encode()
    card = {
        "format": FORMAT,
        "engine": version,
        "platform": name,
        "python": list(pythons),
        "files": {entry: _facts(files[entry]) for entry in sorted(files)},
    }
    files["pack.json"] = (json.dumps(card, indent=1) + "\n").encode()
    only = "" if len(pythons) == len(PYTHONS) else f"-python{'-'.join(pythons)}"
    target = dist / f"earthloc-engine-{version}-{name}{only}.zip"
    dist.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".partial")
    # Wheels are compressed already. Without compression the bytes do not depend on the version of zlib either.
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for entry in ["pack.json", *sorted(files.keys() - {"pack.json"})]:
            header = zipfile.ZipInfo(entry, EPOCH)
            header.external_attr = 0o644 << 16
            header.create_system = 3  # Unix, on every system
            content = files[entry]
            archive.writestr(header, content if isinstance(content, bytes) else content.read_bytes())
    part.replace(target)
    return target


def without_engine(requirements: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The requirements without the engine's own wheel, which a release adds to the locks."""
    return {key: value for key, value in requirements.items() if not key.startswith(f"{NAME}==")}


def _facts(content: Path | bytes) -> dict[str, str | int]:
    if isinstance(content, bytes):
        return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    return {"sha256": sha256(content), "bytes": content.stat().st_size}


def build(
    name: str,
    wheels: Path | None = None,
    dist: Path = DIST,
    locks: Path = LOCKS,
    pythons: Sequence[str] = PYTHONS,
) -> Path:
    """Builds the pack of a platform, with wheels of a folder or downloaded ones, and returns its path."""
    lock = lock_path(name, locks)
    if wheels is None:
        wheels = WHEELS / name
        requirements = without_engine(read_lock(lock))
        try:
            find_wheels(requirements, wheels, pythons)
        except PackError:
            wheels.mkdir(parents=True, exist_ok=True)
            pinned = wheels / "requirements.txt"
            pinned.write_text(write_lock(requirements, name), encoding="utf-8")
            download(name, pinned, wheels, pythons=pythons)
    return write_pack(name, lock, wheels, engine_wheel(dist), dist, pythons)


def main() -> int:
    """Builds the packs that are asked for."""
    arguments = argparse.ArgumentParser(description="Builds engine packs.")
    arguments.add_argument("--platform", default="", help=f"{', '.join(PLATFORMS)}, or all (default: this computer's)")
    arguments.add_argument("--wheels", type=Path, help="folder with the wheels, for one platform (default: download)")
    arguments.add_argument("--python", choices=PYTHONS, help="the only Python that the pack is for (default: all)")
    args = arguments.parse_args()
    try:
        for name in chosen(args.platform):
            pack = build(name, args.wheels, pythons=(args.python,) if args.python else PYTHONS)
            print(f"{pack} ({pack.stat().st_size / 1e6:.0f} MB; {PLATFORMS[name].needs})")
    except (PackError, OSError) as error:
        print(f"pack: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
