"""Installing the engine from an index: mirror, proxy, certificates, and what is said when the network fails.

A small index, a proxy that wants a password and a server with an unknown certificate run in this process; pip is real.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import os
import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from conftest import wait_for
from installer_kit import (  # noqa: F401
    PLATFORM,
    PYTHON,
    Run,
    assert_refused,
    make_pack,
    make_wheel,
    plan,
    prepared_environment,
    quick_environments,
    remains,
    requirement,
)
from qgis.core import QgsSettings
from test_installer_dialog import answer, click, dialog  # noqa: F401

from earthloc_qgis import settings
from earthloc_qgis.core.install import pythons, sources
from earthloc_qgis.core.install.failures import InstallError, classify
from earthloc_qgis.core.install.folders import InstalledEngine
from earthloc_qgis.core.install.process import without_credentials
from earthloc_qgis.core.install.sources import package_list, proxy_variables
from earthloc_qgis.gui import install_preparation

pytestmark = pytest.mark.usefixtures("quick_environments")


@pytest.fixture(autouse=True)
def no_settings_of_pip(monkeypatch):
    """pip is set up as on a new computer, and QGIS uses no proxy."""
    for name in os.environ:
        if name.upper().startswith("PIP_") or name.upper().endswith("_PROXY") or name.endswith("_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    QgsSettings().remove("proxy")
    yield
    QgsSettings().remove("proxy")


@pytest.fixture
def serve():
    """serve(handler, certificate=None): starts a server on the loopback interface and returns its address."""
    servers = []

    def start(handler, certificate: Path | None = None) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        # By name: pip 24.2 cannot check the certificate of a server that is addressed by number.
        return f"https://localhost:{server.server_port}" if certificate else f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without printing requests."""

    def log_message(self, *args) -> None:
        pass


def index(folder: Path, status: int = 200):
    """A handler for a simple package index: `simple/NAME/*.whl`."""

    class Index(Quiet):
        def __init__(self, *args) -> None:
            super().__init__(*args, directory=str(folder))

        def do_GET(self) -> None:
            if status != 200:
                self.send_error(status)
            else:
                super().do_GET()

    return Index


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """The list of packages that comes with the plugin, and a folder with an index of them."""
    folder = tmp_path / "index"
    wheels = [make_wheel(folder / "simple" / "earthloc"), make_wheel(folder / "simple" / "numpyish", "2.0", "numpyish")]
    listed = tmp_path / f"requirements-{PLATFORM}.txt"
    listed.write_text("# download: 5000000 bytes\n" + "".join(map(requirement, wheels)))
    monkeypatch.setattr(sources, "resource", lambda *parts: tmp_path / parts[-1])
    monkeypatch.setattr(sources, "RELEASES", "")
    return folder


def install(**chosen: str) -> object:
    return Run(plan(package_list(PLATFORM), **chosen)).result()


def use_proxy(address: str, kind: str = "HttpProxy", **more: str) -> None:
    host, port = address.rpartition("/")[2].split(":")
    for key, value in {"Enabled": True, "Type": kind, "Host": host, "Port": port, **more}.items():
        QgsSettings().setValue(f"proxy/proxy{key}", value)


def test_an_engine_is_installed_from_a_mirror(packages, serve):
    engine = install(index_url=serve(index(packages)) + "/simple")
    assert isinstance(engine, InstalledEngine), engine
    assert engine.source == "internet"
    assert remains() == {engine.name}  # the cache of downloads is deleted


def test_engine_files_may_lie_in_a_folder_with_spaces(packages, tmp_path, serve):
    folder = tmp_path / "engine files ü"
    folder.mkdir()
    shutil.move(packages / "simple" / "earthloc" / "earthloc-0.1.0-py3-none-any.whl", folder)
    engine = install(index_url=serve(index(packages)) + "/simple", find_links=str(folder))
    assert isinstance(engine, InstalledEngine), engine


def test_nothing_is_downloaded_before_the_user_agrees(dialog, packages, serve):
    requests = []

    class Counting(index(packages)):
        def do_GET(self) -> None:
            requests.append(self.path)
            super().do_GET()

    dialog.form.index_url.setText(serve(Counting) + "/simple")
    for agree in (False, True):
        click(dialog, "install_button")
        text = answer(dialog, agree)
        assert requests == []
        assert "5 MB" in text
        assert "127.0.0.1" in text
        wait_for(lambda: not dialog.running, 120)
        assert ("cancelled" in dialog.outcome.text()) is not agree
    assert requests
    assert "is installed" in dialog.outcome.text()
    assert settings.engine_sources().index_url == dialog.form.index_url.text()


def test_no_network(packages):
    failure = install(index_url="http://127.0.0.1:9/simple")
    assert_refused(failure, "network", "cannot be reached", "pack file")


@pytest.mark.parametrize(("status", "kind"), [(403, "forbidden"), (503, "network")])
def test_a_server_that_refuses(packages, serve, status, kind):
    assert_refused(install(index_url=serve(index(packages, status)) + "/simple"), kind, "Advanced")


