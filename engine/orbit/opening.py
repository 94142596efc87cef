"""Opens an orbit from a file, by its content: two-line elements, OMM, or OEM."""

from __future__ import annotations

from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from engine.errors import InputError, OrbitFileError
from engine.orbit.elements import Elements, read_omm_csv, read_omm_json, read_omm_xml, read_two_line
from engine.orbit.oem import EphemerisMessage, read_oem_text, read_oem_xml

MAX_BYTES = 64_000_000  # all elements of the station since 1998 are about 10 MB
Orbit = Elements | EphemerisMessage


def open_ephemeris(path: str | Path) -> Orbit:
    """The orbit of a file.

    Its `notes` say what a user should know of it, and `age_days` how far a time is from what it was determined from.

    Raises:
        InputError: the file cannot be read, or is none of the known kinds.
    """
    path = Path(path)
    text = _text(path)
    start = text.lstrip()[:2000]
    if start.startswith("<"):
        return _from_xml(path, text)
    if start.startswith(("[", "{")):
        return read_omm_json(path, text)
    if start.startswith("CCSDS_OEM_VERS"):
        return read_oem_text(path, text)
    if "NORAD_CAT_ID" in start.partition("\n")[0]:
        return read_omm_csv(path, text)
    return read_two_line(path, text)


def open_orbit_file(path: Path) -> Orbit:
    """`open_ephemeris` where all photos need this file.

    Raises:
        OrbitFileError: it cannot be used.
    """
    try:
        return open_ephemeris(path)
    except InputError as error:
        same = OrbitFileError(error.path, error.problem, error.hint)
        same.message = error.message
        raise same from error


def _from_xml(path: Path, text: str) -> Orbit:
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        raise InputError.of("orbit.damaged", path=path) from error
    if root.find(".//stateVector") is not None:
        return read_oem_xml(path, root)
    return read_omm_xml(path, root)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise InputError.of("orbit.missing" if not path.exists() else "orbit.not_a_file", path=path)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError.of("orbit.unreadable", path=path) from error
    if len(content) > MAX_BYTES:
        raise InputError.of("orbit.too_large", path=path, mb=MAX_BYTES // 1_000_000)
    # A byte-order mark is not part of the text.
    return content.decode("utf-8-sig", "replace")
