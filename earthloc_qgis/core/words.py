"""Numbers in words."""

from __future__ import annotations


def in_percent(confidence: float) -> str:
    """A probability for people to read; nothing here is certain, so it never says 100 %."""
    percent = round(100 * confidence)
    return f"{percent} %" if percent < 100 else "> 99 %"
