"""Location encoders: projections and harmonics against other libraries, published weights, and gradients."""

from __future__ import annotations

import importlib.util
import math
import sys
import types
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pyproj import Transformer
from scipy.special import sph_harm_y

from engine.errors import InputError
from training.where.encoders import (
    GeoClipLocation,
    SatClipLocation,
    equal_earth,
    fourier_features,
    spherical_harmonics,
)


def places(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(-89, 89, count), rng.uniform(-179, 179, count)], axis=1)


def test_equal_earth_is_that_of_proj():
    points = places(200)
    sphere_m = 6371000.0
    to_map = Transformer.from_crs(f"+proj=longlat +R={sphere_m}", f"+proj=eqearth +R={sphere_m}", always_xy=True)
    expected = np.stack(to_map.transform(points[:, 1], points[:, 0]), axis=1) / sphere_m
    assert equal_earth(torch.from_numpy(points)).numpy() == pytest.approx(expected, abs=1e-9)


def test_fourier_features_by_hand():
    # B v = 0.25 and -0.5: angles of 90 and -180 degrees.
    features = fourier_features(torch.tensor([[0.5, 0.25]]), torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))
    assert features[0].tolist() == pytest.approx([0.0, -1.0, 1.0, 0.0], abs=1e-6)


def test_harmonics_are_those_of_scipy():
    points, degree = places(50, seed=1), 12
    colatitude, lon = np.radians(90.0 - points[:, 0]), np.radians(points[:, 1])
    ours = spherical_harmonics(torch.from_numpy(points), degree).numpy()
    assert ours.shape == (50, degree * degree)
    column = 0
    for n in range(degree):
        for m in range(-n, n + 1):
            # scipy's are complex and have the Condon-Shortley phase.
            value = (-1) ** m * math.sqrt(2.0 if m else 1.0) * sph_harm_y(n, abs(m), colatitude, lon)
            assert ours[:, column] == pytest.approx(value.imag if m < 0 else value.real, abs=1e-10)
            column += 1


def test_harmonics_of_high_degree_are_orthonormal():
    # Exact quadrature: Gauss-Legendre in the sine of the latitude, even steps in longitude.
    degree = 40
    sines, weights = np.polynomial.legendre.leggauss(degree)
    lon = np.arange(2 * degree) * 180.0 / degree - 180.0
    grid = np.stack(np.meshgrid(np.degrees(np.arcsin(sines)), lon, indexing="ij"), axis=-1).reshape(-1, 2)
    values = spherical_harmonics(torch.from_numpy(grid), degree).numpy()
    area = np.repeat(weights, 2 * degree) * math.pi / degree
    product = (values * area[:, None]).T @ values
    assert np.abs(product - np.eye(degree * degree)).max() < 1e-9


def test_capsules_are_summed_and_every_parameter_learns():
    encoder = GeoClipLocation(hidden=16, dimension=8)
    points = torch.from_numpy(places(5)).float()
    scaled = 66.50336 / 180.0 * equal_earth(points)
    parts = [getattr(encoder, f"LocEnc{n}")(scaled) for n in range(3)]
    found = encoder(points)
    assert found.shape == (5, 8)
    assert torch.allclose(found, parts[0] + parts[1] + parts[2], atol=1e-6)
    found.square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in encoder.parameters())
    # The scales differ: the finest capsule's frequencies are 256 times the coarsest's.
    spread = [float(getattr(encoder, f"LocEnc{n}").capsule[0].b.std()) for n in range(3)]
    assert spread == pytest.approx([1.0, 16.0, 256.0], rel=0.15)


def test_siren_learns_and_takes_harmonics_that_were_computed_before():
    torch.manual_seed(0)
    encoder = SatClipLocation(degree=6, hidden=16, dimension=8)
    points = torch.from_numpy(places(5))
    found = encoder(points)
    assert found.shape == (5, 8)
    assert torch.equal(found, encoder.from_harmonics(spherical_harmonics(points, 6).float()))
    found.square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in encoder.parameters())


def test_published_weights_give_what_the_package_gives(monkeypatch):
    spec = importlib.util.find_spec("geoclip")
    if spec is None or spec.origin is None:
        pytest.skip("geoclip is not installed (pip install --no-deps geoclip==1.3.0)")
    folder = Path(spec.origin).parent
    for name, path in (("geoclip", folder), ("geoclip.model", folder / "model")):
        package = types.ModuleType(name)  # without its __init__, which needs CLIP and the hub
        package.__path__ = [str(path)]
        monkeypatch.setitem(sys.modules, name, package)
    reference = pytest.importorskip("geoclip.model.location_encoder", exc_type=ImportError).LocationEncoder()
    points = torch.from_numpy(places(64)).float()
    with torch.no_grad():
        ours = GeoClipLocation.published(folder / "model" / "weights" / "location_encoder_weights.pth")(points)
        assert torch.allclose(ours, reference(points), atol=2e-3)


def test_a_file_that_is_no_weights_is_refused(tmp_path):
    other = tmp_path / "other.pth"
    torch.save({"weight": torch.zeros(3)}, other)
    with pytest.raises(InputError, match="holds no weights of GeoCLIP"):
        GeoClipLocation.published(other)
    with pytest.raises(InputError, match="holds no weights of GeoCLIP"):
        GeoClipLocation.published(tmp_path / "missing.pth")


def test_a_file_that_carries_code_is_refused(tmp_path):
    torch.save({"weight": Path("x")}, tmp_path / "code.pth")
    with pytest.raises(InputError, match="cannot be read safely"):
        GeoClipLocation.published(tmp_path / "code.pth")
