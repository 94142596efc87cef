"""Training with the published recipes: on a dataset, interrupted, killed, on two processes, and with bad input."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from accelerate.state import AcceleratorState, PartialState
from tiny_dataset import write_dataset

from engine.errors import CancelledError, InputError, OutputError, UsageError
from engine.progress import Progress
from training import checkpoint
from training.augmentation import AugmentationConfig
from training.cli import main
from training.networks.convnets import Compact
from training.precision import bfloat16_is_fast
from training.published_config import is_published, read_published
from training.published_fit import PublishedTrainer

REPOSITORY = Path(__file__).resolve().parents[2]
TINY = """
recipe = "earthloc"
name = "tiny"
seed = 5
[network]
backbone = "compact"
input = "rgb"
size_px = 32
[network.aggregator]
kind = "gem"
[dataset]
folder = "earthloc"
[sampling]
places_per_batch = 6
clusters = 3
recluster_epochs = 1
[mining]
photos = "earthloc/queries"
apart_km = -1
[schedule]
epochs = 3
iterations = 8
rate = 3e-3
save_every = 3
"""


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _another_process():
    """Resets accelerate, which keeps its state for the whole process; here one process runs many trainings."""
    yield
    AcceleratorState._reset_state(True)
    PartialState._reset_state()


@pytest.fixture(scope="module")
def small():
    """Replaces the compact backbone by one with eight thousand parameters."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compact, "widths", (8, 8, 8, 16))
        patch.setattr(Compact, "channels", 16)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_dataset(folder / "earthloc")
    (folder / "tiny.toml").write_text(TINY)
    return folder


@pytest.fixture(scope="module")
def finished(data, small, tmp_path_factory):
    """A run finished by the command."""
    out = tmp_path_factory.mktemp("run") / "run"
    assert fit(data, out) == 0
    return out


def fit(data, out, config="tiny.toml"):
    return main(["fit", "--config", str(data / config), "--data", str(data), "--out", str(out), "--cpu"])


def weights(out):
    return torch.load(out / "network.pt", weights_only=True)


def assert_same_weights(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def rows(out):
    with (out / "curve.csv").open() as file:
        return list(csv.DictReader(file))


def stopping_at(stage, done):
    """Progress that cancels the run at a given point."""

    def stop(now, at, total, message):
        if (now, at) == (stage, done):
            progress.cancel()

    progress = Progress(stop)
    return progress


def trainer(data, out, **changes):
    return PublishedTrainer(replace(read_published(data / "tiny.toml"), **changes), out, data, cpu=True)


def test_run_improves_recall_and_writes_curves_and_network(data, finished, small, tmp_path):
    config = read_published(data / "tiny.toml")
    schedule = replace(config.schedule, epochs=6, iterations=20, patience=0)
    longer = replace(config, schedule=schedule, augmentation=AugmentationConfig(10, 1, 0, 0.2, 0.2, 0.2))
    PublishedTrainer(longer, tmp_path / "run", data, cpu=True).run(Progress())
    losses = [float(row["loss"]) for row in rows(tmp_path / "run") if row["loss"]]
    assert len(losses) == 12
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])
    measured = [row for row in rows(finished) if row["recall_at_5"]]
    assert [row["step"] for row in measured] == ["8", "16", "24"]
    assert all(0 <= float(row["recall_at_1"]) <= float(row["recall_at_100"]) <= 100 for row in measured)
    assert set(weights(finished)) == set(trainer(data, tmp_path / "other").network.state_dict())


def test_tensorboard_has_curves_and_predictions(finished):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(finished / "tensorboard")).Reload()
    assert {"loss", "images_per_s", "recall_at_1"} <= set(events.Tags()["scalars"])
    assert [event.step for event in events.Scalars("recall_at_5")] == [8, 16, 24]
    sheets = events.Images("predictions")
    assert len(sheets) == 3
    assert (sheets[0].width, sheets[0].height) == (6 * 136, 2 * 136)


