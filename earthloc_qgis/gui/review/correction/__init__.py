"""Correcting a footprint: tie points, moving it by hand, searching somewhere else."""
