"""The state of a review: queue, decisions, recorder, working state, pictures. No widgets."""
