"""The user's settings, stored by QGIS under `earthloc/`; and the path of the engine program."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

from .contract.parameters import DEFAULT_RADIUS_KM, DEFAULT_TOP_K
from .core.imagery import Imagery, name_imagery_in
from .core.install.source_settings import Sources
from .core.resources import PLUGIN_FOLDER, profile_folder

DEFAULT_LANGUAGE_MODEL = "http://127.0.0.1:11434"  # of Ollama
WHOLE_EARTH_KM = 20038.0  # about half the circumference: a circle with this radius covers the whole Earth


def _get(key: str, default, kind):
    return QgsSettings().value(f"earthloc/{key}", default, type=kind)


def _get_list(key: str) -> list[str]:
    # QGIS reads a list with one entry from an INI file as a string.
    value = QgsSettings().value(f"earthloc/{key}")
    return [value] if isinstance(value, str) else [str(item) for item in value or []]


def _set(key: str, value) -> None:
    QgsSettings().setValue(f"earthloc/{key}", value)


def engine_setting() -> str:
    """The engine program that the user has chosen; "" means `find_engine` searches for it."""
    return _get("engine", "", str).strip()


def set_engine_setting(path: str) -> None:
    """Stores the engine program; "" means `find_engine` searches for it."""
    _set("engine", path.strip())


def find_engine() -> str | None:
    """Path of the `earthloc` program, or None.

    It is taken from the setting, else from the environment variable EARTHLOC_ENGINE, else from the `.venv` of the
    repository that contains the plugin, else from PATH. If the setting or the variable names a program that does not
    exist, the result is None: a wrong setting must not be hidden.
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
    """Command line that starts the engine (or `program`) as a service; [] if there is no engine."""
    program = program or find_engine()
    if program is None:
        return []
    return [program, "serve", "--log-file", str(profile_folder() / "engine.log")]


def engine_python() -> str:
    """The Python with which engines are installed; "" means the first that fits."""
    return _get("engine_python", "", str).strip()


def set_engine_python(path: str) -> None:
    """Stores the Python for installing engines."""
    _set("engine_python", path.strip())


def engine_sources() -> Sources:
    """Where engines are installed from."""
    return Sources(
        _get("engine_index_url", "", str).strip(),
        _get("engine_find_links", "", str).strip(),
        _get("engine_certificate", "", str).strip(),
    )


def set_engine_sources(chosen: Sources) -> None:
    """Stores where engines are installed from."""
    _set("engine_index_url", chosen.index_url.strip())
    _set("engine_find_links", chosen.find_links.strip())
    _set("engine_certificate", chosen.certificate.strip())


def index_folder() -> str:
    """Folder that is searched for regional indexes."""
    return _get("index_folder", "", str) or str(profile_folder() / "indexes")


def set_index_folder(path: str) -> None:
    """Stores the folder of regional indexes; "" means the one in the profile."""
    _set("index_folder", path.strip())


def known_indexes() -> list[str]:
    """Indexes outside the folder of indexes that the user has added."""
    return _get_list("known_indexes")


def remember_index(path: str) -> None:
    """Adds an index to `known_indexes`."""
    if path not in known_indexes():
        _set("known_indexes", [*known_indexes(), path])


def chosen_indexes() -> list[str]:
    """Indexes that the panel searches."""
    return _get_list("chosen_indexes")


def set_chosen_indexes(paths: list[str]) -> None:
    """Stores the indexes that the panel searches."""
    _set("chosen_indexes", list(paths))


def radius_km() -> float:
    """Radius of the search around the nadir, km.

    The default covers 99 % of the labelled ISS photos, whose ground is within 943 km of the nadir.
    """
    return _get("radius_km", DEFAULT_RADIUS_KM, float)


def set_radius_km(value: float) -> None:
    """Stores the radius of the search around the nadir, km."""
    _set("radius_km", float(value))


def use_nadir() -> bool:
    """Whether a known nadir restricts the search to a circle around it."""
    return _get("use_nadir", True, bool)


def set_use_nadir(value: bool) -> None:
    """Stores whether the nadir restricts the search."""
    _set("use_nadir", bool(value))


