"""Where a photo could be, in the results file and as a raster."""

import sqlite3

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.warp import transform
from test_results import check_intact, localization, made, query, read_geometry
from where_kit import FIJI, INDUS, IRAQ, mixture, where_json

from engine.cli import main
from engine.contract.results import SCHEMA
from engine.errors import InputError, OutputError, UsageError
from engine.results import ResultsFile
from engine.where import cells
from engine.where.distribution import SEARCH_PERCENT
from engine.where.raster import NODATA, write_raster, write_raster_of


@pytest.fixture(scope="module")
def places():
    """Three places to search, one of them across 180 degrees."""
    return mixture((IRAQ, 0.6, 120.0), (INDUS, 0.3, 180.0), (FIJI, 0.1, 200.0))


@pytest.fixture
def saved(tmp_path, places):
    """A results file with one photo that could not be registered."""
    results = made(tmp_path / "results.gpkg")
    results.save({**localization(tmp_path / "a.jpg"), "where": where_json(places)})
    return results


def test_the_search_areas_of_a_photo_are_rows(saved, places):
    rows = query(saved.path, "SELECT photo, photo_id, percent, area_km2, geom FROM search_areas ORDER BY fid")
    assert [row[:3] for row in rows] == [("a.jpg", "ISS064-E-48617", percent) for percent in SEARCH_PERCENT]
    for _, _, percent, area_km2, geom in rows:
        assert area_km2 == pytest.approx(places.area_km2(percent))
        shape = read_geometry(geom)
        assert shape.geom_type == "MultiPolygon"
        assert shape.is_valid
        assert shape.contains(shapely.Point(IRAQ[1], IRAQ[0]))
    smallest, _, largest = (read_geometry(row[-1]) for row in rows)
    assert largest.buffer(1e-9).contains(smallest)
    assert not smallest.contains(shapely.Point(FIJI[1], FIJI[0]))
    assert largest.bounds[0] == -180.0
    assert largest.bounds[2] == 180.0
    west, east = query(saved.path, "SELECT min_x, max_x FROM gpkg_contents WHERE table_name = 'search_areas'")[0]
    assert (west, east) == (-180.0, 180.0)
    check_intact(saved.path)


def test_a_localization_without_a_map_has_no_search_areas(saved, tmp_path):
    for answer in (localization(tmp_path / "b.jpg"), {**localization(tmp_path / "c.jpg"), "where": None}):
        saved.save(answer)
    assert query(saved.path, "SELECT DISTINCT photo FROM search_areas") == [("a.jpg",)]
    saved.save(localization(tmp_path / "a.jpg"))  # located again without it
    assert query(saved.path, "SELECT count(*) FROM search_areas") == [(0,)]
    check_intact(saved.path)


def test_the_search_areas_go_with_their_photo(saved, tmp_path):
    assert saved.remove([tmp_path / "a.jpg"]) == 1
    assert query(saved.path, "SELECT count(*) FROM search_areas") == [(0,)]
    check_intact(saved.path)


def test_a_file_of_version_3_gets_the_table(saved, tmp_path, places):
    with sqlite3.connect(saved.path) as con:
        con.execute("UPDATE earthloc_schema SET version = 3")
        con.execute("DELETE FROM gpkg_contents WHERE table_name = 'search_areas'")
        con.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = 'search_areas'")
        con.execute("DELETE FROM gpkg_extensions WHERE table_name = 'search_areas'")
        con.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = 'search_areas'")
        con.execute("DELETE FROM layer_styles WHERE f_table_name = 'search_areas'")
        con.execute("DROP TABLE rtree_search_areas_geom")
        con.execute("DROP TABLE search_areas")
    con.close()
    assert ResultsFile(saved.path).localization(tmp_path / "a.jpg")["where"]["sources"] == ["tiles", "votes"]
    saved.save({**localization(tmp_path / "b.jpg"), "where": where_json(places)})
    assert query(saved.path, "SELECT version FROM earthloc_schema") == [(SCHEMA,)]
    assert query(saved.path, "SELECT DISTINCT photo FROM search_areas") == [("b.jpg",)]
    assert query(saved.path, "SELECT count(*) FROM layer_styles WHERE f_table_name = 'search_areas'") == [(1,)]
    check_intact(saved.path)


