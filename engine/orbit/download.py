"""Fetches orbit elements, only when a person asks for it: `earthloc elements`."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests

from engine.errors import InputError, OutputError, in_short
from engine.orbit.opening import MAX_BYTES, open_ephemeris
from engine.progress import Progress
from engine.web_session import web_session

SOURCES = {
    "celestrak": "https://celestrak.org/NORAD/elements/gp.php?CATNR=25544&FORMAT=TLE",
    "nasa": "https://nasa-public-data.s3.amazonaws.com/iss-coords/current/ISS_OEM/ISS.OEM_J2K_EPH.txt",
}
SOURCE_SUFFIX = ".source.json"
_TIMEOUT_S = 60.0
_CHUNK_BYTES = 65_536


@dataclass(frozen=True)
class Download:
    """Where a file of elements came from.

    Attributes:
        address: URL.
        host: that was contacted.
        fetched_at: UTC, ISO 8601.
        sha256: of the file.
        size_bytes: of the file.
    """

    address: str
    host: str
    fetched_at: str
    sha256: str
    size_bytes: int


def host_of(source: str) -> str:
    """The host that `download` would contact.

    Raises:
        InputError: not the name of a source, nor a web address.
    """
    parts = urlsplit(SOURCES.get(source, source))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError.of("elements.no_address", address=source)
    return parts.netloc.rpartition("@")[2]


def download(source: str, out: Path, progress: Progress | None = None) -> Download:
    """Fetches a file of the station's orbit, checks that it is one, and writes it with a note of its origin beside it.

    Args:
        source: "celestrak" (the newest two-line elements), "nasa" (NASA's ephemeris of the coming days), or an address.
        out: the file. An existing one is replaced only after the new one was found good.
        progress: may be cancelled.

    Raises:
        InputError: it cannot be fetched, or is no orbit. OutputError: the file cannot be written.
    """
    host, address = host_of(source), SOURCES.get(source, source)
    content = _fetched(address, host, progress or Progress())
    partial, note = out.with_name(out.name + ".partial"), out.with_name(out.name + SOURCE_SUFFIX)
    fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
    found = Download(address, host, fetched_at, hashlib.sha256(content).hexdigest(), len(content))
    try:
        partial.write_bytes(content)
        try:
            open_ephemeris(partial)
        except InputError as error:
            raise InputError.of("elements.no_orbit", host=host) from error
        note.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
        partial.replace(out)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return found


def _fetched(address: str, host: str, progress: Progress) -> bytes:
    end = time.monotonic() + _TIMEOUT_S
    content = b""
    try:
        # Without redirects: the user agreed to this host only.
        with (
            web_session() as session,
            session.get(address, stream=True, allow_redirects=False, timeout=(5.0, 20.0)) as reply,
        ):
            if reply.status_code != 200:
                raise InputError.of("elements.status", host=host, status=reply.status_code)
            for piece in reply.iter_content(_CHUNK_BYTES):
                progress.check()
                content += piece
                if len(content) > MAX_BYTES:
                    raise InputError.of("elements.too_large", host=host, mb=MAX_BYTES // 1_000_000)
                if time.monotonic() > end:
                    raise InputError.of("elements.unreachable", host=host, reason="too slow")
    except requests.RequestException as error:
        raise InputError.of("elements.unreachable", host=host, reason=in_short(error)) from error
    return content
