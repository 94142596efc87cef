"""Trains the learned sources of a probability over the cells (engine/where/heads)."""
