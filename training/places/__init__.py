"""Places and views: the simulated ISS camera. Needs no torch."""
