"""Learned sources of the probability of where a photo was taken. Never imports torch."""