def register() -> bool:
    """Whether photos are fitted to the imagery. It takes seconds per photo; without it, no photo is `located`."""
    return _get("register", True, bool)


def set_register(value: bool) -> None:
    """Stores whether photos are fitted to the imagery."""
    _set("register", bool(value))


def where() -> bool:
    """Whether the engine also says where a photo could be, so that one that is not located can be searched for."""
    return _get("where", True, bool)


def set_where(value: bool) -> None:
    """Stores whether the engine also says where a photo could be."""
    _set("where", bool(value))


def orbit_file() -> str:
    """File of the station's orbit, which gives nadirs from times; "" for none."""
    return _get("orbit_file", "", str).strip()


def set_orbit_file(path: str) -> None:
    """Stores the file of the station's orbit."""
    _set("orbit_file", path.strip())


def asks_language_model() -> bool:
    """Whether a language model on this computer is asked for places. Off unless the user ticks it."""
    return _get("language_model", False, bool)


def language_model_address() -> str:
    """Address of that language model."""
    return _get("language_model_address", "", str) or DEFAULT_LANGUAGE_MODEL


def language_model_name() -> str:
    """Name of the model, as its server knows it; "" for a server with one model."""
    return _get("language_model_name", "", str)


def set_language_model(asked: bool, address: str, name: str) -> None:
    """Stores whether a language model is asked, its address and its name."""
    _set("language_model", bool(asked))
    _set("language_model_address", address.strip())
    _set("language_model_name", name.strip())


def imagery() -> Imagery:
    """The imagery to which photos are fitted."""
    return Imagery.from_json(_get("imagery", "", str))


def set_imagery(chosen: Imagery) -> None:
    """Stores the imagery to which photos are fitted."""
    _set("imagery", chosen.to_json())


def choose_imagery(chosen: Imagery, project: QgsProject) -> None:
    """Stores the imagery that the user chose, also in the project. A chosen tile server becomes trusted."""
    set_imagery(chosen)
    if chosen.server:
        trust_server(chosen.address)
    name_imagery_in(project, chosen)


def trusted_servers() -> list[str]:
    """URLs of the tile servers that the user has ever chosen."""
    return _get_list("trusted_servers")


def trust_server(address: str) -> None:
    """Adds a URL to `trusted_servers`."""
    if address not in trusted_servers():
        _set("trusted_servers", [*trusted_servers(), address])


def top_k() -> int:
    """Number of candidates for each photo."""
    return _get("top_k", DEFAULT_TOP_K, int)


def set_top_k(value: int) -> None:
    """Stores the number of candidates."""
    _set("top_k", int(value))


def reviewer() -> str:
    """Name that signs decisions: as entered in the review window, else the name of the computer's user."""
    return _get("reviewer", "", str) or QgsApplication.userFullName() or QgsApplication.userLoginName()


def set_reviewer(name: str) -> None:
    """Stores the reviewer's name; "" means the computer's user."""
    _set("reviewer", name.strip())


def panel_offered() -> bool:
    """Whether the panel has been shown to this user after the installation of the plugin."""
    return _get("panel_offered", False, bool)


def set_panel_offered(value: bool) -> None:
    """Stores whether the panel has been shown after the installation."""
    _set("panel_offered", bool(value))


def first_steps_done() -> bool:
    """Whether the user has finished the first steps, or skipped them."""
    return _get("first_steps_done", False, bool)


def set_first_steps_done(value: bool) -> None:
    """Stores whether the first steps are finished."""
    _set("first_steps_done", bool(value))


def first_steps_taken() -> set[str]:
    """Names of the first steps that the user has finished or skipped."""
    return set(_get_list("first_steps_taken"))


def set_first_steps_taken(names: set[str]) -> None:
    """Stores the first steps that the user has finished or skipped."""
    _set("first_steps_taken", sorted(names))


def is_open(section: str) -> bool:
    """Whether a collapsible section of the panel is open."""
    return _get(f"open/{section}", False, bool)


def set_open(section: str, value: bool) -> None:
    """Stores whether a collapsible section of the panel is open."""
    _set(f"open/{section}", bool(value))
