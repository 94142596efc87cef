"""Ranges, defaults and choices of parameters: the same in messages, on the command line and in the plugin's forms.

Apart from `protocol`, because the plugin needs them when QGIS starts, and the requests only when one is sent.
"""

from __future__ import annotations

from typing import Literal, get_args

from .validation import Range

LAT = Range(-90.0, 90.0)
LON = Range(-180.0, 180.0)
LON_OF_REGION = Range(-360.0, 360.0)  # a region across the antimeridian may go on beyond 180
RADIUS_KM = Range(0.001, 20040.0)  # up to half the Earth's circumference
TILE_KM = Range(1.0, 3000.0)
FEATURE_KM = Range(0.002, 20.0)  # ground resolution of an index's local features
RESOLUTION_M = Range(0.01, 100_000.0)
TOP_K = Range(1, 1000)
ELLIPSE_KM = Range(0.1, 1000.0)  # semi-major axis of the largest ellipse of a footprint by the pass
DEFAULT_ELLIPSE_KM = 100.0
DEFAULT_RADIUS_KM = 1000.0
DEFAULT_TOP_K = 10
DEFAULT_TILE_KM = (156.0, 313.0, 626.0)

# NASA's Photos Database and the archive of its photos. Nothing is sent there unless the user agrees.
NASA_API = "https://eol.jsc.nasa.gov/SearchPhotos/PhotosDatabaseAPI/PhotosDatabaseAPI.pl"
NASA_ARCHIVE = "https://eol.jsc.nasa.gov/DatabaseImages"

GeoreferencedKind = Literal["ortho", "gcp", "warped", "affine", "points", "worldfile"]
GEOREFERENCED: tuple[GeoreferencedKind, ...] = get_args(GeoreferencedKind)
GroundCrs = Literal["auto", "EPSG:4326", "utm", "aeqd"]
GROUND_CRS: tuple[GroundCrs, ...] = get_args(GroundCrs)  # the first is the default
SearchKind = Literal["both", "tiles", "votes"]
SEARCHED: tuple[SearchKind, ...] = get_args(SearchKind)  # which candidates are searched for; the first is the default

# If the area to search with 90 % is larger, a photo gives hardly any hint: it is a third of all land.
NO_HINT_KM2 = 50e6
