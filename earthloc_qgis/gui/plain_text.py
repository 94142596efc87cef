"""Escapes texts from photos, indexes and files for widgets that interpret HTML.

Text from strangers must never be interpreted as HTML: an image in it could be on another computer, and displaying the
text would contact that computer.
"""

from __future__ import annotations

import html


def escaped(text: str) -> str:
    """Escape `text` for widgets that always interpret HTML: message bars, and labels with bold words."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def plain(text: str) -> str:
    """Escape `text` for widgets that guess whether it is HTML: tool tips and message boxes."""
    return f"<span>{escaped(text)}</span>" if "<" in text else text
