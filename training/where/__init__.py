"""Trains what tells where a photo could have been taken: the learned sources of engine/where (docs/where.md)."""
