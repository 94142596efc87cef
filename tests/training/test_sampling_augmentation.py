"""Year-wise augmentation: the same parameters for all pictures of a year; every part can be switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from training.augmentation import Augmentation, AugmentationConfig

NOTHING = AugmentationConfig(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def scenes(places=3, years=2, side=64):
    """The same smooth picture in every place and year."""
    coarse = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    scene = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    return scene.expand(places, years, 3, side, side).clone()


def test_places_of_a_year_get_the_same_view_and_years_get_different_views():
    views = Augmentation(AugmentationConfig(), 32)(scenes(), seed=0)
    assert views.shape == (3, 2, 3, 32, 32)
    assert torch.equal(views[0], views[1])
    assert torch.equal(views[0], views[2])
    assert (views[:, 0] - views[:, 1]).abs().mean() > 0.05
    assert views.min() >= 0
    assert views.max() <= 1


def test_without_year_wise_every_picture_gets_its_own_view():
    views = Augmentation(AugmentationConfig(year_wise=False), 32)(scenes(), seed=0)
    assert (views[0] - views[1]).abs().mean() > 0.05
    jitter = Augmentation(replace(NOTHING, brightness=0.9, year_wise=False), 64)(scenes(), seed=0)
    assert (jitter[0] - jitter[1]).abs().mean() > 0.02


def test_seed_gives_the_same_views_and_keeps_the_global_generator():
    augmentation = Augmentation(AugmentationConfig(), 32)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    first = augmentation(scenes(), seed=5)
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(first, augmentation(scenes(), seed=5))
    assert not torch.equal(first, augmentation(scenes(), seed=6))


def test_picture_is_unchanged_with_all_parts_off():
    assert torch.allclose(Augmentation(NOTHING, 64)(scenes(), seed=0), scenes(), atol=1e-3)
    smaller = Augmentation(NOTHING, 32)(scenes(side=128), seed=0)
    assert (smaller - Augmentation(NOTHING, 32)(scenes(side=32), seed=0)).abs().mean() < 0.05


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("rotation_deg", 45.0),
        ("crop", 0.7),
        ("perspective", 0.5),
        ("brightness", 0.9),
        ("contrast", 0.9),
        ("saturation", 0.9),
        ("hue", 0.4),
    ],
)
def test_each_part_works_alone(part, value):
    changed = Augmentation(replace(NOTHING, **{part: value}), 64)(scenes(), seed=1)
    assert (changed - scenes()).abs().mean() > 0.005


def test_perspective_and_crop_leave_no_background():
    """White pictures stay white up to their edges; only a rotation adds background in the corners."""
    white = torch.ones(1, 6, 3, 64, 64)
    assert Augmentation(replace(NOTHING, perspective=0.5, crop=0.8), 48)(white, seed=2).min() > 0.999
    assert Augmentation(replace(NOTHING, rotation_deg=45.0), 48)(white, seed=2).min() < 0.5


def test_shrinking_a_stripe_pattern_does_not_alias():
    stripes = (torch.arange(256) % 2).float().expand(1, 1, 3, 256, 256)
    view = Augmentation(NOTHING, 32)(stripes, seed=0)
    assert (view - 0.5).abs().max() < 0.1


def test_uint8_and_float_give_the_same_views():
    augmentation = Augmentation(AugmentationConfig(), 32)
    as_bytes = (scenes() * 255).to(torch.uint8)
    assert torch.equal(augmentation(as_bytes, seed=3), augmentation(as_bytes.float() / 255, seed=3))
