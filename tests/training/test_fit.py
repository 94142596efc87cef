"""Training on simulated photos: configuration, pairs, pictures, steps, interruption and errors."""

from __future__ import annotations

import csv
import errno
import shutil
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import torch
from PIL import Image
from rasterio.transform import from_bounds

from engine.errors import CancelledError, InputError, OutputError, UsageError
from engine.progress import Progress
from engine.retrieval.model import ModelPackage
from training import checkpoint, fit
from training.batches import Pairs, neutral_pairs, rotate_and_mirror
from training.cache import PictureCache, Pictures
from training.cli import main
from training.config import StepsConfig, read_config
from training.fit import Trainer
from training.networks.config import GemConfig, MixVprConfig
from training.package import export_run
from training.places.pairs import Imagery, held_out
from training.validation import CachedValidation

TINY = """
name = "tiny"
seed = 3
[network]
backbone = "compact"
input = "grey"
size_px = 64
[network.aggregator]
kind = "rings"
width = 8
dimension = 16
[imagery]
mosaic = "world.tif"
[views]
air = false
clouds = false
season = false
texture = false
[places]
tile_km = [626, 886]
bbox = [-10, 35, 40, 60]
photos = 40
test_photos = 8
[steps]
steps = 60
batch = 16
region_photos = 20
head_rate = 3e-3
trunk_rate = 3e-3
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with a random mosaic of the world and the configuration `tiny.toml`."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(3)
    lattice = (40 + 160 * rng.random((90, 180, 3))).astype(np.uint8)
    pixels = np.asarray(Image.fromarray(lattice).resize((1800, 900), Image.Resampling.BICUBIC))
    profile = {"driver": "GTiff", "width": 1800, "height": 900, "count": 3, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(folder / "world.tif", "w", transform=from_bounds(-180, -90, 180, 90, 1800, 900), **profile) as f:
        f.write(np.moveaxis(pixels, -1, 0))
    (folder / "tiny.toml").write_text(TINY)
    return folder


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    """A finished run."""
    out = tmp_path_factory.mktemp("run") / "run"
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "_SAVE_INTERVAL", 15)
        assert main(["fit", "--config", str(data / "tiny.toml"), "--out", str(out), "--data", str(data)]) == 0
    return out


def stopping_at(stage, step):
    """Progress that cancels the run at a step."""

    def stop(now, done, total, message):
        if (now, done) == (stage, step):
            progress.cancel()

    progress = Progress(stop)
    return progress


def curve(out):
    with (out / "curve.csv").open() as file:
        return list(csv.DictReader(file))


def test_training_increases_the_share_of_pairs_found(finished):
    assert [row["step"] for row in curve(finished)] == ["0", "15", "30", "45", "60"]
    found = [float(row["found_in_batch"]) for row in curve(finished)[1:]]
    losses = [float(row["loss"]) for row in curve(finished)[1:]]
    assert losses[-1] < losses[0]
    assert found[-1] > 1.5 / 16
    assert 0 <= float(curve(finished)[-1]["recall_at_10"]) <= float(curve(finished)[-1]["recall_at_100"]) <= 100


def test_tensorboard_has_curves_and_predictions(finished):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(finished / "tensorboard"), size_guidance={"images": 0}).Reload()
    assert {"loss", "found_in_batch", "images_per_s", "recall_at_1"} <= set(events.Tags()["scalars"])
    assert [event.step for event in events.Scalars("recall_at_10")] == [0, 15, 30, 45, 60]
    sheets = events.Images("predictions")
    assert len(sheets) == 5
    assert (sheets[0].width, sheets[0].height) == (6 * 136, 8 * 136)


def test_cached_validation_counts_tiles_with_a_near_centre_as_correct():
    """The best tile of the first photo is 111 km away, within half its width; that of the second is its second best."""
    places = [[0.0, 0.0, 400.0], [0.0, 1.0, 400.0], [0.0, 5.0, 400.0], [40.0, 5.0, 400.0]]
    tiles = Pictures(torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1), torch.arange(4), torch.tensor(places))
    photos = Pictures(
        torch.tensor([4, 5], dtype=torch.uint8).view(2, 1, 1, 1), torch.tensor([0, 2]), torch.tensor(places)[[0, 2]]
    )
    descriptors = torch.cat([torch.eye(4), torch.tensor([[0.0, 0.9, 0.1, 0.0], [0.0, 0.0, 0.1, 0.9]])])
    found = CachedValidation(tiles, photos).measure(lambda pixels: descriptors[pixels.flatten().long()])
    assert found.recall == {"1": 50.0, "5": 100.0, "10": 100.0, "20": 100.0, "100": 100.0}
    assert found.sheet.shape[0] == 2 * 136


def test_interrupted_run_gives_the_same_weights_as_an_uninterrupted_one(finished, data, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "_SAVE_INTERVAL", 2)
    config = read_config(data / "tiny.toml")
    config = replace(config, steps=replace(config.steps, steps=8, small_px=96, small_share=0.4))
    ends = []
    for stops in ((), (1, 3, 5)):
        out = tmp_path / f"run{len(stops)}"
        shutil.copytree(finished / "cache", out / "cache")
        for step in stops:
            with pytest.raises(CancelledError):
                Trainer(config, out, data).run(stopping_at("train", step))
        Trainer(config, out, data).run(Progress())
        ends.append(torch.load(out / "network.pt", weights_only=True))
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("kind", ["gem", "mixvpr"])
def test_other_aggregators_and_losses_can_be_trained(finished, data, tmp_path, kind):
    parts = {"gem": GemConfig(), "mixvpr": MixVprConfig(depth=1, channels=8, rows=2)}
    config = read_config(data / "tiny.toml")
    config = replace(
        config,
        loss="multi_similarity",
        network=replace(config.network, aggregator=parts[kind], dimension=16),
        steps=replace(config.steps, steps=4, turned=False),
    )
    shutil.copytree(finished / "cache", tmp_path / "cache")
    before = Trainer(config, tmp_path, data).network.state_dict()
    before = {name: tensor.clone() for name, tensor in before.items()}
    after = Trainer(config, tmp_path, data).run(Progress()).state_dict()
    changed = [name for name, tensor in after.items() if not torch.equal(tensor, before[name])]
    assert any(name.startswith("backbone.") for name in changed)
    assert any(name.startswith("projection.") for name in changed)


def test_final_weights_are_interpolated_with_the_pretrained_ones(finished, data, tmp_path):
    config = read_config(data / "tiny.toml")
    ends = {}
    for kept in (0.0, 0.5, 1.0):
        out = tmp_path / str(kept)
        shutil.copytree(finished / "cache", out / "cache")
        changed = replace(config, steps=replace(config.steps, steps=3, kept=kept))
        ends[kept] = {k: v.clone() for k, v in Trainer(changed, out, data).run(Progress()).state_dict().items()}
    start = Trainer(config, tmp_path, data).network.state_dict()
    for name, tensor in ends[0.5].items():
        if name.startswith("backbone.") and tensor.is_floating_point():
            torch.testing.assert_close(ends[0.0][name], start[name])
            torch.testing.assert_close(tensor, (ends[1.0][name] + start[name]) / 2)
        elif tensor.is_floating_point():
            torch.testing.assert_close(tensor, ends[1.0][name])


def test_cache_is_made_once(finished, data):
    chunks = {p: p.stat().st_mtime_ns for p in (finished / "cache").glob("*.npz")}
    assert chunks
    Trainer(read_config(data / "tiny.toml"), finished, data).run(Progress())
    assert {p: p.stat().st_mtime_ns for p in (finished / "cache").glob("*.npz")} == chunks


def test_folder_with_a_run_of_another_configuration_is_refused(finished, data):
    config = replace(read_config(data / "tiny.toml"), seed=4)
    with pytest.raises(InputError, match="another configuration"):
        Trainer(config, finished, data).run(Progress())


def test_message_names_a_damaged_chunk_and_a_damaged_checkpoint(finished, data, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(finished, copy)
    (copy / "state.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match=r"state\.pt"):
        Trainer(read_config(data / "tiny.toml"), copy, data).run(Progress())
    chunk = sorted((copy / "cache").glob("photos-*.npz"))[0]
    chunk.write_bytes(chunk.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"photos-00000\.npz"):
        Trainer(read_config(data / "tiny.toml"), copy, data).run(Progress())


def test_full_disk_keeps_the_last_checkpoint(finished, data, tmp_path, monkeypatch):
    copy = tmp_path / "run"
    shutil.copytree(finished, copy)
    before = (copy / "state.pt").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        Trainer(read_config(data / "tiny.toml"), copy, data).run(Progress())
    assert (copy / "state.pt").read_bytes() == before


def test_finished_run_can_be_exported(finished, data, tmp_path):
    (tmp_path / "m.json").write_text('{"everywhere": {"photos": 3}}')
    exported = export_run(
        finished, data / "tiny.toml", data, tmp_path / "package", "fp32", "9.9.9", tmp_path / "m.json"
    )
    model = ModelPackage.open(tmp_path / "package")
    assert (model.name, model.version, model.dimension) == ("tiny", "9.9.9", 16)
    assert model.card["measured"] == {"everywhere": {"photos": 3}}
    assert exported.min_cosine > 0.9999


def test_unfinished_run_cannot_be_exported(data, tmp_path):
    with pytest.raises(InputError, match="not finished"):
        export_run(tmp_path, data / "tiny.toml", data, tmp_path / "package", "fp32", "1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed = 1", "sed is unknown"),
        ("[steps]\nstep = 3", "steps.step is unknown"),
        ("[network]\nbackbones = 'x'", "network.backbones is unknown"),
        ("[places]\ntile_km = 'wide'", "places.tile_km"),
        ("seed = 'a'", "seed = 'a' is of the wrong type"),
        ("seed = true", "wrong type"),
        ("steps = 3", "steps is not a table"),
        ("[views]\nair = 1", "views.air"),
        ("[steps]\nsmall_px = 32", "steps.small_px"),
        ("loss = 'hinge'", "loss 'hinge' is unknown"),
    ],
)
def test_message_names_the_wrong_key_of_a_configuration(tmp_path, text, message):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_config(path)


def test_files_that_are_no_configuration_are_refused(tmp_path):
    (tmp_path / "c.toml").write_text("= 3")
    with pytest.raises(InputError, match="is not TOML"):
        read_config(tmp_path / "c.toml")
    with pytest.raises(InputError, match="no such configuration"):
        read_config(tmp_path / "d.toml")


def test_shipped_configs_are_read_by_name():
    for name in ("default.toml", "quick.toml", "small.toml"):
        assert read_config(fit.Path(name)).network.backbone == "mobilenetv2"


def test_bad_mosaics_give_an_error_message(data, tmp_path, capsys):
    Image.new("RGB", (64, 64), "green").save(tmp_path / "world.tif")
    (tmp_path / "c.toml").write_text(TINY)
    code = main(["fit", "--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / "o"), "--data", str(tmp_path)])
    assert code == 3
    assert "has no position on the Earth" in capsys.readouterr().err


def test_mosaic_of_nodata_gives_no_photo(tmp_path, monkeypatch):
    monkeypatch.setattr("training.places.pairs._MAX_DRAWS", 30)
    profile = {"driver": "GTiff", "width": 360, "height": 180, "count": 3, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(
        tmp_path / "world.tif", "w", nodata=0, transform=from_bounds(-180, -90, 180, 90, 360, 180), **profile
    ) as file:
        file.write(np.zeros((3, 180, 360), np.uint8))
    (tmp_path / "c.toml").write_text(TINY)
    config = read_config(tmp_path / "c.toml")
    imagery = Imagery(config.imagery, config.places, 64, config.views, tmp_path, tmp_path)
    assert imagery.tile(0) is None
    with pytest.raises(InputError, match="gives no photo"):
        next(imagery.photos(np.random.default_rng(0), test=False))
    imagery.close()


def test_training_photos_avoid_held_out_places_and_test_photos_show_them(data, tmp_path):
    config = read_config(data / "tiny.toml")
    imagery = Imagery(config.imagery, replace(config.places, bbox=()), 32, config.views, data, tmp_path)
    for test in (False, True):
        photos = imagery.photos(np.random.default_rng(1), test)
        for _ in range(15):
            photo = next(photos)
            tile = imagery.tiles[photo.tile]
            assert abs(np.log2(photo.view.width_km / tile["width_km"])) <= 0.4
            assert bool(held_out(*photo.view.center)) == test
    imagery.close()


def _pictures(places):
    places = torch.tensor(places, dtype=torch.float32)
    return Pictures(torch.zeros(len(places), 1), torch.arange(len(places)), places)


def test_overlapping_pairs_are_neutral():
    places = torch.tensor([[0.0, 0.0, 400.0], [0.0, 1.0, 400.0], [0.0, 3.0, 400.0], [0.0, 179.9, 400.0]])
    other = torch.tensor([[0.0, 0.0, 400.0], [0.0, -179.9, 400.0]])
    assert neutral_pairs(places, other, 0.15).tolist() == [[True, False], [True, False], [False, False], [False, True]]


def test_batch_has_each_tile_once_and_is_reproducible():
    places = [[0.0, float(i), 100.0] for i in range(50)]
    photos = Pictures(torch.zeros(100, 1), torch.arange(100) // 2, torch.tensor(places * 2))
    pairs = Pairs(_pictures(places), photos)
    for share in (0.0, 1.0):
        steps = StepsConfig(batch=20, region_share=share, region_photos=40)
        rows = pairs.batch(np.random.default_rng(5), steps)
        assert torch.equal(rows, pairs.batch(np.random.default_rng(5), steps))
        assert len(set(pairs.tile_row[rows].tolist())) == len(rows) == 20


def test_photo_and_tile_get_the_same_of_eight_rotations_and_mirrorings():
    picture = torch.arange(9.0).reshape(1, 1, 3, 3).repeat(400, 1, 1, 1)
    ours, theirs = rotate_and_mirror([picture, picture + 10], np.random.default_rng(0))
    assert torch.equal(ours + 10, theirs)
    ways = {tuple(p.flatten().tolist()) for p in ours}
    assert len(ways) == 8
    assert all(sorted(way) == list(range(9)) for way in ways)


def test_photos_without_a_tile_are_left_out():
    places = [[0.0, float(i), 100.0] for i in range(4)]
    photos = Pictures(torch.zeros(3, 1), torch.tensor([0, 7, 3]), torch.tensor(places[:3]))
    pairs = Pairs(_pictures(places), photos)
    assert pairs.photo_row.tolist() == [0, 2]
    assert pairs.tile_row.tolist() == [0, 3]


def test_loading_an_empty_cache_is_an_error(tmp_path, data):
    cache = PictureCache(tmp_path, read_config(data / "tiny.toml"))
    with pytest.raises(InputError, match="holds no tiles"):
        cache.load("tiles")


def test_contact_sheet_is_written(data, tmp_path):
    out = tmp_path / "sheet.png"
    command = ["contact-sheet", "--config", str(data / "tiny.toml"), "--data", str(data), "--count", "5"]
    assert main([*command, "--out", str(out)]) == 0
    with Image.open(out) as sheet:
        assert sheet.size == (8 * 64, 2 * 64)
        assert np.asarray(sheet).std() > 5
    assert main([*command, "--out", str(tmp_path / "none" / "sheet.png")]) == 5
