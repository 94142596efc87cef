"""The state of a review and its decisions. No widgets."""
