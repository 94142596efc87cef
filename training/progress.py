"""Progress display: on a terminal a bar for each stage, with speed and time left; otherwise one line for each stage."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from tqdm import tqdm


class ProgressBars:
    """Displays what `Progress` reports. In distributed training only the main process displays anything."""

    def __init__(self) -> None:
        self._is_main_process = os.environ.get("RANK", "0") == "0"
        self._terminal = sys.stderr.isatty()
        self._stage = ""
        self._bar: tqdm | None = None

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def show(self, stage: str, done: int, total: int, message: str) -> None:
        """Callback for `Progress(on_progress=...)`."""
        if not self._is_main_process:
            return
        if stage != self._stage:
            self._end()
            self._stage = stage
            if self._terminal:
                self._bar = tqdm(total=total, initial=done, desc=stage, dynamic_ncols=True, leave=True)
            else:
                print(f"{stage}: {message or total}", file=sys.stderr, flush=True)
        if self._bar is not None:
            self._bar.total = total
            self._bar.set_postfix_str(message, refresh=False)
            self._bar.update(done - self._bar.n)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""
