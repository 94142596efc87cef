"""Paths of the files that come with the engine: models, styles, indexes."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def included_indexes() -> list[Path]:
    """Folders of the regional indexes that come with the engine, by name."""
    return sorted(manifest.parent for manifest in (resources_folder() / "indexes").glob("*/index.json"))


def resources_folder() -> Path:
    """The folder `resources`: inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"


def user_models_folder() -> Path:
    """The folder of the model packages that the user installed; it may be missing.

    $EARTHLOC_MODELS, or `earthloc/models` in %LOCALAPPDATA%, in $XDG_DATA_HOME or in ~/.local/share.
    """
    if chosen := os.environ.get("EARTHLOC_MODELS"):
        return Path(chosen)
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "earthloc" / "models"
