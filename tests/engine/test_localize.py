import json
import shutil

import numpy as np
import pytest
import shapely
from PIL import Image

from engine import geo
from engine.errors import CancelledError, IndexDamagedError
from engine.evaluate import Truth, evaluate, first_right_ranks, read_truth
from engine.imagery.raster import RasterSource
from engine.localize import Localizer, Query, model_of, models_of, prior_of_first_candidate
from engine.progress import Progress
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.tiling import tile_name

KEYS = {
    "photo",
    "photo_id",
    "message_id",
    "message_params",
    "status",
    "confidence",
    "footprint",
    "corners",
    "center",
    "camera",
    "pose",
    "tie_points",
    "imagery",
    "inliers",
    "rms_km",
    "candidates",
    "nadir",
    "model",
    "engine",
    "timings_ms",
    "message",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory, land_raster, model):
    """Of tiles alone: what votes add is tested in test_voting.py."""
    folder = tmp_path_factory.mktemp("tiles") / "europe"
    build_index(land_raster, folder, tile_km=(220.0, 313.0), model=model, attribution="made up", feature_km=0)
    return RegionalIndex.open(folder)


@pytest.fixture(scope="module")
def localizer(index, model):
    return Localizer([index], [model])


def photo_of_tile(path, land_raster, tile, quarters=0, size_px=320):
    """A picture of a tile, rotated clockwise: rotating it counter-clockwise by as much makes it north-up again."""
    with RasterSource.open(land_raster) as source:
        pixels, _ = source.square(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), size_px)
    Image.fromarray(np.rot90(pixels, -quarters)).save(path, quality=95)
    return path


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_rotated_picture_of_a_tile_finds_the_tile(quarters, tmp_path, land_raster, index, localizer):
    tile = index.tiles[index.count // 2]
    # As large as the network sees it: resampled once more, made-up texture, all fine detail, would look like none.
    (model,) = localizer.models.values()
    photo = photo_of_tile(tmp_path / "iss064e000513.png", land_raster, tile, quarters, model.input.size_px)
    answer = localizer.localize(Query(photo, register=False))
    assert set(answer) == KEYS
    assert answer["photo_id"] == "ISS064-E-513"
    assert answer["status"] == "uncertain"  # without registration never better
    best = answer["candidates"][0]
    assert best["rotation_deg"] == quarters * 90
    assert best["center"] == [pytest.approx(float(tile["lat"]), abs=1e-5), pytest.approx(float(tile["lon"]), abs=1e-5)]
    assert best["score"] > 0.7
    assert [c["rank"] for c in answer["candidates"]] == list(range(1, 11))
    assert set(answer["timings_ms"]) == {"read", "embed", "search", "register", "where", "total"}
    # The corners belong to the stored pixels: the corner that shows the north-west must say so.
    north_west = geo.square_corners(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]))[0]
    shown_at = {0: 0, 1: 1, 2: 2, 3: 3}[quarters]  # rotated clockwise, the north-west moves by one corner each time
    assert answer["corners"][shown_at] == pytest.approx(north_west.tolist(), abs=1e-5)
    json.dumps(answer, allow_nan=False)


def test_the_footprint_is_valid_geojson_around_the_centre(tmp_path, land_raster, index, localizer):
    answer = localizer.localize(Query(photo_of_tile(tmp_path / "p.png", land_raster, index.tiles[0]), register=False))
    polygon = shapely.geometry.shape(answer["footprint"])
    assert polygon.is_valid
    lat, lon = answer["center"]
    assert polygon.contains(shapely.Point(lon, lat))


def test_nadir_restricts_and_gives_distances(tmp_path, land_raster, index, localizer):
    photo = photo_of_tile(tmp_path / "p.jpg", land_raster, index.tiles[0])
    nadir = (46.0, 8.0)
    answer = localizer.localize(Query(photo, nadir=nadir, radius_km=250, top_k=100, register=False))
    assert answer["nadir"] == list(nadir)
    assert 0 < len(answer["candidates"]) < index.count
    for candidate in answer["candidates"]:
        assert candidate["nadir_distance_km"] <= 250
        assert float(geo.distance_km(*nadir, *candidate["center"])) == pytest.approx(
            candidate["nadir_distance_km"], abs=0.1
        )
    anywhere = Query(photo, nadir=nadir, radius_km=250, top_k=1000, use_nadir=False, register=False)
    everywhere = localizer.localize(anywhere)
    assert len(everywhere["candidates"]) == index.count


