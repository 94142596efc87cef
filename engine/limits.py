"""What a request may ask for, the same at the command line and in the service: (lowest, highest)."""

LAT = (-90.0, 90.0)
LON = (-180.0, 180.0)
LON_OF_REGION = (-360.0, 360.0)  # a region across the antimeridian may run on beyond 180
RADIUS_KM = (0.001, 20040.0)  # half the way round the Earth
TILE_KM = (1.0, 3000.0)
GEOREFERENCED = ("ortho", "gcp", "warped", "affine", "points", "worldfile")
GROUND_CRS = ("auto", "EPSG:4326", "utm", "aeqd")  # the first is the default
RESOLUTION_M = (0.01, 100_000.0)
TOP_K = (1, 1000)
SEARCHED = ("both", "tiles", "votes")  # which candidates are looked for; the first is the default
DEFAULT_TILE_KM = (156.0, 313.0, 626.0)
FEATURE_KM = (0.002, 20.0)  # ground resolution of an index's local features
