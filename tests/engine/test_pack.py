"""Engine packs (tools/pack.py) and the locks in resources/engine, without the network."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools"))
import pack

OWN = "earthloc-9.8.7-py3-none-any.whl"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def wheels(tmp_path) -> Path:
    folder = tmp_path / "wheels with blanks é"
    folder.mkdir()
    names = [
        "numpy-2.0-cp311-cp311-win_amd64.whl",
        "numpy-2.0-cp312-cp312-win_amd64.whl",
        "affine-3.0-py3-none-any.whl",
    ]
    for name in names:
        (folder / name).write_bytes(name.encode() * 50)
    (folder / OWN).write_bytes(b"the engine itself")
    (folder / "unlocked-1.0-py3-none-any.whl").write_bytes(b"a leftover of an earlier lock")
    return folder


@pytest.fixture
def lock(tmp_path, wheels) -> Path:
    found: dict[str, tuple[str, ...]] = {"earthloc==9.8.6": ("0" * 64,)}  # of an earlier release
    for path in wheels.glob("[an]*.whl"):
        name, version = path.name.split("-")[:2]
        found[f"{name}=={version}"] = (*found.get(f"{name}=={version}", ()), digest(path))
    path = tmp_path / "requirements-win_amd64.txt"
    path.write_text(pack.write_lock(found, "win_amd64"), encoding="utf-8")
    return path


def test_pack_lists_every_file_with_its_hash_and_size(wheels, lock, tmp_path):
    target = pack.write_pack("win_amd64", lock, wheels, wheels / OWN, tmp_path / "dist")
    assert target.name == "earthloc-engine-9.8.7-win_amd64.zip"
    with zipfile.ZipFile(target) as archive:
        card = json.loads(archive.read("pack.json"))
        assert {key: card[key] for key in ("format", "engine", "platform", "python")} == {
            "format": 1,
            "engine": "9.8.7",
            "platform": "win_amd64",
            "python": ["3.11", "3.12", "3.13"],
        }
        assert set(card["files"]) == set(archive.namelist()) - {"pack.json"}
        assert "wheels/unlocked-1.0-py3-none-any.whl" not in card["files"]
        for name, facts in card["files"].items():
            content = archive.read(name)
            assert facts == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        requirements = tmp_path / "requirements.txt"
        requirements.write_bytes(archive.read("requirements.txt"))
    pinned = pack.read_lock(requirements)
    assert list(pinned) == ["affine==3.0", "earthloc==9.8.7", "numpy==2.0"]
    assert pinned["earthloc==9.8.7"] == (digest(wheels / OWN),)
    assert len(pinned["numpy==2.0"]) == 2


def test_same_wheels_give_the_same_bytes(wheels, lock, tmp_path):
    first = pack.write_pack("win_amd64", lock, wheels, wheels / OWN, tmp_path / "first").read_bytes()
    for path in wheels.iterdir():
        path.touch()
    assert pack.write_pack("win_amd64", lock, wheels, wheels / OWN, tmp_path / "second").read_bytes() == first


def test_pack_for_one_python_leaves_out_the_wheels_of_others(wheels, lock, tmp_path):
    target = pack.write_pack("win_amd64", lock, wheels, wheels / OWN, tmp_path / "dist", ("3.12",))
    assert target.name == "earthloc-engine-9.8.7-win_amd64-python3.12.zip"
    with zipfile.ZipFile(target) as archive:
        names = {Path(name).name for name in archive.namelist()}
        assert names == {"pack.json", "requirements.txt", "numpy-2.0-cp312-cp312-win_amd64.whl",
                         "affine-3.0-py3-none-any.whl", OWN}  # fmt: skip
        assert json.loads(archive.read("pack.json"))["python"] == ["3.12"]
    (wheels / "numpy-2.0-cp312-cp312-win_amd64.whl").unlink()
    with pytest.raises(pack.PackError, match="numpy==2.0"):
        pack.write_pack("win_amd64", lock, wheels, wheels / OWN, tmp_path / "dist", ("3.12",))


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"other bytes")])
def test_missing_or_changed_wheel_is_refused(wheels, lock, tmp_path, change):
    change(wheels / "numpy-2.0-cp312-cp312-win_amd64.whl")
    with pytest.raises(pack.PackError, match=r"numpy==2\.0: 1 of 2 wheels are missing or have other bytes"):
        pack.write_pack("win_amd64", lock, wheels, wheels / OWN, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    "line",
    [
        "numpy>=2.0 --hash=sha256:" + "0" * 64,
        "numpy==2.0",
        "numpy==2.0 --hash=sha256:12",
        "--index-url https://host.example/simple",
    ],
)
def test_lock_must_pin_everything_and_name_no_index(tmp_path, line):
    path = tmp_path / "lock.txt"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(pack.PackError, match="make locks"):
        pack.read_lock(path)


def test_missing_engine_wheel_is_named(tmp_path):
    with pytest.raises(pack.PackError, match="make wheel"):
        pack.engine_wheel(tmp_path)


def test_platforms_are_chosen_by_name():
    assert pack.chosen("all") == list(pack.PLATFORMS)
    assert pack.chosen("win_amd64, macosx_arm64") == ["win_amd64", "macosx_arm64"]
    with pytest.raises(pack.PackError, match="win_arm64: no such platform"):
        pack.chosen("win_arm64")


@pytest.mark.parametrize("name", pack.PLATFORMS)
def test_locks_fit_the_dependencies_and_name_no_host(name):
    path = pack.lock_path(name)
    assert "://" not in path.read_text(encoding="utf-8")
    locked = dict(requirement.split("==") for requirement in pack.read_lock(path))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in project["dependencies"] + project["optional-dependencies"]["raw"]:
        package, least = re.fullmatch(r"([\w-]+)>=([\d.]+)", wanted).groups()
        version = [int(part) for part in locked[package.lower()].split(".")[:3]]
        assert version >= [int(part) for part in least.split(".")], wanted
