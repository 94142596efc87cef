"""The EarthLoc panel and its parts."""
