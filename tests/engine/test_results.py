"""The results GeoPackage at its door: what is in the file, and what is left when things go wrong."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import shapely

from engine import geo, geopackage
from engine.contract.results import SCHEMA, TABLES
from engine.errors import OutputError
from engine.results import ResultsFile

REPOSITORY = Path(__file__).parents[2]


def localization(photo, status="uncertain", lat=36.5, lon=44.1, width_km=313.0, candidates=3):
    """A localization as the engine answers it, with its candidates in a row to the east."""
    found = []
    for rank in range(1, candidates + 1):
        center = (lat, float(geo.normalise_lon(lon + rank - 1)))
        found.append(
            {
                "rank": rank,
                "index": "world",
                "tile": f"{width_km:.0f}_{rank}",
                "score": 0.9 - rank / 10,
                "rotation_deg": 90,
                "center": list(center),
                "width_km": width_km,
                "nadir_distance_km": 120.5,
                "footprint": geo.to_geojson(geo.square_ring(*center, width_km)),
                "inliers": 0,
            }
        )
    best = found[0] if found else None
    spots = [(12.5, 30.25, lat + 0.1, lon - 0.2, 0.4), (300.0, 200.0, lat - 0.3, lon + 0.1, None)]
    tie_points = [
        {"x_px": x, "y_px": y, "lat": a, "lon": b, "residual_px": r, "residual_km": r, "origin": "matched"}
        for x, y, a, b, r in (spots if best else [])
    ]
    return {
        "photo": str(photo),
        "photo_id": "ISS064-E-48617",
        "status": status,
        "confidence": 0.25 if best else 0.0,
        "footprint": best["footprint"] if best else None,
        "corners": geo.square_corners(*best["center"], width_km).tolist() if best else None,
        "center": best["center"] if best else None,
        "camera": None,
        "pose": None,
        "tie_points": tie_points,
        "imagery": {"source": "mosaic.tif", "attribution": "NASA Earth Observatory", "licence": "public domain"},
        "inliers": 0,
        "rms_km": None,
        "candidates": found,
        "nadir": [35.0, 43.0],
        "model": {"name": "baseline", "version": "0.1.0", "sha256": "ab" * 32},
        "engine": "0.1.0",
        "timings_ms": {"read": 1.0, "embed": 2.0, "search": 3.0, "register": 0.0, "total": 6.0},
        "message": "Best guess near 36.5°N 44.1°E.",
    }


LAYERS = ("photos", "footprints", "candidates", "tie_points", "search_areas")


def made(path):
    results = ResultsFile(path)
    results.prepare()
    return results


def query(path, sql, *values):
    con = sqlite3.connect(path)
    try:
        return con.execute(sql, values).fetchall()
    finally:
        con.close()


def check_intact(path):
    """SQLite finds no fault, and every R-tree holds exactly the features with a geometry."""
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    for table in LAYERS:
        with_geometry = query(path, f"SELECT fid FROM {table} WHERE geom IS NOT NULL ORDER BY fid")
        assert query(path, f"SELECT id FROM rtree_{table}_geom ORDER BY id") == with_geometry


def read_geometry(blob):
    """The shapely geometry of a GeoPackage blob with a 32-byte envelope."""
    assert blob[:4] == b"GP\x00\x03"
    return shapely.from_wkb(blob[40:])


def test_a_save_fills_the_tables(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    answer = localization(tmp_path / "photos" / "a.jpg")
    results.save(answer, {"taken_at": "2021-03-04T05:06:07", "focal_length_mm": 50.0})
    (row,) = results.rows()
    assert row["photo"] == "photos/a.jpg"
    assert row["localization"] == answer
    assert (row["nadir_lat"], row["nadir_lon"], row["taken_at"]) == (35.0, 43.0, "2021-03-04T05:06:07")
    assert row["located_at"].endswith("Z")
    con = sqlite3.connect(results.path)
    con.row_factory = sqlite3.Row
    footprint = dict(con.execute("SELECT * FROM footprints").fetchone())
    con.close()
    assert footprint["review"] == "unreviewed"
    assert footprint["tile"] == "313_1"
    assert footprint["model_sha256"] == "ab" * 32
    assert footprint["focal_length_mm"] == 50.0
    assert [footprint["lat1"], footprint["lon1"]] == answer["corners"][0]
    assert [footprint["lat4"], footprint["lon4"]] == answer["corners"][3]
    geometry = read_geometry(footprint["geom"])
    assert geometry.geom_type == "MultiPolygon"
    assert geometry.is_valid
    assert geometry.contains(shapely.Point(44.1, 36.5))
    ranks = query(results.path, "SELECT rank, score FROM candidates ORDER BY rank")
    assert ranks == [(1, 0.8), (2, 0.7), (3, pytest.approx(0.6))]
    assert (footprint["imagery"], footprint["imagery_attribution"]) == ("mosaic.tif", "NASA Earth Observatory")
    points = query(results.path, "SELECT photo, x_px, y_px, lat, lon, residual_px, origin, geom FROM tie_points")
    assert points[0][:-1] == ("photos/a.jpg", 12.5, 30.25, 36.6, 43.9, 0.4, "matched")
    assert points[1][5] is None
    assert (read_geometry(points[0][-1]).x, read_geometry(points[0][-1]).y) == (43.9, 36.6)
    check_intact(results.path)


def test_a_new_file_has_the_columns_of_the_contract(tmp_path):
    path = made(tmp_path / "results.gpkg").path
    for table in TABLES:
        columns = [
            name for _, name, *_ in query(path, f"PRAGMA table_info({table.name})") if name not in ("fid", "geom")
        ]
        assert columns == [column.name for column in table.columns]


def test_locating_again_replaces_the_rows(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "a.jpg", candidates=5))
    results.save(localization(tmp_path / "b.jpg"))
    results.save(localization(tmp_path / "a.jpg", status="not_found", candidates=0))
    assert [(r["photo"], r["status"]) for r in results.rows()] == [("b.jpg", "uncertain"), ("a.jpg", "not_found")]
    assert query(results.path, "SELECT photo FROM footprints") == [("b.jpg",)]
    for table in ("candidates", "tie_points"):
        assert query(results.path, f"SELECT DISTINCT photo FROM {table}") == [("b.jpg",)]
    check_intact(results.path)


def test_remove_takes_out_the_photo_only(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    for name in ("a.jpg", "b.jpg"):
        results.save(localization(tmp_path / name, lat=10.0 if name == "a.jpg" else -10.0))
    assert results.remove([tmp_path / "a.jpg", tmp_path / "never.jpg"]) == 1
    assert [r["photo"] for r in results.rows()] == ["b.jpg"]
    assert query(results.path, "SELECT count(*) FROM candidates") == [(3,)]
    ((south, north),) = query(results.path, "SELECT min_y, max_y FROM gpkg_contents WHERE table_name = 'footprints'")
    assert -12 < south < north < -8
    check_intact(results.path)


def test_a_failed_photo_without_nadir_is_kept_with_its_message(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    failed = {**localization(tmp_path / "a.jpg", "failed", candidates=0), "nadir": None, "photo_id": None}
    results.save({**failed, "model": None, "message": "a.jpg: is empty; copy it again."})
    (row,) = results.rows()
    assert (row["status"], row["message"], row["nadir_lat"]) == ("failed", "a.jpg: is empty; copy it again.", None)
    check_intact(results.path)


def test_a_footprint_across_the_antimeridian_is_cut(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "a.jpg", lat=-17.0, lon=179.9, candidates=1))
    ((blob,),) = query(results.path, "SELECT geom FROM footprints")
    geometry = read_geometry(blob)
    assert len(geometry.geoms) == 2
    assert geometry.is_valid
    assert geometry.bounds[0] >= -180
    assert geometry.bounds[2] <= 180
    ((west, east),) = query(results.path, "SELECT min_x, max_x FROM gpkg_contents WHERE table_name = 'footprints'")
    assert (west, east) == (-180, 180)


def test_photo_paths_are_relative_below_the_folder_and_absolute_elsewhere(tmp_path):
    (tmp_path / "project").mkdir()
    results = ResultsFile(tmp_path / "project" / "results.gpkg")
    assert results.key(tmp_path / "project" / "fotos é" / "a b.jpg") == "fotos é/a b.jpg"
    assert results.key(tmp_path / "other" / "a.jpg") == (tmp_path / "other" / "a.jpg").as_posix()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX file names may be other than Unicode")
def test_file_names_that_are_not_utf8_are_kept_apart(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    for raw in (b"a\xff.jpg", b"a\xfe.jpg"):
        results.save(localization(tmp_path / os.fsdecode(raw)))
    assert len({row["photo"] for row in results.rows()}) == 2


def test_the_style_of_each_layer_is_in_the_file(tmp_path):
    path = made(tmp_path / "results.gpkg").path
    styles = dict(query(path, "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"))
    qml = {p.stem: p.read_text(encoding="utf-8") for p in (REPOSITORY / "resources" / "styles").glob("*.qml")}
    assert styles == {name: qml[name] for name in LAYERS}


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="ogrinfo (GDAL) is not installed")
def test_gdal_reads_the_layers_and_their_index(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "é.jpg"))

    def ogrinfo(*arguments):
        done = subprocess.run(
            ["ogrinfo", "-ro", *arguments], capture_output=True, encoding="utf-8", check=True, timeout=60
        )
        assert "ERROR" not in done.stderr
        assert "Warning" not in done.stderr
        return done.stdout

    layers = ogrinfo("-q", results.path)
    names = [line.split(": ")[1] for line in layers.splitlines()]
    assert names == [
        "photos (Point)",
        "footprints (Multi Polygon)",
        "candidates (Multi Polygon)",
        "tie_points (Point)",
        "search_areas (Multi Polygon)",
        "layer_styles (None)",
        "reviews (None)",
    ]
    found = ogrinfo("-al", "-spat", "44", "36", "44.01", "36.01", results.path, "candidates")
    assert "Feature Count: 2" in found  # the third tile lies further east
    assert 'ID["EPSG",4326]' in found
    valid = ogrinfo("-q", "-dialect", "sqlite", "-sql", "SELECT ST_IsValid(geom) AS v FROM footprints", results.path)
    assert "v (Integer) = 1" in valid


def test_the_rtree_stays_right_when_another_program_edits_a_table(tmp_path):
    """The triggers of the standard, driven the ways another program may edit a layer."""
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "a.jpg"))
    con = geopackage.connect(results.path)
    moved = geopackage.geometry_blob(shapely.MultiPolygon([shapely.box(10, 20, 11, 21)]))
    plain_wkb = b"GP\x00\x01" + (4326).to_bytes(4, "little") + shapely.to_wkb(shapely.box(1, 2, 3, 4))
    con.execute("UPDATE candidates SET geom = ? WHERE rank = 1", (moved,))
    con.execute("UPDATE candidates SET geom = NULL WHERE rank = 2")
    con.execute("UPDATE candidates SET fid = 99, geom = ? WHERE rank = 3", (plain_wkb,))
    boxes = con.execute("SELECT id, minx, maxx, miny, maxy FROM rtree_candidates_geom ORDER BY id").fetchall()
    assert boxes == [(1, 10, 11, 20, 21), (99, 1, 3, 2, 4)]
    con.execute("UPDATE candidates SET fid = 7, geom = NULL WHERE fid = 99")
    con.close()
    check_intact(results.path)


# -- the history of reviews ---------------------------------------------------------------------------


def decide(results, photo, decision, at="2026-05-01T10:00:00Z", localization=None):
    """A decision as the plugin writes it, without the engine."""
    text = None if localization is None else json.dumps(localization)
    with sqlite3.connect(results.path) as con:
        con.execute(
            "INSERT INTO reviews (photo, decision, reviewer, reviewed_at, note, localization)"
            " VALUES (?, ?, 'Ada', ?, 'coast fits', ?)",
            (results.key(photo), decision, at, text),
        )


def test_reviews_stay_when_their_photo_is_removed(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    answer = localization(tmp_path / "a.jpg")
    results.save(answer)
    decide(results, tmp_path / "a.jpg", "rejected", localization=answer)
    results.save(localization(tmp_path / "a.jpg", lat=10.0))
    assert query(results.path, "SELECT review FROM footprints") == [("unreviewed",)]  # it is another footprint
    decide(results, tmp_path / "a.jpg", "accepted")
    results.remove([tmp_path / "a.jpg"])
    assert query(results.path, "SELECT photo, decision, reviewer, note FROM reviews ORDER BY fid") == [
        ("a.jpg", "rejected", "Ada", "coast fits"),
        ("a.jpg", "accepted", "Ada", "coast fits"),
    ]
    check_intact(results.path)


def test_a_review_is_in_effect_until_the_photo_is_located_again(tmp_path):
    results = ResultsFile(tmp_path / "results.gpkg")
    photo = tmp_path / "a.jpg"
    results.save(localization(photo))
    corrected = {**localization(photo, lat=12.0), "message": "placed by hand"}
    decide(results, photo, "corrected", "2999-05-02T10:00:00Z", corrected)
    decide(results, photo, "unsure", "2999-05-02T10:01:00Z")
    assert results.localization(photo)["message"] == "placed by hand"
    assert results.rows()[0]["localization"]["message"] != "placed by hand"  # the engine's own answer stays
    decide(results, photo, "corrected", "2000-01-01T00:00:00Z", localization(photo))
    results.remove([photo])
    results.save(localization(photo, lat=20.0))
    with sqlite3.connect(results.path) as con:
        con.execute("UPDATE reviews SET reviewed_at = '2000-01-01T00:00:00Z'")
    assert results.localization(photo)["center"] == localization(photo, lat=20.0)["center"]


# -- files of an older version ------------------------------------------------------------------------

SCHEMA_1 = {
    "photos": "photo TEXT NOT NULL UNIQUE, photo_id TEXT, status TEXT, confidence REAL, message TEXT, taken_at TEXT,"
    " nadir_lat REAL, nadir_lon REAL, center_lat REAL, center_lon REAL, located_at TEXT, localization TEXT",
    "footprints": "photo TEXT, photo_id TEXT, status TEXT, confidence REAL, center_lat REAL, center_lon REAL,"
    " lat1 REAL, lon1 REAL, lat2 REAL, lon2 REAL, lat3 REAL, lon3 REAL, lat4 REAL, lon4 REAL, nadir_distance_km REAL,"
    " rotation_deg INTEGER, width_km REAL, inliers INTEGER, rms_km REAL, camera_altitude_km REAL, tilt_deg REAL,"
    " azimuth_deg REAL, focal_length_mm REAL, index_name TEXT, tile TEXT, model TEXT, model_sha256 TEXT, engine TEXT,"
    " located_at TEXT, message TEXT, review TEXT NOT NULL DEFAULT 'unreviewed', reviewer TEXT, reviewed_at TEXT,"
    " note TEXT",
    "candidates": "photo TEXT, photo_id TEXT, rank INTEGER, score REAL, rotation_deg INTEGER, center_lat REAL,"
    " center_lon REAL, width_km REAL, nadir_distance_km REAL, index_name TEXT, tile TEXT, inliers INTEGER",
}


def write_schema_1(path, answer):
    """A file as version 1 wrote it, with one photo."""
    con = geopackage.connect(path)
    geopackage.create_core(con)
    con.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, f_table_catalog TEXT, f_table_schema TEXT,"
        " f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT,"
        " useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"
    )
    for name, columns in SCHEMA_1.items():
        kinds = dict(column.strip().split(" ", 1) for column in columns.split(","))
        kind = "POINT" if name == "photos" else "MULTIPOLYGON"
        geopackage.create_layer(con, geopackage.Layer(name, kind, kinds))
    con.execute("CREATE TABLE earthloc_schema (version INTEGER NOT NULL)")
    con.execute("INSERT INTO earthloc_schema VALUES (1)")
    old = {name: value for name, value in answer.items() if name not in ("pose", "tie_points", "imagery")}
    con.execute(
        "INSERT INTO photos (photo, status, localization) VALUES (?, 'uncertain', ?)",
        (Path(answer["photo"]).name, json.dumps(old)),
    )
    box = geopackage.geometry_blob(shapely.MultiPolygon([shapely.box(10, 20, 11, 21)]))
    con.execute(
        "INSERT INTO footprints (geom, photo, review, note) VALUES (?, ?, 'confirmed', 'kept')",
        (box, Path(answer["photo"]).name),
    )
    con.close()


def test_a_file_of_version_1_is_updated(tmp_path):
    old, new = tmp_path / "old.gpkg", made(tmp_path / "new.gpkg").path
    write_schema_1(old, localization(tmp_path / "a.jpg"))
    results = ResultsFile(old)
    (row,) = results.rows()  # read before anything was written to it
    assert (row["localization"]["pose"], row["localization"]["tie_points"]) == (None, [])
    results.save(localization(tmp_path / "b.jpg"))
    assert query(old, "SELECT version FROM earthloc_schema") == [(SCHEMA,)]
    for table in (*LAYERS, "reviews"):
        assert query(old, f"PRAGMA table_info({table})") == query(new, f"PRAGMA table_info({table})")
    assert query(old, "SELECT photo, review, note, imagery FROM footprints ORDER BY fid") == [
        ("a.jpg", "confirmed", "kept", None),
        ("b.jpg", "unreviewed", None, "mosaic.tif"),
    ]
    assert query(old, "SELECT count(*) FROM tie_points") == [(2,)]
    assert query(old, "SELECT f_table_name FROM layer_styles") == [("tie_points",), ("search_areas",)]
    decide(results, tmp_path / "b.jpg", "accepted")
    assert query(old, "SELECT count(*) FROM reviews") == [(1,)]
    check_intact(old)


def test_a_file_of_version_1_with_a_foreign_table_is_left_alone(tmp_path):
    path = tmp_path / "old.gpkg"
    write_schema_1(path, localization(tmp_path / "a.jpg"))
    foreign_geopackage(path, "tie_points")
    before = path.read_bytes()
    with pytest.raises(OutputError, match="has a table 'tie_points' that EarthLoc did not make"):
        made(path)
    assert path.read_bytes() == before


# -- files that are something else --------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"x", b"my notes\n" * 1000, b"PK\x03\x04" + bytes(5000)])
def test_a_file_of_another_kind_is_left_alone(tmp_path, content):
    path = tmp_path / "results.gpkg"
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"results\.gpkg: is not a GeoPackage; choose another file\."):
        made(path)
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["results.gpkg"]


def test_another_database_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    con = sqlite3.connect(path)
    con.execute("CREATE TABLE photos (a)")
    con.commit()
    con.close()
    before = path.read_bytes()
    with pytest.raises(OutputError, match="not a GeoPackage"):
        made(path)
    assert path.read_bytes() == before


def foreign_geopackage(path, table):
    con = geopackage.connect(path)
    geopackage.create_core(con)
    geopackage.create_layer(con, geopackage.Layer(table, "POINT", {"name": "TEXT"}))
    con.execute(
        f'INSERT INTO "{table}" (geom, name) VALUES (?, ?)', (geopackage.geometry_blob(shapely.Point(1, 2)), "x")
    )
    con.close()


def test_another_geopackage_gets_our_tables_added(tmp_path):
    foreign_geopackage(tmp_path / "roads.gpkg", "roads")
    results = ResultsFile(tmp_path / "roads.gpkg")
    results.save(localization(tmp_path / "a.jpg"))
    assert query(results.path, "SELECT name FROM roads") == [("x",)]
    assert len(results.rows()) == 1
    check_intact(results.path)


def test_a_table_of_the_same_name_by_others_is_left_alone(tmp_path):
    foreign_geopackage(tmp_path / "mine.gpkg", "photos")
    before = (tmp_path / "mine.gpkg").read_bytes()
    with pytest.raises(OutputError, match="has a table 'photos' that EarthLoc did not make"):
        made(tmp_path / "mine.gpkg")
    assert (tmp_path / "mine.gpkg").read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    results = made(tmp_path / "results.gpkg")
    con = sqlite3.connect(results.path)
    con.execute("UPDATE earthloc_schema SET version = 99")
    con.commit()
    con.close()
    with pytest.raises(OutputError, match="newer EarthLoc; update the engine"):
        results.save(localization(tmp_path / "a.jpg"))
    assert query(results.path, "SELECT count(*) FROM photos") == [(0,)]


def test_a_folder_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        made(tmp_path)
    with pytest.raises(OutputError, match="its folder does not exist"):
        made(tmp_path / "no" / "results.gpkg")
    assert not (tmp_path / "no").exists()


# -- no space, no access, no time ---------------------------------------------------------------------


def test_a_reader_does_not_block_and_a_writer_is_reported(tmp_path, monkeypatch):
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "a.jpg"))
    reader = sqlite3.connect(results.path)
    reader.execute("SELECT * FROM photos").fetchall()  # open, as a layer in QGIS is
    results.save(localization(tmp_path / "b.jpg"))
    assert reader.execute("SELECT count(*) FROM photos").fetchone() == (2,)
    reader.close()
    connect = geopackage.connect
    monkeypatch.setattr(geopackage, "connect", lambda path: connect(path, timeout_s=0.05))
    writer = sqlite3.connect(results.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="is being written by another program"):
        results.save(localization(tmp_path / "c.jpg"))
    writer.execute("ROLLBACK")
    writer.close()
    results.save(localization(tmp_path / "c.jpg"))
    assert len(results.rows()) == 3


def test_a_file_left_in_wal_mode_by_qgis_is_written(tmp_path):
    results = made(tmp_path / "results.gpkg")
    qgis = sqlite3.connect(results.path)
    assert qgis.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    qgis.execute("SELECT * FROM photos").fetchall()
    results.save(localization(tmp_path / "a.jpg"))
    assert qgis.execute("SELECT count(*) FROM photos").fetchone() == (1,)
    qgis.close()
    check_intact(results.path)


def test_a_full_disk_keeps_what_was_saved(tmp_path, monkeypatch):
    """SQLite's own page limit stands for the full disk: it fails the same way, in the same place."""
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "a.jpg"))
    connect = geopackage.connect

    def connect_to_a_full_disk(path):
        con = connect(path)
        (pages,) = con.execute("PRAGMA page_count").fetchone()
        con.execute(f"PRAGMA max_page_count = {pages + 1}")
        return con

    monkeypatch.setattr(geopackage, "connect", connect_to_a_full_disk)
    with pytest.raises(OutputError, match=r"the disk is full; free some space .* nothing saved was lost"):
        results.save(localization(tmp_path / "b.jpg", candidates=100))
    monkeypatch.undo()
    assert [row["photo"] for row in results.rows()] == ["a.jpg"]
    check_intact(results.path)


