"""CosPlace: groups and losses by hand, the reversed gradient, and the exported head."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from heads_kit import tiny_trunk
from torch.nn import functional

from engine.errors import ModelError
from engine.progress import Progress
from engine.where import cells, prior
from engine.where.evidence import Evidence
from engine.where.heads import cosplace as engine_side
from engine.where.heads.trunk import Trunk
from engine.where.package import WherePackage
from training.where.calibrate import calibrate_cosplace
from training.where.cosplace import TURNS, CosPlaceHead, DomainDiscriminator, Groups, MarginClassifier, reverse_gradient
from training.where.data import Maps
from training.where.export import INPUT_SETTINGS, export_cosplace
from training.where.fit_cosplace import FitConfig, describe, fit, make_groups


def test_groups_by_hand() -> None:
    groups = Groups(level=0, n=2, turns=2)
    columns = cells.shape(0)[1]
    assert groups.count == 8
    row, column, turn = 3, 4, 3
    classes = np.array([(row * columns + column) * TURNS + turn])
    # (3 mod 2, 4 mod 2, 3 mod 2) = (1, 0, 1): ((1 * 2) + 0) * 2 + 1.
    assert groups.group_of(classes).tolist() == [5]
    lat, lon = cells.centers(0)
    at = row * columns + column
    assert groups.classes(lat[[at]], lon[[at]], np.array([7])).tolist() == classes.tolist()


def test_neighbours_are_never_in_one_group() -> None:
    groups = Groups(level=0, n=2, turns=2)
    rows, columns = cells.shape(0)
    row, column, turn = np.meshgrid(np.arange(rows), np.arange(columns), np.arange(TURNS), indexing="ij")

    def group(row: np.ndarray, column: np.ndarray, turn: np.ndarray) -> np.ndarray:
        return groups.group_of((row * columns + column % columns) * TURNS + turn % TURNS)

    own = group(row, column, turn)
    assert set(own.ravel()) == set(range(8))
    for step_row in (-1, 0, 1):
        for step_column in (-1, 0, 1):
            for step_turn in (-1, 0, 1):
                inside = (row + step_row >= 0) & (row + step_row < rows)
                if (step_row, step_column, step_turn) != (0, 0, 0):
                    other = group(row + step_row, column + step_column, turn + step_turn)
                    assert not ((own == other) & inside).any()


def test_margin_loss_by_hand() -> None:
    classifier = MarginClassifier(2, 2, scale=30.0, margin=0.40)
    with torch.no_grad():
        classifier.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 5.0]]))  # their lengths do not matter
    descriptors = functional.normalize(torch.tensor([[4.0, 3.0]]), dim=1)  # cosines 0.8 and 0.6
    by_hand = -math.log(math.exp(30 * (0.8 - 0.4)) / (math.exp(30 * (0.8 - 0.4)) + math.exp(30 * 0.6)))
    assert float(classifier(descriptors, torch.tensor([0])).detach()) == pytest.approx(by_hand, rel=1e-5)


def test_gem_by_hand() -> None:
    head = CosPlaceHead(channels=2, dimension=3, power=3.0)
    maps = torch.tensor([[[3.0, -4.0], [0.0, 1.0]]])
    # Split into signs, and each position of length 1: (0.6, 0, 0, 0.8) and (0, 1, 0, 0).
    by_hand = [(0.6**3 / 2) ** (1 / 3), (1 / 2) ** (1 / 3), 0.0, (0.8**3 / 2) ** (1 / 3)]
    np.testing.assert_allclose(head.pool(maps)[0].detach(), by_hand, atol=1e-4)


def test_the_gradient_is_reversed() -> None:
    values = torch.ones(3, requires_grad=True)
    reversed_values = reverse_gradient(values, 0.5)
    torch.testing.assert_close(reversed_values, values)
    (reversed_values * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([-0.5, -1.0, -1.5]))


def test_the_discriminator_learns_and_the_descriptors_unlearn() -> None:
    torch.manual_seed(0)
    discriminator = DomainDiscriminator(4)
    descriptors = functional.normalize(torch.randn(8, 4), dim=1).requires_grad_()
    is_photo = torch.tensor([True, False] * 4)
    loss = discriminator(descriptors, is_photo, 1.0)
    loss.backward()
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter -= 0.05 * parameter.grad
        learned = discriminator(descriptors, is_photo, 1.0)
        # The same step as an optimiser takes, down the (reversed) gradient, makes the domains harder to tell apart.
        unlearned = discriminator(descriptors - 0.05 * descriptors.grad, is_photo, 1.0)
    assert learned < loss < unlearned + (loss - learned)
    assert unlearned > learned


def places(count: int, seed: int = 0) -> Maps:
    """Feature maps of places in four cells, each with its own direction."""
    rng = np.random.default_rng(seed)
    lat, lon = cells.centers(2)
    cell = np.array([5000, 5001, 9000, 9002])
    own = rng.integers(0, 4, count)
    directions = np.random.default_rng(5).standard_normal((4, 6))
    maps = directions[own][:, None, :] + 0.8 * rng.standard_normal((count, 9, 6))
    place = np.stack([lat[cell[own]], lon[cell[own]], np.full(count, 300.0)], axis=1)
    return Maps(maps.astype(np.float16), place.astype(np.float32), np.zeros(count, np.int8), np.zeros(count, np.int32))


def test_small_classes_are_left_out() -> None:
    maps = places(40)
    rows = np.concatenate(
        [
            np.flatnonzero(maps.place[:, 0] == lat)[:k]
            for lat, k in zip(np.unique(maps.place[:, 0]), (5, 2), strict=False)
        ]
    )
    some = Maps(maps.maps[rows], maps.place[rows], maps.turn[rows], maps.chunk[rows])
    kept = np.concatenate([group.rows for group in make_groups(some, Groups(), 3)])
    left_out = set(range(len(some))) - set(kept.tolist())
    assert len(kept)
    assert left_out
    classes = Groups().classes(some.place[:, 0], some.place[:, 1], some.turn)
    assert all((classes == classes[row]).sum() < 3 for row in left_out)


def test_training_tells_places_apart_and_uses_all_parts() -> None:
    maps = places(200)
    config = FitConfig(dimension=4, seconds=1.5, batch=32, real=4, group_steps=5)
    before = CosPlaceHead(6, 4)
    head = fit(maps, np.arange(200) % 2 == 0, maps.maps[:8], config, Progress(lambda *_: None, "a test"))
    assert float(head.power) != float(before.power)
    tested = places(100, seed=1)
    found = describe(head, tested.maps) @ describe(head, maps.maps).T
    nearest = maps.place[found.argmax(axis=1), :2]
    assert (nearest == tested.place[:, :2]).all(axis=1).mean() > 0.9


def test_the_exported_head_agrees_with_torch_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INPUT_SETTINGS, "size_px", 32)
    tiny_trunk(tmp_path / "tiny.onnx")
    torch.manual_seed(0)
    head = CosPlaceHead(6, 8).eval()
    maps = np.random.default_rng(0).standard_normal((4, 9, 6)).astype(np.float32)
    pixels = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
    tiles = functional.normalize(torch.randn(50, 8), dim=1).numpy()
    spots = np.stack([np.linspace(-50, 50, 50), np.linspace(-170, 170, 50), np.full(50, 400.0)], axis=1)
    settings = {"count": 10, "gain": 30.0, "background": 10.0, "bandwidth": 0.3}
    export_cosplace(head, tiles, spots.astype(np.float32), maps, tmp_path / "tiny.onnx", tmp_path / "w", settings, {})
    source = WherePackage.open(tmp_path / "w").sources["cosplace"]
    trunk = Trunk(source)
    # A tile that looks like the photo at its second rotation.
    with torch.no_grad():
        tiles[17] = head(torch.from_numpy(trunk.of_photo(pixels)[1:2])).numpy()
    export_cosplace(head, tiles, spots.astype(np.float32), maps, tmp_path / "tiny.onnx", tmp_path / "w", settings, {})
    source = WherePackage.open(tmp_path / "w").sources["cosplace"]
    engine_head = engine_side.CosPlace(source, Trunk(source))
    with torch.no_grad():
        np.testing.assert_allclose(engine_head.describe(maps), head(torch.from_numpy(maps)).numpy(), atol=2e-3)
    likelihood = engine_head.log_density(Evidence(pixels))
    best = int((likelihood + prior.orbit_log_density()).argmax())
    lat, lon = cells.centers()
    assert likelihood.shape == (cells.count(),)
    assert abs(lat[best] - spots[17, 0]) < 2
    assert abs(lon[best] - spots[17, 1]) < 2

    card = json.loads((tmp_path / "w" / "where.json").read_text(encoding="utf-8"))
    card["sources"]["cosplace"]["settings"]["count"] = 0
    (tmp_path / "w" / "where.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="count"):
        source = WherePackage.open(tmp_path / "w").sources["cosplace"]
        engine_side.CosPlace(source, Trunk(source))


def test_calibration_trusts_a_head_that_finds_places_and_not_one_that_guesses() -> None:
    rng = np.random.default_rng(0)
    lat, lon = (of_all[rng.choice(cells.count(), 600, p=prior.orbit_probability())] for of_all in cells.centers())
    tiles = np.stack([lat[:300], lon[:300], np.full(300, 400.0)], axis=1)
    place = tiles[:40, :2]
    guess = rng.uniform(0.2, 0.5, (40, 300))
    found = guess.copy()
    found[np.arange(40), np.arange(40)] = 0.9
    baseline = float(np.log(prior.orbit_probability()[cells.cell_of(place[:, 0], place[:, 1])]).mean())
    _, good = calibrate_cosplace(found, tiles, place)
    assert good > baseline + 3
    elsewhere = np.stack([lat[300:340], lon[300:340]], axis=1)
    baseline = float(np.log(prior.orbit_probability()[cells.cell_of(*elsewhere.T)]).mean())
    _, none = calibrate_cosplace(guess, tiles, elsewhere)
    assert baseline <= none < baseline + 1
