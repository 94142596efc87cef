"""GeoDecoder: its parts by hand, gradients, what its attention sees, and the exported network."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from heads_kit import tiny_trunk

from engine.errors import ModelError
from engine.where import cells, prior
from engine.where.evidence import Evidence
from engine.where.heads import geodecoder as engine_side
from engine.where.heads.geodecoder import Hierarchy
from engine.where.heads.trunk import Trunk
from training.where.export import INPUT_SETTINGS, export_geodecoder
from training.where.geodecoder import GeoDecoder, GeoDecoderConfig, soft_cross_entropy
from training.where.grid import CellLevel, hierarchy

CONFIG = GeoDecoderConfig((3, 5), 4, channels=6, positions=9, width=16, heads=2, hidden=24)


@pytest.fixture
def network() -> GeoDecoder:
    torch.manual_seed(0)
    return GeoDecoder(CONFIG).eval()


def test_shapes_and_probabilities(network: GeoDecoder) -> None:
    scenes, found = network(torch.randn(2, 9, 6))
    assert scenes.shape == (2, 4)
    assert found.shape == (2, 4, 8)
    torch.testing.assert_close(scenes.exp().sum(1), torch.ones(2))
    torch.testing.assert_close(found[..., :3].exp().sum(-1), torch.ones(2, 4))
    torch.testing.assert_close(found[..., 3:].exp().sum(-1), torch.ones(2, 4))


def test_the_scene_is_the_mean_confidence_over_the_hierarchies(network: GeoDecoder) -> None:
    decoded = network.decode(torch.randn(2, 9, 6))
    by_hand = (network.confidence[0](decoded[:, 0]) + network.confidence[1](decoded[:, 1])) / 2
    torch.testing.assert_close(network.scene_scores(decoded), by_hand.squeeze(-1))


def test_cells_come_from_the_queries_of_the_scene(network: GeoDecoder) -> None:
    decoded = network.decode(torch.randn(2, 9, 6))
    coarse, fine = network.cell_scores(decoded, torch.tensor([1, 3]))
    torch.testing.assert_close(coarse[0], network.cells[0](decoded[0, 0, 1]))
    torch.testing.assert_close(fine[1], network.cells[1](decoded[1, 1, 3]))


def test_dependent_layers_do_not_see_other_hierarchies(network: GeoDecoder) -> None:
    layer = network.dependent[0]
    tokens, queries = torch.randn(1, 9, 16), torch.randn(1, 2, 4, 16)
    changed = queries.clone()
    changed[:, 1, 2, :8] += 1.0
    before, after = layer(queries, tokens), layer(changed, tokens)
    torch.testing.assert_close(before[:, 0], after[:, 0], rtol=0, atol=0)
    # All queries of the changed hierarchy see the changed one.
    assert ((before[:, 1] - after[:, 1]).abs().amax(dim=-1) > 1e-4).all()


def test_each_hierarchy_has_a_feed_forward_network_of_its_own(network: GeoDecoder) -> None:
    layer = network.dependent[0]
    same = torch.randn(1, 1, 4, 16).expand(1, 2, 4, 16)
    found = layer(same, torch.randn(1, 9, 16))
    assert (found[:, 0] - found[:, 1]).abs().max() > 1e-3
    layer.feed_forward[1].load_state_dict(layer.feed_forward[0].state_dict())
    found = layer(same, torch.randn(1, 9, 16))
    torch.testing.assert_close(found[:, 0], found[:, 1])


def test_independent_layers_treat_all_queries_alike(network: GeoDecoder) -> None:
    layer = network.independent[0]
    queries, tokens = torch.randn(1, 8, 16), torch.randn(1, 9, 16)
    order = torch.randperm(8)
    torch.testing.assert_close(layer(queries, tokens)[:, order], layer(queries[:, order], tokens))


def test_gradients_reach_every_parameter(network: GeoDecoder) -> None:
    decoded = network.decode(torch.randn(4, 9, 6), torch.tensor([0, 3, 5]))
    scene = torch.arange(4)
    loss = torch.nn.functional.cross_entropy(network.scene_scores(decoded), scene)
    for scores in network.cell_scores(decoded, scene):
        loss = loss + torch.nn.functional.cross_entropy(scores, torch.tensor([0, 1, 2, 0]))
    loss.backward()
    missing = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # A bias of keys cannot change a softmax, but it is one tensor with that of the values.
    assert not missing


def test_soft_cross_entropy_by_hand() -> None:
    scores = torch.tensor([[2.0, 0.0, 1.0]])
    logs = [s - math.log(math.exp(2) + 1 + math.e) for s in (2.0, 0.0, 1.0)]
    label = [0.9 * 0.7 + 0.1 / 3, 0.1 / 3, 0.9 * 0.3 + 0.1 / 3]
    found = soft_cross_entropy(scores, torch.tensor([[0, 2]]), torch.tensor([[0.7, 0.3]]), 0.1)
    assert float(found) == pytest.approx(-sum(a * b for a, b in zip(label, logs, strict=True)), abs=1e-6)


def test_product_of_a_small_hierarchy_by_hand() -> None:
    columns = cells.shape(1)[1]
    # Coarse cells 0 and 1; of the finer ones two in the first and one in the second.
    small = Hierarchy((0, 1), [np.array([0, 1]), np.array([0, 1, 2])])
    assert columns == 2 * cells.shape(0)[1]
    logs = np.log(np.array([[0.8, 0.2, 0.25, 0.25, 0.5]]))
    found = np.exp(small.product(logs, (1.0, 1.0)))[0]
    by_hand = np.array([0.8 * 0.25, 0.8 * 0.25, 0.2 * 0.5])
    np.testing.assert_allclose(found, by_hand / by_hand.sum())
    np.testing.assert_allclose(np.exp(small.product(logs, (0.0, 1.0)))[0], [0.25, 0.25, 0.5])
    globe = small.over_the_globe(found)
    assert globe.sum() == pytest.approx(1.0)
    # A cell of level 1 holds 64 of the finest level.
    assert (globe > 0).sum() == 3 * 64
    assert globe[0] == pytest.approx(found[0] / 64)


@pytest.mark.parametrize(
    ("levels", "numbers"),
    [
        ((1, 0), [[0], [0]]),
        ((0, 5), [[0], [0]]),
        ((0, 1), [[0], [4]]),  # its coarser cell, 2, is none of them
        ((0, 1), [[0], [1, 0]]),
        ((0, 1), [[-1], [0]]),
        ((0, 1), [[0], []]),
        ((0, 1), [[0], [10**6]]),
    ],
)
def test_cells_that_are_no_hierarchy_are_refused(levels: tuple[int, ...], numbers: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="levels|cells"):
        Hierarchy(levels, [np.array(n, np.int64) for n in numbers])


def test_soft_labels_add_up_and_prefer_the_nearest() -> None:
    coarse, fine = hierarchy((0, 3))
    assert len(coarse.numbers) < cells.count(0)
    Hierarchy((0, 3), [coarse.numbers, fine.numbers])
    lat, lon = np.array([46.0, -25.0, 0.0]), np.array([8.0, 134.0, -30.0])
    classes, weights = fine.targets(lat, lon, 0.5)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-5)
    own = cells.cell_of(lat, lon, 3)
    assert (fine.numbers[classes[:2, 4]] == own[:2]).all()
    assert (weights[:2].argmax(axis=1) == 4).all()
    # The middle of the Atlantic is no class; the nearest one gets the label.
    assert weights[2].max() == 1.0


def test_neighbours_go_on_across_180_degrees() -> None:
    columns = cells.shape(0)[1]
    level = CellLevel(0, np.arange(cells.count(0), dtype=np.int32))
    classes, _ = level.targets(np.array([0.0]), np.array([179.9]), 0.5)
    assert {int(c) % columns for c in classes[0]} == {columns - 2, columns - 1, 0}


@pytest.fixture
def package(tmp_path: Path, network: GeoDecoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(INPUT_SETTINGS, "size_px", 32)
    tiny_trunk(tmp_path / "tiny.onnx")
    levels = [CellLevel(0, np.array([0, 1, 2], np.int32)), CellLevel(1, np.array([0, 1, 2, 3, 4], np.int32))]
    maps = np.random.default_rng(0).standard_normal((3, 9, 6)).astype(np.float32)
    export_geodecoder(network, levels, maps, tmp_path / "tiny.onnx", tmp_path / "where", (1.0, 1.0), 0.1, {})
    return tmp_path / "where"


def test_the_exported_head_agrees_with_torch_and_answers(package: Path, network: GeoDecoder) -> None:
    from engine.where.package import WherePackage

    source = WherePackage.open(package).sources["geodecoder"]
    trunk = Trunk(source)
    head = engine_side.GeoDecoder(source, trunk)
    maps = np.random.default_rng(1).standard_normal((4, 9, 6)).astype(np.float32)
    with torch.no_grad():
        scenes, found = network(torch.from_numpy(maps))
    ours = found[torch.arange(4), scenes.argmax(dim=1)].numpy()
    np.testing.assert_allclose(head.cells_of(maps), ours, atol=0.01)

    pixels = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
    likelihood = head.log_density(Evidence(pixels))
    assert likelihood.shape == (cells.count(),)
    posterior = np.exp(likelihood + prior.orbit_log_density())
    posterior /= posterior.sum()
    # A tenth is the prior's; the rest lies in the hierarchy's five cells of level 1.
    assert np.sort(posterior)[-5 * 64 :].sum() == pytest.approx(0.9, abs=0.02)
    # A photo turned by a quarter has the same answer.
    turned = head.log_density(Evidence(np.ascontiguousarray(np.rot90(pixels[:, 10:50]))))
    np.testing.assert_allclose(turned, likelihood, atol=0.02)


def test_a_head_that_does_not_fit_its_card_is_refused(package: Path) -> None:
    import json

    from engine.where.package import WherePackage

    card = json.loads((package / "where.json").read_text(encoding="utf-8"))
    for key, value in (("classes", [4, 4]), ("classes", [3]), ("levels", [0, 9]), ("floor", 0), ("exponents", ["x"])):
        changed = json.loads(json.dumps(card))
        changed["sources"]["geodecoder"]["settings"][key] = value
        (package / "where.json").write_text(json.dumps(changed), encoding="utf-8")
        source = WherePackage.open(package).sources["geodecoder"]
        with pytest.raises(ModelError):
            engine_side.GeoDecoder(source, Trunk(source))


def test_the_exported_graph_names_no_path(package: Path) -> None:
    model = onnx.load(package / "geodecoder.onnx")
    assert b"/training/" not in model.SerializeToString()
