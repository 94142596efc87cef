"""Imagery of every kind, through every interface: files of tiles, folders of EarthLoc tiles, tile servers."""

from __future__ import annotations

import json
import os
import sqlite3
import time

import cv2
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from PIL import Image
from pyproj import Transformer
from test_registration import PLACES, take_photo, texture
from test_registration_solve import camera_at
from tile_server import TileServer, raster_tiles

from engine.errors import InputError, UsageError
from engine.imagery.location import find_imagery
from engine.imagery.opening import open_imagery
from engine.imagery.raster import RasterSource
from engine.localize import Localizer, Query
from engine.progress import Progress
from engine.resources import resources_folder
from engine.results import ResultsFile
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage

VIEW = (44.0, 5.0, 200.0, 128)
MAX_ZOOM = 8


@pytest.fixture(scope="module")
def ground(tmp_path_factory, make_raster):
    """Artificial land, 0 to 12 E, 40 to 48 N."""
    return make_raster(tmp_path_factory.mktemp("ground") / "ground.tif", PLACES["oblique"][0], pixels=texture(0))


@pytest.fixture(scope="module")
def plot(tmp_path_factory, make_raster):
    """A piece of artificial land, 3 to 7 E, 42 to 46 N, half a kilometre a pixel."""
    path = tmp_path_factory.mktemp("plot") / "plot.tif"
    return make_raster(path, (3.0, 42.0, 7.0, 46.0), pixels=texture(3, 800, 700))


@pytest.fixture
def server(ground, monkeypatch, tmp_path):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    started = TileServer(raster_tiles(ground, MAX_ZOOM))
    yield started
    started.stop()


@pytest.fixture
def settings_file(server, tmp_path):
    path = tmp_path / "server.json"
    fields = {
        "name": "Ground Office",
        "url": server.template,
        "max_zoom": MAX_ZOOM,
        "attribution": "© Ground Office",
        "licence": "CC BY 4.0",
        "max_requests_per_s": 100,
    }
    path.write_text(json.dumps(fields), encoding="utf-8")
    return path


@pytest.fixture
def photo_file(tmp_path, ground):
    Image.fromarray(take_photo(ground, camera_at(**PLACES["oblique"][2]))).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture(scope="module")
def index(tmp_path_factory, ground, model):
    """An index from somebody else, whose imagery is not on this computer."""
    folder = tmp_path_factory.mktemp("indexes") / "ground"
    # Only tiles around the place of the photo: the first candidate is right, however slow this computer is.
    build_index(ground, folder, bbox=(4.5, 43.4, 7.2, 45.6), tile_km=(313.0,), model=model, include_ocean=True)
    folder.with_name(folder.name + ".imagery.txt").unlink()
    return folder


# -- files of tiles -------------------------------------------------------------------------------------


def as_mercator(plot, folder):
    """The same ground in Web Mercator at a zoom level of tiles, which GDAL's tile drivers do not resample."""
    path = folder / "mercator.tif"
    with rasterio.open(plot) as file, rasterio.vrt.WarpedVRT(file, crs="EPSG:3857") as warped:
        rasterio.shutil.copy(warped, path, driver="GTiff")
    return path


@pytest.mark.parametrize("driver", ["MBTiles", "GPKG"])
def test_tiles_in_a_file(tmp_path, plot, driver):
    path = tmp_path / f"plot.{driver.lower()}"
    options = {"TILE_FORMAT": "PNG"} | ({"TILING_SCHEME": "GoogleMapsCompatible"} if driver == "GPKG" else {})
    rasterio.shutil.copy(as_mercator(plot, tmp_path), path, driver=driver, **options)
    if driver == "MBTiles":
        with sqlite3.connect(path) as database:
            fields = [("attribution", "Ground Office"), ("license", "CC BY 4.0")]
            database.executemany("INSERT INTO metadata VALUES (?, ?)", fields)
        database.close()
    with open_imagery(path) as source, RasterSource.open(plot) as reference:
        got, covered = source.square(*VIEW)
        expected, _ = reference.square(*VIEW)
        if driver == "MBTiles":
            assert (source.title, source.attribution, source.licence) == (path.name, "Ground Office", "CC BY 4.0")
    assert covered.all()
    assert np.corrcoef(got.ravel(), expected.ravel())[0, 1] > 0.98


