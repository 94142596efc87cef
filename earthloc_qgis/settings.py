"""What the user has chosen, kept by QGIS under `earthloc/`, and where the engine is."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

from .core.imagery import Imagery, name_imagery_in
from .core.resources import PLUGIN_FOLDER, profile_folder

DEFAULT_RADIUS_KM = 1000.0  # 99 % of the labelled ISS photos show ground within 943 km of the nadir
DEFAULT_TOP_K = 10
WHOLE_EARTH_KM = 20038.0  # half the way round: a circle that leaves nothing out


def _get(key: str, default, kind):
    return QgsSettings().value(f"earthloc/{key}", default, type=kind)


def _get_list(key: str) -> list[str]:
    # A list of one comes back from an INI file as a plain string.
    value = QgsSettings().value(f"earthloc/{key}")
    return [value] if isinstance(value, str) else [str(item) for item in value or []]


def _set(key: str, value) -> None:
    QgsSettings().setValue(f"earthloc/{key}", value)


def engine_setting() -> str:
    """The engine program the user has chosen, or "" for looking it up."""
    return _get("engine", "", str).strip()


def set_engine_setting(path: str) -> None:
    """Chooses the engine program; "" means looking it up."""
    _set("engine", path.strip())


def find_engine() -> str | None:
    """Path of the `earthloc` program, or None.

    Looked for in the setting, the environment variable EARTHLOC_ENGINE, the `.venv` of the repository the
    plugin lies in, and on PATH. The first one that is given wins, even when it does not exist: a wrong
    setting must be seen, not papered over.
    """
    for given in (engine_setting(), os.environ.get("EARTHLOC_ENGINE", "").strip()):
        if given:
            return given if Path(given).is_file() else None
    for name in ("bin/earthloc", "Scripts/earthloc.exe"):
        beside = PLUGIN_FOLDER.parent / ".venv" / name
        if beside.is_file():
            return str(beside)
    return QStandardPaths.findExecutable("earthloc") or None


def engine_command(program: str | None = None) -> list[str]:
    """Command line that starts the engine (or `program`) as a service, or [] when there is no engine."""
    program = program or find_engine()
    if program is None:
        return []
    return [program, "serve", "--log-file", str(profile_folder() / "engine.log")]


def index_folder() -> str:
    """Folder in which regional indexes are looked for."""
    return _get("index_folder", "", str) or str(profile_folder() / "indexes")


def set_index_folder(path: str) -> None:
    """Chooses the folder of regional indexes; "" means the one in the profile."""
    _set("index_folder", path.strip())


def known_indexes() -> list[str]:
    """Indexes outside the folder of indexes that the user has browsed to."""
    return _get_list("known_indexes")


def remember_index(path: str) -> None:
    """Adds an index to `known_indexes`."""
    if path not in known_indexes():
        _set("known_indexes", [*known_indexes(), path])


def chosen_indexes() -> list[str]:
    """Indexes that the panel searches."""
    return _get_list("chosen_indexes")


def set_chosen_indexes(paths: list[str]) -> None:
    """Keeps the choice of indexes."""
    _set("chosen_indexes", list(paths))


def radius_km() -> float:
    """How far from the nadir the ground in a photo may lie, in km."""
    return _get("radius_km", DEFAULT_RADIUS_KM, float)


def set_radius_km(value: float) -> None:
    """Keeps the radius around the nadir, in km."""
    _set("radius_km", float(value))


def use_nadir() -> bool:
    """Whether the search is restricted to a circle around the nadir when one is known."""
    return _get("use_nadir", True, bool)


def set_use_nadir(value: bool) -> None:
    """Keeps whether the nadir restricts the search."""
    _set("use_nadir", bool(value))


def register() -> bool:
    """Whether photos are fitted to the imagery, which takes seconds a photo and is needed to be sure."""
    return _get("register", True, bool)


def set_register(value: bool) -> None:
    """Keeps whether photos are fitted to the imagery."""
    _set("register", bool(value))


def imagery() -> Imagery:
    """What photos are fitted to."""
    return Imagery.from_json(_get("imagery", "", str))


def set_imagery(chosen: Imagery) -> None:
    """Keeps what photos are fitted to."""
    _set("imagery", chosen.to_json())


def choose_imagery(chosen: Imagery, project: QgsProject) -> None:
    """Takes what the user chooses, here and in the project; a tile server is trusted from then on."""
    set_imagery(chosen)
    if chosen.server:
        trust_server(chosen.address)
    name_imagery_in(project, chosen)


def trusted_servers() -> list[str]:
    """Addresses of the tile servers that the user has chosen at some time."""
    return _get_list("trusted_servers")


def trust_server(address: str) -> None:
    """Adds to `trusted_servers`."""
    if address not in trusted_servers():
        _set("trusted_servers", [*trusted_servers(), address])


def top_k() -> int:
    """How many candidates are shown for a photo."""
    return _get("top_k", DEFAULT_TOP_K, int)


def set_top_k(value: int) -> None:
    """Keeps the number of candidates."""
    _set("top_k", int(value))


def reviewer() -> str:
    """Who signs decisions: as typed in the review window, else the name of the computer's user."""
    return _get("reviewer", "", str) or QgsApplication.userFullName() or QgsApplication.userLoginName()


def set_reviewer(name: str) -> None:
    """Keeps the reviewer's name; "" means the computer's user."""
    _set("reviewer", name.strip())
