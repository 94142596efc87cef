"""Kernel density on the sphere: places with weights become a density over the cells of the globe.

Im2GPS in the deep-learning era (Vo, Jacobs, Hays, ICCV 2017) lets the most similar pictures vote with Gaussian kernels
on a grid in degrees. Here the kernels are von Mises-Fisher densities, which are the same size everywhere on the sphere,
and each has a bandwidth of its own, because a wide tile says less about where the middle of a photo is.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from engine import geo
from engine.ellipsoid import surface_normal
from engine.where import cells

# A kernel is not evaluated beyond this many bandwidths, where it is 1/3,000 of its peak.
_REACH = 4.0
# No kernel is narrower than this, so that a cell's middle tells what the whole cell has.
_NARROWEST_KM = 40.0


@lru_cache(maxsize=1)
def _tree() -> cKDTree:
    return cKDTree(cells.center_vectors())


def kernel_density(lat: ArrayLike, lon: ArrayLike, weight: ArrayLike, bandwidth_km: ArrayLike) -> NDArray[np.float64]:
    """Probability (cells,) of the finest cells under weighted kernels; sums to about the sum of the weights.

    Args:
        lat, lon: (n,) degrees.
        weight: (n,) of the kernels.
        bandwidth_km: (n,) or one for all: the standard deviation of a kernel along each direction.
    """
    lat, lon = np.atleast_1d(np.asarray(lat, np.float64)), np.atleast_1d(np.asarray(lon, np.float64))
    weight = np.broadcast_to(np.asarray(weight, np.float64), lat.shape)
    bandwidth_km = np.maximum(np.broadcast_to(np.asarray(bandwidth_km, np.float64), lat.shape), _NARROWEST_KM)
    density = np.zeros(cells.count())
    if not len(lat):
        return density
    vectors = cells.center_vectors()
    middles = np.asarray(surface_normal(lat, lon))
    radians = bandwidth_km / geo.EARTH_RADIUS_KM
    near = _tree().query_ball_point(middles, np.minimum(_REACH * radians, 2.0))
    columns = np.concatenate([np.asarray(one, np.int64) for one in near])
    kernels = np.repeat(np.arange(len(lat)), [len(one) for one in near])
    squared = ((vectors[columns] - middles[kernels]) ** 2).sum(axis=1)  # 2 (1 - cosine)
    values = np.exp(-squared / (2 * radians[kernels] ** 2))
    totals = np.bincount(kernels, values, minlength=len(lat))
    share = weight[kernels] * values / totals[kernels]
    density += np.bincount(columns, share, minlength=cells.count())
    return density
