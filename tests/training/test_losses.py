"""Losses compared with their definitions, and without neutral pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pytorch_metric_learning.losses import MultiSimilarityLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner

from engine.errors import UsageError
from training.losses import AstroLocLoss, NeutralInfoNceLoss, NeutralMultiSimilarityLoss, PairLoss, make_loss

BOTH = pytest.mark.parametrize("loss", [NeutralMultiSimilarityLoss(), NeutralInfoNceLoss()], ids=["ms", "nce"])
PLACES = torch.tensor([0, 0, 1, 1, 2, 2])


def descriptors(seed=0, count=6, dimension=8, similarity=0.0):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((count, dimension)) + similarity * rng.standard_normal(dimension)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    return torch.tensor(unit, dtype=torch.float32, requires_grad=True)


def test_without_overlaps_the_loss_equals_multi_similarity():
    from pytorch_metric_learning.distances import CosineSimilarity, DotProductSimilarity

    given = descriptors(similarity=2.0).detach()
    mined = MultiSimilarityMiner(0.1, distance=CosineSimilarity())(given, PLACES)
    expected = MultiSimilarityLoss(1, 50, 0, distance=DotProductSimilarity())(given, PLACES, mined)
    assert expected > 0.1
    assert NeutralMultiSimilarityLoss()(given, PLACES).item() == pytest.approx(float(expected), rel=1e-6)
    nothing = torch.eye(3, dtype=torch.bool)
    assert NeutralMultiSimilarityLoss()(given, PLACES, nothing).item() == pytest.approx(float(expected), rel=1e-6)


def test_multi_similarity_of_one_pair_by_hand():
    """Anchor a with positive b and negative c; c with negatives only: equation 17 of the paper with base 0."""
    angle = torch.tensor([0.0, 0.6, 0.3])
    given = torch.stack([angle.cos(), angle.sin()], dim=1)
    places = torch.tensor([0, 0, 1])
    s = (given @ given.T).double().numpy()
    # All pairs are mined: every positive is less similar than a negative plus the margin, and vice versa.
    per_anchor = [
        math.log1p(math.exp(-s[0, 1])) + math.log1p(math.exp(50 * s[0, 2])) / 50,
        math.log1p(math.exp(-s[1, 0])) + math.log1p(math.exp(50 * s[1, 2])) / 50,
        # The miner compares the negatives of an anchor with its positives; c has no positives, so no pair is mined.
        0.0,
    ]
    assert NeutralMultiSimilarityLoss()(given, places).item() == pytest.approx(sum(per_anchor) / 3, rel=1e-4)


@BOTH
def test_overlapping_places_are_not_pushed_apart(loss):
    places = torch.tensor([0, 0, 1, 1])
    given = descriptors(count=4, similarity=4.0)
    overlapping = torch.ones(2, 2, dtype=torch.bool)
    neutral = loss(given, places, overlapping)
    (gradient,) = torch.autograd.grad(neutral, given)
    # The remaining gradient pulls each descriptor directly towards the other one of its place.
    for i, j in ((0, 1), (1, 0), (2, 3), (3, 2)):
        pull = -gradient[i] - (-gradient[i] @ given[i]) * given[i]
        towards = (given[j] - (given[j] @ given[i]) * given[i]).detach()
        if pull.norm() > 1e-9:
            assert float(torch.cosine_similarity(pull.detach(), towards, dim=0)) == pytest.approx(1, abs=1e-4)
    assert loss(given, places) > neutral + 0.05


@BOTH
def test_only_neutral_pairs_are_left_out(loss):
    """Overlap of places 0 and 1 changes nothing for place 2."""
    overlapping = torch.eye(3, dtype=torch.bool)
    overlapping[0, 1] = overlapping[1, 0] = True
    given = descriptors(similarity=3.0).detach()
    some = loss(given, PLACES, overlapping)
    everything = loss(given, PLACES, torch.ones(3, 3, dtype=torch.bool))
    assert everything.item() < some.item() < loss(given, PLACES).item()


@BOTH
def test_attract_only_photos_are_in_no_negative_pair(loss):
    given = descriptors(count=6, similarity=3.0)
    places = torch.tensor([0, 0, 1, 1, 0, 1])
    photos = torch.tensor([False, False, False, False, True, True])
    (gradient,) = torch.autograd.grad(loss(given, places, attract_only=photos), given)
    given = given.detach()
    pull = -gradient[4] - (-gradient[4] @ given[4]) * given[4]
    span = (given[:2] - (given[:2] @ given[4])[:, None] * given[4]).detach()
    solution = torch.linalg.lstsq(span.T, pull[:, None])
    assert solution.solution.min() > -1e-5  # towards pictures of its place ...
    assert (
        float((span.T @ solution.solution - pull[:, None]).norm()) < 1e-4 * float(pull.norm()) + 1e-6
    )  # ... and nothing else


def test_info_nce_matches_its_definition():
    given = descriptors(similarity=1.0)
    overlapping = torch.eye(3, dtype=torch.bool)
    overlapping[0, 2] = overlapping[2, 0] = True
    s = (given @ given.T).detach().double().numpy() / 0.07
    terms = []
    for i in range(6):
        for j in range(6):
            if i != j and PLACES[i] == PLACES[j]:
                rest = [s[i, k] for k in range(6) if not overlapping[PLACES[i], PLACES[k]]]
                terms.append(-math.log(math.exp(s[i, j]) / (math.exp(s[i, j]) + sum(map(math.exp, rest)))))
    assert NeutralInfoNceLoss()(given, PLACES, overlapping).item() == pytest.approx(np.mean(terms), rel=1e-4)


@BOTH
def test_batch_without_positive_pairs_has_loss_zero(loss):
    given = descriptors(count=3)
    value = loss(given, torch.tensor([0, 1, 2]), torch.ones(3, 3, dtype=torch.bool))
    value.backward()
    assert value.item() == pytest.approx(0, abs=1e-6)
    assert given.grad.abs().max() < 1e-6


@BOTH
def test_a_few_steps_pull_pictures_of_a_place_together(loss):
    given = descriptors(count=6, similarity=3.0).detach().requires_grad_()
    optimizer = torch.optim.Adam([given], 0.05)
    for _ in range(100):
        optimizer.zero_grad()
        loss(torch.nn.functional.normalize(given, dim=1), PLACES).backward()
        optimizer.step()
    unit = torch.nn.functional.normalize(given, dim=1).detach()
    similarity = unit @ unit.T
    same = PLACES[:, None] == PLACES[None]
    assert similarity[same].min() > 0.7
    assert similarity[~same].max() < 0.4


def test_losses_by_name():
    assert isinstance(make_loss("multi_similarity"), NeutralMultiSimilarityLoss)
    assert isinstance(make_loss("info_nce"), NeutralInfoNceLoss)
    with pytest.raises(UsageError, match="'triplet' is unknown; use multi_similarity, info_nce, astroloc"):
        make_loss("triplet")


def test_loss_of_pairs_by_hand():
    """Two pairs in the plane: attraction with alpha = 1, repulsion of all four kinds with beta = 50."""
    angles = np.array([0.0, 1.2, 0.1, 1.0])  # photo, photo, tile, tile
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    s = unit @ unit.T
    attraction = np.mean([math.log1p(math.exp(-s[i, i + 2])) for i in (0, 1)])
    kinds = [((0, 1), (1, 0)), ((0, 3), (1, 2)), ((2, 1), (3, 0)), ((2, 3), (3, 2))]
    repulsion = sum(np.mean([math.log1p(math.exp(50 * s[i, j])) / 50 for i, j in kind]) for kind in kinds)
    photos, tiles = torch.tensor(unit[:2]), torch.tensor(unit[2:])
    assert PairLoss()(photos, tiles).item() == pytest.approx(attraction + repulsion, rel=1e-5)


def test_neutral_pairs_are_attracted_but_not_repelled():
    photos, tiles = descriptors(count=3, seed=1), descriptors(count=3, seed=2)
    neutral = torch.ones(3, 3, dtype=torch.bool)
    loss = PairLoss()(photos, tiles, neutral)
    (gradient,) = torch.autograd.grad(loss, photos)
    # Only the pull to its own tile is left.
    assert (torch.cosine_similarity(-gradient, tiles.detach()) > 0.9999).all()
    assert loss < PairLoss()(photos, tiles)


def test_astroloc_adds_the_losses_of_pairs_and_of_places():
    """Photos are no pictures of a place for the second loss; each is paired with the first picture of its place."""
    given = descriptors(count=6, similarity=2.0)
    places = torch.tensor([0, 0, 1, 1, 0, 1])
    photos = torch.tensor([False, False, False, False, True, True])
    overlapping = torch.eye(2, dtype=torch.bool)
    expected = NeutralMultiSimilarityLoss()(given[:4], places[:4], overlapping)
    expected = expected + PairLoss()(given[4:], given[[0, 2]])
    found = make_loss("astroloc")(given, places, overlapping, photos)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    (gradient,) = torch.autograd.grad(found, given)
    assert (gradient.norm(dim=1) > 0).all()
    without_photos = AstroLocLoss()(given[:4], places[:4], overlapping)
    assert without_photos.item() == pytest.approx(
        float(NeutralMultiSimilarityLoss()(given[:4], places[:4], overlapping))
    )