def test_without_a_tile_in_the_circle_the_photo_is_not_found(tmp_path, land_raster, index, localizer):
    photo = photo_of_tile(tmp_path / "p.jpg", land_raster, index.tiles[0])
    answer = localizer.localize(Query(photo, nadir=(-45.0, 170.0), radius_km=500))
    assert (answer["status"], answer["footprint"], answer["confidence"]) == ("not_found", None, 0.0)
    assert "within 500 km of 45.0°S 170.0°E" in answer["message"]


def test_a_photo_of_one_colour_is_not_found(tmp_path, localizer):
    Image.new("RGB", (400, 300), (3, 3, 4)).save(tmp_path / "night.png")
    answer = localizer.localize(Query(tmp_path / "night.png"))
    assert answer["status"] == "not_found"
    assert "one colour" in answer["message"]


def test_an_unreadable_photo_fails_with_a_message(tmp_path, localizer):
    (tmp_path / "kaputt ä.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    answer = localizer.localize(Query(tmp_path / "kaputt ä.jpg"))
    assert set(answer) == KEYS
    assert answer["status"] == "failed"
    assert "kaputt ä.jpg" in answer["message"]


def test_cancel(tmp_path, land_raster, index, localizer):
    progress = Progress(what="localize")
    progress.cancel()
    with pytest.raises(CancelledError):
        localizer.localize(Query(photo_of_tile(tmp_path / "p.jpg", land_raster, index.tiles[0])), progress)


def test_an_index_of_another_model_is_refused(index, other_model_folder):
    with pytest.raises(IndexDamagedError, match=r"was built with the model earthloc-default .* not with other"):
        Localizer([index], [ModelPackage.open(other_model_folder)])


# -- evaluation -----------------------------------------------------------------------------------


def write_truth(path, rows):
    header = "photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon"
    lines = [",".join([name, *(f"{v:.6f}" for v in np.ravel(corners)), *nadir]) for name, corners, nadir in rows]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_evaluate_counts_right_and_wrong_photos(tmp_path, land_raster, index, localizer):
    rows = []
    for number, row in enumerate([2, index.count // 2, index.count - 3]):
        tile = index.tiles[row]
        photo_of_tile(tmp_path / f"{number}.png", land_raster, tile, quarters=number)
        corners = geo.square_corners(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]))
        rows.append((f"{number}.png", corners, ("", "")))
    # A photo whose stated truth is elsewhere cannot be found.
    photo_of_tile(tmp_path / "wrong.png", land_raster, index.tiles[5])
    rows.append(("wrong.png", geo.square_corners(-30.0, 20.0, 300.0), ("", "")))
    counted = evaluate(write_truth(tmp_path / "truth.csv", rows), localizer, register=False)
    assert counted["photos"] == 4
    assert counted["recall"] == counted["recall_strict"]
    # A neighbouring tile, which shows half of the same ground, may come first.
    assert counted["recall"].pop("1") in (50.0, 75.0)
    assert counted["recall"] == dict.fromkeys(("5", "10", "20", "100"), 75.0)
    assert (counted["located"], counted["wrong"]) == (0, 0)
    assert counted["seconds_per_photo"] > 0


def candidate(rank, lat, lon, width_km):
    return {"rank": rank, "center": [lat, lon], "width_km": width_km}


def test_right_and_strictly_right():
    truth = Truth("p.jpg", geo.square_corners(45.0, 179.9, 200.0), None)
    far = candidate(1, 0.0, 0.0, 300)
    touching = candidate(2, 45.0, -176.6, 400)  # 275 km east: overlaps, but its centre is too far off
    beside = candidate(3, 46.6, 179.9, 100)  # 178 km north: does not reach the footprint
    near = candidate(4, 45.5, -179.7, 300)  # 64 km off, across the antimeridian
    assert first_right_ranks(truth, [far]) == (None, None)
    assert first_right_ranks(truth, [far, beside]) == (None, None)
    assert first_right_ranks(truth, [far, touching]) == (2, None)
    assert first_right_ranks(truth, [far, touching, beside, near]) == (2, 4)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "photo\n",
        "photo,lat1\nx.jpg,1\n",
        "photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon\nx.jpg,a,1,1,1,1,1,1,1,,\n",
    ],
)
def test_bad_truth_tables(tmp_path, content):
    from engine.errors import InputError

    (tmp_path / "truth.csv").write_text(content)
    with pytest.raises(InputError, match=r"truth\.csv"):
        read_truth(tmp_path / "truth.csv")


@pytest.mark.realdata
def test_real_truth_table_reads(data_folder):
    truths = read_truth(data_folder / "photos" / "truth.csv")
    assert len(truths) == 27
    for truth in truths:
        assert truth.photo.is_file()
        assert 300 < geo.side_lengths_km(truth.corners).max() < 800


