"""The files of a catalogue: written, read back here and by another program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.catalogue.columns import COLUMNS
from engine.catalogue.parquet import read_rows, write_parquet
from engine.errors import InputError

SQUARE = {"type": "Polygon", "coordinates": [[[10, 40], [12, 40], [12, 41], [10, 41], [10, 40]]]}
ROWS = [
    {"photo": "b/one.jpg", "status": "located", "confidence": 0.999, "inliers": 40, "geometry": SQUARE},
    {"photo": "b/two.jpg", "status": "failed", "geometry": None},
]


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_parquet(tmp_path / "b.parquet", ROWS)
    write_parquet(tmp_path / "a.parquet", [{"photo": "a.jpg", "status": "not_found"}])
    rows = list(read_rows(tmp_path))
    assert [row["photo"] for row in rows] == ["a.jpg", "b/one.jpg", "b/two.jpg"]
    assert rows[1]["confidence"] == 0.999
    assert rows[1]["inliers"] == 40
    assert rows[1]["geometry"]["coordinates"] == ((tuple(map(tuple, SQUARE["coordinates"][0]))),)
    assert rows[2]["geometry"] is None
    assert rows[2]["confidence"] is None
    assert next(iter(read_rows(tmp_path, ["photo", "status"]))) == {"photo": "a.jpg", "status": "not_found"}


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    write_parquet(tmp_path / "one.parquet", ROWS)
    write_parquet(tmp_path / "two.parquet", ROWS)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_another_program_reads_rows_and_metadata(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "one.parquet"
    write_parquet(file, ROWS)
    found = duckdb.sql(f"select photo, bbox.xmin, octet_length(geometry::blob) from read_parquet('{file}')").fetchall()
    assert found[0][:2] == ("b/one.jpg", 10.0)
    assert found[1][1] is None
    query = f"select decode(value) from parquet_kv_metadata('{file}') where decode(key) = 'geo'"
    ((value,),) = duckdb.sql(query).fetchall()
    geo = json.loads(value)
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["bbox"] == [10, 40, 12, 41]


def test_a_file_of_an_older_version_lacks_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = [column for column in COLUMNS if not column.name.startswith("ellipse_")]
    with monkeypatch.context() as patched:
        patched.setattr("engine.catalogue.parquet.COLUMNS", older)
        write_parquet(tmp_path / "old.parquet", ROWS)
        patched.setattr("engine.catalogue.parquet.COLUMNS", [one for one in older if one.name != "photo"])
        write_parquet(tmp_path / "foreign.parquet", ROWS)
    assert {row["ellipse_major_km"] for row in read_rows(tmp_path / "old.parquet")} == {None}
    with pytest.raises(InputError, match="no column photo"):
        list(read_rows(tmp_path / "foreign.parquet"))


@pytest.mark.parametrize("content", [b"", b"PAR1 no"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.parquet"):
        list(read_rows(tmp_path))


def test_a_folder_without_files_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="earthloc run"):
        list(read_rows(tmp_path))


def test_no_two_columns_share_a_name() -> None:
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
