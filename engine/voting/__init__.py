"""Finds a photo by votes of its local features: features -> neighbours -> votes -> bins -> poses (docs/voting.md)."""
