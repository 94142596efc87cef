"""Correcting footprints: tie points, moving by hand, searching somewhere else."""
