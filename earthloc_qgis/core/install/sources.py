"""Where pip gets the engine's packages from, and how it reaches them: mirror, proxy, certificates."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QProcessEnvironment, QUrl
from qgis.PyQt.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

from ..child_environment import clean_environment
from ..resources import resource, version
from ..words import tr as _tr
from .failures import Failure, InstallError
from .pack import released_packs, unsafe_requirement
from .source_settings import Sources

ANY_SERVER = "https://github.com/"  # for asking the system for its proxy; pip knows its own index
RELEASES = "https://github.com/earthloc/earthloc-qgis/releases/expanded_assets/v{version}"
DOWNLOAD_BYTES = 300_000_000  # of all packages, where no list says it
PIP_LOG = "pip.log"  # in the temporary folder
INSTALLED_FACTOR = 3.0  # an environment is about so many times larger than the download: 837 MB from 298 MB on Linux

# pip's own settings that would install elsewhere or otherwise than into the new environment.
_FOREIGN_PIP = (
    "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_HASHES", "PIP_NO_BINARY", "PIP_ONLY_BINARY",
    "PIP_CONSTRAINT", "PIP_NO_INDEX", "PIP_DRY_RUN", "PIP_EDITABLE", "PIP_REQUIREMENT", "PIP_PYTHON", "PIP_LOG",
    "PIP_REQUIRE_VIRTUALENV", "PIP_NO_DEPS", "PIP_QUIET", "PIP_VERBOSE", "PIP_PLATFORM", "PIP_ABI",
)  # fmt: skip


@dataclass(frozen=True)
class PackageList:
    """The list of packages of the engine for one platform, with their checksums."""

    path: Path
    engine: str
    packages: int
    download_bytes: int


def default_find_links() -> str:
    """The page with the files of this version's release."""
    return RELEASES.format(version=version())


def package_list(platform: str) -> PackageList:
    """The list for a platform that comes with the plugin.

    Raises:
        InstallError: there is none, or it does not name the engine itself.
    """
    path = resource("engine", f"requirements-{platform}.txt")
    hint = _tr("Install from a pack file, which holds all packages.")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = _tr("This plugin has no list of packages for this system ({platform}).").format(platform=platform)
        raise InstallError(Failure("no_list", problem, hint)) from error
    names = re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[.*\])? ?== ?([^\s;\\]+)", text, re.MULTILINE)
    engine = next((number for name, number in names if name.lower() == "earthloc"), "")
    if not engine or unsafe_requirement(text):
        problem = _tr("The engine of this version cannot be installed from the internet yet.")
        raise InstallError(Failure("no_list", problem, hint))
    stated = re.search(r"^# download: (\d+) bytes", text, re.MULTILINE)
    packs = [entry.get("bytes") for name, entry in released_packs().items() if name.endswith(f"-{platform}.zip")]
    known = [size for size in ([int(stated[1])] if stated else packs) if isinstance(size, int)]
    return PackageList(path, engine, len(names), max(known, default=DOWNLOAD_BYTES))


def offline_environment(temporary: Path) -> QProcessEnvironment:
    """Environment for pip without the network: no setting of the user applies."""
    environment = _pip_environment(temporary)
    for name in environment.keys():  # noqa: SIM118  not a dict
        if name.upper().startswith("PIP_"):
            environment.remove(name)
    return _own_settings(environment, temporary, isolated=True)


def online_environment(sources: Sources, temporary: Path, cache: Path) -> QProcessEnvironment:
    """Environment for pip with the network. The process list does not show its addresses and passwords.

    pip's own settings of the user stay, such as the mirror of an organisation, unless they would install elsewhere.
    """
    environment = _pip_environment(temporary)
    for name in environment.keys():  # noqa: SIM118  not a dict
        if name.upper() in _FOREIGN_PIP:
            environment.remove(name)
    _own_settings(environment, temporary, isolated=False)
    environment.insert("PIP_CACHE_DIR", str(cache))
    if sources.index_url:
        environment.insert("PIP_INDEX_URL", sources.index_url)
        environment.remove("PIP_EXTRA_INDEX_URL")
    places = [environment.value("PIP_FIND_LINKS", ""), *_links(sources.find_links or default_find_links())]
    environment.insert("PIP_FIND_LINKS", " ".join(place for place in places if place))
    if sources.certificate:
        environment.insert("PIP_CERT", sources.certificate)
    for name, value in proxy_variables(sources.index_url or ANY_SERVER).items():
        environment.insert(name, value)
        environment.insert(name.lower(), value)
    return environment


