"""`earthloc catalogue compare`: agreement with NASA's footprints, the report, the review queue, bad input."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo, geopackage
from engine.catalogue.agreement import agreement
from engine.contract.review import ReviewDecision
from engine.contract.status import REJECTED
from engine.results import ResultsFile
from tests.engine.catalogue_kit import catalogue, nowhere, row, run

CORNERS = ("ul", "ur", "lr", "ll")


def ring(lat: float, lon: float, width_km: float = 300.0) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in geo.square_corners(lat, lon, width_km)]


def reply(photo_id: str, corners: Any) -> dict[str, str]:
    """An entry of NASA's API."""
    parts = dict(zip(("frames.mission", "frames.roll", "frames.frame"), photo_id.split("-"), strict=True))
    for name, (lat, lon) in zip(CORNERS, corners, strict=True):
        parts[f"mlcoord.{name}_lat"], parts[f"mlcoord.{name}_lon"] = f"{lat:.6f}", f"{lon:.6f}"
    return parts


def nasa(path: Path, entries: Any) -> Path:
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def shifted(photo: str, number: int, km: float, status: str = "located", **values: Any) -> tuple[Any, Any]:
    """A row, and NASA's entry `km` east of it."""
    lat, lon = 10.0 + number, 179.0  # across the 180th meridian
    photo_id = f"ISS064-E-{number}"
    there = geo.LocalFrame(lat, lon).to_lat_lon(km, 0.0)
    return row(photo, status, lat, lon, photo_id=photo_id, **values), reply(photo_id, ring(*map(float, there)))


def compare(capsys: Any, *arguments: Any) -> dict[str, Any]:
    code, said, errors = run(capsys, "compare", *arguments, "--json")
    assert code == 0, errors
    return json.loads(said)


@settings(max_examples=40, deadline=None)
@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(0, 1), st.floats(20, 800))
def test_a_square_beside_another_has_the_iou_of_its_shift(
    lat: float, lon: float, share: float, width_km: float
) -> None:
    ours = {
        "geometry": geo.to_geojson(geo.square_ring(lat, lon, width_km)), "center_lat": lat, "center_lon": lon
    }  # fmt: skip
    x, y = [share * width_km + side * width_km / 2 for side in (-1, 1, 1, -1)], [width_km / 2] * 2 + [-width_km / 2] * 2
    corners = list(zip(*map(list, geo.LocalFrame(lat, lon).to_lat_lon(x, y)), strict=True))
    found = agreement({**ours, "photo": "a.jpg"}, corners)
    assert found is not None
    assert found.iou == pytest.approx((1 - share) / (1 + share), abs=0.02)
    assert found.distance_km == pytest.approx(share * width_km, rel=0.02, abs=0.05)
    assert found.area_ratio == pytest.approx(1, rel=0.03)


def test_the_center_of_an_oblique_photo_is_where_its_diagonals_meet() -> None:
    frame = geo.LocalFrame(20.0, 30.0)
    trapezium = list(zip(*map(list, frame.to_lat_lon([-300, 300, 100, -100], [300, 300, -100, -100])), strict=True))
    middle = [float(value) for value in frame.to_lat_lon(0.0, 0.0)]
    ours = {
        "photo": "a.jpg", "geometry": geo.to_geojson(trapezium), "center_lat": middle[0], "center_lon": middle[1]
    }  # fmt: skip
    found = agreement(ours, trapezium)
    assert found is not None
    assert found.distance_km < 1.0
    assert found.iou > 0.99


