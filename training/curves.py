"""What a training leaves to look at: `curve.csv`, the same in TensorBoard, and sheets of what was found."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.metrics import RANKS

CURVE = "curve.csv"
EVENTS = "tensorboard"
RECALLS = [f"recall_at_{k}" for k in RANKS]
_FRAME_PX = 4
_RIGHT, _WRONG = (40, 170, 60), (215, 60, 40)


class Curves:
    """The curves of a run; without TensorBoard the table alone.

    Args:
        folder: of the run.
        columns: of the table, after `step`.
        step: where the run goes on: what was noted after that step is taken out; 0 starts anew.
    """

    def __init__(self, folder: Path, columns: Sequence[str], step: int = 0) -> None:
        self._path = folder / CURVE
        self._columns = ["step", *columns]
        self._keep_until(step)
        self._writer: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._writer = SummaryWriter(str(folder / EVENTS), purge_step=step + 1)

    def note(self, step: int, values: dict[str, float]) -> None:
        """A line of the table, and a point on each of its curves. Raises OSError where it cannot be written."""
        with self._path.open("a", newline="", encoding="utf-8") as file:
            line = {name: f"{value:.6g}" for name, value in values.items()}
            csv.DictWriter(file, self._columns, restval="").writerow({"step": step, **line})
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def show(self, step: int, name: str, picture: NDArray[np.uint8]) -> None:
        """A picture (h, w, 3), in TensorBoard."""
        if self._writer is not None:
            self._writer.add_image(name, picture, step, dataformats="HWC")

    def close(self) -> None:
        """Writes what is not yet written."""
        if self._writer is not None:
            self._writer.close()

    def _keep_until(self, step: int) -> None:
        rows: list[dict[str, str]] = []
        if step > 0 and self._path.is_file():
            with self._path.open(newline="", encoding="utf-8") as file:
                rows = [row for row in csv.DictReader(file) if row["step"].isdigit() and int(row["step"]) <= step]
        partial = self._path.with_suffix(".partial")
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, extrasaction="ignore", restval="")
            writer.writeheader()
            writer.writerows(rows)
        partial.replace(self._path)


def prediction_sheet(
    rows: Sequence[tuple[NDArray[np.uint8], list[NDArray[np.uint8]], list[bool]]],
) -> NDArray[np.uint8]:
    """A picture with a line for each photo: the photo, then the tiles found, best first, the right ones in green.

    Args:
        rows: photo (side, side, 3), its tiles, and whether each of them is right; all of one size.
    """
    lines = []
    for photo, tiles, right in rows:
        framed = [_framed(photo, (255, 255, 255))]
        framed += [_framed(tile, _RIGHT if good else _WRONG) for tile, good in zip(tiles, right, strict=True)]
        lines.append(np.hstack(framed))
    width = max(line.shape[1] for line in lines)
    return np.vstack([np.pad(line, ((0, 0), (0, width - line.shape[1]), (0, 0))) for line in lines])


def _framed(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    edge = (_FRAME_PX,) * 4
    return np.asarray(cv2.copyMakeBorder(pixels, *edge, cv2.BORDER_CONSTANT, value=colour), np.uint8)