def _links(text: str) -> list[str]:
    """Places as URLs, because pip separates them by blanks."""
    if Path(text).is_dir():
        return [Path(text).absolute().as_uri()]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [Path(line).absolute().as_uri() if Path(line).is_dir() else line for line in lines]


def _pip_environment(temporary: Path) -> QProcessEnvironment:
    environment = clean_environment()
    for name in ("TMPDIR", "TEMP", "TMP"):
        # The usual folder may be small or, on managed computers, not allow running programs.
        environment.insert(name, str(temporary))
    return environment


def _own_settings(environment: QProcessEnvironment, temporary: Path, isolated: bool) -> QProcessEnvironment:
    if isolated:
        environment.insert("PIP_CONFIG_FILE", os.devnull)
    environment.insert("PIP_USER", "0")  # pip.conf may say otherwise
    environment.insert("PIP_NO_INPUT", "1")
    environment.insert("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    environment.insert("PIP_NO_COLOR", "1")
    environment.insert("PIP_PROGRESS_BAR", "off")
    environment.insert("PIP_LOG", str(temporary / PIP_LOG))
    return environment


def unreachable_addresses(temporary: Path) -> str:
    """What pip's log says about addresses that it could not read. pip does not print that: it only misses packages."""
    try:
        with open(temporary / PIP_LOG, encoding="utf-8", errors="replace") as log:
            return "".join(line for line in log if "Could not fetch URL" in line)
    except OSError:
        return ""


def proxy_variables(url: str) -> dict[str, str]:
    """Variables that tell pip about the proxy that is set in QGIS for `url`; {} if QGIS uses none."""
    settings = QgsSettings()
    if not settings.value("proxy/proxyEnabled", False, type=bool):
        return {}
    kind = str(settings.value("proxy/proxyType", "DefaultProxy"))
    user, password = str(settings.value("proxy/proxyUser", "")), str(settings.value("proxy/proxyPassword", ""))
    host, port = str(settings.value("proxy/proxyHost", "")), str(settings.value("proxy/proxyPort", ""))
    if kind == "DefaultProxy":
        system = QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(url)))[0]
        if system.type() in (QNetworkProxy.ProxyType.NoProxy, QNetworkProxy.ProxyType.DefaultProxy):
            return {}
        socks = system.type() == QNetworkProxy.ProxyType.Socks5Proxy
        host, port, user, password = system.hostName(), str(system.port()), system.user(), system.password()
    else:
        socks = kind == "Socks5Proxy"
    authcfg = str(settings.value("proxy/authcfg", ""))
    manager = QgsApplication.authManager()
    if authcfg and manager is not None:
        found, proxy = manager.updateNetworkProxy(QNetworkProxy(), authcfg)
        if found:
            user, password = proxy.user(), proxy.password()
    if not host:
        return {}
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    address = f"{'socks5h' if socks else 'http'}://{login}{host}{f':{port}' if port else ''}"
    excluded = [
        re.sub(r"^\w+://", "", item).split("/")[0]
        for key in ("proxy/proxyExcludedUrls", "proxy/noProxyUrls")
        for item in _strings(settings.value(key))
    ]
    variables = {"HTTP_PROXY": address, "HTTPS_PROXY": address}
    if any(excluded):
        variables["NO_PROXY"] = ",".join(item for item in excluded if item)
    return variables


def _strings(value: object) -> list[str]:
    # QGIS reads a list with one entry from an INI file as a string.
    if isinstance(value, str):
        return value.split("|")
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def trusted_certificates() -> str:
    """All certificates that QGIS trusts, as PEM text; "" if QGIS knows none.

    Organisations replace certificates in their network and add their own to the system, where pip does not look.
    """
    manager = QgsApplication.authManager()
    return bytes(manager.trustedCaCertsPemText()).decode("ascii", "replace") if manager is not None else ""


def write_certificates(environment: Path, target: Path) -> bool:
    """Writes pip's own certificates and those that QGIS trusts into one file. Returns False if that is not possible."""
    ours = trusted_certificates()
    bundles = sorted(environment.glob("[Ll]ib/**/pip/_vendor/certifi/cacert.pem"))
    if not ours or not bundles:
        return False
    try:
        target.write_text(bundles[0].read_text(encoding="utf-8") + "\n" + ours, encoding="utf-8")
    except OSError:
        return False
    return True
