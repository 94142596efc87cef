"""Registered photos as files: the positions of their pixels, checked with GDAL and pyproj alone."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from georeference_kit import (
    SIZE,
    camera_of,
    check_positions,
    ground_of,
    place,
    seen_at,
    stripes,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from pyproj import CRS, Transformer
from test_results import localization

from engine.contract.parameters import GEOREFERENCED
from engine.errors import CancelledError, InputError, OutputError, UsageError
from engine.georeference import grid as grid_module
from engine.georeference import pixels as pixels_module
from engine.georeference.write import OutputSpec, georeference
from engine.imagery.raster import RasterSource
from engine.progress import Progress
from engine.registration.rendering import render
from engine.results import ResultsFile

CAMERAS = st.fixed_dictionaries(
    {
        "lat": st.floats(-90, 90),
        "lon": st.floats(-180, 180),
        "azimuth_deg": st.floats(0, 360),
        "tilt_deg": st.floats(0, 60),
        "roll_deg": st.floats(0, 360),
        "focal_px": st.floats(250, 3000),
    }
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(angles=CAMERAS, along_x=st.booleans(), crs=st.sampled_from(["auto", "aeqd", "EPSG:4326"]))
@example({"lat": 89.5, "lon": 10.0, "tilt_deg": 10.0, "focal_px": 600.0}, True, "EPSG:4326")
@example({"lat": -89.9, "lon": 10.0, "focal_px": 600.0}, False, "auto")
@example({"lat": -17.0, "lon": 179.9, "roll_deg": 33.0, "focal_px": 500.0}, True, "auto")
@example({"lat": -17.0, "lon": 179.9, "roll_deg": 33.0, "focal_px": 500.0}, True, "EPSG:4326")
@example({"lat": 40.0, "lon": 5.0, "tilt_deg": 60.0, "azimuth_deg": 120.0, "focal_px": 900.0}, False, "auto")
@example({"lat": 40.0, "lon": 5.0, "tilt_deg": 68.0, "focal_px": 700.0}, False, "auto")
def test_ortho_pixels_are_where_the_camera_saw_them(tmp_path_factory, angles, along_x, crs):
    camera = camera_of(angles)
    folder = tmp_path_factory.mktemp("ortho")
    photo, results = place(folder, camera, stripes(*SIZE, along_x))
    answer = georeference(photo, results, OutputSpec("ortho", folder / "out.tif", crs))
    tolerance_px = 1.0
    n = check_positions(folder / "out.tif", camera, along_x, tolerance_px)
    assert n > 0.05 * SIZE[0] * SIZE[1]
    assert answer["width_px"] * answer["height_px"] <= 4.2 * SIZE[0] * SIZE[1]
    with rasterio.open(folder / "out_uncertainty_km.tif") as sure:
        km = sure.read(1)
        assert 0.5 < np.nanmin(km) < 5.0
    shutil.rmtree(folder)


@pytest.mark.parametrize("tilt_deg", [0.0, 45.0, 66.0], ids=["nadir", "oblique", "limb"])
def test_ortho_covers_exactly_the_ground_seen(tmp_path, tilt_deg):
    """Every place that the camera sees is opaque, every other one and the sky are transparent."""
    camera = camera_of({"lat": 20.0, "lon": 30.0, "tilt_deg": tilt_deg, "azimuth_deg": 40.0, "focal_px": 500.0})
    photo, results = place(tmp_path, camera, stripes(*SIZE, True))
    answer = georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))
    with rasterio.open(tmp_path / "out.tif") as drawn:
        alpha = drawn.read(4) > 0
        lat, lon = ground_of(drawn)
        assert drawn.profile["tiled"]
        assert drawn.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    x, y = camera.project(lat, lon)  # NaN behind the horizon
    inside = (x > 0.5) & (y > 0.5) & (x < SIZE[0] - 0.5) & (y < SIZE[1] - 0.5)
    outside = ~((x > -0.5) & (y > -0.5) & (x < SIZE[0] + 0.5) & (y < SIZE[1] + 0.5))
    assert alpha[inside].all()
    assert not alpha[outside].any()
    edge = [alpha[0].any(), alpha[-1].any(), alpha[:, 0].any(), alpha[:, -1].any()]
    assert sum(edge) >= 3  # the raster ends where the photo does
    assert ("Only its Earth part" in answer["message"]) == (tilt_deg == 66.0)


PLACES = {
    "oblique": {"lat": 42.0, "lon": 5.0, "tilt_deg": 60.0, "azimuth_deg": 30.0, "focal_px": 2400.0},
    "antimeridian": {"lat": -16.0, "lon": 179.8, "tilt_deg": 20.0, "roll_deg": 100.0, "focal_px": 500.0},
    "pole": {"lat": 89.0, "lon": 10.0, "tilt_deg": 10.0, "roll_deg": 40.0, "focal_px": 500.0},
}


@pytest.mark.parametrize("where", PLACES)
def test_photo_rendered_from_imagery_matches_the_imagery(where, tmp_path, make_raster):
    """Shifts between the warped photo and the imagery, patch by patch, by phase correlation."""
    size = (900, 600)
    camera = camera_of(PLACES[where], size)
    lat, lon = (float(v) for v in camera.locate(size[0] / 2, size[1] / 2))
    crs = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84"
    imagery = make_raster(tmp_path / "imagery.tif", (-12e5, -12e5, 12e5, 12e5), crs, 2400, 2400, seed=3)
    with rasterio.open(imagery, "r+") as raster:  # detail down to the pixel
        noise = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 120, (2400, 2400)), (0, 0), 1.2)
        raster.write(np.clip(raster.read() + noise, 0, 255).astype(np.uint8))
    with RasterSource.open(imagery) as source:
        pixels, covered = render(source, camera)
        assert covered.all()
        photo, results = place(tmp_path, camera, pixels)
        answer = georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))
        with rasterio.open(tmp_path / "out.tif") as drawn:
            rgba = drawn.read()
            truth, _ = source.sample(*ground_of(drawn))
    shifts = []
    side = 96
    for top in range(0, rgba.shape[1] - side, side):
        for left in range(0, rgba.shape[2] - side, side):
            patch = np.s_[top : top + side, left : left + side]
            if (rgba[3][patch] > 0).all():
                ours, theirs = (np.float64(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY)) for p in
                                (np.moveaxis(rgba[:3], 0, -1)[patch].copy(), truth[patch].copy()))  # fmt: skip
                (dx, dy), _ = cv2.phaseCorrelate(ours, theirs, cv2.createHanningWindow((side, side), cv2.CV_64F))
                shifts.append(np.hypot(dx, dy))
    assert len(shifts) >= 8
    assert max(shifts) < 1.0
    assert np.median(shifts) < 0.3
    assert answer["crs"] == ("azimuthal equidistant round the photo" if where == "pole" else answer["crs"])


# -- control points -------------------------------------------------------------------------------


def test_control_points_give_positions_and_keep_the_pixels(tmp_path):
    camera = camera_of({"lat": -10.0, "lon": -60.0, "roll_deg": 70.0, "focal_px": 4000.0})
    rng = np.random.default_rng(5)
    deep = rng.integers(0, 60000, (3, SIZE[1], SIZE[0]), dtype=np.uint16)
    path = tmp_path / "photo.tif"
    with rasterio.open(path, "w", driver="GTiff", width=SIZE[0], height=SIZE[1], count=3, dtype="uint16") as photo:
        photo.write(deep)
    photo, results = place(tmp_path, camera, None, "photo.tif")
    answer = georeference(photo, results, OutputSpec("gcp", tmp_path / "gcp.tif"))
    with rasterio.open(tmp_path / "gcp.tif") as written:
        assert (written.read() == deep).all()
        gcps, crs = written.gcps
        assert crs.to_epsg() == 4326
        assert written.tags()["EARTHLOC_IMAGERY_ATTRIBUTION"] == "NASA Earth Observatory"
    assert len(gcps) == 60
    expected = seen_at(camera, np.array([g.y for g in gcps]), np.array([g.x for g in gcps]))
    assert np.array([g.col for g in gcps]) == pytest.approx(expected[0], abs=0.01)
    assert np.array([g.row for g in gcps]) == pytest.approx(expected[1], abs=0.01)
    assert answer["crs"] == "EPSG:4326"
    # GDAL warps by them: what it puts at a place is what the camera saw there, to a few pixels of a flat photo.
    with rasterio.open(tmp_path / "gcp.tif") as written, rasterio.vrt.WarpedVRT(written, src_crs=crs) as warped:
        lat, lon = camera.locate(100.5, 80.5)
        row, column = warped.index(float(lon), float(lat))
        x, y = seen_at(camera, *(np.array([v]) for v in warped.xy(row, column)[::-1]))
        assert (abs(float(x[0]) - 100.5), abs(float(y[0]) - 80.5)) < (1.5, 1.5)
        assert (row, column) > (0, 0)


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "bmp", "webp"])
def test_every_kind_of_picture_gets_control_points(tmp_path, suffix):
    camera = camera_of({"lat": -10.0, "lon": -60.0, "focal_px": 1000.0})
    photo, results = place(tmp_path, camera, stripes(*SIZE, True), f"photo.{suffix}")
    georeference(photo, results, OutputSpec("gcp", tmp_path / "gcp.tif"))
    with rasterio.open(tmp_path / "gcp.tif") as written, rasterio.open(photo) as source:
        assert (written.read() == source.read()).all()
        assert written.colorinterp == source.colorinterp


def test_points_for_the_georeferencer(tmp_path):
    camera = camera_of({"lat": -16.0, "lon": 179.9, "focal_px": 800.0})
    photo, results = place(tmp_path, camera, stripes(*SIZE, True), noise_px=0.5)
    georeference(photo, results, OutputSpec("points", tmp_path / "photo.png.points"))
    first, header, *rows = (tmp_path / "photo.png.points").read_text(encoding="utf-8").splitlines()
    assert CRS.from_wkt(first.removeprefix("#CRS: ")).to_epsg() == 4326
    assert header == "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"
    table = np.array([[float(v) for v in row.split(",")] for row in rows])
    assert len(table) == 60
    assert np.ptp(table[:, 0]) < 20  # in one piece across the antimeridian
    x, y = seen_at(camera, table[:, 1], table[:, 0])
    off = np.hypot(x - table[:, 2], y + table[:, 3])  # y counts upwards
    assert off == pytest.approx(table[:, 7], abs=0.01)
    assert off.mean() == pytest.approx(0.6, abs=0.2)


# -- fits to the tie points alone -----------------------------------------------------------------


@pytest.mark.parametrize(("kind", "tolerance_px"), [("warped", 1.0), ("affine", 3.0)])
def test_warps_by_tie_points(tmp_path, kind, tolerance_px):
    camera = camera_of({"lat": 5.0, "lon": 100.0, "roll_deg": 200.0, "tilt_deg": 5.0, "focal_px": 3000.0})
    photo, results = place(tmp_path, camera, stripes(*SIZE, True))
    answer = georeference(photo, results, OutputSpec(kind, tmp_path / "out.tif"))
    assert check_positions(tmp_path / "out.tif", camera, True, tolerance_px) > 0.5 * SIZE[0] * SIZE[1]
    assert answer["crs"] == "EPSG:32647"


def test_world_file_only_where_it_is_accurate_enough(tmp_path):
    flat = camera_of({"lat": 5.0, "lon": 100.0, "roll_deg": 20.0, "focal_px": 12000.0})
    photo, results = place(tmp_path / "flat", flat, stripes(*SIZE, True))
    out = photo.with_suffix(".pgw")
    answer = georeference(photo, results, OutputSpec("worldfile", out))
    assert answer["files"] == [str(out), str(photo.with_suffix(".prj"))]
    crs = CRS.from_wkt(photo.with_suffix(".prj").read_text())
    with rasterio.open(photo) as placed:  # GDAL finds the world file beside it
        x, y = placed.transform @ (200.0, 50.0)
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    seen = seen_at(flat, np.array([lat]), np.array([lon]))
    assert (float(seen[0][0]), float(seen[1][0])) == pytest.approx((200.0, 50.0), abs=answer["residual_px"] + 0.1)
    oblique = camera_of({"lat": 5.0, "lon": 100.0, "tilt_deg": 40.0, "focal_px": 600.0})
    photo, results = place(tmp_path / "oblique", oblique, stripes(*SIZE, True))
    with pytest.raises(UsageError, match=r"would be up to \d+\.\d px off \(1\.2 px is allowed\)"):
        georeference(photo, results, OutputSpec("worldfile", photo.with_suffix(".pgw")))
    assert not photo.with_suffix(".pgw").exists()


def test_kinds_that_need_more_than_tie_points_are_refused(tmp_path):
    limb = camera_of({"lat": 5.0, "lon": 100.0, "tilt_deg": 66.0, "focal_px": 500.0})
    photo, results = place(tmp_path / "limb", limb, stripes(*SIZE, True))
    for kind in ("warped", "affine", "worldfile"):
        with pytest.raises(UsageError, match="shows the limb.*choose the orthorectified photo"):
            georeference(photo, results, OutputSpec(kind, tmp_path / "out.tif"))
    pole = camera_of({"lat": 90.0, "lon": 0.0, "focal_px": 500.0})
    photo, results = place(tmp_path / "pole", pole, stripes(*SIZE, True))
    with pytest.raises(UsageError, match="shows a pole"):
        georeference(photo, results, OutputSpec("warped", tmp_path / "out.tif", "EPSG:4326"))
    assert georeference(photo, results, OutputSpec("warped", tmp_path / "out.tif"))["crs"].startswith("azimuthal")


def test_too_few_tie_points_are_refused(registered, tmp_path):
    """As after a correction by hand with three points, whose localization has no confidence."""
    photo, results = registered
    found = ResultsFile(results).localization(photo)
    ResultsFile(results).save({**found, "tie_points": found["tie_points"][:3], "confidence": None, "rms_km": None})
    for kind in ("warped", "affine"):
        with pytest.raises(UsageError, match="has only 3 tie points, too few for"):
            georeference(photo, results, OutputSpec(kind, tmp_path / "out.tif"))
    georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))
    with rasterio.open(tmp_path / "out.tif") as drawn:
        assert not {"EARTHLOC_CONFIDENCE", "EARTHLOC_RMS_KM"} & set(drawn.tags())


# -- bad input, no room, stopping -----------------------------------------------------------------


@pytest.fixture
def registered(tmp_path):
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 500.0})
    return place(tmp_path / "in", camera, stripes(*SIZE, True))


def test_a_photo_without_registration_is_refused(tmp_path):
    Image.fromarray(stripes(*SIZE, True)).save(tmp_path / "a.png")
    results = ResultsFile(tmp_path / "results.gpkg")
    out = tmp_path / "out.tif"
    for status, why in (("uncertain", "was not fitted to imagery"), ("not_found", "was not found")):
        results.save(localization(tmp_path / "a.png", status))
        for kind in GEOREFERENCED:
            with pytest.raises(InputError, match=rf"a\.png: its place .*{why}; .*register it"):
                georeference(tmp_path / "a.png", results.path, OutputSpec(kind, out))
    with pytest.raises(InputError, match=r"b\.png: is not in .*results\.gpkg; locate it first"):
        georeference(tmp_path / "b.png", results.path, OutputSpec("ortho", out))
    with pytest.raises(InputError, match=r"none\.gpkg; locate it first"):
        georeference(tmp_path / "a.png", tmp_path / "none.gpkg", OutputSpec("ortho", out))
    assert not (tmp_path / "none.gpkg").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "results.gpkg"}


def test_another_photo_of_the_same_name_is_refused(registered, tmp_path):
    photo, results = registered
    Image.fromarray(stripes(SIZE[0], SIZE[1] + 1, True)).save(photo)
    with pytest.raises(InputError, match="has 360 x 241 pixels but was located with 360 x 240; locate it again"):
        georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))
    photo.write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))


def test_photo_and_results_are_never_overwritten(registered, tmp_path):
    photo, results = registered
    for out in (photo, results, Path(str(photo.parent)) / "." / photo.name):
        before = out.read_bytes()
        with pytest.raises(UsageError, match="is one of the files that it is made from"):
            georeference(photo, results, OutputSpec("gcp", out))
        assert out.read_bytes() == before
    with pytest.raises(OutputError, match="its folder does not exist"):
        georeference(photo, results, OutputSpec("gcp", tmp_path / "no" / "out.tif"))
    with pytest.raises(OutputError, match="is a folder"):
        georeference(photo, results, OutputSpec("gcp", photo.parent))
    with pytest.raises(UsageError, match="not a kind of file"):
        georeference(photo, results, OutputSpec("kml", tmp_path / "out.kml"))
    with pytest.raises(UsageError, match="no known CRS"):
        georeference(photo, results, OutputSpec("gcp", tmp_path / "out.tif", "EPSG:3857"))


@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("stage", ["read", "draw", "write"])
def test_cancelling_leaves_no_files(tmp_path, stage, share):
    """At the beginning of a stage, or in the middle of it."""
    size = (1500, 1000)
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 2000.0}, size)
    photo, results = place(tmp_path / "in", camera, stripes(*size, True))
    out = tmp_path / "out.tif"
    out.write_bytes(b"an older file")
    told = []

    def on_progress(at, done, total, message):
        told.append((at, done, total))
        if at == stage and done >= share * total:
            progress.cancel()

    progress = Progress(on_progress)
    with pytest.raises(CancelledError):
        georeference(photo, results, OutputSpec("ortho", out), progress)
    assert told[-1][1] < told[-1][2] or stage == "read"
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out.tif"}
    assert out.read_bytes() == b"an older file"
    georeference(photo, results, OutputSpec("ortho", out))
    with rasterio.open(out) as drawn:
        assert drawn.count == 4


@pytest.mark.parametrize(("kind", "stage"), [("ortho", "draw"), ("warped", "write"), ("gcp", "write")])
def test_full_disk_is_an_output_error_and_leaves_no_files(tmp_path, kind, stage):
    """The disk is full when a stage begins: no file can grow any more."""
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 500.0})
    noise = np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    photo, results = place(tmp_path / "in", camera, noise)

    def on_progress(at, done, total, message):
        if at == stage and done == 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OutputError, match=r"out\.tif: could not be written .*; free some space"):
            georeference(photo, results, OutputSpec(kind, tmp_path / "out.tif"), Progress(on_progress))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_uncertain_registration_is_drawn_with_a_warning(tmp_path):
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 500.0})
    photo, results = place(tmp_path, camera, stripes(*SIZE, True), status="uncertain")
    assert "is uncertain: compare" in georeference(photo, results, OutputSpec("ortho", tmp_path / "o.tif"))["message"]


@pytest.mark.parametrize("kind", ["8-bit png", "16-bit png", "16-bit tif", "float tif"])
def test_large_photos_are_read_piece_by_piece(tmp_path, monkeypatch, kind):
    """A photo that is not decoded as a whole gives the same picture."""
    depth, suffix = kind.split()
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 500.0})
    pixels = stripes(*SIZE, True)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"photo.{suffix}"
    if depth == "8-bit":
        Image.fromarray(pixels).save(path)
    else:
        deep = np.moveaxis(pixels.astype(np.float32) * 37 + 900, -1, 0)
        dtype = "float32" if depth == "float" else "uint16"
        profile = {"width": SIZE[0], "height": SIZE[1], "count": 3, "dtype": dtype}
        with rasterio.open(path, "w", driver="PNG" if suffix == "png" else "GTiff", **profile) as file:
            file.write(deep.astype(dtype))
    photo, results = place(tmp_path / "in", camera, None, path.name)
    for name in ("whole.tif", "pieces.tif"):
        georeference(photo, results, OutputSpec("ortho", tmp_path / name, resolution_m=5000))
        monkeypatch.setattr(pixels_module, "_IN_MEMORY_PX", 1000)
    with rasterio.open(tmp_path / "whole.tif") as whole, rasterio.open(tmp_path / "pieces.tif") as pieces:
        assert np.abs(whole.read().astype(int) - pieces.read()).max() <= 2
        assert np.ptp(pieces.read(1)[pieces.read(4) > 0]) > 150
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".tif", f".{suffix}", ".gpkg"}


def test_the_raster_stays_within_bounds(registered, tmp_path, monkeypatch):
    photo, results = registered
    fine = georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif", resolution_m=0.5))
    assert fine["width_px"] * fine["height_px"] <= 4.2 * SIZE[0] * SIZE[1]
    monkeypatch.setattr(grid_module, "_MAX_PX", 2000)
    assert georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))["width_px"] < 80


def test_answers_are_json(registered, tmp_path):
    photo, results = registered
    for kind in GEOREFERENCED:
        if kind != "worldfile":
            answer = json.loads(json.dumps(georeference(photo, results, OutputSpec(kind, tmp_path / f"{kind}.tif"))))
            assert all(Path(file).is_file() for file in answer["files"])
            assert answer["kind"] == kind


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["astropi_hq_015.jpg", "astropi_mk1_0669.jpg", "ISS042-E-104453.jpg"])
def test_real_photos_match_the_imagery(name, data_folder, tmp_path):
    """The warped photo and the mosaic agree: edges are at the same positions, patch by patch."""
    from engine.evaluate import read_truth
    from engine.register_at import Place, register_at

    truth = next(t for t in read_truth(data_folder / "photos" / "truth.csv") if t.photo.name == name)
    mosaic = data_folder / "imagery" / "bluemarble_2004-08_z8_webmercator.tif"
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(register_at(Place(truth.photo, *truth.center, 500.0, mosaic)))
    georeference(truth.photo, results.path, OutputSpec("ortho", tmp_path / "o.tif", resolution_m=611))
    with rasterio.open(tmp_path / "o.tif") as drawn, RasterSource.open(mosaic) as source:
        rgba = drawn.read()
        there, _ = source.sample(*ground_of(drawn))

    def edges(rgb):
        grey = cv2.GaussianBlur(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
        return np.log1p(np.hypot(cv2.Sobel(grey, cv2.CV_64F, 1, 0), cv2.Sobel(grey, cv2.CV_64F, 0, 1)))

    ours, theirs = edges(np.moveaxis(rgba[:3], 0, -1)), edges(there)
    side = 128
    window = cv2.createHanningWindow((side, side), cv2.CV_64F)
    shifts_km = []
    for top in range(0, rgba.shape[1] - side, side // 2):
        for left in range(0, rgba.shape[2] - side, side // 2):
            patch = np.s_[top : top + side, left : left + side]
            if (rgba[3][patch] > 0).all():
                shift, alike = cv2.phaseCorrelate(*(e[patch] - e[patch].mean() for e in (ours, theirs)), window)
                if alike > 0.15:  # where both show the same and not clouds
                    shifts_km.append(0.611 * np.hypot(*shift))
    median, most = np.percentile(shifts_km, [50, 90])
    print(f"{name}: {len(shifts_km)} patches, {median:.2f} km off in the median, 90 % within {most:.2f} km")
    assert len(shifts_km) >= 20
    assert median < 0.6
    assert most < 1.5


def test_photo_info_describes_the_stored_array(tmp_path):
    """EXIF orientation rotates nothing: corners are those of the stored pixels."""
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 500.0})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stripes(*SIZE, True)).save(tmp_path / "photo.png", exif=exif)
    photo, results = place(tmp_path, camera, None)
    georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif"))
    assert check_positions(tmp_path / "out.tif", camera, True, 1.0) > 1000