def test_a_really_full_disk_keeps_what_was_saved(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if os.name != "posix" or mount is None or os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        results = ResultsFile(disk / "results.gpkg")
        saved = 0
        with pytest.raises(OutputError, match="the disk is full"):
            while saved < 1000:
                results.save(localization(tmp_path / f"{saved}.jpg", candidates=20))
                saved += 1
        assert len(results.rows()) == saved > 0
        check_intact(results.path)
        with pytest.raises(OutputError, match="the disk is full"):
            made(disk / "second.gpkg").prepare()
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may become another user")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_missing_write_permission_is_reported(what):
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "read only"
        folder.mkdir()
        Path(base).chmod(0o755)
        path = folder / "results.gpkg"
        if what == "file":
            made(path)
            path.chmod(0o444)
            folder.chmod(0o777)
        pid = os.fork()  # a child with fewer rights
        if pid == 0:
            os.setuid(65534)
            try:
                made(path)
            except OutputError as error:
                os._exit(0 if "cannot be written to; choose another folder" in str(error) else 1)
            except BaseException:
                os._exit(2)
            os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


WRITER = """
import sys
sys.path.insert(0, {tests!r})
from test_results import localization
from engine.results import ResultsFile
results = ResultsFile(sys.argv[1])
for n in range(int(sys.argv[2]), 100000):
    results.save(localization(f"{{n:05d}}.jpg", candidates=50))
    print(n, flush=True)
"""


def test_a_kill_during_a_write_loses_nothing_that_was_answered(tmp_path):
    """A writer is killed again and again; every save it reported is in the file, whole."""
    path = tmp_path / "results.gpkg"
    script = WRITER.format(tests=str(Path(__file__).parent))
    reported = -1
    for attempt in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(reported + 1)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        for _ in range(2):  # two saves reported, then killed at another moment each time
            reported = int(child.stdout.readline())
        time.sleep(attempt * 0.003)
        child.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        reported = max([reported, *(int(line) for line in child.stdout.read().split())])
        child.stdout.close()
        child.wait(timeout=30)
        check_intact(path)
        saved = query(path, "SELECT localization FROM photos ORDER BY fid")
        assert [int(Path(json.loads(row)["photo"]).stem) for (row,) in saved][: reported + 1] == list(
            range(reported + 1)
        )
        assert query(path, "SELECT DISTINCT count(*) FROM candidates GROUP BY photo") == [(50,)]
        reported = len(saved) - 1
