"""Learning from located photos: reading them, mining, the last layer, and the command from end to end."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image

from engine import geo
from engine.answer import without_place
from engine.errors import CancelledError, InputError, UsageError
from engine.geopackage import connect
from engine.imagery.raster import RasterSource
from engine.localize import model_of
from engine.progress import Progress
from engine.results import ResultsFile
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.tiling import TILE_DTYPE
from training import learn as learn_module
from training import learn_views
from training.cli import main
from training.learn import Figures, LearnConfig, folds_by_pass, learn
from training.learn_command import NOT_BETTER
from training.located import LocatedPhoto, LocatedPhotos, name_prefix, pass_names, problem_of, read_located
from training.mining import ShownTiles, View, cut_views, one_photo_a_place, shown_tiles
from training.photo_head import HeadConfig, Views, learn_head, nce_loss, no_views, pair_loss, pair_weights
from training.photo_network import FeatureExtractor, write_photo_package

COLUMNS = ["photo", "lat1", "lon1", "lat2", "lon2", "lat3", "lon3", "lat4", "lon4", "pass"]
SQUARE = geo.square_corners(44.0, 5.0, 300.0)


# -- reading ------------------------------------------------------------------------------------------


def write_table(path, rows, columns=COLUMNS):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def row(name, corners, pass_name=""):
    return [name, *np.asarray(corners).ravel().round(6).tolist(), pass_name]


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        (SQUARE, None),
        (SQUARE[::-1], "clockwise"),
        (SQUARE[[0, 2, 1, 3]], "once around"),
        (geo.square_corners(44.0, 5.0, 10.0), "area"),
        (geo.square_corners(44.0, 5.0, 2500.0), "area"),
        (np.array([[95.0, 0], [44, 1], [43, 1], [43, 0]]), "no places"),
        (np.array([[44.0, 0], [44, 30], [43.9, 30], [43.9, 0]]), "times another"),
    ],
    ids=["square", "mirrored", "crossed", "small", "large", "no place", "narrow"],
)
def test_wrong_footprints_are_named(corners, words):
    reason = problem_of(corners)
    assert (reason is None) if words is None else words in reason


def test_photos_within_ten_minutes_or_named_alike_are_of_one_pass(tmp_path):
    def photo(name, taken_at):
        return LocatedPhoto(tmp_path / name, SQUARE, "", taken_at)

    names = pass_names(
        [
            photo("a.jpg", "2024-05-01T10:00:00"),
            photo("b.jpg", "2024-05-01T10:09:00"),
            photo("c.jpg", "2024-05-01T10:18:59"),  # of the same pass through the one before
            photo("d.jpg", "2024-05-01T10:29:00"),
            photo("Pass1_003.jpg", None),
            photo("pass1-004.jpg", None),
            photo("pass2_001.jpg", "not a time"),
        ]
    )
    assert names[0] == names[1] == names[2] != names[3]
    assert names[4] == names[5] == "pass1" != names[6]
    assert name_prefix(tmp_path / "ISS042-E-1.jpg") == "iss042"


def test_photos_of_a_table_are_checked_and_counted(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (64, 64)).save(tmp_path / name)
    table = write_table(
        tmp_path / "truth.csv",
        [
            row("a.jpg", SQUARE, "one"),
            row("b.jpg", SQUARE[::-1], "two"),
            row("gone.jpg", SQUARE, "two"),
            ["b.jpg", "x", *[1] * 7, "two"],
        ],
    )
    found = read_located(table, "pass")
    assert [(p.path.name, p.pass_name) for p in found.photos] == [("a.jpg", "one")]
    assert found.left_out == {
        "its corners are no places": 1,
        "its corners do not go once around it, clockwise": 1,
        "the photo's file is missing": 1,
    }


def saved(path, name, status, corners, taken_at=None, inliers=40):
    """Saves a localization of a photo, and returns it."""
    photo = path.parent / name
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(photo)
    answer = without_place(photo, "uncertain", "")
    answer |= {
        "status": status,
        "confidence": 0.9,
        "inliers": inliers,
        "corners": np.asarray(corners).tolist(),
        "center": list(geo.center_of(corners)),
        "footprint": geo.to_geojson(corners),
    }
    ResultsFile(path).save(answer, {"taken_at": taken_at})
    return answer


def review(path, name, decision, answer=None):
    """Adds a decision as the plugin does."""
    with closing(connect(path)) as con:
        con.execute(
            "INSERT INTO reviews (photo, decision, reviewed_at, localization) VALUES (?, ?, '2099-01-01T00:00:00Z', ?)",
            (name, decision, json.dumps(answer) if answer else None),
        )
        con.execute("UPDATE footprints SET review = ? WHERE photo = ?", (decision, name))


def test_accepted_corrected_and_located_photos_of_a_results_file_are_used(tmp_path):
    path = tmp_path / "results.gpkg"
    moved = geo.square_corners(45.0, 6.0, 310.0)
    saved(path, "located.jpg", "located", SQUARE, "2024-05-01T10:00:00")
    saved(path, "accepted.jpg", "uncertain", SQUARE)
    answer = saved(path, "corrected.jpg", "uncertain", SQUARE)
    saved(path, "rejected.jpg", "located", SQUARE)
    saved(path, "uncertain.jpg", "uncertain", SQUARE)
    saved(path, "rough.jpg", "uncertain", SQUARE, inliers=0)
    review(path, "accepted.jpg", "accepted")
    review(path, "corrected.jpg", "corrected", answer | {"corners": moved.tolist(), "confidence": None})
    review(path, "rejected.jpg", "rejected")
    review(path, "rough.jpg", "accepted")
    found = read_located(path)
    assert {p.path.name for p in found.photos} == {"located.jpg", "accepted.jpg", "corrected.jpg"}
    corrected = next(p for p in found.photos if p.path.name == "corrected.jpg")
    np.testing.assert_allclose(corrected.corners, moved)
    assert found.left_out == {
        "the review says rejected": 1,
        "it is uncertain and not accepted": 1,
        "nothing proves its footprint": 1,
    }


def test_results_without_a_usable_photo_say_why(tmp_path):
    path = tmp_path / "results.gpkg"
    saved(path, "uncertain.jpg", "uncertain", SQUARE)
    with pytest.raises(InputError, match=r"no photo to learn from: it is uncertain and not accepted \(1\)"):
        read_located(path)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, None], ids=["empty", "text", "other tables"])
def test_file_that_is_no_results_file_is_named(tmp_path, content):
    path = tmp_path / "results.gpkg"
    if content is None:
        with closing(sqlite3.connect(path)) as con:
            con.execute("CREATE TABLE other (a)")
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"results\.gpkg: is not a results file"):
        read_located(path)


def test_unknown_columns_are_named(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.jpg")
    table = write_table(tmp_path / "truth.csv", [row("a.jpg", SQUARE)])
    with pytest.raises(InputError, match="has no column 'orbit'"):
        read_located(table, "orbit")
    results = tmp_path / "results.gpkg"
    saved(results, "b.jpg", "located", SQUARE)
    with pytest.raises(InputError, match="'footprints' has no column 'x\"; --'"):
        read_located(results, 'x"; --')
    narrow = write_table(tmp_path / "narrow.csv", [["a.jpg", 1]], ["photo", "lat1"])
    with pytest.raises(InputError, match="has no column 'lon1'"):
        read_located(narrow)


# -- mining -------------------------------------------------------------------------------------------


def tiles_at(*places):
    tiles = np.zeros(len(places), TILE_DTYPE)
    for tile, (lat, lon, width) in zip(tiles, places, strict=True):
        tile["lat"], tile["lon"], tile["width_km"] = lat, lon, width
    return tiles


def test_overlap_of_hand_made_squares():
    """On the equator 1 degree is 111.195 km: squares of that side, one shifted by half, one of half the side."""
    side = 111.195
    tiles = tiles_at((0, 0, side), (0, 0.5, side), (0, 0, side / 2), (0, 3, side), (0, -179.9, side))
    shown = shown_tiles(np.array([[0.0, 0.0, side], [0.0, 179.9, side]]), tiles)
    assert shown.rows[0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(shown.overlaps[0], [1.0, 0.5 / 1.5, 0.25], rtol=1e-4)
    assert shown.rows[1].tolist() == [4]  # across the antimeridian
    np.testing.assert_allclose(shown.overlaps[1], [0.8 / 1.2], rtol=1e-4)
    assert shown.best(0) == (0, pytest.approx(1.0))


def test_batch_has_one_photo_a_place_and_one_view_a_photo():
    rows = [np.array([7]), np.array([7]), np.array([8]), np.array([9]), np.array([], np.int64)]
    overlaps = [np.array([value], np.float32) for value in (0.9, 0.8, 0.9, 0.4)] + [np.zeros(0, np.float32)]
    photos = np.array([0, 1, 0, 2, 3])
    # View 1 has the tile of view 0, view 2 its photo, view 3 too little overlap, view 4 no tile.
    assert one_photo_a_place(range(5), photos, ShownTiles(rows, overlaps), 5) == [0]
    assert one_photo_a_place([1, 0, 2], photos, ShownTiles(rows, overlaps), 5) == [1, 2]


def test_views_show_the_ground_that_they_say_north_up(make_raster, tmp_path):
    """A photo taken sideways: each of its views looks like the imagery of its place, and like no other turn of it."""
    raster = make_raster(tmp_path / "land.tif", (0, 40, 12, 48), width=1200, height=800, seed=3)
    source = RasterSource.open(raster)
    pixels, _ = source.square(44.0, 6.0, 400.0, 512)
    corners = geo.square_corners(44.0, 6.0, 400.0)
    turned, turned_corners = np.ascontiguousarray(np.rot90(pixels, -1)), np.roll(corners, 1, axis=0)
    views = cut_views(turned, turned_corners, 64, 12, np.random.default_rng(0))
    assert len(views) == 12
    best = []
    for view in views:
        lat, lon, width = view.place
        assert 150 < width < 450
        tile, _ = source.square(lat, lon, width, 64)
        middle = cv2.circle(np.zeros((64, 64), np.uint8), (32, 32), 20, 1, -1) > 0
        turns = [_correlation(np.rot90(tile, k)[middle], view.pixels[middle]) for k in range(4)]
        best.append(int(np.argmax(turns)) == 0)
    source.close()
    assert sum(best) >= 10  # a view turned by nearly 45 degrees may look like the next turn


def _correlation(a, b):
    return np.corrcoef(a.astype(float).ravel(), b.astype(float).ravel())[0, 1]


# -- the last layer -----------------------------------------------------------------------------------


def test_losses_of_one_view_by_hand():
    scores, overlap = torch.tensor([[0.6, 0.4, 0.1, 0.2]]), torch.tensor([[0.8, 0.6, 0.2, 0.0]])
    # The first two tiles are the view's (at least 0.56), the third overlaps in part, the last is another.
    np.testing.assert_allclose(pair_weights(overlap), [[0.8 / 1.4, 0.6 / 1.4, 0, 0]], rtol=1e-6)
    own = (0.8 * np.exp(10 * 0.6) + 0.6 * np.exp(10 * 0.4)) / 1.4
    expected = np.log1p(np.exp(10 * 0.2) / own)
    assert nce_loss(scores, overlap, torch.tensor(np.log(10.0))).item() == pytest.approx(expected, rel=1e-5)
    mean = (0.8 * 0.6 + 0.6 * 0.4) / 1.4
    expected = np.log1p(np.exp(-mean)) + np.log1p(np.exp(50 * 0.2)) / 50
    assert pair_loss(scores, overlap).item() == pytest.approx(expected, rel=1e-5)


def test_no_gradient_pushes_tiles_that_overlap_in_part():
    scores = torch.tensor([[0.6, 0.4, 0.1, 0.2]], requires_grad=True)
    for loss in (lambda s, o: nce_loss(s, o, torch.tensor(2.0)), pair_loss):
        scores.grad = None
        loss(scores, torch.tensor([[0.8, 0.6, 0.2, 0.0]])).backward()
        signs = np.sign(scores.grad[0].numpy()).tolist()
        assert signs == [-1, -1, 0, 1]


@pytest.mark.parametrize("loss", ["info_nce", "pairs"])
def test_layer_learns_a_known_rotation(loss):
    """Photos have the features of their tiles, mixed by a matrix: the layer learns to undo it."""
    rng = np.random.default_rng(0)
    tiles = rng.standard_normal((300, 16)).astype(np.float32)
    tiles /= np.linalg.norm(tiles, axis=1, keepdims=True)
    mixing = np.linalg.qr(rng.standard_normal((16, 16)))[0].astype(np.float32)
    shown = ShownTiles([np.array([n]) for n in range(300)], [np.ones(1, np.float32)] * 300)
    views = Views(tiles @ mixing, np.arange(300), shown)
    learning, testing = views.of_photos(np.arange(240)), views.of_photos(np.arange(240, 300))
    config = HeadConfig(steps=150, batch=32, rate=2e-2, tiles=200, clusters=8, loss=loss)
    start = np.eye(16, dtype=np.float32), np.zeros(16, np.float32)

    def found(weight, bias):
        best = ((testing.features @ weight.T + bias) @ tiles.T).argmax(axis=1)
        return float((best == np.arange(240, 300)).mean())

    head = learn_head(start, learning, no_views(16), tiles, config, 1, Progress())
    again = learn_head(start, learning, no_views(16), tiles, config, 1, Progress())
    assert found(*start) < 0.2
    assert found(*head) > 0.9
    np.testing.assert_array_equal(head[0], again[0])


def test_folds_keep_passes_together_and_are_of_about_one_size():
    names = ["a"] * 8 + ["b"] * 3 + ["c"] * 3 + ["d"] * 2
    folds = folds_by_pass(names, 2, 0)
    by_pass = {name: {int(f) for f, n in zip(folds, names, strict=True) if n == name} for name in "abcd"}
    assert all(len(numbers) == 1 for numbers in by_pass.values())
    assert sorted(np.bincount(folds).tolist()) == [8, 8]
    assert set(folds_by_pass(["a", "b"], 5, 0)) == {0, 1}


def test_better_means_earlier_and_not_less_recall():
    before = Figures.of([5, 50, 1000])
    assert before.mean_log_rank == pytest.approx((np.log(5) + np.log(50) + np.log(1000)) / 3, abs=1e-3)
    assert Figures.of([4, 50, 1000]).is_better_than(before)
    assert not Figures.of([5, 50, 1000]).is_better_than(before)
    assert not Figures.of([1, 1000, 60]).is_better_than(Figures.of([9, 10, 99]))


# -- packages -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def default_model():
    return ModelPackage.open(threads=1)


def test_package_embeds_photos_with_the_new_layer_and_tiles_as_before(default_model, tmp_path):
    extract = FeatureExtractor(default_model)
    rng = np.random.default_rng(0)
    pictures = [cv2.resize(rng.integers(0, 255, (9, 9, 3), np.uint8), (256, 256)) for _ in range(2)]
    weight, bias = extract.last_layer.weight, extract.last_layer.bias
    features = extract(pictures)
    same = features @ weight.T + bias
    same /= np.linalg.norm(same, axis=1, keepdims=True)
    np.testing.assert_allclose((same * default_model.embed(pictures)).sum(axis=1), 1.0, atol=1e-5)
    card = write_photo_package(
        default_model, -weight, -bias, tmp_path / "learned", pictures, {"learned": {"photos": 9}}
    )
    learned = ModelPackage.open(card, threads=1)
    assert learned.has_photo_network
    assert learned.sha256 == default_model.sha256
    assert learned.version.startswith(f"{default_model.version.split('+')[0]}+photos.")
    assert learned.card["learned"] == {"photos": 9}
    np.testing.assert_array_equal(learned.embed(pictures), default_model.embed(pictures))
    np.testing.assert_allclose((learned.embed_photo(pictures) * same).sum(axis=1), -1.0, atol=1e-4)
    with pytest.raises(UsageError, match="exists already"):
        write_photo_package(default_model, weight, bias, tmp_path / "learned", pictures, {})


# -- the command --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def photos(tmp_path_factory, land_raster):
    """Twelve photos of three passes, as negatives: a model that never saw one does not know their ground."""
    folder = tmp_path_factory.mktemp("photos")
    source = RasterSource.open(land_raster)
    rng = np.random.default_rng(4)
    rows = []
    for number in range(12):
        lat, lon, width = rng.uniform(42.5, 45.5), rng.uniform(2.5, 7.5), rng.uniform(290, 330)
        pixels, _ = source.square(lat, lon, width, 512)
        name = f"pass{number % 3}_{number:02d}.png"
        Image.fromarray(255 - pixels).save(folder / name)
        rows.append(row(name, geo.square_corners(lat, lon, width), "x"))
    source.close()
    return write_table(folder / "truth.csv", rows)


def arguments(table, index, out, *more):
    common = ["--index", str(index), "--out", str(out), "--simulated", "0", "--threads", "1", "--json"]
    return ["learn", str(table), *common, *more]


def test_learning_finds_photos_of_passes_that_it_did_not_learn_from(
    photos, small_index_folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("EARTHLOC_MODELS", str(tmp_path / "models"))
    out = tmp_path / "learned"
    assert main(arguments(photos, small_index_folder, out, "--install")) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["by_pass"]) == {"pass0", "pass1", "pass2"}
    assert report["after"]["mean_log_rank"] < report["before"]["mean_log_rank"]
    assert report["better"]
    card = json.loads((out / "earthloc-default.json").read_text(encoding="utf-8"))
    assert card["learned"]["passes"] == 3
    assert card["learned"]["held_out"]["after"] == report["after"]
    # Installed, it is the model of every index of this model.
    index = RegionalIndex.open(small_index_folder)
    assert model_of(index).version == card["version"]
    monkeypatch.setenv("EARTHLOC_MODELS", str(tmp_path / "nothing"))
    assert model_of(index).version != card["version"]


def test_what_is_not_better_is_not_written(photos, small_index_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("EARTHLOC_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(learn_module.Figures, "is_better_than", lambda self, before: False)
    assert main(arguments(photos, small_index_folder, tmp_path / "learned", "--install")) == NOT_BETTER
    report = json.loads(capsys.readouterr().out)
    assert not report["better"]
    assert report["card"] is None
    assert list(tmp_path.iterdir()) == []


def test_one_pass_is_refused(photos, small_index_folder, tmp_path, capsys):
    assert main(arguments(photos, small_index_folder, tmp_path / "learned", "--passes", "pass")) == 3
    assert "of one pass" in capsys.readouterr().err


def test_photos_that_show_no_tile_are_refused(small_index_folder, tmp_path, capsys):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    table = write_table(tmp_path / "truth.csv", [row("a.png", geo.square_corners(-20.0, 130.0, 300.0))])
    assert main(arguments(table, small_index_folder, tmp_path / "learned")) == 3
    assert "no tile of the index shows its ground" in capsys.readouterr().err


def test_a_run_that_was_cancelled_goes_on_where_it_was(
    photos, small_index_folder, default_model, tmp_path, monkeypatch
):
    located = read_located(photos)
    few = LocatedPhotos(located.photos[:3], {})
    index = RegionalIndex.open(small_index_folder)
    simulated = [lambda: [View(np.zeros((256, 256, 3), np.uint8), (44.0, 5.0, 300.0))]]
    read = []
    monkeypatch.setattr(learn_views, "cut_views", lambda *args: read.append(1) or cut_views(*args))
    out, state = tmp_path / "learned", tmp_path / "learned.learning"

    def run(given, stop=""):
        progress = Progress(lambda stage, *_: progress.cancel() if stop and stage.startswith(stop) else None)
        return learn(
            given, simulated, index, default_model, out, LearnConfig(views=2, head=HeadConfig(steps=2)), progress
        )

    for stop in ("simulate", "learn without fold 2"):
        with pytest.raises(CancelledError):
            run(few, stop)
        assert len(read) == 3  # in the first run
        assert not out.exists()
    kept = {path.name: path.stat().st_mtime_ns for path in state.iterdir()}
    assert {"photo-0.npz", "photo-2.npz", "simulated-0.npz", "fold-0.npz"} <= set(kept)
    (state / "photo-1.npz").write_bytes(b"damaged")
    run(few)
    assert len(read) == 4
    assert not state.exists()
    shutil.rmtree(out, ignore_errors=True)  # written if it happens to be better
    with pytest.raises(CancelledError):
        run(few, "simulate")
    other = LocatedPhotos([located.photos[0], located.photos[4]], {})
    with pytest.raises(CancelledError):
        run(other, "simulate")
    assert len(read) == 4 + 3 + 2  # nothing of other photos is used
