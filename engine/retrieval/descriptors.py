"""Storage of descriptors on disk: in single precision, or in 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# File name and number type of the descriptors, by an index's "dtype".
DESCRIPTOR_FILES = {"float32": "descriptors.f32", "int8": "descriptors.i8"}
DTYPES: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "int8": np.dtype("i1")}


def to_int8(descriptors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Quantise descriptors (n, dimension) to 8 bits: each row is scaled to a maximum of 127 and rounded.

    The scale is not stored: a descriptor has length 1, so its direction contains all information.
    """
    largest = np.abs(descriptors).max(axis=1, keepdims=True)
    return np.rint(descriptors * (127.0 / np.maximum(largest, 1e-12))).astype(np.int8)


def to_float32(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Stored descriptors (n, dimension) as float32 of length 1."""
    descriptors = np.array(stored, np.float32)
    descriptors /= np.maximum(np.sqrt(np.vecdot(descriptors, descriptors)), 1e-12)[:, None]
    return descriptors
