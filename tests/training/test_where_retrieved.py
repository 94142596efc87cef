"""RANGE: by hand, and against the package `rangegeo` where it is installed."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from engine.ellipsoid import surface_normal
from engine.where import cells
from engine.where.heads.gallery import Gallery
from training.where.contrast import Pairs
from training.where.retrieved import RANGE_SCALE, centring_head, range_gallery, range_plus, softmax_mean


def unit(rng: np.random.Generator, *shape: int) -> np.ndarray:
    values = rng.standard_normal(shape).astype(np.float32)
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def test_retrieval_by_hand():
    keys = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    values = np.array([[10.0], [20.0]], np.float32)
    share = np.exp(15.0 * 0.8) / (np.exp(15.0 * 0.8) + np.exp(15.0 * 0.6))
    found = softmax_mean(np.array([[0.8, 0.6]], np.float32), keys, values, RANGE_SCALE)
    assert found[0, 0] == pytest.approx(10 * share + 20 * (1 - share), rel=1e-5)


def test_beta_goes_from_the_globe_to_the_meaning():
    rng = np.random.default_rng(0)
    queries, keys = unit(rng, 3, 8), unit(rng, 20, 8)
    points, tile_points, values = unit(rng, 3, 3), unit(rng, 20, 3), unit(rng, 20, 5)
    near, alike = softmax_mean(points, tile_points, values, 40.0), softmax_mean(queries, keys, values, 12.0)
    args = queries, points, keys, tile_points, values
    assert range_plus(*args, beta=0.0) == pytest.approx(near)
    assert range_plus(*args, beta=1.0) == pytest.approx(alike)
    assert range_plus(*args) == pytest.approx((near + alike) / 2)


def test_it_is_the_package_s_range_plus(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    keys, values = unit(rng, 50, 16), rng.standard_normal((50, 7)).astype(np.float32)
    lon_lat = np.stack([rng.uniform(-180, 180, 50), rng.uniform(-80, 80, 50)], axis=1).astype(np.float32)
    np.savez(tmp_path / "db.npz", satclip_embeddings=keys, image_embeddings=values, locs=lon_lat)
    wanted = np.array([[10.0, 20.0], [-100.0, -45.0]])
    queries = unit(rng, 2, 16)

    class Encoder(torch.nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(queries).double()

    # Its location encoder, whose weights are not in the package, is replaced.
    encoders = types.ModuleType("rangegeo.satclip.load")
    encoders.load_satclip_location_encoder = lambda *_, **__: Encoder()
    monkeypatch.setitem(sys.modules, "rangegeo.satclip", types.ModuleType("rangegeo.satclip"))
    monkeypatch.setitem(sys.modules, "rangegeo.satclip.load", encoders)
    reference = pytest.importorskip("rangegeo.model", exc_type=ImportError)
    for name in ("RANGE", "RANGE+"):
        model = reference.RANGE(name, device="cpu", pretrained_path="none", db_path=str(tmp_path / "db.npz"))
        expected = model.encode(wanted)[:, :7]
        if name == "RANGE":
            found = softmax_mean(queries, keys, values, RANGE_SCALE)
        else:
            found = range_plus(queries, on_sphere(wanted), keys, on_sphere(lon_lat), values)
        assert found == pytest.approx(expected, abs=1e-4)


def on_sphere(lon_lat: np.ndarray) -> np.ndarray:
    """The package takes a sphere's vectors; ours are normals of the ellipsoid there, which are the same."""
    return np.asarray(surface_normal(lon_lat[:, 1], lon_lat[:, 0]), np.float32)


def test_the_gallery_of_a_cell_is_what_its_tiles_look_like():
    rng = np.random.default_rng(2)
    numbers = np.array([100, 5000, 9000, 20000])
    lat, lon = cells.centers(3)
    tiles = Pairs(unit(rng, 4, 6), np.stack([lat[numbers], lon[numbers], np.full(4, 300.0)], axis=1).astype(np.float32))
    encoded = Gallery(3, numbers, unit(rng, 4, 8), 1.0, 0.5)
    gallery, mean = range_gallery(encoded, unit(rng, 4, 8), tiles, 0.0, 12.0, 2000.0)
    assert mean == pytest.approx(tiles.descriptors.mean(axis=0), abs=1e-5)
    expected = tiles.descriptors - mean
    assert centring_head(mean)(tiles.descriptors) == pytest.approx(gallery.embeddings, abs=1e-4)
    assert gallery.embeddings == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-4)
