"""The progress line of a command in the terminal."""

from __future__ import annotations

import sys
from types import TracebackType

_LINE_WIDTH = 78


class ProgressLine:
    """One line at the bottom of the terminal that shows the progress; it writes nothing to a file or pipe.

    Leaving its context clears it.
    """

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, stage: str, done: int, total: int, message: str) -> None:
        """Replace the line; the signature fits `Progress`."""
        if self._shown:
            text = f"{stage} {done}/{total} {message}"[:_LINE_WIDTH]
            print(f"\r{text:{_LINE_WIDTH}}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Clear the line."""
        if self._shown:
            print(f"\r{'':{_LINE_WIDTH}}\r", end="", file=sys.stderr, flush=True)