def test_the_raster_has_the_percentages_of_the_cells_where_they_lie(tmp_path, places):
    path = tmp_path / "where.tif"
    write_raster(places, path, "ISS064-E-48617")
    with rasterio.open(path) as raster:
        assert (raster.width, raster.height, raster.crs) == (608, 256, "EPSG:6933")
        assert raster.dtypes == ("float32", "float32")
        assert raster.nodata == NODATA
        assert raster.profile["compress"] == "deflate"
        assert raster.tags()["EARTHLOC_PHOTO"] == "ISS064-E-48617"
        assert "not a location" in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        percent, density = raster.read()
        x_m, y_m = transform("EPSG:4326", raster.crs, [IRAQ[1], 10.0], [IRAQ[0], -60.0])
        here, sea = ((row, column) for row, column in map(raster.index, x_m, y_m))
    for wanted in SEARCH_PERCENT:
        assert ((percent >= 0) & (percent < wanted)).sum() == places.search_area(wanted).sum()
        assert (places.search_area(wanted) == ((percent != NODATA) & (percent < wanted))).all()
    assert percent[here] < 10
    assert here[0] * 608 + here[1] == cells.cell_of(*IRAQ)
    assert percent[sea] == NODATA
    assert (density * cells.area_km2() / 1000).sum() == pytest.approx(1.0, rel=1e-5)
    assert path.stat().st_size < 300_000
    assert [file.name for file in tmp_path.iterdir()] == ["where.tif"]


def test_a_distribution_of_one_cell_is_within_every_area():
    log_density = np.full(cells.count(), -np.inf)
    log_density[1234] = 0.0
    percent = type(mixture()).from_log(log_density).percent.ravel()
    assert percent[1234] == 0
    assert np.delete(percent, 1234).min() == 100


def test_a_saved_photo_gives_its_raster(saved, tmp_path, places):
    out = tmp_path / "where.tif"
    answer = write_raster_of(tmp_path / "a.jpg", saved.path, out)
    assert answer == {"photo": str(tmp_path / "a.jpg"), "out": str(out), "area_km2": places.area_km2(90)}
    with rasterio.open(out) as raster:
        percent = raster.read(1)
    exact = places.percent  # the results file keeps each probability to a twelfth
    for wanted in SEARCH_PERCENT:
        found = (percent != NODATA) & (percent < wanted)
        assert found.sum() == pytest.approx((exact < wanted).sum(), rel=0.1)
        assert not (found & (exact > (100 + wanted) / 2)).any()


def test_what_is_not_there_is_named(saved, tmp_path):
    out = tmp_path / "where.tif"
    saved.save(localization(tmp_path / "b.jpg"))
    damaged = {**where_json(mixture((IRAQ, 1.0, 100.0))), "map": "bm9uc2Vuc2U="}
    saved.save({**localization(tmp_path / "c.jpg"), "where": damaged})
    for photo, results, why in (
        ("z.jpg", saved.path, "holds no result of z.jpg; locate it first"),
        ("b.jpg", saved.path, "does not say where b.jpg could be; locate it again"),
        ("c.jpg", saved.path, "holds a damaged result of c.jpg .*is not an encoded map"),
        ("a.jpg", tmp_path / "none.gpkg", "none.gpkg: holds no result of a.jpg"),
    ):
        with pytest.raises(InputError, match=why) as refused:
            write_raster_of(tmp_path / photo, results, out)
        assert refused.value.data()["message_id"].startswith("results.")
    assert not out.exists()


def test_no_file_is_left_where_none_can_be_written(saved, tmp_path):
    before = saved.path.read_bytes()
    with pytest.raises(UsageError, match="is one of the files that it is made from"):
        write_raster_of(tmp_path / "a.jpg", saved.path, saved.path)
    with pytest.raises(OutputError, match="its folder does not exist"):
        write_raster_of(tmp_path / "a.jpg", saved.path, tmp_path / "none" / "where.tif")
    assert saved.path.read_bytes() == before


def test_the_service_and_the_command_write_it(saved, tmp_path, capsys, start_engine):
    photo, out = tmp_path / "a.jpg", tmp_path / "by service.tif"
    service = start_engine()
    params = {"photo": str(photo), "results": str(saved.path), "out": str(out)}
    assert service.call(7, "where/raster", params)["result"]["out"] == str(out)
    error = service.call(8, "where/raster", {**params, "photo": str(tmp_path / "z.jpg")})["error"]["data"]
    assert (error["kind"], error["message_id"]) == ("input", "results.no_photo")
    assert main(["where-map", str(photo), "--results", str(saved.path), "--out", str(tmp_path / "a.tif")]) == 0
    assert "with 90 % within" in capsys.readouterr().out
    assert (tmp_path / "a.tif").read_bytes() == out.read_bytes()
    assert main(["where-map", "z.jpg", "--results", str(saved.path), "--out", str(tmp_path / "z.tif")]) == 3
