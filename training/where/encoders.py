"""Location encoders: a place on Earth as a vector, learned by contrast with pictures of it.

GeoCLIP (Vivanco Cepeda et al., NeurIPS 2023, arXiv 2309.16020): Equal Earth projection, random Fourier features at
three scales, one network a scale (capsule), sum. SatCLIP (Klemmer et al., AAAI 2025, arXiv 2311.17179): real spherical
harmonics and a network with sine activations (SIREN; Sitzmann et al., NeurIPS 2020). Written from the papers; the names
of GeoCLIP's parameters are those of its published weights, so that these can be loaded.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import InputError, in_short

# Equal Earth (Savric, Patterson, Jenny 2018), equations 8 and 9: coefficients of its polynomial.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
# GeoCLIP scales the projected plane, in units of the Earth's radius, by this: its x is then -1 to 1 or nearly so.
_EQUAL_EARTH_SCALE = 66.50336 / 180.0
# Scales of the random Fourier features, GeoCLIP, section 3.2.
SIGMAS = (2.0**0, 2.0**4, 2.0**8)
_FEATURES = 256
_SIREN_FIRST = 30.0  # frequency of the first layer of a SIREN


def equal_earth(lat_lon: Tensor) -> Tensor:
    """Projects points (n, 2), degrees, to the Equal Earth plane: (n, 2) x, y in radii of the Earth on the sphere."""
    lat, lon = torch.deg2rad(lat_lon).unbind(-1)
    theta = torch.asin(math.sqrt(3.0) / 2.0 * torch.sin(lat))
    square = theta * theta
    sixth = square**3
    slope = _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)
    x = 2.0 * math.sqrt(3.0) / 3.0 * lon * torch.cos(theta) / slope
    y = theta * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
    return torch.stack([x, y], dim=-1)


def fourier_features(points: Tensor, frequencies: Tensor) -> Tensor:
    """Random Fourier features (n, 2 k) of points (n, 2): cosines, then sines, of 2 pi B v (Tancik et al. 2020)."""
    angle = 2.0 * math.pi * points @ frequencies.T
    return torch.cat([angle.cos(), angle.sin()], dim=-1)


class _Frequencies(nn.Module):
    """The fixed random matrix B (k, 2) of one scale, drawn from N(0, sigma^2)."""

    b: Tensor

    def __init__(self, sigma: float, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.register_buffer("b", sigma * torch.randn(_FEATURES, 2, generator=generator))

    def forward(self, points: Tensor) -> Tensor:
        return fourier_features(points, self.b)


class _Capsule(nn.Module):
    """Random Fourier features of one scale and the network on them."""

    def __init__(self, sigma: float, hidden: int, dimension: int, generator: torch.Generator | None) -> None:
        super().__init__()
        layers: list[nn.Module] = [_Frequencies(sigma, generator), nn.Linear(2 * _FEATURES, hidden), nn.ReLU()]
        for _ in range(2):
            layers += [nn.Linear(hidden, hidden), nn.ReLU()]
        self.capsule = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(hidden, dimension))

    def forward(self, points: Tensor) -> Tensor:
        return self.head(self.capsule(points))


class GeoClipLocation(nn.Module):
    """GeoCLIP's location encoder, section 3.2: (n, 2) latitude, longitude in degrees to (n, dimension).

    Args:
        hidden, dimension: widths of the capsules and of the result; the published weights have 1024 and 512.
        sigmas: scales of the Fourier features.
        seed: of the frequencies.
    """

    def __init__(
        self, hidden: int = 1024, dimension: int = 512, sigmas: tuple[float, ...] = SIGMAS, seed: int = 0
    ) -> None:
        super().__init__()
        self.dimension = dimension
        generator = torch.Generator().manual_seed(seed)
        self._count = len(sigmas)
        for number, sigma in enumerate(sigmas):
            self.add_module(f"LocEnc{number}", _Capsule(sigma, hidden, dimension, generator))

    def forward(self, lat_lon: Tensor) -> Tensor:
        """See the class."""
        points = _EQUAL_EARTH_SCALE * equal_earth(lat_lon)
        capsules = [getattr(self, f"LocEnc{number}") for number in range(self._count)]
        return torch.stack([capsule(points) for capsule in capsules]).sum(dim=0)

    @classmethod
    def published(cls, path: Path) -> GeoClipLocation:
        """With the weights of the package `geoclip` (MIT): its file location_encoder_weights.pth.

        Raises:
            InputError: the file cannot be read, or holds other weights. Only tensors are read: no code in it runs.
        """
        encoder = cls()
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            encoder.load_state_dict(state)
        except (OSError, RuntimeError, ValueError, AttributeError, EOFError, KeyError) as error:
            problem = f"holds no weights of GeoCLIP's location encoder ({in_short(error)})"
            raise InputError(path, problem, "give location_encoder_weights.pth of the package geoclip") from error
        except Exception as error:  # what weights_only refuses is an error of pickle's
            raise InputError(path, f"cannot be read safely ({in_short(error)})", "get the file again") from error
        return encoder


def spherical_harmonics(lat_lon: Tensor, degree: int) -> Tensor:
    """Real spherical harmonics of all degrees below `degree`, orthonormal on the sphere (SatCLIP, equation 2).

    Args:
        lat_lon: (n, 2), degrees.
        degree: L, 1 to 100.

    Returns:
        (n, degree^2), float64: degree l from 0 on, in each the orders -l to l. Negative orders have the sines. No
        Condon-Shortley phase. The associated Legendre functions come from the recurrence of their normalised form,
        which stays accurate at high degrees.
    """
    lat, lon = torch.deg2rad(lat_lon.double()).unbind(-1)
    x, root = torch.sin(lat), torch.cos(lat)
    legendre: dict[tuple[int, int], Tensor] = {}
    for m in range(degree):
        if m == 0:
            legendre[0, 0] = torch.full_like(x, math.sqrt(1.0 / (4.0 * math.pi)))
        else:
            legendre[m, m] = math.sqrt((2 * m + 1) / (2 * m)) * root * legendre[m - 1, m - 1]
        for n in range(m + 1, degree):
            a = math.sqrt((4 * n * n - 1) / (n * n - m * m))
            term = x * legendre[n - 1, m]
            if n > m + 1:
                term = term - math.sqrt(((n - 1) ** 2 - m * m) / (4 * (n - 1) ** 2 - 1)) * legendre[n - 2, m]
            legendre[n, m] = a * term
    columns = []
    for n in range(degree):
        columns += [math.sqrt(2.0) * legendre[n, m] * torch.sin(m * lon) for m in range(n, 0, -1)]
        columns.append(legendre[n, 0])
        columns += [math.sqrt(2.0) * legendre[n, m] * torch.cos(m * lon) for m in range(1, n + 1)]
    return torch.stack(columns, dim=-1)


class _Sine(nn.Module):
    """A layer of a SIREN, Sitzmann et al., section 3.2: sin(w0 (W x + b)), with its initialisation."""

    def __init__(self, inputs: int, outputs: int, w0: float, first: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self._w0 = w0
        bound = 1.0 / inputs if first else math.sqrt(6.0 / inputs) / w0
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self._w0 * self.linear(x))


class SatClipLocation(nn.Module):
    """SatCLIP's location encoder, section 3: spherical harmonics and a SIREN, (n, 2) degrees to (n, dimension).

    Args:
        degree: L of the spherical harmonics; its finest detail is about 180 / L degrees.
        hidden, layers: of the SIREN.
        dimension: of the result.
    """

    def __init__(self, degree: int = 40, hidden: int = 256, layers: int = 2, dimension: int = 256) -> None:
        super().__init__()
        self.degree, self.dimension = degree, dimension
        widths = [degree * degree] + [hidden] * layers
        sines = [_Sine(widths[i], widths[i + 1], _SIREN_FIRST if i == 0 else 1.0, first=i == 0) for i in range(layers)]
        self.siren = nn.Sequential(*sines, nn.Linear(hidden, dimension))

    def forward(self, lat_lon: Tensor) -> Tensor:
        """See the class."""
        return self.from_harmonics(spherical_harmonics(lat_lon, self.degree).float())

    def from_harmonics(self, harmonics: Tensor) -> Tensor:
        """The same from `spherical_harmonics` (n, degree^2) that were computed before: they are most of the work."""
        return self.siren(harmonics)
