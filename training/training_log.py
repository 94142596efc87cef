"""Training log: `curve.csv`, the same scalars in TensorBoard, and sheets of predictions."""

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
_CORRECT_RGB, _WRONG_RGB = (40, 170, 60), (215, 60, 40)


class TrainingLog:
    """Writes the scalars of a run to `curve.csv`, and to TensorBoard if it is installed.

    Args:
        folder: folder of the run.
        columns: columns of the table after `step`.
        step: step at which the run resumes; later rows are removed. 0 starts a new table.
    """

    def __init__(self, folder: Path, columns: Sequence[str], step: int = 0) -> None:
        self._path = folder / CURVE
        self._columns = ["step", *columns]
        self._drop_rows_after(step)
        self._writer: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._writer = SummaryWriter(str(folder / EVENTS), purge_step=step + 1)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Appends a row to the table, and a point to each TensorBoard curve.

        Raises:
            OSError: the table cannot be written.
        """
        with self._path.open("a", newline="", encoding="utf-8") as file:
            row = {name: f"{value:.6g}" for name, value in values.items()}
            csv.DictWriter(file, self._columns, restval="").writerow({"step": step, **row})
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def image(self, step: int, name: str, picture: NDArray[np.uint8]) -> None:
        """Adds a picture (h, w, 3) to TensorBoard."""
        if self._writer is not None:
            self._writer.add_image(name, picture, step, dataformats="HWC")

    def close(self) -> None:
        """Flushes and closes the TensorBoard writer."""
        if self._writer is not None:
            self._writer.close()

    def _drop_rows_after(self, step: int) -> None:
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
    """Draws a sheet with one row per photo: the photo, then its retrieved tiles, best first, correct ones framed green.

    Args:
        rows: photo (side, side, 3), its tiles, and whether each tile is correct; all pictures have the same size.
    """
    strips = []
    for photo, tiles, correct in rows:
        framed = [_add_frame(photo, (255, 255, 255))]
        for tile, is_correct in zip(tiles, correct, strict=True):
            framed.append(_add_frame(tile, _CORRECT_RGB if is_correct else _WRONG_RGB))
        strips.append(np.hstack(framed))
    width = max(strip.shape[1] for strip in strips)
    return np.vstack([np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0))) for strip in strips])


def _add_frame(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    edge = (_FRAME_PX,) * 4
    return np.asarray(cv2.copyMakeBorder(pixels, *edge, cv2.BORDER_CONSTANT, value=colour), np.uint8)
