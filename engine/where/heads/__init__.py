"""Learned sources of the probability of the cells, each a network of the where package (engine/where/package.py)."""
