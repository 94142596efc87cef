"""The page of a catalogue as a file: what it holds, and what the command says of bad rows."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.catalogue.columns import ELLIPSE
from engine.catalogue.page_rows import PageRows
from engine.catalogue.parquet import write_parquet
from engine.cli import main
from engine.resources import resources_folder

LEAFLET = resources_folder() / "page" / "leaflet"


def placed(photo: str, status: str = "located", **values: Any) -> dict[str, Any]:
    """A row with a footprint of 100 km."""
    square = geo.to_geojson(geo.square_corners(40.0, 20.0, 100.0))
    place = {"center_lat": 40.0, "center_lon": 20.0, "geometry": square}
    return {"photo": photo, "status": status, "confidence": 0.9994, **place, **values}


def make(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    """Exit code, output and errors of `earthloc catalogue page`."""
    capsys.readouterr()
    code = main(["catalogue", "page", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def blocks(page: Path) -> list[dict[str, Any]]:
    """The rows of a page, as its script reads them."""
    found = re.findall(r'class="rows">([^<]*)<', page.read_text(encoding="utf-8"))
    return [json.loads(gzip.decompress(base64.b64decode(one))) for one in found]


def test_page_holds_every_row_and_is_the_same_each_time(tmp_path: Path, capsys: Any) -> None:
    rows = [placed("a.jpg"), placed("sea/Übung.jpg", "by_pass"), {"photo": "c.jpg", "status": "not_found"}]
    write_parquet(tmp_path / "two.parquet", rows)
    out = [tmp_path / "1.html", tmp_path / "2.html"]
    for page in out:
        code, said, errors = make(capsys, tmp_path / "two.parquet", "--out", page, "--json")
        assert code == 0, errors
    told = json.loads(said)
    assert told["photos"] == 3
    assert told["statuses"] == {"located": 1, "by_pass": 1, "not_found": 1}
    assert told["left_out"] == {}
    assert out[0].read_bytes() == out[1].read_bytes()
    (block,) = blocks(out[0])
    assert block["photo"] == ["a.jpg", "sea/Übung.jpg", "c.jpg"]
    assert block["area_km2"][0] == pytest.approx(10_000, rel=0.02)
    assert block["rings"][2] is None
    assert not list(tmp_path.glob("*.part"))


def test_nothing_of_a_row_or_title_ends_an_element(tmp_path: Path, capsys: Any) -> None:
    evil = "</script><script>alert(1)</script><!--"
    write_parquet(tmp_path / "c.parquet", [placed(evil, message=evil, camera=evil, photo_id=evil, reason=evil)])
    page = tmp_path / "page.html"
    assert make(capsys, tmp_path / "c.parquet", "--out", page, "--title", evil + "{{scripts}}")[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "alert(1)</script>" not in text
    assert text.count("<script") == text.count("</script>")
    assert blocks(page)[0]["message"] == [evil]


def test_policy_allows_nothing_from_elsewhere(tmp_path: Path, capsys: Any) -> None:
    write_parquet(tmp_path / "c.parquet", [placed("a.jpg")])
    assert make(capsys, tmp_path / "c.parquet", "--out", tmp_path / "page.html")[0] == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_bad_values_are_counted_and_left_out(tmp_path: Path, capsys: Any) -> None:
    beyond = {"type": "Polygon", "coordinates": [[[0, 0], [0, 95], [1, 95], [0, 0]]]}
    bad = placed("a.jpg", geometry=beyond, taken_at="yesterday", sd_km=-3.0, tilt_deg=float("nan"))
    write_parquet(tmp_path / "c.parquet", [bad, placed("b.jpg"), placed("b.jpg")])
    code, said, errors = make(capsys, tmp_path / "c.parquet", "--out", tmp_path / "page.html", "--json")
    assert code == 0, errors
    assert json.loads(said)["left_out"] == {
        "absurd numbers": 2,
        "footprints that cannot be drawn": 1,
        "times that cannot be read": 1,
        "rows of a photo that another row also names": 1,
    }
    code, said, errors = make(capsys, tmp_path / "c.parquet", "--out", tmp_path / "page.html")
    assert "Left out: 2 absurd numbers." in said


def test_ellipse_is_read_where_a_file_has_its_columns(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    write_parquet(folder / "1.parquet", [placed("a.jpg", "by_pass")])
    table = pq.read_table(folder / "1.parquet").set_column(0, "photo", pa.array(["b.jpg"]))
    for name, value in zip(ELLIPSE, (31.5, 4.0, 62.0), strict=True):
        if name in table.column_names:
            table = table.drop_columns([name])
        table = table.append_column(name, pa.array([value]))
    pq.write_table(table, folder / "2.parquet")
    code, _, errors = make(capsys, folder, "--out", tmp_path / "page.html")
    assert code == 0, errors
    (block,) = blocks(tmp_path / "page.html")
    assert [block[name] for name in ELLIPSE] == [[None, 31.5], [None, 4.0], [None, 62]]


def test_what_cannot_be_made_is_told(tmp_path: Path, capsys: Any) -> None:
    write_parquet(tmp_path / "none.parquet", [])
    write_parquet(tmp_path / "one.parquet", [placed("a.jpg")])
    (tmp_path / "text.parquet").write_text("no parquet")
    one, page = tmp_path / "one.parquet", tmp_path / "page.html"
    for arguments, said in (
        ([tmp_path / "none.parquet", "--out", page], "holds no photo"),
        ([tmp_path / "text.parquet", "--out", page], "cannot be read as Parquet"),
        ([one, "--out", page, "--photos", tmp_path / "gone"], "is no folder"),
        ([one, "--out", page, "--thumbnails"], "--thumbnails needs the photos"),
        ([one, "--out", tmp_path / "gone" / "page.html"], "page.html"),
    ):
        code, _, errors = make(capsys, *arguments)
        assert code != 0
        assert said in errors
        assert not page.exists()


def test_map_library_is_the_published_one() -> None:
    sums = dict(reversed(line.split()) for line in (LEAFLET / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {"leaflet.js", "leaflet.css", "LICENSE"}
    for name, sha256 in sums.items():
        assert hashlib.sha256((LEAFLET / name).read_bytes()).hexdigest() == sha256, name


@settings(max_examples=50, deadline=None)
@given(lat=st.floats(-80, 80), lon=st.floats(-180, 180), width_km=st.floats(5, 800))
def test_footprint_in_the_page_is_that_of_the_catalogue(lat: float, lon: float, width_km: float) -> None:
    geometry = geo.to_geojson(geo.square_corners(lat, lon, width_km))
    rows = PageRows()
    (packed,) = rows.blocks([placed("a.jpg", geometry=geometry)], {"a.jpg": 0})
    block = json.loads(gzip.decompress(base64.b64decode(packed)))
    (ring,) = block["rings"][0]  # parts on both sides of the 180th meridian are one
    assert block["area_km2"][0] == pytest.approx(width_km**2, rel=0.05)
    where, found = [0, 0], []
    for i in range(0, len(ring), 2):
        where = [where[0] + ring[i], where[1] + ring[i + 1]]
        found.append(where)
    for corner_lat, corner_lon in geo.square_corners(lat, lon, width_km).tolist():
        # Halfway between two steps, and the union of the parts, both round.
        assert any(
            abs(a / 10_000 - corner_lat) < 2e-4 and abs((b / 10_000 - corner_lon + 180) % 360 - 180) < 2e-4
            for a, b in found
        )
