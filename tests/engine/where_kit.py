"""Made-up answers to where a photo could be."""

from __future__ import annotations

import numpy as np
import shapely

from engine import geo
from engine.where import cells
from engine.where.distribution import SEARCH_PERCENT, Distribution

IRAQ, INDUS, FIJI = (36.2, 44.1), (31.0, 70.0), (-17.5, 179.6)


def mixture(*places: tuple[tuple[float, float], float, float]) -> Distribution:
    """A mixture of normal distributions: (lat, lon), weight, standard deviation in km."""
    lat, lon = cells.centers()
    density = np.full(cells.count(), 1e-12)
    for (at_lat, at_lon), weight, sd_km in places:
        density += weight / sd_km**2 * np.exp(-0.5 * (geo.distance_km(at_lat, at_lon, lat, lon) / sd_km) ** 2)
    return Distribution.from_log(np.log(density))


def where_json(distribution: Distribution) -> dict:
    """The distribution as a localization carries it."""
    return {
        "areas": [
            {
                "percent": percent,
                "area_km2": distribution.area_km2(percent),
                "outline": shapely.geometry.mapping(distribution.outline(percent)),
            }
            for percent in SEARCH_PERCENT
        ],
        "regions": [
            {"probability": region.probability, "area_km2": region.area_km2, "center": list(region.center)}
            for region in distribution.regions(90)
        ],
        "sources": ["tiles", "votes"],
        "left_out": [{"source": "geoclip", "reason": "its file is missing"}],
        "map": distribution.encoded(),
    }
