"""Turns the output of Python and pip into one sentence about what happened and one about what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..words import tr as _tr


@dataclass(frozen=True)
class Failure:
    """Why an installation failed.

    Attributes:
        kind: a short name, for tests and for decisions.
        problem: one sentence: what happened.
        hint: one sentence: what the user can do.
    """

    kind: str
    problem: str
    hint: str

    def __str__(self) -> str:
        return f"{self.problem} {self.hint}".strip()


class InstallError(Exception):
    """An installation cannot continue. `failure` explains it to the user."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


CANCELLED = "cancelled"

# The order matters: a proxy that refuses also reads like a missing network, and pip ends both with "No matching
# distribution found".
_PATTERNS = (
    ("disk_full", r"No space left on device|Errno 28\b|WinError 112\b|not enough space on the disk|Errno 122\b"
                  r"|Disk quota exceeded"),
    ("blocked_program", r"WinError 1260\b|WinError 4551\b|WinError 225\b|blocked by group policy"
                        r"|Application Control policy|potentially unwanted software"),
    ("in_use", r"WinError 32\b|being used by another process|Text file busy"),
    ("socks", r"Missing dependencies for SOCKS support"),
    ("proxy_login", r"407 Proxy|Tunnel connection failed: 407|ProxyAuthenticationRequired|HTTP error 407|\b407 Client"),
    ("certificate", r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|SSLError|certificate verify failed"
                    r"|WRONG_VERSION_NUMBER|SSL module is not available|invalid path: .*\.(?:pem|crt)"),
    ("proxy", r"Cannot connect to proxy|ProxyError|Unable to connect to proxy|Tunnel connection failed"),
    ("hash", r"DO NOT MATCH THE HASHES|HashMismatch|Hashes are required in --require-hashes"),
    ("insecure", r"is not a trusted or secure host"),
    ("forbidden", r"HTTP error 40[13]|\b40[13] Client Error|HTTP error 451"),
    ("network", r"NewConnectionError|NameResolutionError|Name or service not known|getaddrinfo failed|Errno 11001"
                r"|Temporary failure in name resolution|Connection refused|Failed to establish a new connection"
                r"|ReadTimeout|ConnectTimeout|Connection ?Reset|Connection aborted|Network is unreachable"
                r"|Max retries exceeded|IncompleteRead|ProtocolError|RemoteDisconnected|HTTP error 5\d\d"
                r"|\b5\d\d Server Error|Read timed out"),
    ("path_too_long", r"WinError 206\b|Errno 36\b|File name too long|Windows Long Path support"),
    ("no_venv", r"ensurepip is not available|No module named '?ensurepip|No module named '?venv|python3?[\d.]*-venv"),
    ("runtime", r"DLL load failed|VCRUNTIME140|MSVCP140|api-ms-win-crt|-1073741515\b|0xc0000135"),
    ("old_system", r"version [`'\"]GLIBC[^ ]* not found"),
    ("no_wheel", r"No matching distribution found for|Could not find a version that satisfies"
                 r"|is not a supported wheel on this platform|requires a different Python"),
    ("permission", r"WinError 5\b|Access is denied|Permission denied|Errno 13\b|Read-only file system|Errno 30\b"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_PACKAGE = re.compile(
    r"No matching distribution found for ([\w.\-\[\]]+)|satisfies the requirement ([\w.\-\[\]]+)"
    r"|(\S+\.whl) is not a supported wheel"
)
_WRONG_HASH = re.compile(r"^\s+(?P<name>[\w.\-]+)\S*(?: from \S+)?(?: \(from .*)?:\s*$\s+Expected sha256", re.MULTILINE)


def classify(output: str, crashed: bool = False) -> Failure:
    """Explains why venv, pip or the engine failed.

    Args:
        output: everything that the process has written.
        crashed: whether the process was killed or crashed.
    """
    kind = next((kind for kind, pattern in _COMPILED if pattern.search(output)), "")
    if not kind:
        return explain("killed") if crashed else explain("unknown", _last_error(output))
    return explain(kind, _detail(kind, output))


def _detail(kind: str, output: str) -> str:
    if kind == "no_wheel":
        found = _PACKAGE.search(output)
        return next((group for group in found.groups() if group), "") if found else ""
    if kind == "hash":
        wrong = _WRONG_HASH.search(output)
        return wrong.group("name") if wrong else ""
    return ""


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "Error", "error"))]
    return (errors or lines or [""])[-1][:300]


