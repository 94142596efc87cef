"""Contrastive alignment, and the galleries that come of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from engine.ellipsoid import surface_normal
from engine.retrieval.photo_views import PhotoViews
from engine.where import cells
from engine.where.distribution import Distribution
from engine.where.evidence import Evidence
from engine.where.heads.gallery import Gallery, GallerySource, ImageHead
from engine.where.package import WherePackage
from training.where.contrast import ContrastConfig, Pairs, TorchImageHead, align, contrast_loss
from training.where.descriptors import Described
from training.where.galleries import fit_gallery, gallery_cells, write_gallery

SHA = "a" * 64


def test_the_loss_by_hand():
    image = torch.eye(2)
    location = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    # Logits: (2, 1.2, 0) with target 0, and (0, 1.6, 2) with target 1.
    first = -2.0 + math.log(math.exp(2.0) + math.exp(1.2) + 1.0)
    second = -1.6 + math.log(1.0 + math.exp(1.6) + math.exp(2.0))
    none = torch.zeros(2, 3, dtype=torch.bool)
    scale = torch.tensor(2.0)
    assert float(contrast_loss(image, location, scale, none, False)) == pytest.approx((first + second) / 2)
    # The third place is too near to the second picture's to be its negative; its own place always counts.
    neutral = torch.tensor([[True, False, False], [False, False, True]])
    second = -1.6 + math.log(1.0 + math.exp(1.6))
    assert float(contrast_loss(image, location, scale, neutral, False)) == pytest.approx((first + second) / 2)


def test_the_symmetric_loss_is_the_mean_of_both_directions():
    generator = torch.Generator().manual_seed(0)
    image, location = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator)
    none, scale = torch.zeros(4, 4, dtype=torch.bool), torch.tensor(1.5)
    there = contrast_loss(image, location, scale, none, False)
    back = contrast_loss(location, image, scale, none, False)
    assert float(contrast_loss(image, location, scale, none, True)) == pytest.approx(float(there + back) / 2)


def made_up_pairs(count: int, seed: int) -> Pairs:
    """Descriptors that hold where their place is, among noise."""
    rng = np.random.default_rng(seed)
    lat, lon = np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)
    rotation, _ = np.linalg.qr(np.random.default_rng(7).standard_normal((16, 16)))
    found = (
        np.concatenate([np.asarray(surface_normal(lat, lon)), 0.1 * rng.standard_normal((count, 13))], axis=1)
        @ rotation
    )
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return Pairs(found.astype(np.float32), np.stack([lat, lon, np.full(count, 300.0)], axis=1).astype(np.float32))


@pytest.fixture(scope="module")
def aligned():
    """A head and a small encoder of unit vectors, aligned on made-up pairs."""
    torch.manual_seed(0)
    tiles, photos = made_up_pairs(2000, 0), made_up_pairs(1000, 1)
    head = TorchImageHead(16, 32, 8)
    encoder = torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.Tanh(), torch.nn.Linear(32, 8))
    place = np.concatenate([photos.place, tiles.place])
    points = torch.from_numpy(np.asarray(surface_normal(place[:, 0], place[:, 1]), np.float32))
    config = ContrastConfig(steps=150, batch=64, queue=128, rate=1e-2, hidden=32, noise=0.0)
    losses = align(head, lambda rows: encoder(points[rows]), list(encoder.parameters()), photos, tiles, config)
    lat, lon = cells.centers(3)
    numbers = gallery_cells(3)
    middles = torch.from_numpy(np.asarray(surface_normal(lat[numbers], lon[numbers]), np.float32))
    with torch.no_grad():
        embeddings = torch.nn.functional.normalize(encoder(middles), dim=-1).numpy()
    return losses, head, Gallery(3, numbers, embeddings, 30.0, 0.05)


def test_training_lowers_the_loss(aligned):
    losses, _, _ = aligned
    assert len(losses) == 150
    assert np.mean(losses[-20:]) < 0.5 * losses[0]


def test_matrices_of_the_engine_are_the_trained_head(aligned):
    _, head, _ = aligned
    descriptors = made_up_pairs(10, 2).descriptors
    with torch.no_grad():
        expected = head(torch.from_numpy(descriptors)).numpy()
    assert head.for_engine()(descriptors) == pytest.approx(expected, abs=1e-5)


def test_an_aligned_gallery_finds_places_it_has_not_seen(aligned):
    _, head, gallery = aligned
    new = made_up_pairs(40, 3)
    on_land = np.isin(cells.cell_of(new.place[:, 0], new.place[:, 1], 3), gallery.numbers)
    assert on_land.sum() > 10
    areas = [
        Distribution.from_log(gallery.log_density(head.for_engine()(one[None]))).area_until_km2(*map(float, place[:2]))
        for one, place in zip(new.descriptors[on_land], new.place[on_land], strict=True)
    ]
    # All cells of the gallery have about 250 million km2.
    assert np.median(areas) < 10e6


def test_fitted_numbers_are_the_most_probable_ones(aligned):
    _, head, gallery = aligned
    pairs = made_up_pairs(30, 4)
    photos = Described(pairs.descriptors[:, None], np.zeros((30, 1), np.float32), pairs.place, np.ones(30, np.int64))
    fit = fit_gallery(gallery, head.for_engine(), photos, 1)

    def mean_log_probability(scale: float, background: float) -> float:
        tried = Gallery(3, gallery.numbers, gallery.embeddings, scale, background)
        found = [
            Distribution.from_log(tried.log_density(head.for_engine()(views))).log_probability_at(
                *map(float, place[:2])
            )
            for views, place in zip(photos.views, photos.place, strict=True)
        ]
        return float(np.mean(found))

    best = mean_log_probability(fit.scale, fit.background)
    assert best == pytest.approx(fit.mean_log_probability, abs=1e-3)
    assert best > mean_log_probability(fit.scale / 2, fit.background)
    assert best > mean_log_probability(fit.scale, 1e-3)


def test_rotations_are_hypotheses_whose_odds_are_added():
    gallery = Gallery(0, np.array([5, 9]), np.eye(2, dtype=np.float32), 2.0, 1e-9)
    queries = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)
    values = gallery.log_density(queries)
    odds = np.exp([2.0, 0.0]) + np.exp([1.2, 1.6])
    lat, lon = cells.centers(0)
    at = [int(cells.cell_of(lat[number], lon[number])) for number in (5, 9)]
    assert values.shape == (cells.count(),)
    assert values[at[0]] - values[at[1]] == pytest.approx(np.log(odds[0] / odds[1]), abs=1e-5)


def test_a_written_source_gives_what_was_written(aligned, tmp_path):
    _, head, gallery = aligned
    size = write_gallery(tmp_path, "geoclip", gallery, head.for_engine(), 2, SHA, {"license": "MIT"})
    assert size == sum(path.stat().st_size for path in tmp_path.glob("*.npy"))
    source = GallerySource(WherePackage.open(tmp_path).sources["geoclip"])
    views = made_up_pairs(3, 5).descriptors
    evidence = Evidence(np.zeros((1, 1, 3), np.uint8), {SHA: PhotoViews(views, np.empty((0, 0, 0), np.float32))})
    expected = gallery.log_density(head.for_engine()(views[:2]))
    assert source.log_density(evidence) == pytest.approx(expected, abs=0.35)  # embeddings have 8 bits
    assert source.log_density(Evidence(np.zeros((1, 1, 3), np.uint8))) is None


def test_gallery_cells_are_near_land():
    numbers = gallery_cells(3)
    lat, lon = cells.centers(3)
    assert int(cells.cell_of(46.0, 8.0, 3)) in numbers  # the Alps
    assert int(cells.cell_of(0.0, -140.0, 3)) not in numbers  # the Pacific
    assert lat[numbers].min() > -62
    assert lat[numbers].max() < 76
    assert len(lon) == cells.count(3)


def test_a_head_without_a_second_matrix_is_linear():
    head = ImageHead(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 3.0]], np.float32))
    assert head(np.array([[4.0, 0.0]], np.float32))[0] == pytest.approx([0.8, 0.6])
