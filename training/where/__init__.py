"""Trains the learned sources of a where package: what tells where a photo could be (docs/where.md)."""
