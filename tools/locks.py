"""Writes the locks resources/engine/requirements-PLATFORM.txt: the engine's dependencies with the hash of every wheel.

    python tools/locks.py [--platform NAME|all] [--upgrade]

uv chooses the versions that fit pyproject.toml (extra `raw` included) on the oldest Python, pip downloads the wheels
for each Python, and their hashes are written. Without `--upgrade` the locked versions stay where they still fit. A
lock names no index and no host.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pack

EXTRAS = ("raw",)


def lock(name: str, upgrade: bool) -> Path:
    """Writes the lock of a platform and returns its path."""
    target = pack.lock_path(name)
    with tempfile.TemporaryDirectory() as temporary:
        versions = Path(temporary) / "versions.txt"
        if target.is_file() and not upgrade:
            known = pack.without_engine(pack.read_lock(target))
            versions.write_text("\n".join(known) + "\n", encoding="utf-8")
        _choose_versions(name, versions)
        folder = Path(temporary) / "wheels"
        cached = pack.WHEELS / name
        if cached.is_dir():
            shutil.copytree(cached, folder)
        pack.download(name, versions, folder, check_hashes=False)
        requirements = _hashes(versions.read_text(encoding="utf-8").split(), folder)
        cached.mkdir(parents=True, exist_ok=True)
        wheels = pack.find_wheels(requirements, folder)
        sizes = {"dependencies": pack.dependency_bytes(wheels)}
        for wheel in wheels:
            shutil.copy(wheel, cached / wheel.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(pack.write_lock(requirements, name, sizes), encoding="utf-8", newline="\n")
    return target


def _choose_versions(name: str, versions: Path) -> None:
    """Writes the pinned versions for a platform; those that `versions` holds are kept where they fit."""
    command = [shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv", "pip", "compile", "--quiet"]
    command += ["--no-header", "--no-annotate", "--only-binary=:all:", str(pack.REPOSITORY / "pyproject.toml")]
    command += ["--python-platform", pack.PLATFORMS[name].triple, "--output-file", str(versions)]
    command += [part for extra in EXTRAS for part in ("--extra", extra)]
    environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"}
    chosen = None
    for python in pack.PYTHONS:  # the oldest first, because its choice has to do for all
        done = subprocess.run(
            [*command, "--python-version", python], env=environment, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise pack.PackError(f"{name}: uv found no versions that fit together; it says why above.")
        text = versions.read_text(encoding="utf-8")
        if text != (chosen or text):
            raise pack.PackError(f"{name}: Python {python} needs other packages than {pack.PYTHONS[0]}; pin them.")
        chosen = text


def _hashes(requirements: list[str], folder: Path) -> dict[str, tuple[str, ...]]:
    """The hashes of the wheels in `folder` for each of the requirements, "name==version"."""
    wheels: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.whl")):
        with ZipFile(path) as wheel:
            inside = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            about = BytesParser().parsebytes(wheel.read(inside))
        key = f"{about['Name'].lower().replace('_', '-').replace('.', '-')}=={about['Version']}"
        wheels.setdefault(key, []).append(pack.sha256(path))
    return {requirement: tuple(wheels[requirement]) for requirement in requirements}


def main() -> int:
    """Writes the locks that are asked for."""
    arguments = argparse.ArgumentParser(description="Locks the engine's dependencies.")
    arguments.add_argument("--platform", default="all", help="a platform of tools/pack.py (default: all)")
    arguments.add_argument("--upgrade", action="store_true", help="take the newest versions")
    args = arguments.parse_args()
    try:
        for name in pack.chosen(args.platform):
            path = lock(name, args.upgrade)
            print(f"{path}: {len(pack.read_lock(path))} packages")
    except pack.PackError as error:
        print(f"locks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
