"""How descriptors are kept on disk: in single precision, or in 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# File and numbers of the descriptors, by an index's "dtype".
DESCRIPTOR_FILES = {"float32": "descriptors.f32", "int8": "descriptors.i8"}
DTYPES: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "int8": np.dtype("i1")}


def to_int8(descriptors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Descriptors (n, dimension) in 8 bits: each row scaled to a largest value of 127, and rounded.

    The scale is not kept: a descriptor has length 1, so its direction is all there is to know.
    """
    largest = np.abs(descriptors).max(axis=1, keepdims=True)
    return np.rint(descriptors * (127.0 / np.maximum(largest, 1e-12))).astype(np.int8)


def to_float32(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Descriptors (n, dimension) as they are stored, as float32 of length 1."""
    descriptors = np.array(stored, np.float32)
    descriptors /= np.maximum(np.sqrt(np.vecdot(descriptors, descriptors)), 1e-12)[:, None]
    return descriptors
