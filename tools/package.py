"""Makes the zip of the plugin for the QGIS plugin repository: one folder with plain Python and no binaries, except the
compiled translations that QGIS reads.

    python tools/package.py            stages build/earthloc_qgis and writes dist/earthloc_qgis-VERSION.zip
    python tools/package.py --stage    stages only

The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import configparser
import shutil
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import translations

REPOSITORY = Path(__file__).resolve().parent.parent
PLUGIN = "earthloc_qgis"
STAGE = REPOSITORY / "build" / PLUGIN
DIST = REPOSITORY / "dist"
ROOT_FILES = ("metadata.txt", "LICENSE", "CHANGELOG.md")
RESOURCES = ("styles", "icons", "engine")
CONTRACT = ("engine", "contract")  # what the plugin and the engine agree on; the plugin carries a copy
TEXT_SUFFIXES = {".py", ".qml", ".svg", ".md", ".txt", ".ui", ".json", ""}  # allowed in the zip
TRANSLATIONS = ("i18n", ".qm")  # folder and suffix of Qt's compiled translations, which are data and no programs
LIMIT_BYTES = 25_000_000  # of the plugin repository
EPOCH = (1980, 1, 1, 0, 0, 0)  # of zip files; with real times every zip would have different bytes


def stage() -> Path:
    """Copies the contents of the zip to build/earthloc_qgis and returns that folder."""
    shutil.rmtree(STAGE, ignore_errors=True)
    excluded = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*.ts", "*.qm")
    shutil.copytree(REPOSITORY / PLUGIN, STAGE, ignore=excluded)
    shutil.rmtree(STAGE / CONTRACT[-1])
    shutil.copytree(REPOSITORY.joinpath(*CONTRACT), STAGE / CONTRACT[-1], ignore=excluded)
    for name in ROOT_FILES:
        shutil.copy(REPOSITORY / name, STAGE / name)
    for name in RESOURCES:
        shutil.copytree(REPOSITORY / "resources" / name, STAGE / "resources" / name, ignore=excluded)
    if not translations.compile_into(STAGE / TRANSLATIONS[0]):
        print("No translations: Qt's lrelease is missing (Debian: install qttools5-dev-tools).", file=sys.stderr)
    return STAGE


def metadata(folder: Path) -> configparser.SectionProxy:
    """Reads the section `general` of the plugin's metadata.txt."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(folder / "metadata.txt", encoding="utf-8")
    return parser["general"]


def faults(folder: Path) -> list[str]:
    """Lists what the plugin repository would reject."""
    found = []
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        name = path.relative_to(folder)
        if (name.parts[0], path.suffix) == TRANSLATIONS:
            continue
        if path.suffix not in TEXT_SUFFIXES or b"\0" in path.read_bytes():
            found.append(f"{name}: is no text file; binaries are not allowed")
        if "__pycache__" in name.parts:
            found.append(f"{name}: is a cache")
    about = metadata(folder)
    for key in ("name", "description", "about", "version", "qgisMinimumVersion", "author", "email"):
        if not about.get(key):
            found.append(f"metadata.txt: {key} is missing")
    for name in ("__init__.py", "LICENSE", about.get("icon", "")):
        if not (folder / name).is_file():
            found.append(f"{name or 'icon'}: is missing")
    changes = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    if f"[{about.get('version')}]" not in changes:
        found.append(f"CHANGELOG.md: has no entry for version {about.get('version')}")
    return found


def write_zip(folder: Path) -> Path:
    """Zips the staged folder into dist/ and returns the path of the zip."""
    target = DIST / f"{PLUGIN}-{metadata(folder)['version']}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".partial")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{PLUGIN}/{path.relative_to(folder).as_posix()}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    part.replace(target)
    return target


def main() -> int:
    """Stages, checks and zips the plugin. Returns 1 if the plugin repository would reject the result."""
    arguments = argparse.ArgumentParser(description="Makes the plugin's zip.")
    arguments.add_argument("--stage", action="store_true", help="only fill build/earthloc_qgis")
    only_stage = arguments.parse_args().stage
    folder = stage()
    problems = faults(folder)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    if only_stage:
        print(folder)
        return 0
    target = write_zip(folder)
    size = target.stat().st_size
    print(f"{target} ({size / 1000:.0f} kB)")
    if size > LIMIT_BYTES:
        print(f"{target}: is larger than the allowed {LIMIT_BYTES // 1_000_000} MB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
