"""Training of the embedding models. Needs the `training` extra, except for `training.places`."""
