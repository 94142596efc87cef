"""Installing the engine from a pack: what is installed, what is refused, and that nothing incomplete is kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY, wait_for
from installer_kit import (  # noqa: F401
    ENGINE,
    PLATFORM,
    PYTHON,
    Run,
    assert_refused,
    flip_byte,
    install,
    make_pack,
    make_wheel,
    no_progress,
    plan,
    prepared_environment,
    quick_environments,
    remains,
    requirement,
)

from earthloc_qgis import settings
from earthloc_qgis.core.install import folders, pack, pythons
from earthloc_qgis.core.install.engine_check import EngineCheck
from earthloc_qgis.core.install.failures import InstallError
from earthloc_qgis.core.install.folders import InstalledEngine
from earthloc_qgis.core.install.pack import read_pack
from earthloc_qgis.core.install.pythons import Python, PythonFinder


def refusal(path: Path):
    with pytest.raises(InstallError) as caught:
        read_pack(path, no_progress)
    return caught.value.failure


def processes_with(text: str) -> list[str]:
    """Command lines of running processes that contain `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if text in command:
            found.append(command)
    return found


def test_a_pack_is_installed_into_an_environment_of_its_own(tmp_path, pulse):
    run = Run(plan(make_pack(tmp_path)))
    engine = run.result()
    assert isinstance(engine, InstalledEngine), engine
    assert (engine.name, engine.version, engine.source) == ("0.1.0-1", "0.1.0", str(next(tmp_path.glob("*.zip"))))
    assert subprocess.run([engine.program, "--version"], capture_output=True, text=True).stdout == "earthloc 0.1.0\n"
    assert (engine.folder / "pyvenv.cfg").is_file()
    assert remains() == {"0.1.0-1"}
    assert run.fractions == sorted(run.fractions)
    assert any("Making the Python environment" in stage for stage in run.stages)
    assert settings.engine_setting() == ""  # the caller switches
    assert pulse.stop() < 500


def test_the_path_of_the_profile_may_have_spaces_and_umlauts(tmp_path, monkeypatch):
    folder = tmp_path / "Jörg's profile" / "earthloc"
    monkeypatch.setattr(folders.resources, "profile_folder", lambda: folder)
    engine = install(make_pack(tmp_path))
    assert isinstance(engine, InstalledEngine), engine
    assert engine.folder.parent == folder / "engine"


@pytest.mark.usefixtures("quick_environments")
def test_an_upgrade_is_installed_beside_the_earlier_engine(tmp_path):
    first, second, again = (
        install(make_pack(tmp_path, "0.1.0")), install(make_pack(tmp_path, "0.10.0")),
        install(make_pack(tmp_path, "0.1.0")),
    )  # fmt: skip
    assert [engine.name for engine in (first, second, again)] == ["0.1.0-1", "0.10.0-1", "0.1.0-2"]
    assert [engine.name for engine in folders.installed_engines()] == ["0.1.0-1", "0.1.0-2", "0.10.0-1"]
    assert folders.engine_of(str(second.program)) == second
    assert folders.engine_of("/usr/bin/true") is None
    folders.remove(first.folder)
    assert remains() == {"0.1.0-2", "0.10.0-1"}
    with pytest.raises(ValueError, match="not an installed engine"):
        folders.remove(tmp_path)


# --- packs that are refused ---------------------------------------------------------------------------


def test_a_flipped_byte_is_refused_before_anything_runs(tmp_path):
    path = make_pack(tmp_path)
    flip_byte(path)
    run = Run(plan(path, python="/bin/false"))  # must not be reached
    assert_refused(run.result(), "pack_damaged", path.name, "earthloc-0.1.0-py3-none-any.whl", "again")
    assert not any("Making" in stage for stage in run.stages)


@pytest.mark.parametrize(
    "name", ["../evil.py", "wheels/../../evil.whl", "/etc/evil.whl", "wheels\\evil.whl", "evil.py", "C:/evil.whl"]
)
def test_files_outside_the_pack_are_refused(tmp_path, name):
    failure = refusal(make_pack(tmp_path, extra={name: b"evil"}))
    assert failure.kind == "pack"
    assert "does not belong there" in failure.problem
    path = make_pack(tmp_path)
    about = {"files": {name: {"sha256": "0" * 64, "bytes": 4}, **read_pack(path, no_progress).files}}
    assert "does not belong there" in refusal(make_pack(tmp_path, contents=about, extra={name: b"evil"})).problem


def test_too_large_packs_are_refused(tmp_path, monkeypatch):
    path = make_pack(tmp_path)
    real = read_pack(path, no_progress).files
    listed = {name: {"sha256": sha256, "bytes": 10**12} for name, (sha256, _) in real.items()}
    assert refusal(make_pack(tmp_path, contents={"files": listed})).kind == "pack_large"
    bomb = {"sha256": "0" * 64, "bytes": 10}
    files = {name: {"sha256": sha256, "bytes": size} for name, (sha256, size) in real.items()}
    path = make_pack(tmp_path, contents={"files": {**files, "wheels/bomb.whl": bomb}},
                     extra={"wheels/bomb.whl": b"\0" * 10_000_000})  # fmt: skip
    assert refusal(path).kind == "pack_damaged"
    monkeypatch.setattr(pack, "MAX_PACK_BYTES", 1000)
    assert refusal(make_pack(tmp_path)).kind == "pack_large"


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"format": 2}, "format 2"),
        ({"engine": "../x"}, "no version"),
        ({"python": None}, "no platform or no Python"),
        ({"files": []}, "pack.json"),
    ],
)
def test_a_wrong_pack_json_is_refused(tmp_path, contents, words):
    assert words in refusal(make_pack(tmp_path, contents=contents)).problem


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip" * 100])
def test_other_files_are_refused(tmp_path, data):
    path = tmp_path / "pack.zip"
    path.write_bytes(data)
    failure = refusal(path)
    assert "pack.zip" in failure.problem
    assert failure.hint
    assert refusal(tmp_path / "gone.zip").kind == "file"


@pytest.mark.usefixtures("quick_environments")
@pytest.mark.parametrize(
    "line",
    ["--index-url https://example.org", "-e .", "earthloc @ https://example.org/earthloc.whl", "earthloc==0.1.0",
     "--hash=sha256:" + "0" * 64],
)  # fmt: skip
def test_requirements_with_options_or_without_checksum_are_refused(tmp_path, line):
    good = requirement(make_wheel(tmp_path / "w"))
    assert pack.unsafe_requirement(good + "# a comment\n    # via something\n\n") == ""
    marked = good.replace(" \\", ' ; python_version < "3.13" \\')
    assert pack.unsafe_requirement(marked) == ""
    assert_refused(install(make_pack(tmp_path, requirements=good + line + "\n")), "pack", "requirements.txt", line)


def test_a_released_name_with_another_checksum_is_refused(tmp_path, monkeypatch):
    path = make_pack(tmp_path)
    assert not read_pack(path, no_progress).released
    monkeypatch.setattr(pack, "released_packs", lambda: {path.name: {"sha256": "0" * 64, "bytes": 1}})
    assert refusal(path).kind == "pack_changed"
    sha256 = read_pack(path.rename(tmp_path / "renamed.zip"), no_progress).sha256
    monkeypatch.setattr(pack, "released_packs", lambda: {path.name: {"sha256": sha256, "bytes": 1}})
    assert read_pack(tmp_path / "renamed.zip", no_progress).released


# --- what goes wrong during the installation -----------------------------------------------------------


@pytest.mark.usefixtures("quick_environments")
def test_a_wheel_whose_checksum_is_not_the_required_one(tmp_path):
    wrong = "earthloc==0.1.0 --hash=sha256:" + "0" * 64 + "\n"
    assert_refused(install(make_pack(tmp_path, requirements=wrong)), "hash", "earthloc")


@pytest.mark.usefixtures("quick_environments")
def test_a_package_that_does_not_exist_for_this_python(tmp_path):
    wheel = make_wheel(tmp_path / "w", "1.0", "numpyish", tag="cp39-cp39-win_amd64")
    packed = make_pack(tmp_path, wheels=[make_wheel(tmp_path / "w"), wheel])
    assert_refused(install(packed), "no_wheel", "numpyish", "3.11")


@pytest.mark.usefixtures("quick_environments")
def test_an_engine_of_another_version_is_not_kept(tmp_path):
    wrong = ENGINE.replace("earthloc {version}", "earthloc 7.0")
    assert_refused(install(make_pack(tmp_path, code=wrong)), "version", "7.0")


@pytest.mark.usefixtures("quick_environments")
def test_an_engine_that_is_too_old_for_the_plugin_is_not_kept(tmp_path):
    old = ENGINE.replace("{protocol}", "0")
    assert_refused(
        install(make_pack(tmp_path, code=old)), "engine", "protocol 0", "this plugin speaks", "install it again"
    )


def test_a_full_disk_is_seen_before_and_during_the_installation(tmp_path, monkeypatch):
    chosen = plan(make_pack(tmp_path))
    monkeypatch.setattr(folders, "free_bytes", lambda: 1)
    assert_refused(Run(chosen).result(), "disk_full", "0 MB free")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="only root can mount a small disk")
def test_a_disk_that_becomes_full(tmp_path, monkeypatch):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        chosen = plan(make_pack(tmp_path))
        monkeypatch.setattr(folders.resources, "profile_folder", lambda: small)
        monkeypatch.setattr(folders, "free_bytes", lambda: 10**12)
        assert_refused(Run(chosen).result(), "disk_full", "2 GB")
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def stop_when(run: Run, text: str, action) -> None:
    """Calls `action` once, as soon as a stage contains `text`."""
    done = []

    def staged(stage: str) -> None:
        if text in stage and not done:
            done.append(1)
            action()

    run.installer.stage_changed.connect(staged)


@pytest.mark.parametrize("stage", ["Preparing", "Checking", "Making", "Installing", "Starting"])
def test_cancelling_at_any_time_ends_the_processes_and_leaves_nothing(tmp_path, stage):
    run = Run(plan(make_pack(tmp_path)))
    if stage == "Preparing":
        run.installer.cancel()
    else:
        stop_when(run, stage, lambda: run.installer.cancel())
    assert_refused(run.result(), "cancelled", "Nothing was changed")
    assert processes_with(str(folders.engines_folder())) == []
    folders.install_lock().unlock()  # it is free


@pytest.mark.parametrize("delay_s", [0.0, 0.7, 1.5])
def test_cancelling_while_venv_installs_pip(tmp_path, delay_s):
    run = Run(plan(make_pack(tmp_path)))
    wait_for(lambda: run.installer.process.running, 20)
    end = time.monotonic() + delay_s
    wait_for(lambda: time.monotonic() >= end)
    run.installer.cancel()
    assert_refused(run.result(), "cancelled")
    assert processes_with(str(folders.engines_folder())) == []


def test_a_process_that_is_killed(tmp_path):
    run = Run(plan(make_pack(tmp_path)))
    wait_for(lambda: run.installer.process.process_id, 20)
    os.kill(run.installer.process.process_id, signal.SIGKILL)
    assert_refused(run.result(), "killed", "virus scanner")


def test_unloading_the_plugin_ends_the_installation(tmp_path):
    run = Run(plan(make_pack(tmp_path)))
    wait_for(lambda: run.installer.process.process_id, 20)
    run.installer.close()
    assert processes_with(str(folders.engines_folder())) == []
    assert remains() == set()
    folders.install_lock().unlock()  # it is free


KILLED = """
import os, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/qgis"]
from pathlib import Path
from qgis.core import QgsApplication
app = QgsApplication([], False)
app.initQgis()
from earthloc_qgis.core import resources
resources.profile_folder = lambda: Path(sys.argv[2])
from conftest import wait_for
from installer_kit import Run, plan
run = Run(plan(Path(sys.argv[3])))
wait_for(lambda: run.installer.process.process_id)
print(run.installer.process.process_id, flush=True)
wait_for(lambda: run.results)
"""


def test_leftovers_of_a_killed_qgis_are_removed_at_the_next_start(tmp_path, own_profile):
    path = make_pack(tmp_path)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    killed = subprocess.Popen([sys.executable, "-c", KILLED, str(REPOSITORY), str(own_profile), str(path)],
                              stdout=subprocess.PIPE, text=True, env=environment)  # fmt: skip
    pid = int(killed.stdout.readline())
    killed.kill()
    killed.wait()
    assert "0.1.0-1.partial" in remains()
    assert folders.installed_engines() == []
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the end of the orphaned process")
    engine = install(path)
    assert isinstance(engine, InstalledEngine), engine
    assert engine.name == "0.1.0-1"
    assert remains() == {"0.1.0-1"}


@pytest.mark.usefixtures("quick_environments")
def test_two_qgis_windows_do_not_install_at_once(tmp_path):
    lock = folders.install_lock()
    failure = install(make_pack(tmp_path))
    assert failure.kind == "busy"
    lock.unlock()
    assert isinstance(install(tmp_path / f"earthloc-engine-0.1.0-{PLATFORM}.zip"), InstalledEngine)


@pytest.mark.usefixtures("quick_environments")
def test_an_interrupted_removal_is_finished_later(tmp_path):
    engine = install(make_pack(tmp_path))
    folders.partial_of(engine.folder).mkdir()
    assert folders.installed_engines() == []
    assert folders.remove_leftovers() == ["0.1.0-1"]
    assert remains() == set()


# --- Python ---------------------------------------------------------------------------------------------


def found_pythons(chosen: str) -> list[Python]:
    finder, results = PythonFinder(), []
    finder.find(chosen, results.append)
    wait_for(lambda: results, 60)
    return results[0]


def test_a_fitting_python_is_found(monkeypatch, tmp_path):
    best = found_pythons("")[0]
    assert best.problem == ""
    assert best.minor in pythons.VERSIONS
    assert best.platform == PLATFORM
    assert found_pythons(PYTHON)[0].program == PYTHON


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo hello", "hello"),
        ("exit 3", "no answer"),
        ("""echo '{"version": [3, 9, 1], "platform": "x", "usual": true, "venv": true}'""", "3.9.1"),
        ("""echo '{"version": [3, 12, 1], "platform": "x", "usual": false, "venv": true}'""", "64-bit"),
        ("""echo '{"version": [3, 12, 1], "platform": "x", "usual": true, "venv": false}'""", "python3.12-venv"),
    ],
)
def test_other_pythons_are_explained(tmp_path, script, words):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert words in found_pythons(str(program))[0].problem


def test_qgis_itself_is_never_started_as_python(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/opt/qgis/bin/qgis")
    assert not any("qgis" in os.path.basename(path) for path in pythons.candidate_programs(""))


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("echo 'ImportError: DLL load failed while importing onnxruntime_pybind11_state'; exit 1", "runtime", "C++"),
        ("echo \"/lib/libc.so.6: version 'GLIBC_2.28' not found\"; exit 1", "old_system", "too old"),
        ("[ $1 = --version ] && echo earthloc 0.1.0 || { echo ImportError: cv2 >&2; exit 1; }", "engine", "cv2"),
        ("kill -9 $$", "killed", "another program"),
    ],
)
def test_an_engine_that_does_not_start(tmp_path, script, kind, words):
    program = tmp_path / "earthloc"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    check, answers = EngineCheck(), []
    check.check(str(program), lambda version, failure: answers.append(failure))
    wait_for(lambda: answers, 10)
    assert (answers[0].kind, words in str(answers[0])) == (kind, True), answers[0]


# --- testing a program ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "words"),
    [("/bin/ls", "not an EarthLoc engine"), ("/bin/true", "coreutils"), ("/gone", "does not exist"), ("", "does not")],
)
def test_another_program_is_not_an_engine(program, words):
    check, answers = EngineCheck(), []
    check.check(program, lambda version, failure: answers.append(failure))
    wait_for(lambda: answers, 5)
    assert words in answers[0].problem
    assert answers[0].hint