def test_a_package_that_the_mirror_lacks(packages, serve):
    (packages / "simple" / "numpyish" / "numpyish-2.0-py3-none-any.whl").unlink()
    assert_refused(install(index_url=serve(index(packages)) + "/simple"), "no_wheel", "numpyish")


def test_a_mirror_that_changes_a_file(packages, serve):
    wheel = packages / "simple" / "numpyish" / "numpyish-2.0-py3-none-any.whl"
    make_wheel(wheel.parent, "2.0", "numpyish", code="import os\n")
    assert_refused(install(index_url=serve(index(packages)) + "/simple"), "hash", "numpyish", "mirror")


def test_an_index_without_encryption(packages):
    assert_refused(install(index_url="http://mirror.invalid/simple"), "insecure", "https://")


class Proxy(http.server.BaseHTTPRequestHandler):
    """A proxy that wants a user name and a password, and then refuses to go on."""

    seen: list = []  # noqa: RUF012  of the test

    def refuse(self) -> None:
        login = self.headers.get("Proxy-Authorization", "")
        Proxy.seen.append(base64.b64decode(login.rpartition(" ")[2]).decode("latin-1") if login else "")
        self.send_response(502 if login else 407)
        self.send_header("Proxy-Authenticate", 'Basic realm="office"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_CONNECT = do_GET = refuse  # noqa: N815

    def log_message(self, *args) -> None:
        pass


def test_a_proxy_that_wants_a_password(packages, serve):
    use_proxy(serve(Proxy))
    assert_refused(install(index_url="https://mirror.invalid/simple"), "proxy_login", "407", "Network, Proxy")


def test_the_login_of_the_proxy_reaches_it_but_no_command_line_and_no_log(packages, serve):
    Proxy.seen.clear()
    use_proxy(serve(Proxy), User="Ada", Password="p@ss/wörd")  # pragma: allowlist secret
    run = Run(plan(package_list(PLATFORM), index_url="https://mirror.invalid/simple"))
    shown = set()

    def ended() -> bool:
        pid = run.installer.process.process_id
        with contextlib.suppress(OSError):  # it has just ended
            shown.add(Path(f"/proc/{pid}/cmdline").read_text())
        return bool(run.results)

    wait_for(ended, 120)
    assert any("--require-hashes" in command for command in shown)
    assert_refused(run.result(), "proxy")
    assert "Ada:p@ss/wörd" in Proxy.seen
    for text in (*shown, *run.lines):
        assert "ss/w" not in text
        assert "p%40ss" not in text


def test_a_proxy_that_does_not_answer(packages):
    use_proxy("http://127.0.0.1:9")
    assert_refused(install(index_url="https://mirror.invalid/simple"), "proxy", "Network, Proxy")


def test_a_socks_proxy(packages):
    use_proxy("http://127.0.0.1:9", "Socks5Proxy")
    assert_refused(install(index_url="https://mirror.invalid/simple"), "socks", "SOCKS", "pack file")


UV = """#!/bin/sh
echo "$@" >> {folder}/calls
case "$*" in
    *find*) [ -e {folder}/installed ] && echo {python} || exit 2;;
    *install*) touch {folder}/installed;;
esac
"""


def test_uv_downloads_a_python_if_the_user_agrees(dialog, packages, serve, tmp_path, monkeypatch):
    uv = tmp_path / "uv"
    uv.write_text(UV.format(folder=tmp_path, python=PYTHON))
    uv.chmod(0o755)
    monkeypatch.setattr(pythons, "candidate_programs", lambda chosen: [])
    for module in (pythons, install_preparation):
        monkeypatch.setattr(module, "uv_program", lambda: str(uv))
    dialog.form.python.setFilePath("")
    dialog.form.index_url.setText(serve(index(packages)) + "/simple")
    click(dialog, "install_button")
    assert "uv" in answer(dialog, False)
    assert "install" not in (tmp_path / "calls").read_text()
    wait_for(lambda: not dialog.running, 10)
    click(dialog, "install_button")
    answer(dialog, True)
    assert "5 MB" in answer(dialog, True)
    wait_for(lambda: not dialog.running, 120)
    assert "is installed" in dialog.outcome.text()


def test_without_any_python_the_dialog_says_where_to_get_one(dialog, packages, monkeypatch):
    monkeypatch.setattr(pythons, "candidate_programs", lambda chosen: [])
    for module in (pythons, install_preparation):
        monkeypatch.setattr(module, "uv_program", lambda: "")
    dialog.form.python.setFilePath("")
    click(dialog, "install_button")
    wait_for(lambda: not dialog.running, 10)
    assert "python.org" in dialog.outcome.text()


def test_proxy_settings_of_qgis(qgis_app):
    assert proxy_variables("https://example.org") == {}
    use_proxy("http://proxy.example:3128", User="a b", Password="c:d")  # pragma: allowlist secret
    expected = "http://a%20b:c%3Ad@proxy.example:3128"  # pragma: allowlist secret
    assert proxy_variables("https://example.org") == {"HTTP_PROXY": expected, "HTTPS_PROXY": expected}
    QgsSettings().setValue("proxy/proxyExcludedUrls", "https://intranet.example/x|localhost")
    assert proxy_variables("https://example.org")["NO_PROXY"] == "intranet.example,localhost"
    use_proxy("http://proxy.example:1080", "Socks5Proxy", User="")
    assert proxy_variables("https://example.org")["HTTPS_PROXY"] == "socks5h://proxy.example:1080"
    use_proxy("http://proxy.example:1080", "DefaultProxy")
    assert proxy_variables("https://example.org") == {}  # the system has none


@pytest.fixture
def certificate(tmp_path) -> Path:
    """A certificate for localhost that nobody trusts, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path / "office.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
         "-keyout", str(path), "-out", str(path) + ".crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def test_an_unknown_certificate_and_the_file_that_makes_it_known(packages, serve, certificate):
    address = serve(index(packages), certificate) + "/simple"
    assert_refused(install(index_url=address), "certificate", "Advanced", "pack file")
    engine = install(index_url=address, certificate=f"{certificate}.crt")
    assert isinstance(engine, InstalledEngine), engine


def test_certificates_that_qgis_trusts_are_used(packages, serve, certificate, monkeypatch):
    monkeypatch.setattr(sources, "trusted_certificates", lambda: Path(f"{certificate}.crt").read_text())
    engine = install(index_url=serve(index(packages), certificate) + "/simple")
    assert isinstance(engine, InstalledEngine), engine


def test_a_pack_is_installed_although_pip_is_set_up_otherwise(tmp_path, monkeypatch):
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nuser = true\ntarget = {tmp_path}/elsewhere\nindex-url = http://127.0.0.1:9\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    engine = Run(plan(make_pack(tmp_path))).result()
    assert isinstance(engine, InstalledEngine), engine
    assert not (tmp_path / "elsewhere").exists()


def test_an_engine_that_is_not_published_yet(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "resource", lambda *parts: tmp_path / parts[-1])
    listed = tmp_path / f"requirements-{PLATFORM}.txt"
    for text in (None, requirement(make_wheel(tmp_path, "2.0", "numpyish")), "earthloc==1.0\n"):
        if text is not None:
            listed.write_text(text)
        with pytest.raises(InstallError) as caught:
            package_list(PLATFORM)
        assert "pack file" in caught.value.failure.hint


def test_sizes_are_counted_from_the_list(packages):
    found = package_list(PLATFORM)
    assert (found.engine, found.packages, found.download_bytes) == ("0.1.0", 2, 5_000_000)
    assert plan(found).needed_bytes == 20_000_000


# Output of other systems, which these tests cannot produce.
OUTPUTS = {
    "socks": "ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS support.",
    "in_use": "PermissionError: [WinError 32] The process cannot access the file because it is being used by another"
              " process: 'onnxruntime_pybind11_state.pyd'",
    "permission": "OSError: [WinError 5] Access is denied: 'C:\\\\Users\\\\x\\\\cv2.pyd'",
    "blocked_program": "OSError: [WinError 1260] This program is blocked by group policy.",
    "runtime": "ImportError: DLL load failed while importing cv2: The specified module could not be found.",
    "disk_full": "ERROR: Could not install packages due to an OSError: [WinError 112] There is not enough space on the"
                 " disk",
    "no_venv": "/usr/bin/python3.12: No module named ensurepip",
    "path_too_long": "HINT: This error might have occurred since this system does not have Windows Long Path support"
                     " enabled.",
    "network": "WARNING: Retrying (Retry(total=4)) after connection broken by 'NameResolutionError(\"<pip._vendor"
               " HTTPSConnection>: Failed to resolve 'files.invalid' ([Errno 11001] getaddrinfo failed)\")'\n"
               "ERROR: No matching distribution found for numpy==2.3.1",
    "certificate": "WARNING: Retrying after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL:"
                   " CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain"
                   "'))'\nERROR: No matching distribution found for numpy==2.3.1",
    "no_wheel": "ERROR: Could not find a version that satisfies the requirement faiss-cpu==1.12.0 (from versions: none)"
                "\nERROR: No matching distribution found for faiss-cpu==1.12.0",
    "hash": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    numpy==2.3.1 from"
            " https://mirror.invalid/numpy.whl (from -r r.txt (line 3)):\n        Expected sha256 aa\n             Got "
            "       bb\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", OUTPUTS)
def test_output_of_other_systems_is_explained(kind):
    failure = classify(OUTPUTS[kind])
    assert failure.kind == kind
    assert failure.problem.endswith(".")
    assert failure.hint.endswith(".")
    assert "{" not in str(failure)


def test_unknown_output_keeps_its_error():
    assert "strange thing" in classify("Collecting x\nERROR: a strange thing\nbye").problem
    assert classify("", crashed=True).kind == "killed"
    assert classify("").problem


def test_logs_hide_credentials():
    text = "Looking in indexes: https://ada:secret@mirror.invalid/simple"  # pragma: allowlist secret
    assert without_credentials(text) == "Looking in indexes: https://****@mirror.invalid/simple"
