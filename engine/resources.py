"""Paths of the files that come with the engine: models, styles, indexes."""

from __future__ import annotations

from pathlib import Path


def included_indexes() -> list[Path]:
    """Folders of the regional indexes that come with the engine, by name."""
    return sorted(manifest.parent for manifest in (resources_folder() / "indexes").glob("*/index.json"))


def resources_folder() -> Path:
    """The folder `resources`: inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"
