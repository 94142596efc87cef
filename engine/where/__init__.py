"""Where a photo could have been taken: a probability over equal-area cells of the globe (docs/where.md)."""