def explain(kind: str, detail: str = "") -> Failure:
    """The two sentences for a kind of failure; `detail` is a package, a file or an error message."""
    problem, hint = _sentences(kind, detail)
    return Failure(kind, problem, hint)


def _sentences(kind: str, detail: str) -> tuple[str, str]:
    package = detail or _tr("A package")
    sentences = {
        CANCELLED: (_tr("The installation was cancelled."), _tr("Nothing was changed.")),
        "killed": (
            _tr("The installation was ended by another program or crashed."),
            _tr("Install again; if it happens again, ask whether a virus scanner ends it, or free some memory."),
        ),
        "disk_full": (
            _tr("The disk is full."),
            _tr("Free about 2 GB where your QGIS profile is, then install again."),
        ),
        "blocked_program": (
            _tr("A virus scanner or a rule of your organisation blocked a program of the installation."),
            _tr("Ask your administrator to allow the folder of the engine in your QGIS profile, then install again."),
        ),
        "in_use": (
            _tr("Another program is using a file of the engine."),
            _tr("Close other QGIS windows, wait until the virus scanner is idle, then install again."),
        ),
        "socks": (
            _tr("Python's installer pip cannot use a SOCKS proxy."),
            _tr("Set an HTTP proxy in QGIS under Settings, Options, Network, or install from a pack file."),
        ),
        "proxy_login": (
            _tr("The proxy wants a user name and a password (407)."),
            _tr("Enter both in QGIS under Settings, Options, Network, Proxy, then install again."),
        ),
        "proxy": (
            _tr("The proxy does not answer or refuses the connection."),
            _tr("Check its address in QGIS under Settings, Options, Network, Proxy, or install from a pack file."),
        ),
        "certificate": (
            _tr("The server's certificate is not trusted; many organisations replace certificates in their network."),
            _tr("Choose the certificate file of your organisation under Advanced, or install from a pack file."),
        ),
        "hash": (
            _tr("{package} is not the file that this plugin expects: its checksum differs.").format(package=package),
            _tr("Install again; if it happens again, the mirror or proxy changes files: use a pack file."),
        ),
        "insecure": (
            _tr("The package index has an address without encryption, which pip refuses."),
            _tr("Enter an address that begins with https:// under Advanced."),
        ),
        "forbidden": (
            _tr("The server or the network refuses access to the packages."),
            _tr("Ask your administrator for the address of an allowed mirror and enter it under Advanced, or install"
                " from a pack file."),
        ),
        "network": (
            _tr("The packages could not be downloaded: the server cannot be reached."),
            _tr("Check the internet connection and the addresses under Advanced, or install from a pack file."),
        ),
        "path_too_long": (
            _tr("A file name of the engine is too long for this system."),
            _tr("Use a QGIS profile in a folder with a shorter path, or let your administrator allow long paths."),
        ),
        "no_venv": (
            _tr("This Python cannot make environments, because its module venv or ensurepip is missing."),
            _tr("Install it (Debian, Ubuntu: sudo apt install python3-venv) or choose another Python under Advanced."),
        ),
        "runtime": (
            _tr("A library of Windows is missing: the Visual C++ runtime."),
            _tr("Install “Microsoft Visual C++ Redistributable” (x64) from Microsoft, then install again."),
        ),
        "old_system": (
            _tr("This system is too old for the engine's libraries."),
            _tr("Update the system, or use the engine on a newer one."),
        ),
        "no_wheel": (
            _tr("{package} does not exist for this Python and this system, or not at the addresses under Advanced.")
            .format(package=package),
            _tr("Choose another Python (3.11 to 3.13) under Advanced, or install from a pack file for this system."),
        ),
        "permission": (
            _tr("The system does not allow writing the engine's files."),
            _tr("Check that you may write to your QGIS profile and that no virus scanner blocks it, then install"
                " again."),
        ),
    }  # fmt: skip
    if kind in sentences:
        return sentences[kind]
    return (
        _tr("The installation failed: {error}").format(error=detail or _tr("no message")),
        _tr("Open the log for details, and send it with a report if you cannot solve it."),
    )
