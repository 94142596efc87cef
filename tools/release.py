"""Makes a release: everything that is published, in dist/.

    python tools/release.py [--platform NAME,...|all] [--allow-changes]

1. the engine's wheel (built before by `make wheel`) is pinned in the locks resources/engine/requirements-PLATFORM.txt;
2. the packs of the platforms are built and pinned in resources/engine/packs.json;
3. the plugin's zip, which contains locks and pins, is built and checked;
4. RELEASE_NOTES.md is this version's section of CHANGELOG.md, and SHA256SUMS lists all files.

The same commit gives the same bytes, with the same versions of Qt's lrelease and zlib.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import pack
import package

NOTES = "RELEASE_NOTES.md"
SUMS = "SHA256SUMS"
PINS = "packs.json"
_ENGINE = Path("resources", "engine")


def changed_files(repository: Path) -> list[str]:
    """Files that differ from the commit, without those that a release writes; [] outside a git checkout."""
    command = ["git", "-C", str(repository), "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    names = [line[3:] for line in done.stdout.splitlines()]
    return [name for name in names if not name.startswith(_ENGINE.as_posix())]


def pin_engine(own: Path, locks: Path) -> None:
    """Adds the engine's own wheel to all locks, for the installation from the internet."""
    for name in pack.PLATFORMS:
        path = pack.lock_path(name, locks)
        stated = re.search(r"^# dependencies: (\d+) bytes$", path.read_text(encoding="utf-8"), re.MULTILINE)
        requirements = pack.without_engine(pack.read_lock(path))
        requirements[f"{pack.NAME}=={own.name.split('-')[1]}"] = (pack.sha256(own),)
        dependencies = int(stated[1]) if stated else 0
        sizes = {"dependencies": dependencies, "download": dependencies + own.stat().st_size} if stated else None
        path.write_text(pack.write_lock(requirements, name, sizes), encoding="utf-8", newline="\n")


def pin_packs(packs: list[Path], locks: Path) -> None:
    """Writes packs.json with these packs alone, one a line.

    The plugin repository blocks a plugin in which detect-secrets finds long hexadecimal numbers; the note exempts them.
    """
    lines = []
    for path in sorted(packs):
        entry = {"sha256": pack.sha256(path), "bytes": path.stat().st_size, "note": "// pragma: allowlist secret"}
        lines.append(f"{json.dumps(path.name)}: {json.dumps(entry)}")
    (locks / PINS).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")


def notes(changelog: str, version: str) -> str:
    """The section of a version in CHANGELOG.md, without its heading.

    Raises:
        PackError: there is none.
    """
    section = re.search(rf"^## \[{re.escape(version)}\].*?\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    if section is None or not section[1].strip():
        raise pack.PackError(f"CHANGELOG.md: has no entry for version {version}; write one.")
    return section[1].strip() + "\n"


def write_sums(files: list[Path], dist: Path) -> Path:
    """Writes SHA256SUMS, in the form of the program sha256sum."""
    target = dist / SUMS
    lines = [f"{pack.sha256(path)}  {path.name}\n" for path in sorted(files, key=lambda path: path.name)]
    target.write_text("".join(lines), encoding="utf-8", newline="\n")
    return target


def release(platforms: list[str], dist: Path, locks: Path, wheels: Path | None = None) -> list[Path]:
    """Builds everything and returns the files.

    Args:
        platforms: those of the packs.
        dist: folder with the engine's wheel, for all files.
        locks: folder of the locks and of packs.json.
        wheels: folder with the wheels of the packs; by default they are downloaded.

    Raises:
        PackError: something is missing, or the plugin repository would reject the zip.
    """
    own = pack.engine_wheel(dist)
    version = own.name.split("-")[1]
    text = notes((pack.REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    pin_engine(own, locks)
    packs = [pack.build(name, wheels, dist, locks) for name in platforms]
    pin_packs(packs, locks)
    folder = package.stage()
    problems = package.faults(folder)
    if package.metadata(folder)["version"] != version:
        problems.append(f"metadata.txt: is of another version than the engine ({version})")
    if problems:
        raise pack.PackError("\n".join(problems))
    plugin = package.write_zip(folder)
    with zipfile.ZipFile(plugin) as archive:
        if not any(name.endswith(package.TRANSLATIONS[1]) for name in archive.namelist()):
            raise pack.PackError(f"{plugin.name}: has no translations; install Qt's lrelease (qttools5-dev-tools).")
    (dist / NOTES).write_text(text, encoding="utf-8", newline="\n")
    files = [plugin, own, *packs, dist / NOTES]
    return [*files, write_sums(files, dist)]


def main() -> int:
    """Makes the release. Returns 1 if that is not possible."""
    arguments = argparse.ArgumentParser(description="Makes a release.")
    arguments.add_argument("--platform", default="all", help="platforms of the packs (default: all)")
    arguments.add_argument("--allow-changes", action="store_true", help="also with files that are not committed")
    args = arguments.parse_args()
    try:
        changed = changed_files(pack.REPOSITORY)
        if changed and not args.allow_changes:
            raise pack.PackError(f"{changed[0]} and perhaps others are not committed; commit them, or clone anew.")
        for path in release(pack.chosen(args.platform), pack.DIST, pack.LOCKS):
            print(f"{path} ({path.stat().st_size / 1e6:.3g} MB)")
    except (pack.PackError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
