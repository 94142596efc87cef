"""Paths of Windows, shares and unusual names, tested on every system."""

from __future__ import annotations

import ntpath
import os
import runpy
import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import SimpleNamespace

import pytest

from engine.contract import review

sqlite_uri = runpy.run_path(str(Path(__file__).parents[2] / "earthloc_qgis" / "core" / "sqlite_uri.py"))["sqlite_uri"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PureWindowsPath(r"C:\Users\Zoë B\r.gpkg"), "file:///C%3A/Users/Zo%C3%AB%20B/r.gpkg?mode=ro"),
        (PureWindowsPath(r"\\server\share\50%\r#1?.gpkg"), "file:////server/share/50%25/r%231%3F.gpkg?mode=ro"),
        (PurePosixPath("/home/zoë/r.gpkg"), "file:///home/zo%C3%AB/r.gpkg?mode=ro"),
    ],
)
def test_address_of_a_database_has_no_host(path, uri):
    assert sqlite_uri(path, "ro") == uri


@pytest.mark.parametrize("name", ["with blanks é.gpkg", "50% #1?.gpkg", "a&mode=rwc.gpkg", "日本 🌍.gpkg"])
def test_sqlite_opens_files_with_unusual_names(tmp_path, monkeypatch, name):
    if os.name == "nt":
        name = name.replace("?", "")
    with closing(sqlite3.connect(tmp_path / name)) as made:
        made.execute("CREATE TABLE t (x)")
    with closing(sqlite3.connect(sqlite_uri(tmp_path / name, "ro"), uri=True)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
        with pytest.raises(sqlite3.OperationalError):
            database.execute("INSERT INTO t VALUES (1)")
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect(sqlite_uri(Path(name), "rw"), uri=True)) as database:
        database.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(sqlite_uri(tmp_path / "missing.gpkg", "ro"), uri=True)


@pytest.mark.parametrize(
    ("photo", "folder", "key"),
    [
        (r"C:\photos\a b\é.jpg", r"C:\photos", "a b/é.jpg"),
        (r"c:\PHOTOS\x.jpg", r"C:\photos", "x.jpg"),
        (r"D:\x.jpg", r"C:\photos", "D:/x.jpg"),
        (r"\\server\share\pass 1\x.jpg", r"\\SERVER\share", "pass 1/x.jpg"),
        (r"\\server\share\x.jpg", r"C:\photos", "//server/share/x.jpg"),
        (r"C:/photos/sub/../x.jpg", r"C:\photos", "x.jpg"),
    ],
)
def test_results_name_windows_photos_with_forward_slashes(monkeypatch, photo, folder, key):
    monkeypatch.setattr(review, "Path", PureWindowsPath)
    monkeypatch.setattr(review, "os", SimpleNamespace(path=ntpath))
    assert review.photo_key(photo, folder) == key
    assert PureWindowsPath(folder) / key == PureWindowsPath(ntpath.abspath(photo))