def test_a_geopackage_with_several_rasters_names_them(tmp_path, plot):
    path = tmp_path / "several.gpkg"
    mercator = as_mercator(plot, tmp_path)
    rasterio.shutil.copy(mercator, path, driver="GPKG", RASTER_TABLE="SUMMER")
    rasterio.shutil.copy(mercator, path, driver="GPKG", RASTER_TABLE="WINTER", APPEND_SUBDATASET="YES")
    with pytest.raises(InputError, match="holds several rasters: GPKG:.*SUMMER, GPKG:.*WINTER"):
        open_imagery(path)
    with open_imagery(f"GPKG:{path}:WINTER") as source:
        assert source.square(*VIEW)[1].all()


def test_a_geopackage_without_tiles(tmp_path):
    from engine.retrieval.footprints import write_footprints
    from engine.retrieval.tiling import tile_grid

    write_footprints(tmp_path / "vector.gpkg", tile_grid((0, 40, 10, 48), [300.0]))
    with pytest.raises(InputError, match=r"vector\.gpkg: (cannot be opened as a raster|holds no raster)"):
        open_imagery(tmp_path / "vector.gpkg")


# -- a folder of EarthLoc tiles -------------------------------------------------------------------------


def write_earthloc_tiles(raster, folder, zoom, size_px=256, keep=lambda column: True):
    """Tiles named as in EarthLoc: 4 x 4 map tiles each, every second one, so that neighbours overlap by half."""
    folder.mkdir(exist_ok=True)
    to_degrees = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    half = 20037508.342789244
    step_m = 2 * half / 2**zoom
    with RasterSource.open(raster) as source:
        west, south, east, north = source.bounds()
        to_metres = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
        (x0, x1), (y0, y1) = to_metres.transform([west, east], [south, north])
        columns = range(int((x0 + half) / step_m) // 2 * 2, int((x1 + half) / step_m), 2)
        rows = range(int((half - y1) / step_m) // 2 * 2, int((half - y0) / step_m), 2)
        for row in rows:
            for column in filter(keep, columns):
                left, top = -half + column * step_m, half - row * step_m
                edges = left + 4 * step_m * (np.arange(size_px) + 0.5) / size_px
                x, y = np.meshgrid(edges, top - (edges - left))
                lon, lat = to_degrees.transform(x, y)
                pixels, covered = source.sample(lat, lon)
                if covered.mean() < 1.0:
                    continue
                (w, e), (s, n) = to_degrees.transform([left, left + 4 * step_m], [top - 4 * step_m, top])
                corners = "@".join(f"{v:.5f}" for v in (s, w, n, w, n, e, s, e))
                name = f"@{corners}@{zoom}_{row:04}_{column:04}@2018@{(n + s) / 2:.5f}@{(e + w) / 2:.5f}@99@0@.png"
                Image.fromarray(pixels).save(folder / name)


def test_neighbours_in_a_folder_of_earthloc_tiles_are_stitched(tmp_path, plot):
    folder = tmp_path / "tiles"
    write_earthloc_tiles(plot, folder, zoom=10)
    (folder / "notes.txt").write_text("not a tile")
    (folder / "@44.0@5.0@ISS001-E-1@.jpg").write_text("not a tile either")
    with open_imagery(folder) as source, RasterSource.open(plot) as reference:
        assert source.title == "tiles"
        west, south, east, north = source.bounds()
        assert (west, south, east, north) == pytest.approx((3, 42, 7, 46), abs=0.8)
        for view in ((44.0, 5.0, 180.0, 100), (43.8, 5.2, 150.0, 128)):
            got, covered = source.square(*view)
            expected, _ = reference.square(*view)
            assert covered.all()
            assert np.corrcoef(got.ravel(), expected.ravel())[0, 1] > 0.95
            shift, _ = cv2.phaseCorrelate(*(pixels[..., 0].astype(np.float32) for pixels in (got, expected)))
            assert np.hypot(*shift) < 0.1
        assert not source.square(-20.0, 100.0, 300.0, 64)[1].any()


def test_next_best_zoom_is_used_where_a_zoom_has_no_tile(tmp_path, plot):
    folder = tmp_path / "tiles"
    write_earthloc_tiles(plot, folder, zoom=10)
    coarse = len(list(folder.iterdir()))
    write_earthloc_tiles(plot, folder, zoom=11, keep=lambda column: column < 1050)  # west of 4.6 E
    assert len(list(folder.iterdir())) > coarse
    with open_imagery(folder) as source, RasterSource.open(plot) as reference:
        got, covered = source.square(44.0, 5.0, 160.0, 256)
        expected, _ = reference.square(44.0, 5.0, 160.0, 256)
    assert covered.all()
    assert np.corrcoef(got.ravel(), expected.ravel())[0, 1] > 0.9


def test_folders_that_cannot_be_used(tmp_path, plot):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: holds no EarthLoc tile"):
        open_imagery(tmp_path / "empty")
    folder = tmp_path / "tiles"
    write_earthloc_tiles(plot, folder, zoom=10)
    for tile in sorted(folder.iterdir())[1:]:
        tile.write_bytes(tile.read_bytes()[:500])
    with open_imagery(folder) as source, pytest.raises(InputError, match="is damaged or no picture"):
        source.square(44.0, 5.0, 200.0, 128)
    for content in (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 256 256\n",
        b"BM" + bytes(60),
        b"\xff\xd8\xff" * 9_000_000,
    ):
        for tile in folder.iterdir():
            tile.write_bytes(content)  # of other kinds than tiles are, or far too large
        os.utime(folder, ns=(0, time.time_ns()))  # read anew
        with pytest.raises(InputError, match="holds no EarthLoc tile"):
            open_imagery(folder)


# -- locating with a tile server --------------------------------------------------------------------------


def test_a_photo_is_located_with_tiles_and_credit_is_kept(photo_file, index, model, settings_file, server):
    told = []
    localizer = Localizer([RegionalIndex.open(index)], [model])
    without = localizer.localize(Query(photo_file))
    assert without["status"] == "uncertain"
    assert not server.asked  # nothing is fetched that was not asked for
    query = Query(photo_file, register_s=60, imagery=str(settings_file))
    answer = localizer.localize(query, Progress(lambda *said: told.append(said)))
    assert answer["status"] == "located"
    assert answer["imagery"] == {
        "source": "Ground Office",
        "attribution": "© Ground Office",
        "licence": "CC BY 4.0",
    }
    stages = [stage for stage, *_ in told]
    assert stages.index("imagery") > stages.index("register")
    asked = len(server.asked)
    server.stop()
    again = localizer.localize(query)
    assert again["status"] == "located"
    assert again["corners"] == answer["corners"]
    assert len(server.asked) == asked


@pytest.mark.parametrize("case", ["down", "slow", "broken", "garbage", "nothing there"])
def test_a_bad_server_makes_a_photo_uncertain_and_says_why(case, photo_file, index, model, settings_file, server):
    replies = {
        "slow": lambda h, n: (time.sleep(2.5), h.send(404, b"")),
        "broken": lambda h, n: h.send(500, b""),
        "garbage": lambda h, n: h.send(200, b"<html>"),
        "nothing there": lambda h, n: h.send(404, b""),
    }
    if case == "down":
        server.stop()
    server.reply = replies.get(case)
    localizer = Localizer([RegionalIndex.open(index)], [model])
    query = Query(photo_file, top_k=20, register_s=2.0, imagery=str(settings_file))
    started = time.monotonic()
    answer = localizer.localize(query)
    assert answer["status"] == "uncertain"
    assert "Not checked: imagery server Ground Office (127.0.0.1): " in answer["message"]
    assert answer["camera"] is None
    assert answer["timings_ms"]["register"] < 2000 + 3000
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("case", ["down", "garbage"])
def test_registering_at_a_place_with_a_bad_server(case, photo_file, earthloc, settings_file, server, tmp_path):
    server.reply = lambda h, n: h.send(200, b"<html>log in</html>", "text/html")
    if case == "down":
        server.stop()
    out = tmp_path / "results.gpkg"
    known = ("--at", "43.9,5.4", "--width-km", "380", "--imagery", settings_file, "--out", out)
    done = earthloc("register", photo_file, *known)
    assert done.returncode == 3
    wrong = {
        "down": "cannot be reached; check its address and your connection",
        "garbage": "a text rather than a picture",
    }
    assert "earthloc: imagery server Ground Office (127.0.0.1): " in done.stderr
    assert wrong[case] in done.stderr
    assert ResultsFile(out).rows() == []


def test_a_server_that_fails_later_is_named_too(tmp_path, ground, photo_file, model, settings_file, server):
    """The first candidates do not fit; then the server goes away."""
    folder = tmp_path / "wide"
    build_index(ground, folder, bbox=(1.0, 41.0, 11.0, 47.0), tile_km=(220.0,), model=model, include_ocean=True)
    pixels = np.asarray(Image.open(photo_file))
    Image.fromarray(np.ascontiguousarray(pixels[:, ::-1])).save(photo_file)  # mirrored: fits nowhere
    localizer = Localizer([RegionalIndex.open(folder)], [model])
    query = Query(photo_file, top_k=30, register_s=60.0, imagery=str(settings_file))
    unchecked = localizer.localize(Query(photo_file, top_k=30, register=False))
    tried = []

    def fail_after_two(stage, done, *_):
        if stage == "register":
            tried.append(done)
            if done == 2:
                server.stop()

    answer = localizer.localize(query, Progress(fail_after_two))
    assert 2 <= max(tried) < 30
    assert answer["status"] == "uncertain"
    assert f"None of the {max(tried)} candidates tried fits" in answer["message"]
    assert "Not all candidates were checked: imagery server Ground Office (127.0.0.1): " in answer["message"]
    assert answer["confidence"] < unchecked["confidence"]  # the first was looked at


def test_unchecked_candidates_keep_the_confidence_of_the_first(tmp_path, ground, plot, model):
    """Two indexes; only the imagery of the one without the first candidate is on this computer."""
    for raster, box in (plot, None), (ground, (4.5, 43.4, 7.2, 45.6)):
        build_index(raster, tmp_path / raster.stem, bbox=box, tile_km=(220.0,), model=model, include_ocean=True)
    (tmp_path / "plot.imagery.txt").unlink()
    with RasterSource.open(plot) as source:
        Image.fromarray(source.square(44.0, 5.0, 220.0, 512)[0]).save(tmp_path / "photo.png")
    localizer = Localizer([RegionalIndex.open(tmp_path / name) for name in ("plot", "ground")], [model])
    unchecked = localizer.localize(Query(tmp_path / "photo.png", top_k=50, register=False))
    assert unchecked["candidates"][0]["index"] == "plot"
    answer = localizer.localize(Query(tmp_path / "photo.png", top_k=50, register_s=60.0))
    assert answer["confidence"] == unchecked["confidence"]
    assert "fits the imagery" in answer["message"]
    assert "Not all candidates were checked: the imagery of the index plot (plot.tif) is not here" in answer["message"]


def test_cancelling_while_tiles_are_fetched(photo_file, index, model, settings_file, server):
    from engine.errors import CancelledError

    progress = Progress(lambda stage, *_: progress.cancel() if stage == "imagery" else None)
    localizer = Localizer([RegionalIndex.open(index)], [model])
    with pytest.raises(CancelledError):
        localizer.localize(Query(photo_file, register_s=60, imagery=str(settings_file)), progress)


def test_the_command_line_accepts_a_server(earthloc, photo_file, index, settings_file, server, tmp_path):
    done = earthloc(
        "localize", photo_file, "--index", index, "--imagery", settings_file, "--json",
        "--out", tmp_path / "results.gpkg",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "located"
    with sqlite3.connect(tmp_path / "results.gpkg") as database:
        stored = database.execute("SELECT imagery, imagery_attribution FROM footprints").fetchone()
    database.close()
    assert stored == ("Ground Office", "© Ground Office")
    wrong = earthloc("localize", photo_file, "--index", index, "--imagery", "https://example.org/{z}/{x}.png")
    assert wrong.returncode == 2
    assert "does not have {z}, {x} and {y}" in wrong.stderr


def test_the_service_accepts_a_server_and_reports_tiles(start_engine, photo_file, index, settings_file, server):
    engine = start_engine()
    engine.call(1, "initialize", {"protocol": 1, "client": "test"})
    params = {"photo": str(photo_file), "indexes": [str(index)], "imagery": str(settings_file)}
    answer = engine.call(2, "localize", params)["result"]
    assert answer["status"] == "located"
    assert answer["imagery"]["attribution"] == "© Ground Office"
    progress = [m["params"] for m in engine.seen if m.get("method") == "progress" and m["params"]["stage"] == "imagery"]
    assert progress[0]["total"] > 4
    assert "Ground Office" in progress[0]["message"]


# -- indexes from a tile server ----------------------------------------------------------------------------


def test_index_from_a_server_equals_index_from_the_mosaic(tmp_path, ground, settings_file, server):
    # The default network amplifies the last grey levels of smooth artificial ground; the baseline does not.
    model = ModelPackage.open(resources_folder() / "models" / "baseline")
    region = (3.0, 42.0, 8.0, 46.0)
    info = build_index(
        settings_file, tmp_path / "served", bbox=region, tile_km=(220.0,), model=model, include_ocean=True
    )
    assert info["source"]["attribution"] == "© Ground Office"
    assert info["source"]["licence"] == "CC BY 4.0"
    assert info["source"]["path"] == "Ground Office"
    build_index(ground, tmp_path / "plain", bbox=region, tile_km=(220.0,), model=model, include_ocean=True)
    served, plain = RegionalIndex.open(tmp_path / "served"), RegionalIndex.open(tmp_path / "plain")
    assert served.count == plain.count > 5
    assert np.array_equal(served.tiles, plain.tiles)
    similarity = served.descriptors @ plain.descriptors.T
    assert np.array_equal(similarity.argmax(axis=1), np.arange(plain.count))
    assert similarity.diagonal().min() > 0.85
    assert find_imagery(tmp_path / "served", "Ground Office") is None  # a server is asked only when it is named


def test_a_server_needs_a_region_attribution_and_licence(tmp_path, model, settings_file, server):
    with pytest.raises(UsageError, match="Ground Office: is a tile server, which has the whole world"):
        build_index(settings_file, tmp_path / "world", model=model)
    with pytest.raises(UsageError, match="whom to credit and under which licence"):
        build_index(server.template, tmp_path / "bare", bbox=(3, 42, 8, 46), model=model)
    assert not server.asked
    assert list(tmp_path.glob("*.partial")) == []


def test_a_build_from_a_server_that_goes_down_is_resumed(tmp_path, model, settings_file, server):
    more = {"bbox": (1.0, 41.0, 11.0, 47.0), "tile_km": (80.0,), "model": model, "include_ocean": True}
    allowed = [60]

    def answer(handler, numbers):
        allowed[0] -= 1
        return handler.send_tile(*numbers) if allowed[0] >= 0 else handler.send(403, b"enough for today")

    server.reply = answer
    with pytest.raises(InputError, match="refuses"):
        build_index(settings_file, tmp_path / "ground", resume=True, **more)
    server.reply = None
    info = build_index(settings_file, tmp_path / "ground", resume=True, **more)
    assert info["count"] > 32
    assert len(set(server.asked)) >= len(server.asked) - 8  # what had come is not asked for again