def test_an_index_of_another_model_contains_the_model(tmp_path, land_raster, other_model_folder):
    """A researcher's index is passed on as one folder: the analyst needs nothing else."""
    build_index(land_raster, tmp_path / "i", tile_km=[313], model=ModelPackage.open(other_model_folder))
    index = RegionalIndex.open(tmp_path / "i", verify=True)
    model = model_of(index)
    assert model.name == "other"
    photo = photo_of_tile(tmp_path / "p.png", land_raster, index.tiles[4])
    assert Localizer([index], [model]).localize(Query(photo))["candidates"][0]["score"] > 0.85


def test_an_index_without_its_model_is_refused(tmp_path, small_index_folder):
    folder = shutil.copytree(small_index_folder, tmp_path / "i")
    info = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    info["model"]["sha256"] = "0" * 64
    (folder / "index.json").write_text(json.dumps(info), encoding="utf-8")
    with pytest.raises(IndexDamagedError, match="which is missing; install an EarthLoc that includes it, or build"):
        model_of(RegionalIndex.open(folder))


def card_with(photos, recall):
    return {"measured": {"everywhere": {"photos": photos, "recall_strict": {"1": recall}}}}


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (card_with(98, 50.0), 0.5),
        (card_with(27, 0.0), pytest.approx(1 / 29, abs=1e-3)),
        (card_with(27, 100.0), pytest.approx(28 / 29, abs=1e-3)),  # few photos never make certain
        (card_with(27, 400.0), 0.0),
        (card_with(0, 50.0), 0.0),
        (card_with("many", 50.0), 0.0),
        ({"measured": {"within_1000_km_of_nadir": {}}}, 0.0),
        ({"measured": []}, 0.0),
        ({}, 0.0),
    ],
)
def test_confidence_comes_from_the_measured_recall_of_the_card(card, expected):
    assert prior_of_first_candidate(card, near_nadir=False) == expected


def test_a_place_no_likelier_than_chance_is_called_that(tmp_path, land_raster, index, localizer, monkeypatch):
    photo = photo_of_tile(tmp_path / "p.jpg", land_raster, index.tiles[0])
    message_ids = []
    for probability in (0.004, 0.006):
        monkeypatch.setattr(Localizer, "_probability", lambda *_, p=probability, **__: p)
        answer = localizer.localize(Query(photo, register=False))
        assert answer["status"] == "uncertain"
        message_ids.append([sentence["id"] for sentence in answer["message_params"]["sentences"]])
    assert message_ids == [
        ["guess.chance", "guess.tile", "guess.compare"],
        ["guess.tile", "guess.improbable", "guess.compare"],
    ]


def test_a_model_without_figures_says_nothing_about_chance(tmp_path, land_raster, index, localizer, monkeypatch):
    photo = photo_of_tile(tmp_path / "p.jpg", land_raster, index.tiles[0])
    monkeypatch.setattr(Localizer, "_probability", lambda *_, **__: 0.0)
    assert "chance" not in localizer.localize(Query(photo, register=False))["message"]


def test_confidence_depends_on_whether_a_nadir_is_known(tmp_path, land_raster, index, localizer):
    photo = photo_of_tile(tmp_path / "p.jpg", land_raster, index.tiles[0])
    everywhere = localizer.localize(Query(photo, register=False))["confidence"]
    near = localizer.localize(Query(photo, nadir=(44.0, 5.0), register=False))["confidence"]
    assert 0 < everywhere < near < 0.99


def test_indexes_of_two_models_give_one_answer(tmp_path, land_raster, index, model, other_model_folder):
    """Both know the place; each finds it by its own model, and neither crowds the other out."""
    other = ModelPackage.open(other_model_folder)
    build_index(land_raster, tmp_path / "i", tile_km=[313], model=other)
    second = RegionalIndex.open(tmp_path / "i")
    models = models_of([index, second, index])
    assert [m.sha256 for m in models] == [model.sha256, other.sha256]
    tile = second.tiles[second.count // 2]
    photo = photo_of_tile(tmp_path / "p.png", land_raster, tile, size_px=model.input.size_px)
    answer = Localizer([index, second], models).localize(Query(photo, register=False, top_k=40))
    names = [candidate["index"] for candidate in answer["candidates"]]
    assert names.count(index.name) > 5
    assert names.count("i") > 5
    right = [c for c in answer["candidates"] if c["tile"] == tile_name(tile)]
    assert right[0]["rank"] == 1
    assert {c["index"] for c in right} == {index.name, "i"}
    made_with = index if answer["candidates"][0]["index"] == index.name else second
    assert answer["model"]["sha256"] == made_with.info["model"]["sha256"]
