"""A registered photo as files that other programs can place: GeoTIFFs, control points, a world file."""
