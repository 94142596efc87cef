"""Batches of places: clusters, regions, neighbours, mined photos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import UsageError
from engine.geo import LocalFrame, distance_km, square_corners
from training import sampling
from training.overlap import overlap_matrix
from training.sampling import MinedPhotos, PlaceBatchSampler, Places, SamplingConfig, kmeans, neighbours

PLAIN = SamplingConfig(places_per_batch=10, descriptor_share=0.0)


def places_at_random(count=300, seed=0):
    rng = np.random.default_rng(seed)
    lat = np.degrees(np.arcsin(rng.uniform(-0.8, 0.9, count)))
    return Places(lat, rng.uniform(-180, 180, count), np.exp(rng.uniform(np.log(156), np.log(886), count)))


def groups_of_descriptors(count=300, groups=5, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, groups, count)
    return labels, (np.eye(8)[labels] + rng.normal(0, 0.05, (count, 8))).astype(np.float32)


def test_batches_have_different_places_and_are_reproducible():
    config = replace(PLAIN, descriptor_share=0.3, region_share=0.4, neighbour_share=0.5, regions=8)
    batches = PlaceBatchSampler(places_at_random(), config, seed=3)
    batches_seen = [batches.batch(step) for step in range(30)]
    assert all(len(set(batch.tolist())) == 10 for batch in batches_seen)
    again = PlaceBatchSampler(places_at_random(), config, seed=3)
    assert all((again.batch(step) == batch).all() for step, batch in reversed(list(enumerate(batches_seen))))
    plain, other = (PlaceBatchSampler(places_at_random(), PLAIN, seed=s).batch(0) for s in (3, 4))
    assert (plain != other).any()
    assert len({tuple(batch) for batch in batches_seen}) == 30


def test_batch_comes_from_one_cluster_after_reclustering():
    labels, descriptors = groups_of_descriptors()
    batches = PlaceBatchSampler(places_at_random(), replace(PLAIN, descriptor_share=1.0, clusters=5), seed=0)
    assert any(len(set(labels[batches.batch(step)])) > 1 for step in range(5))
    batches.recluster(descriptors)
    seen = [set(labels[batches.batch(step)]) for step in range(40)]
    assert all(len(found) == 1 for found in seen)
    assert set.union(*seen) == set(range(5))


def test_reclustering_is_due_at_the_configured_interval():
    batches = PlaceBatchSampler(places_at_random(), replace(PLAIN, descriptor_share=0.5, recluster_epochs=3), seed=0)
    assert [epoch for epoch in range(10) if batches.recluster_due(epoch)] == [3, 6, 9]
    assert not any(PlaceBatchSampler(places_at_random(), PLAIN, seed=0).recluster_due(epoch) for epoch in range(10))


def test_resumed_training_continues_with_the_same_batches():
    _, descriptors = groups_of_descriptors()
    config = replace(PLAIN, descriptor_share=1.0, clusters=5)
    first = PlaceBatchSampler(places_at_random(), config, seed=0)
    first.recluster(descriptors)
    second = PlaceBatchSampler(places_at_random(), config, seed=0)
    second.load_state_dict(first.state_dict())
    assert all((first.batch(step) == second.batch(step)).all() for step in range(10))
    with pytest.raises(UsageError, match="other places"):
        PlaceBatchSampler(places_at_random(200), config, seed=0).load_state_dict(first.state_dict())


def test_regions_are_compact_also_across_the_antimeridian():
    places = places_at_random(2000)
    batches = PlaceBatchSampler(places, replace(PLAIN, region_share=1.0, regions=30), seed=0)
    spans, crossing = [], 0
    for step in range(60):
        batch = batches.batch(step)
        lat, lon = places.lat[batch], places.lon[batch]
        spans.append(distance_km(lat[:, None], lon[:, None], lat, lon).max())
        crossing += lon.min() < -170 and lon.max() > 170
    assert max(spans) < 8000
    assert crossing > 0


def test_clusters_are_drawn_by_weight():
    labels, descriptors = groups_of_descriptors()
    weights = (labels == 2) * 1.0
    config = replace(PLAIN, descriptor_share=1.0, clusters=5)
    batches = PlaceBatchSampler(places_at_random(), config, seed=0, weights=weights)
    batches.recluster(descriptors)
    assert all(set(labels[batches.batch(step)]) == {2} for step in range(10))


def test_batch_from_a_small_cluster_is_filled_with_other_places(monkeypatch):
    """Uses fixed clusters, because it depends on the seed whether k-means finds four points among 300."""
    labels = (np.arange(300) >= 4).astype(np.int64)
    monkeypatch.setattr(sampling, "kmeans", lambda *_: labels)
    batches = PlaceBatchSampler(places_at_random(), replace(PLAIN, descriptor_share=1.0, clusters=2), seed=0)
    batches.recluster(np.zeros((300, 4), np.float32))
    batches_seen = [batches.batch(step) for step in range(20)]
    assert all(len(set(batch.tolist())) == 10 for batch in batches_seen)
    assert any({0, 1, 2, 3} <= set(batch.tolist()) for batch in batches_seen)


def test_neighbours_are_near_and_do_not_overlap():
    places = places_at_random(3000)
    batches = PlaceBatchSampler(places, replace(PLAIN, neighbour_share=0.5, neighbour_radius_km=800), seed=0)
    far = PlaceBatchSampler(places, PLAIN, seed=0)
    for step in range(5):
        near, alone = (
            (distance_km(places.lat[b][:, None], places.lon[b][:, None], places.lat[b], places.lon[b]))
            for b in (batches.batch(step), far.batch(step))
        )
        pairs = (near + np.eye(10) * 1e9).min(axis=1)
        assert (pairs < 800).sum() >= 9
        assert ((alone + np.eye(10) * 1e9).min(axis=1) < 800).sum() < 5
    for place in (0, 7, 100):
        found = neighbours(places, place, 800)
        assert len(found) > 5
        assert place not in found
        ids = np.concatenate([[place], found])
        overlaps = overlap_matrix(places.lat[ids], places.lon[ids], places.width_km[ids])[0, 1:]
        assert overlaps.mean() < 0.1
        assert distance_km(places.lat[place], places.lon[place], places.lat[found], places.lon[found]).max() < 801


def test_kmeans_finds_groups_and_is_reproducible():
    labels, descriptors = groups_of_descriptors()
    found = kmeans(descriptors, 5, seed=1)
    assert (found == kmeans(descriptors, 5, seed=1)).all()
    assert len({(a, b) for a, b in zip(labels, found, strict=True)}) == 5
    assert len(set(kmeans(descriptors[:3], 5, seed=0))) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"descriptor_share": 0.7, "region_share": 0.7}, "do not add up"),
        ({"region_share": -0.1}, "do not add up"),
        ({"neighbour_share": 1.0}, "neighbour_share"),
        ({"places_per_batch": 0}, "must be positive"),
    ],
)
def test_impossible_sampling_configurations_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        replace(PLAIN, **changes)


def test_too_few_places_are_refused():
    with pytest.raises(UsageError, match="5 places do not fill a batch of 10"):
        PlaceBatchSampler(places_at_random(5), PLAIN, seed=0)


def photos_on(places, offsets_km):
    """Footprints of the size of the places, shifted east."""
    corners = []
    for i, x in enumerate(offsets_km):
        lat, lon = LocalFrame(places.lat[i], places.lon[i]).to_lat_lon(x, 0.0)
        corners.append(square_corners(float(lat), float(lon), float(places.width_km[i])))
    return np.stack(corners)


def test_photos_are_mined_for_the_places_they_show():
    lat, lon = np.array([10.0, -60.0, 70.0, 10.0]), np.array([20.0, 179.9, -100.0, 20.0])
    places = Places(lat, lon, np.array([300.0, 200.0, 400.0, 900.0]))
    mined = MinedPhotos(photos_on(places, [50.0, 10.0, 300.0]), places, min_iou=0.5)
    # The third photo is too far away; the fourth place is much larger than the photo at its centre.
    assert mined.by_place == {0: [0], 1: [1]}
    assert 2 in MinedPhotos(photos_on(places, [50.0, 10.0, 300.0]), places, min_iou=0.1).by_place
    half = np.array([0, 1 / 3])  # shifts that give an IoU of 1 and 1/2
    exact = MinedPhotos(photos_on(Places(lat[[0, 0]], lon[[0, 0]], np.full(2, 300.0)), half * 300), places, 0.49)
    assert exact.by_place == {0: [0, 1]}


def test_one_photo_per_place_and_no_photo_twice():
    lat = np.array([10.0, 10.1, 50.0, -20.0])
    places = Places(lat, np.zeros(4), np.full(4, 300.0))
    photos = np.stack([square_corners(10.0, 0.0, 300.0), square_corners(50.0, 0.0, 280.0)])
    mined = MinedPhotos(photos, places)
    assert mined.by_place == {0: [0], 1: [0], 2: [1]}
    for seed in range(5):
        chosen, positions = mined.pick(np.array([3, 1, 0, 2]), np.random.default_rng(seed))
        assert chosen.tolist() == [0, 1]
        assert positions.tolist() == [1, 3]
    many = MinedPhotos(np.stack([square_corners(10.0, 0.0, w) for w in (290.0, 300.0, 310.0)]), places)
    picks = [tuple(many.pick(np.array([0]), np.random.default_rng(seed))[0]) for seed in range(20)]
    assert {len(pick) for pick in picks} == {1}
    assert len(set(picks)) == 3
