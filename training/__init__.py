"""Training of the embedding models. Needs the extra `training`, except for `training.places`."""
