"""Texts out of photos, indexes and files as they stand there, in widgets that take HTML.

A stranger's text must not become HTML: a picture in it may lie on another computer, which would be asked for it as
soon as the text is shown.
"""

from __future__ import annotations

import html


def escaped(text: str) -> str:
    """`text` for what always takes HTML: message bars, and labels with words in bold."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def plain(text: str) -> str:
    """`text` for what guesses whether it is HTML: tool tips and message boxes."""
    return f"<span>{escaped(text)}</span>" if "<" in text else text
