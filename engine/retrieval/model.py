"""Embedding models: packages of an ONNX file and a JSON card (engine/onnx_package.py).

The card says how a picture becomes the network's input, so pre-processing belongs to the weights and not to the code. A
package may have a second network that embeds photos: it learned from located photos (docs/training.md), while indexes
keep the descriptors that the first network gave their tiles.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.contract.localization import ModelIdentity
from engine.errors import ModelError
from engine.onnx_package import open_session, read_card, read_package, read_photo_network
from engine.resources import resources_folder, user_models_folder

DEFAULT_MODEL = "models/earthloc-default"
ROTATIONS_DEG = (0, 90, 180, 270)
_RESIZE_POLICIES = ("crop", "squash")
# Pictures per call of the network in a thread; larger calls take more memory and are no faster.
_PICTURES_PER_CALL = 2


@dataclass(frozen=True)
class InputSpec:
    """How pixels become the network's input: float32 (n, 3, height, width) = (pixels / 255 - mean) / std.

    Attributes:
        name: of the ONNX input.
        size_px: side of the square input.
        mean, std: per channel, RGB, on the scale 0..1.
        resize: how an oblong photo becomes square: "crop" takes the middle, "squash" keeps all.
        photo_weights: of red, green and blue, to convert a photo, but not a tile, to grey; () keeps its colours.
    """

    name: str
    size_px: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: str
    photo_weights: tuple[float, ...] = ()


class ModelPackage:
    """An embedding model ready to run.

    Attributes:
        name, version, sha256: of the card; sha256 is that of the ONNX file that embeds tiles, and identifies the model
            in indexes.
        dimension: length of a descriptor.
        input: the InputSpec.
        card: the whole card.
        has_photo_network: whether photos are embedded by a network of their own.
        photo_sha256: of the ONNX file that embeds photos.
    """

    def __init__(self, path: Path, card: dict[str, Any], model_bytes: bytes, threads: int = 0) -> None:
        self.path = path
        self.card = card
        self.name: str = card["name"]
        self.version: str = card["version"]
        self.sha256: str = card["sha256"]
        self.dimension: int = card["output"]["dimension"]
        self.input = _input_spec(path, card["input"])
        self._output_name: str = card["output"]["name"]
        # Several pictures in parallel are a quarter faster than all threads on one picture.
        self._session = open_session(path, model_bytes, 1)
        photo_network = read_photo_network(path, card)
        self.has_photo_network = photo_network is not None
        self.photo_sha256: str = card["photo_sha256"] if photo_network else self.sha256
        self._photo_session = open_session(*photo_network, 1) if photo_network else self._session
        workers = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="embed") if workers > 1 else None
        self._check(path, self._session)
        if photo_network:
            self._check(photo_network[0], self._photo_session)

    def _check(self, path: Path, session: onnxruntime.InferenceSession) -> None:
        """Raises ModelError if a network, read from `path`, does not have the inputs and outputs of the card."""
        inputs = {i.name: i.shape for i in session.get_inputs()}
        outputs = {o.name: o.shape for o in session.get_outputs()}
        if self.input.name not in inputs or self._output_name not in outputs:
            raise ModelError(path, "the card and the ONNX file have different inputs or outputs", "correct the card")
        expected = [3, self.input.size_px, self.input.size_px]
        if any(
            isinstance(got, int) and got != want
            for got, want in zip(inputs[self.input.name][1:], expected, strict=False)
        ):
            raise ModelError(
                path, f"the ONNX file takes {inputs[self.input.name]}, the card says {expected}", "correct the card"
            )

    @classmethod
    def open(cls, path: str | Path | None = None, threads: int = 0) -> ModelPackage:
        """Open a model package.

        Args:
            path: the card (.json) or its folder; None for the model that is part of EarthLoc.
            threads: used by `embed`; 0 for as many as there are cores.

        Raises:
            ModelError: missing, damaged, or different from what its card says.
        """
        model_path, card, model_bytes = read_package(
            Path(path) if path is not None else resources_folder() / DEFAULT_MODEL
        )
        return cls(model_path, card, model_bytes, threads)

    def identity(self) -> ModelIdentity:
        """Name, version and sha256, as written into indexes and results."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}

    def photo_light(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A photo's pixels, RGB of any shape, weighted as the card says: red light is scattered least by the air."""
        weights = self.input.photo_weights
        if not weights:
            return pixels
        return np.asarray(cv2.transform(pixels, np.tile(np.array(weights, np.float32), (3, 1))), np.uint8)

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An RGB picture of any shape as the square input (size_px, size_px, 3) of the network."""
        return square_picture(pixels, self.input.size_px, self.input.resize)

    def embed(self, squares: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Descriptors of prepared pictures, by the network for tiles. Thread-safe.

        Args:
            squares: n pictures, uint8 RGB (size_px, size_px, 3).

        Returns:
            float32 (n, dimension), each of length 1; similarity is the dot product.
        """
        return self._embed(self._session, squares)

    def embed_photo(self, squares: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Descriptors of prepared pictures of photos; see `embed`."""
        return self._embed(self._photo_session, squares)

    def _embed(
        self, session: onnxruntime.InferenceSession, squares: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]
    ) -> NDArray[np.float32]:
        parts = [squares[start : start + _PICTURES_PER_CALL] for start in range(0, len(squares), _PICTURES_PER_CALL)]
        run = partial(self._run, session)
        found = self._pool.map(run, parts) if self._pool else map(run, parts)
        descriptors = np.concatenate([np.empty((0, self.dimension), np.float32), *found])
        norms = np.linalg.norm(descriptors, axis=1, keepdims=True)
        return descriptors / np.maximum(norms, 1e-12)

    def _run(
        self, session: onnxruntime.InferenceSession, squares: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]
    ) -> NDArray[np.float32]:
        spec = self.input
        std, mean = np.array(spec.std, np.float32), np.array(spec.mean, np.float32)
        batch = np.empty((len(squares), 3, spec.size_px, spec.size_px), np.float32)
        for picture, square in zip(batch, squares, strict=True):
            picture[...] = square.transpose(2, 0, 1)
        batch *= (1 / (255 * std))[:, None, None]
        batch -= (mean / std)[:, None, None]
        found = np.asarray(session.run([self._output_name], {spec.name: batch})[0], np.float32)
        if found.shape != (len(squares), self.dimension):
            raise ModelError(
                self.path,
                f"gives descriptors of shape {found.shape[1:]}, its card says {self.dimension}",
                "correct the card",
            )
        return found


def find_package(sha256: str) -> Path | None:
    """The card of the package whose network for tiles has this sha256: one that the user installed, or an included one.

    Several installed packages may have this file and differ in their network for photos; the newest card is used.

    Raises:
        ModelError: a card is damaged.
    """
    installed = sorted(user_models_folder().glob("*/*.json"), key=lambda card: card.stat().st_mtime, reverse=True)
    for path in [*installed, *sorted((resources_folder() / "models").glob("*/*.json"))]:
        if read_card(path)["sha256"] == sha256:
            return path
    return None


def square_picture(pixels: NDArray[np.uint8], size_px: int, resize: str) -> NDArray[np.uint8]:
    """An RGB picture (h, w, 3) as a square of size_px: its middle ("crop") or all of it ("squash")."""
    height, width = pixels.shape[:2]
    if resize == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = pixels[top : top + side, left : left + side]
    if pixels.shape[:2] == (size_px, size_px):
        return np.ascontiguousarray(pixels)
    shrink = min(pixels.shape[:2]) >= size_px
    how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size_px, size_px), interpolation=how), np.uint8)


def _input_spec(path: Path, spec: dict[str, Any]) -> InputSpec:
    try:
        size = spec["width"]
        mean, std = tuple(map(float, spec["mean"])), tuple(map(float, spec["std"]))
        if spec["height"] != size or not isinstance(size, int) or not 16 <= size <= 2048:
            raise ValueError("width and height (equal, 16 to 2048)")
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0 or not np.isfinite([*mean, *std]).all():
            raise ValueError("mean and std (three numbers each, std above 0)")
        if spec.get("channels", "RGB") != "RGB" or list(spec.get("range", [0.0, 1.0])) != [0.0, 1.0]:
            raise ValueError("channels and range (RGB, [0, 1])")
        if spec["resize"] not in _RESIZE_POLICIES:
            raise ValueError("resize (crop or squash)")
        weights = tuple(map(float, spec.get("photo_weights", ())))
        if weights and (len(weights) != 3 or min(weights) < 0 or abs(sum(weights) - 1.0) > 1e-6):
            raise ValueError("photo_weights (three numbers from 0 on that add up to 1)")
        return InputSpec(str(spec["name"]), size, mean, std, spec["resize"], weights)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(path, f"the card's input lacks a valid {error}", "get the model package again") from error