def test_the_report_and_the_table(tmp_path: Path, capsys: Any) -> None:
    pairs = [
        shifted("a.jpg", 1, 0.0),
        shifted("b.jpg", 2, 30.0),
        shifted("c.jpg", 3, 250.0),
        shifted("far.jpg", 4, 9000.0),
        shifted("p.jpg", 5, 20.0, "by_pass", ellipse_major_km=40.0),
        shifted("<u>.jpg", 6, 299.0, "uncertain"),
    ]
    rows = [
        *(pair[0] for pair in pairs),
        row("only_ours.jpg", photo_id="ISS064-E-77"),
        nowhere("lost.jpg") | {"photo_id": "ISS064-E-78"},
        row("plain.jpg", photo_id=None),
    ]
    entries = [*(pair[1] for pair in pairs), reply("ISS064-E-78", ring(0, 0)), reply("ISS001-E-1", ring(0, 0))]
    out = tmp_path / "out"
    found = compare(
        capsys, catalogue(tmp_path / "in", rows), nasa(tmp_path / "n.json", entries), "--out", out, "--photos", "/p"
    )
    assert json.loads((out / "agreement.json").read_text()) == found
    names = ("photos", "compared", "differ", "only_ours", "only_nasa", "neither", "without_id", "nasa_footprints")
    assert [found[name] for name in names] == [9, 6, 3, 2, 1, 0, 1, 8]
    assert set(found["by_status"]) == {"located", "by_pass", "uncertain"}
    located = found["by_status"]["located"]
    assert (located["compared"], located["differ"]) == (4, 2)
    assert located["distance_km"]["p50"] == pytest.approx(140, abs=1)
    assert sum(bar["photos"] for bar in located["iou_histogram"]) == 4
    assert located["distance_km_histogram"][-1] == {"from": 1000.0, "to": None, "photos": 1}
    assert located["area_ratio"]["p50"] == pytest.approx(1, abs=0.01)
    with open(out / "photos.csv", encoding="utf-8", newline="") as file:
        lines = {line["photo"]: line for line in csv.DictReader(file)}
    assert len(lines) == 6
    assert float(lines["b.jpg"]["iou"]) == pytest.approx(270 / 330, abs=0.01)
    assert float(lines["b.jpg"]["corners_km"]) == pytest.approx(30, abs=0.5)
    assert [name for name, line in lines.items() if line["differs"] == "1"] == ["c.jpg", "far.jpg", "<u>.jpg"]
    page = (out / "agreement.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "by_pass" in (out / "agreement.txt").read_text() + page


def test_the_queue_holds_both_footprints_and_keeps_decisions(tmp_path: Path, capsys: Any) -> None:
    pairs = [
        shifted("u.jpg", 1, 290.0, "uncertain"),
        shifted("l1.jpg", 2, 200.0),
        shifted("l2.jpg", 3, 260.0),
        shifted("ok.jpg", 4, 1.0),
        shifted("p.jpg", 5, 280.0, "by_pass"),
    ]
    given_rows = catalogue(tmp_path / "in", [pair[0] for pair in pairs])
    given_nasa = nasa(tmp_path / "n.json", [pair[1] for pair in pairs])
    out, photos = tmp_path / "out", tmp_path / "photos"
    found = compare(capsys, given_rows, given_nasa, "--out", out, "--photos", photos)
    assert (found["differ"], found["queued"]) == (4, 4)
    results = ResultsFile(out / "differing.gpkg")
    queued = results.rows()
    assert [Path(one["photo"]).name for one in queued] == ["l2.jpg", "l1.jpg", "u.jpg", "p.jpg"]
    assert [one["status"] for one in queued] == ["located", "located", "uncertain", "by_pass"]
    first = queued[0]["localization"]
    assert first["message_id"] == "compare.differs"
    assert "260 km" in first["message"]
    ours, nasas = first["candidates"]
    assert (ours["index"], nasas["index"]) == ("", "mlcoord")
    assert geo.distance_km(*ours["center"], *nasas["center"]) == pytest.approx(260, abs=1)
    assert nasas["rotation_deg"] in (0, 359, 1)
    assert nasas["width_km"] == pytest.approx(300, abs=1)

    results_of_review(results.path, photos / "l2.jpg")
    found = compare(capsys, given_rows, given_nasa, "--out", out, "--photos", photos, "--iou", "0.1", "--most", "1")
    assert (found["differ"], found["queued"]) == (3, 1)
    assert [Path(one["photo"]).name for one in results.rows()] == ["l2.jpg"]
    assert results.reviewed(photos / "l2.jpg") is not None


def results_of_review(path: Path, photo: Path) -> None:
    """Rejects a photo, as the plugin writes it."""
    decision = ReviewDecision(str(photo), REJECTED, "Ada")
    key = ResultsFile(path).key(photo)
    with closing(geopackage.connect(path)) as con:
        con.execute(
            "INSERT INTO reviews (photo, decision, reviewer, reviewed_at) VALUES (?, ?, ?, ?)",
            (key, decision.decision, decision.reviewer, decision.reviewed_at),
        )
        con.execute(
            "UPDATE footprints SET review = ?, reviewed_at = ? WHERE photo = ?",
            (decision.decision, decision.reviewed_at, key),
        )


def test_our_own_export_agrees_with_itself(tmp_path: Path, capsys: Any) -> None:
    folder = catalogue(tmp_path / "in", [shifted(f"{n}.jpg", n, 0)[0] for n in range(1, 4)])
    for name in ("n.tsv", "n.json"):
        code, _, errors = run(capsys, "export", folder, "--to", "nasa", "--out", tmp_path / name)
        assert code == 0, errors
        found = compare(capsys, folder, tmp_path / name, "--out", tmp_path / "out")
        assert (found["compared"], found["differ"]) == (3, 0)
        assert found["by_status"]["located"]["iou"]["p10"] > 0.99
        assert found["by_status"]["located"]["distance_km"]["p90"] < 1.5


def test_a_table_of_the_dump_with_absurd_entries(tmp_path: Path, capsys: Any) -> None:
    good = ring(10, 20)
    header = ["MISSION", "ROLL", "FRAME", *(f"{c.upper()}_{axis}" for c in CORNERS for axis in ("LAT", "LON"))]
    cells = [f"{value:.5f}" for corner in good for value in corner]
    crossed = [f"{value:.5f}" for corner in (good[0], good[2], good[1], good[3]) for value in corner]
    table = [
        header,
        ["ISS064", "E", "0513", *cells],
        ["ISS064", "E", "514", *cells[:-1], ""],
        ["ISS064", "E", "515", "95", *cells[1:]],
        ["ISS064", "E", "516", "1e999", *cells[1:]],
        ["", "", "", *cells],
        ["ISS064", "E"],
        ["ISS064", "E", "517", *crossed],
    ]
    path = tmp_path / "mlcoord.tsv"
    path.write_text("\n".join("\t".join(line) for line in table), encoding="utf-8")
    rows = [row(f"{n}.jpg", lat=10.0, lon=20.0, photo_id=f"ISS064-E-{n}") for n in (513, 517)]
    found = compare(capsys, catalogue(tmp_path / "in", rows), path, "--out", tmp_path / "out")
    assert (found["compared"], found["differ"]) == (1, 0)
    assert found["nasa_unusable"] == {
        "no id of a photo": 1,
        "no mission, roll and frame": 1,
        "corner outside the Earth": 1,
        "corner that is no number": 1,
        "corner with only one coordinate": 1,
        "footprint that crosses itself or has no area": 1,
        "footprint with fewer than four corners": 1,
    }


@pytest.mark.parametrize(
    "content", [b"", b"[", b"{}", b'{"error": "key"}', b"\xff\xd8\xff\xe0", b"a,b\n1,2\n", b"[" * 100_000]
)
def test_other_files_are_named(tmp_path: Path, capsys: Any, content: bytes) -> None:
    path = tmp_path / "strange.json"
    path.write_bytes(content)
    code, said, errors = run(
        capsys, "compare", catalogue(tmp_path / "in", [row("a.jpg")]), path, "--out", tmp_path / "out"
    )
    assert (code, said, errors.count("\n")) == (3, "", 1), errors
    assert "strange.json" in errors
    assert "bug" not in errors


def test_rows_that_are_damaged_are_told(tmp_path: Path, capsys: Any) -> None:
    given_nasa = nasa(tmp_path / "n.json", [reply("ISS064-E-1", ring(10, 20))])
    for number, values in enumerate(({"status": None}, {"geometry": {"type": "Point", "coordinates": [0, 0]}})):
        damaged = catalogue(tmp_path / str(number), [row("a.jpg", photo_id="ISS064-E-1") | values])
        code, said, errors = run(capsys, "compare", damaged, given_nasa, "--out", tmp_path / "out")
        assert (code, said, errors.count("\n")) == (3, "", 1), errors
        assert "bug" not in errors
    odd = row("a.jpg", lat=10.0, lon=20.0, photo_id="ISS064-E-1", center_lat=float("nan"), lat1=float("inf"))
    found = compare(capsys, catalogue(tmp_path / "odd", [odd]), given_nasa, "--out", tmp_path / "out")
    assert found["by_status"]["located"]["distance_km"]["p50"] < 1
    assert found["by_status"]["located"]["corners_km"] is None


def test_nothing_in_common_is_an_error(tmp_path: Path, capsys: Any) -> None:
    given_nasa = nasa(tmp_path / "n.json", [reply("ISS001-E-1", ring(0, 0))])
    code, _, errors = run(
        capsys, "compare", catalogue(tmp_path / "in", [row("a.jpg")]), given_nasa, "--out", tmp_path / "out"
    )
    assert code == 3
    assert "same photos" in errors
    assert not (tmp_path / "out" / "agreement.json").exists()
