"""Inputs and aggregators compared with independent implementations of their definitions."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.networks.aggregators import Gem, MixVpr, Salad, transport
from training.networks.config import GemConfig, MixVprConfig, SaladConfig
from training.networks.inputs import IMAGENET_MEAN, IMAGENET_STD, GreyInput


def numbers(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize("window_px", [None, 21])
def test_grey_input_is_invariant_to_exposure_and_haze(window_px):
    scene = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.8
    standard = GreyInput(1, window_px)
    hazy = scene * 0.7 + torch.tensor([0.1, 0.15, 0.3]).view(1, 3, 1, 1)
    assert standard(scene).shape == (2, 1, 64, 64)
    assert (standard(scene) - standard(hazy)).abs().max() < 0.25 * standard(scene).std()
    assert np.corrcoef(standard(scene).flatten(), standard(hazy).flatten())[0, 1] > 0.999


def test_grey_input_standardises_over_the_picture():
    scene = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    standard = GreyInput(1)(scene)
    grey = scene.mean(dim=1, keepdim=True)
    assert standard.mean(dim=(2, 3)).abs().max() < 1e-5
    by_hand = (grey[0] - grey[0].mean()) / (grey[0].std(correction=0) + 0.01)
    assert torch.allclose(standard[0], by_hand, atol=1e-5)
    # For a backbone trained on ImageNet: mean 120 and standard deviation 50 of 255 before ImageNet's normalisation.
    picture = GreyInput(3)(scene) * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)
    picture = picture + torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
    assert torch.allclose(picture[0] * 255, (by_hand * 50 + 120).expand(3, 64, 64), atol=0.01)


def test_local_grey_input_matches_its_definition():
    scene = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    standard = GreyInput(1, 9)(scene)[0, 0].numpy()
    grey = np.pad(scene[0].mean(dim=0).numpy(), 4, mode="reflect")
    for row, column in ((0, 0), (15, 20), (31, 3)):
        window = grey[row : row + 9, column : column + 9]
        expected = (window[4, 4] - window.mean()) / (window.std() + 0.03)
        assert standard[row, column] == pytest.approx(np.clip(expected, -3, 3), abs=1e-3)


@pytest.mark.parametrize("window_px", [None, 9])
def test_flat_picture_stays_flat(window_px):
    assert GreyInput(1, window_px)(torch.full((1, 3, 32, 32), 0.4)).abs().max() < 0.02


def test_gem_is_between_mean_and_maximum():
    features = numbers(2, 5, 4, 4).abs()
    mean = torch.nn.functional.normalize(features.mean(dim=(2, 3)), dim=1)
    assert torch.allclose(Gem(GemConfig(1.0), 5)(features, None), mean, atol=1e-5)
    largest = torch.nn.functional.normalize(features.amax(dim=(2, 3)), dim=1)
    assert torch.allclose(Gem(GemConfig(60.0), 5)(features, None), largest, atol=0.05)


def test_mixvpr_matches_its_formula():
    torch.manual_seed(0)
    module = MixVpr(MixVprConfig(depth=2, channels=3, rows=2), channels=5, positions=6)
    features = numbers(1, 5, 2, 3)
    w = {name: p.detach().double().numpy() for name, p in module.named_parameters()}
    x = features[0].flatten(1).double().numpy()  # channels x positions
    for k in range(2):
        centred = x - x.mean(axis=1, keepdims=True)
        normed = centred / np.sqrt(centred.var(axis=1, keepdims=True) + 1e-5)
        normed = normed * w[f"mixers.{k}.norm.weight"] + w[f"mixers.{k}.norm.bias"]
        hidden = np.maximum(normed @ w[f"mixers.{k}.expand.weight"].T + w[f"mixers.{k}.expand.bias"], 0)
        x = x + hidden @ w[f"mixers.{k}.contract.weight"].T + w[f"mixers.{k}.contract.bias"]
    z = w["channel_projection.weight"] @ x + w["channel_projection.bias"][:, None]
    out = (z @ w["row_projection.weight"].T + w["row_projection.bias"]).ravel()
    assert module(features, None)[0].detach().numpy() == pytest.approx(out / np.linalg.norm(out), abs=1e-5)


def test_transport_has_the_marginals_of_the_paper():
    scores = numbers(2, 4, 20)
    assigned = transport(scores, torch.tensor(0.7), rounds=200)
    assert assigned.shape == (2, 4, 20)
    assert (assigned > 0).all()
    assert torch.allclose(assigned.sum(dim=2), torch.ones(2, 4), atol=1e-4)  # every cluster has mass 1
    assert (assigned.sum(dim=1) < 1).all()  # the rest of the mass of every feature is in the dustbin
    # The same result by scaling a positive matrix.
    full = np.exp(np.vstack([scores[0].double().numpy(), np.full((1, 20), 0.7)]))
    for _ in range(3):
        full *= (np.array([1, 1, 1, 1, 16]) / full.sum(axis=1))[:, None]
        full /= full.sum(axis=0)
    assert transport(scores, torch.tensor(0.7))[0].numpy() == pytest.approx(full[:4], abs=1e-5)


def test_transport_needs_more_positions_than_clusters():
    with pytest.raises(ValueError, match="4 positions"):
        transport(numbers(1, 4, 4), torch.tensor(1.0))


def test_salad_matches_its_formula_and_ignores_the_order_of_positions():
    torch.manual_seed(0)
    module = Salad(SaladConfig(clusters=3, cluster_dim=4, token_dim=5, dropout=0.3), channels=6).eval()
    features, token = numbers(1, 6, 3, 4), numbers(1, 6, seed=1)
    with torch.no_grad():
        given = module(features, token)[0].numpy()
        shuffled = features.flatten(2)[:, :, torch.randperm(12)].reshape(1, 6, 3, 4)
        assert module(shuffled, token)[0].numpy() == pytest.approx(given, abs=1e-5)
        assigned = transport(module.score(features[0].flatten(1).T).T[None], module.dustbin)[0].numpy()
        local = module.local(features[0].flatten(1).T).numpy()  # positions x l
        whole = module.token(token)[0].numpy()
    volume = np.zeros((4, 3))
    for j in range(4):
        for k in range(3):
            volume[j, k] = sum(assigned[k, i] * local[i, j] for i in range(12))
    volume /= np.linalg.norm(volume, axis=0)
    expected = np.concatenate([whole / np.linalg.norm(whole), volume.ravel()])
    assert given == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


def test_salad_without_a_token_is_an_error():
    with pytest.raises(ValueError, match="class token"):
        Salad(SaladConfig(2, 2, 2), 4)(numbers(1, 4, 3, 3), None)
