"""Local features from a network: an ONNX file with a card beside it (docs/registration.md), as for models.

The network gives a score for every pixel and a field of descriptors, at the same or a lower resolution. Where such
features have neither size nor orientation, the network sees the photo at several rotations. Packages are untrusted:
see engine.onnx_package.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError, OutputError
from engine.features import MAX_FEATURES, Features, equalised, usable
from engine.onnx_package import open_session, read_package

_KIND = "local-features"
_PEAK_PX = 5  # a feature has the highest score in a window of this many pixels
_CELL = 8  # pixels per side of a cell, where scores are given by cell, as by SuperPoint and XFeat
_ROTATIONS = (1, 4, 8)
_HINT = "make the card again with `earthloc matcher`"


@dataclass(frozen=True)
class _Outputs:
    scores: str
    descriptors: str
    reliability: str | None


class LearnedFeatures:
    """A network that finds and describes features.

    Attributes:
        name: of the card, with its version.
        sha256: of the ONNX file.
        rotations: number of rotations at which a photo is searched, so that its features match a north-up picture's.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        self.path, card, model_bytes = read_package(path)
        try:
            if card["kind"] != _KIND:
                raise ValueError(f"kind ({_KIND})")
            self.name, self.sha256 = f"{card['name']} {card['version']}", card["sha256"]
            self.rotations = int(card["turns"])
            self._size = int(card["input"]["width"])
            self._input = str(card["input"]["name"])
            self._equalised = bool(card["input"]["equalised"])
            reliability = card["output"].get("reliability")
            self._outputs = _Outputs(
                str(card["output"]["scores"]),
                str(card["output"]["name"]),
                None if reliability is None else str(reliability),
            )
            self._dimension = int(card["output"]["dimension"])
            if self.rotations not in _ROTATIONS or not 64 <= self._size <= 2048:
                raise ValueError("turns (1, 4 or 8) and input.width (64 to 2048)")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(path, f"the card lacks a valid {error}", _HINT) from error
        self._session = open_session(self.path, model_bytes, threads)
        inputs = {i.name: list(i.shape) for i in self._session.get_inputs()}
        outputs = {o.name for o in self._session.get_outputs()}
        required = {self._outputs.scores, self._outputs.descriptors, *([reliability] if reliability else [])}
        shape = inputs.get(self._input, [])
        fits = all(isinstance(n, str) or n in (1, 3, self._size) for n in shape) and len(shape) == 4
        if list(inputs) != [self._input] or not required <= outputs or not fits:
            raise ModelError(self.path, "the card and the ONNX file do not fit together", _HINT)

    def find(
        self, pixels: NDArray[np.uint8], valid: NDArray[np.bool_] | None = None, limit: int = MAX_FEATURES
    ) -> Features:
        """Features of an RGB picture (h, w, 3): the `limit` with the highest scores, without size and orientation.

        A picture larger than the network's input is processed in overlapping pieces.
        """
        mask = usable(pixels, valid)
        if self._equalised:
            pixels = np.repeat(equalised(pixels)[..., None], 3, axis=2)
        height, width = pixels.shape[:2]
        found = [
            self._of_piece(pixels, mask, left, top)
            for top in _starts(height, self._size)
            for left in _starts(width, self._size)
        ]
        xy, scores, descriptors = (np.concatenate(column) for column in zip(*found, strict=True))
        _, once = np.unique(np.floor(xy).astype(np.int64) @ [1, 100_000], return_index=True)  # where pieces overlap
        best = once[np.argsort(-scores[once], kind="stable")[:limit]]
        return Features(xy[best].astype(np.float64), None, None, np.ascontiguousarray(descriptors[best], np.float32))

    def _of_piece(
        self, pixels: NDArray[np.uint8], mask: NDArray[np.bool_], left: int, top: int
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Positions in the whole picture, scores and descriptors of the square that begins at (left, top)."""
        size = self._size
        part = pixels[top : top + size, left : left + size]
        height, width = part.shape[:2]
        square = np.zeros((1, 3, size, size), np.float32)
        square[0, :, :height, :width] = part.transpose(2, 0, 1) / np.float32(255)
        names = [self._outputs.scores, self._outputs.descriptors]
        if self._outputs.reliability:
            names.append(self._outputs.reliability)
        score, field, *rest = (np.asarray(a, np.float32) for a in self._session.run(names, {self._input: square}))
        if field.ndim != 4 or field.shape[1] != self._dimension or score.ndim != 4 or not np.isfinite(score).all():
            raise ModelError(self.path, f"gives {field.shape} and {score.shape}, its card says otherwise", _HINT)
        score_map = _by_pixel(score[0])
        if score_map.shape != (size, size):
            raise ModelError(self.path, f"gives scores of {score_map.shape}, not of each pixel", _HINT)
        if rest:
            score_map = score_map * cv2.resize(rest[0][0, 0], (size, size), interpolation=cv2.INTER_LINEAR)
        peaks = (score_map > 0) & (score_map == cv2.dilate(score_map, np.ones((_PEAK_PX, _PEAK_PX), np.uint8)))
        peaks[height:], peaks[:, width:] = False, False
        peaks[:height, :width] &= mask[top : top + height, left : left + width]
        rows, columns = np.nonzero(peaks)
        scores = score_map[rows, columns]
        best = np.argsort(-scores, kind="stable")[:MAX_FEATURES]
        xy = np.stack([columns[best], rows[best]], axis=1) + 0.5
        return xy + np.array([left, top]), scores[best], _sampled(field[0], xy / size)


def make_card(onnx: Path, folder: Path, name: str, turns: int, is_equalised: bool, licence: str) -> dict[str, Any]:
    """Make a package from an ONNX file in a new folder. The network's inputs and outputs are read from the file.

    Raises:
        ModelError: it is not a network that takes one square picture and gives scores and descriptors.
        OutputError: the folder exists already, or cannot be made.
    """
    try:
        content = onnx.read_bytes()
    except OSError as error:
        raise ModelError(onnx, "cannot be read", "give the path of an ONNX file") from error
    session = open_session(onnx, content, 1)
    inputs = session.get_inputs()
    shape = list(inputs[0].shape) if inputs else []
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        raise ModelError(onnx, f"takes {shape}, not one square picture of a fixed size", "export it with (1, 3, n, n)")
    channels = {o.name: o.shape[1] for o in session.get_outputs() if len(o.shape) == 4}
    full = {o.name: o.shape[2] for o in session.get_outputs() if len(o.shape) == 4}
    scores = [n for n, c in channels.items() if c == _CELL * _CELL + 1 or (c == 1 and full[n] == shape[2])]
    descriptors = [n for n, c in channels.items() if n not in scores and isinstance(c, int) and c > 1]
    reliability = [n for n, c in channels.items() if n not in scores and c == 1]
    if len(scores) != 1 or len(descriptors) != 1 or len(reliability) > 1:
        raise ModelError(onnx, f"gives {channels}, not scores and descriptors", "export both, and nothing else")
    card = {
        "kind": _KIND,
        "name": name,
        "version": "1",
        "file": onnx.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": licence,
        "turns": turns,
        "input": {"name": inputs[0].name, "width": shape[2], "height": shape[2], "equalised": is_equalised},
        "output": {
            "name": descriptors[0],
            "dimension": channels[descriptors[0]],
            "scores": scores[0],
            "reliability": reliability[0] if reliability else None,
        },
    }
    try:
        os.makedirs(folder)
        shutil.copyfile(onnx, folder / onnx.name)
        (folder / f"{onnx.stem}.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(folder, "cannot be made", "name a folder that is not there yet") from error
    return card


def _starts(length: int, size: int) -> list[int]:
    """Where pieces of `size` begin that together cover `length`."""
    count = max(1, math.ceil(length / size))
    return np.linspace(0, max(0, length - size), count).round().astype(int).tolist()


def _by_pixel(score: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (height, width) from (1, height, width), or from logits by cell whose last channel is "no feature"."""
    if score.shape[0] == 1:
        return score[0]
    if score.shape[0] != _CELL * _CELL + 1:
        return np.zeros((0, 0), np.float32)
    probabilities = np.exp(score - score.max(axis=0))
    probabilities = (probabilities / probabilities.sum(axis=0))[:-1]
    rows, columns = probabilities.shape[1:]
    return (
        probabilities.reshape(_CELL, _CELL, rows, columns).transpose(2, 0, 3, 1).reshape(rows * _CELL, columns * _CELL)
    )


def _sampled(field: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float32]:
    """Bilinear descriptors (n, d) of length 1 from a field (d, h, w) at positions (n, 2) in parts of its sides."""
    _, height, width = field.shape
    x, y = (at * [width, height] - 0.5).clip([0, 0], [width - 1.001, height - 1.001]).T
    left, top = x.astype(np.int64), y.astype(np.int64)
    dx, dy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    found = (
        field[:, top, left] * ((1 - dx) * (1 - dy))
        + field[:, top, right] * (dx * (1 - dy))
        + field[:, below, left] * ((1 - dx) * dy)
        + field[:, below, right] * (dx * dy)
    ).T
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
