"""Whole passes: the frames of one camera on one pass, solved together (docs/passes.md)."""