def test_interrupted_run_ends_with_exactly_the_same_weights(finished, data, tmp_path):
    out = tmp_path / "run"
    for stage, done in (("train", 2), ("train", 7), ("cluster", 0), ("train", 14), ("embed tiles", 0), ("train", 23)):
        with pytest.raises(CancelledError):
            trainer(data, out).run(stopping_at(stage, done))
        AcceleratorState._reset_state(True)
    trainer(data, out).run(Progress())
    assert_same_weights(weights(out), weights(finished))
    assert [row["step"] for row in rows(out) if row["recall_at_5"]] == ["8", "16", "24"]


def test_finished_run_is_not_trained_further(finished, data):
    before = (finished / "state.pt").read_bytes()
    trainer(data, finished).run(Progress())
    assert (finished / "state.pt").read_bytes() == before


def command(data, out, *launcher):
    arguments = ["fit", "--config", str(data / "tiny.toml"), "--data", str(data), "--out", str(out), "--cpu"]
    return [*(launcher or (sys.executable,)), "-m", "training", *arguments, "--threads", "1"]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)}


def test_killed_run_resumes_and_ends_with_exactly_the_same_weights(data, tmp_path):
    """Uses the real backbone, in a separate process that is killed without cleaning up."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(command(data, killed), cwd=REPOSITORY, env=environment(), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not (killed / "state.pt").is_file():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with pytest.MonkeyPatch.context() as patch:  # the fixture `small` may be active
        patch.setattr(Compact, "widths", (40, 80, 160, 320))
        patch.setattr(Compact, "channels", 320)
        assert fit(data, killed) == 0
        AcceleratorState._reset_state(True)
        assert fit(data, whole) == 0
    assert_same_weights(weights(killed), weights(whole))


def test_two_processes_train_one_network(data, tmp_path):
    launcher = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
    out = tmp_path / "run"
    launched = command(data, out, sys.executable, *launcher, "--mixed_precision", "no")
    done = subprocess.run(launched, cwd=REPOSITORY, env=environment(), capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert [row["step"] for row in rows(out) if row["recall_at_5"]] == ["8", "16", "24"]
    assert all(bool(torch.isfinite(tensor).all()) for tensor in weights(out).values())


def test_run_stops_early_when_patience_is_exceeded(data, small, tmp_path):
    config = read_published(data / "tiny.toml")
    schedule = replace(config.schedule, epochs=9, iterations=2, patience=1, rate=1e-9)
    trainer(data, tmp_path / "run", schedule=schedule).run(Progress())
    measured = [row for row in rows(tmp_path / "run") if row["recall_at_5"]]
    assert len(measured) < 9  # nothing is learned, so recall soon stops rising


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            {"schedule": {"precision": "fp32"}},
            marks=pytest.mark.skipif(not bfloat16_is_fast(), reason="this processor has no bfloat16"),
        ),
        {"schedule": {"rotations": False}},
        {"loss": {"neutral": False}},
        {"loss": {"kind": "info_nce"}},
        {"loss": {"kind": "astroloc"}},
        {"mining": {"photos": ""}},
        {"augmentation": {"year_wise": False}},
        {"augmentation": {"brightness": 0.0}},
        {"sampling": {"descriptor_share": 0.0}},
        {"sampling": {"descriptor_share": 0.0, "region_share": 1.0, "regions": 3}},
        {"sampling": {"neighbour_share": 0.5}},
        {"seed": 6},
    ],
)
def test_every_switch_changes_the_weights(two_epochs, data, tmp_path, change):
    """Tests only that the recipe passes the switches on; other tests cover their effects."""
    ours = after_two_epochs(data, tmp_path / "run", change)
    same = all(torch.equal(ours[name], tensor) for name, tensor in two_epochs.items() if name in ours)
    # The settings of the validation do not change the weights.
    assert same == (change == {"schedule": {"rotations": False}})


def after_two_epochs(data, out, change):
    """Returns the weights of network and loss after two epochs of the tiny recipe with one change."""
    config = read_published(data / "tiny.toml")
    changes = {key: replace(getattr(config, key), **v) if isinstance(v, dict) else v for key, v in change.items()}
    schedule = replace(changes.get("schedule", config.schedule), epochs=2)
    trainer(data, out, **{**changes, "schedule": schedule}).run(Progress())
    state = torch.load(out / "state.pt", weights_only=True)
    assert state["progress"]["step"] == 16
    return state["objective"]


@pytest.fixture(scope="module")
def two_epochs(data, small, tmp_path_factory):
    weights = after_two_epochs(data, tmp_path_factory.mktemp("two") / "run", {})
    AcceleratorState._reset_state(True)
    return weights


def test_folder_with_a_run_of_another_recipe_is_refused(finished, data):
    with pytest.raises(InputError, match="another configuration"):
        trainer(data, finished, seed=6).run(Progress())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a checkpoint", "damaged"),
        ({"objective": {}}, "does not fit the network: missing"),
        ({"progress": {"step": 1}}, "is not a checkpoint of this training"),
        ([1, 2], "damaged"),
        ({"objective": print}, "damaged"),
    ],
)
def test_message_names_a_wrong_checkpoint(finished, data, tmp_path, content, message):
    copy = tmp_path / "run"
    shutil.copytree(finished, copy)
    if isinstance(content, bytes):
        (copy / "state.pt").write_bytes(content)
    else:
        torch.save(content, copy / "state.pt")
    with pytest.raises(Exception, match=message) as caught:
        trainer(data, copy).run(Progress())
    assert "state.pt" in str(caught.value)


def test_full_disk_keeps_the_last_checkpoint(data, small, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with pytest.raises(CancelledError):
        trainer(data, out).run(stopping_at("train", 4))
    AcceleratorState._reset_state(True)
    before = (out / "state.pt").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        trainer(data, out).run(Progress())
    assert (out / "state.pt").read_bytes() == before
    assert not list(out.glob("*.partial"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('recipe = "earthloc3"', "recipe 'earthloc3' is unknown"),
        ('recipe = "earthloc"\n[schedule]\nepoch = 3', "schedule.epoch is unknown"),
        ('recipe = "earthloc"\n[schedule]\nprecision = "fp8"', "precision 'fp8' is unknown"),
        ('recipe = "earthloc"\n[schedule]\niterations = 0', "below 1"),
        ('recipe = "earthloc"\n[years]\ncount = 1', "a place needs two pictures"),
        ('recipe = "earthloc"\n[loss]\nkind = "triplet"', "loss 'triplet' is unknown"),
        ('recipe = "earthloc"\n[sampling]\nregion_share = 1.5', "do not add up"),
        ('recipe = "earthloc"\n[head]\nsteps = 3', "head is unknown"),
        ('recipe = "earthloc"\nmining = true', "mining is not a table"),
    ],
)
def test_message_names_the_wrong_key_of_a_recipe(tmp_path, text, message):
    (tmp_path / "c.toml").write_text(text)
    assert is_published(tmp_path / "c.toml")
    with pytest.raises(UsageError, match=message):
        read_published(tmp_path / "c.toml")


@pytest.mark.parametrize("name", ["earthloc.toml", "earthloc2-b-salad.toml"])
def test_shipped_recipes_match_the_published_ones(name):
    config = read_published(Path(name))
    assert (config.sampling.places_per_batch, config.years.count, config.sampling.clusters) == (96, 4, 50)
    assert (config.schedule.rate, config.schedule.precision, config.loss.kind) == (1e-4, "bf16", "multi_similarity")
    from training.networks import PUBLISHED

    published = PUBLISHED["earthloc" if name == "earthloc.toml" else "earthloc2-base-salad"]
    assert config.network == published
    assert bool(config.mining.photos) == (name != "earthloc.toml")


def test_astroloc_recipe_has_its_losses_batches_and_descriptor():
    """AstroLoc: 24 pairs and 24 quadruplets, K = 50, SALAD of 8,448 dimensions, projected to 2,048."""
    config = read_published(Path("astroloc.toml"))
    assert (config.sampling.places_per_batch, config.years.count, config.sampling.clusters) == (24, 4, 50)
    schedule = config.schedule
    assert (schedule.rate, schedule.epochs * schedule.iterations) == (5e-5, 30_000)
    assert config.sampling.recluster_epochs * schedule.iterations == 5_000
    assert (config.loss.kind, config.mining.min_iou, config.mining.weighted) == ("astroloc", 0.2, True)
    salad = config.network.aggregator
    assert salad.token_dim + salad.clusters * salad.cluster_dim == 8448
    assert config.network.dimension == 2048
