"""Registering at a known place and georeferencing, through the command line and the service."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
from PIL import Image
from test_registration import PLACES, near, rasters, take_photo  # noqa: F401 - a fixture
from test_registration_solve import camera_at

from engine import geo
from engine.registration import footprint

CAMERA = camera_at(**PLACES["oblique"][2])


@pytest.fixture(scope="module")
def scene(tmp_path_factory, rasters):  # noqa: F811
    """A photo, the imagery it was rendered from, and a place 30 km from what it shows."""
    folder = tmp_path_factory.mktemp("scene é")
    Image.fromarray(take_photo(rasters["oblique"], CAMERA)).save(folder / "ISS064-E-48617.png")
    return folder, folder / "ISS064-E-48617.png", rasters["oblique"], near(CAMERA)


def check_center(answer):
    truth = footprint.center(CAMERA, footprint.footprint_ring(CAMERA))
    assert float(geo.distance_km(*truth, *answer["center"])) < 3


def test_register_and_georeference_on_the_command_line(earthloc, scene):
    folder, photo, imagery, (lat, lon) = scene
    results = folder / "results.gpkg"
    known = ("--at", f"{lat},{lon}", "--width-km", "380", "--imagery", imagery)
    done = earthloc("register", photo, *known, "--out", results, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["status"] == "located"
    assert answer["candidates"] == []
    assert answer["pose"]["width_px"] == 640
    assert answer["imagery"]["source"] == str(imagery)
    assert "candidate" not in answer["message"]
    check_center(answer)
    ortho = folder / "ortho.tif"
    done = earthloc("georeference", photo, "--results", results, "--kind", "ortho", "--out", ortho, "--crs", "aeqd")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [str(ortho), str(folder / "ortho_uncertainty_km.tif")]
    with rasterio.open(ortho) as drawn:
        assert drawn.count == 4
    heights = folder / "plain.tif"
    with rasterio.open(imagery) as file:
        profile = {**file.profile, "count": 1, "dtype": "int16", "photometric": "minisblack"}
        with rasterio.open(heights, "w", **profile) as flat:
            flat.write(np.full((1, file.height, file.width), 900, np.int16))
    over = ("--kind", "ortho", "--out", folder / "over.tif", "--elevation", heights)
    done = earthloc("georeference", photo, "--results", results, *over)
    assert (done.returncode, done.stderr) == (0, "")
    assert "over the heights of plain.tif" in done.stdout
    refused = earthloc("georeference", photo, "--results", results, "--kind", "worldfile", "--out", folder / "p.pgw")
    assert refused.returncode == 2
    assert "an affine map, all that a world file holds, would be up to" in refused.stderr
    said = earthloc("register", photo, *known)
    assert "located (confidence > 99 %)" in said.stdout


def test_where_it_does_not_fit_it_is_not_found(earthloc, scene):
    folder, photo, imagery, _ = scene
    results = folder / "elsewhere.gpkg"
    done = earthloc("register", photo, "--at", "-40,100", "--width-km", "300", "--imagery", imagery, "--out", results)
    assert done.returncode == 0
    assert "not found" in done.stdout
    assert "does not fit the imagery within 360 km of -40.00, 100.00" in done.stdout
    refused = earthloc("georeference", photo, "--results", results, "--kind", "gcp", "--out", folder / "gcp.tif")
    assert refused.returncode == 3
    assert (
        "its place was not found; locate it with imagery at hand, or register it at a place you know" in refused.stderr
    )
    assert not (folder / "gcp.tif").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("register", "none.jpg", "--at", "1,2", "--width-km", "300", "--imagery", "none.tif"), 3),
        (("register", "none.jpg", "--at", "91,2", "--width-km", "300", "--imagery", "none.tif"), 2),
        (("register", "none.jpg", "--at", "1,2", "--imagery", "none.tif"), 2),
        (("georeference", "none.jpg", "--results", "none.gpkg", "--kind", "ortho", "--out", "out.tif"), 3),
        (("georeference", "none.jpg", "--results", "none.gpkg", "--kind", "kml", "--out", "out.tif"), 2),
    ],
)
def test_bad_usage(earthloc, tmp_path, arguments, code):
    done = earthloc(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert done.stderr.startswith("earthloc: ")
    assert list(tmp_path.iterdir()) == []


def test_through_the_service(start_engine, scene, tmp_path):
    _, photo, imagery, at = scene
    engine = start_engine()
    engine.call(1, "initialize", {"protocol": 1, "client": "test"})
    results = tmp_path / "results.gpkg"
    params = {"photo": str(photo), "at": list(at), "width_km": 380.0, "imagery": str(imagery), "out": str(results)}
    answer = engine.call(2, "register", params)["result"]
    assert (answer["status"], answer["saved_to"]) == ("located", str(results))
    out = tmp_path / "o.tif"
    wanted = {"photo": str(photo), "results": str(results), "kind": "ortho", "out": str(out), "resolution_m": 2000}
    written = engine.call(3, "georeference", wanted)["result"]
    assert written["files"][0] == str(out)
    assert written["resolution_m"] == 2000
    stages = [m["params"]["stage"] for m in engine.seen if m.get("method") == "progress" and m["params"]["id"] == 3]
    assert list(dict.fromkeys(stages)) == ["read", "draw", "write"]
    with rasterio.open(out) as drawn:
        assert (np.diff(drawn.read(4).astype(int)) != 0).any()
    for change, problem in (
        ({"kind": "kml"}, "not a kind of file"),
        ({"crs": "EPSG:3857"}, "no known CRS"),
        ({"photo": str(imagery)}, "is not in"),
        ({"resolution_m": 0}, "resolution_m"),
        ({"elevation": str(out.with_name("none.tif"))}, "none.tif: no such file"),
        ({"colour": "red"}, "unknown parameter 'colour'"),
    ):
        assert problem in engine.call(4, "georeference", {**wanted, **change})["error"]["message"]
    assert (
        "'at' is missing"
        in engine.call(5, "register", {"photo": str(photo), "imagery": str(imagery)})["error"]["message"]
    )


def test_cancelling_through_the_service(start_engine, scene, tmp_path):
    _, photo, imagery, at = scene
    engine = start_engine()
    engine.call(1, "initialize", {"protocol": 1, "client": "test"})
    results = tmp_path / "results.gpkg"
    params = {"photo": str(photo), "at": list(at), "width_km": 380.0, "imagery": str(imagery), "out": str(results)}
    engine.call(2, "register", params)
    # So fine that drawing takes seconds: it cannot be done before the cancel arrives.
    wanted = {"photo": str(photo), "results": str(results), "kind": "ortho", "out": str(tmp_path / "o.tif"),
              "resolution_m": 60}  # fmt: skip
    engine.send(3, "georeference", wanted)
    engine.until(lambda m: m.get("method") == "progress" and m["params"]["stage"] == "draw" and m["params"]["done"])
    assert engine.call(4, "cancel", {"id": 3})["result"] == {"cancelled": True}
    assert engine.answer(3)["error"]["data"]["kind"] == "cancelled"
    assert [path.name for path in tmp_path.iterdir()] == ["results.gpkg"]
