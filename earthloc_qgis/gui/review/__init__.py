"""The review: decide on photos beside the map, correct footprints, export results."""
