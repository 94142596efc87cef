"""Exports trained heads into a where package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from engine.errors import ModelError
from engine.where.heads import cosplace, geodecoder
from engine.where.heads.trunk import OUTPUT as MAPS
from engine.where.package import WherePackage
from training.export import graph_of
from training.quantise import half_weights
from training.where.cosplace import CosPlaceHead
from training.where.geodecoder import GeoDecoder
from training.where.grid import CellLevel
from training.where.package import add_source, npy
from training.where.scenes import SCENES

# How a photo becomes the trunk's input: as for the shipped model (its card).
INPUT_SETTINGS = {"size_px": 256, "photo_weights": [1.0, 0.0, 0.0]}
_TRUNK_FILE = "trunk.onnx"
# Largest difference allowed between torch and the exported network, whose weights are in half precision.
_MAX_DIFFERENCE = 0.1


def head_bytes(head: nn.Module, maps: NDArray[np.float32], outputs: list[str], max_difference: float) -> bytes:
    """A head `maps` (n, positions, channels) -> outputs as ONNX file with weights in half precision.

    Args:
        head: the module.
        maps: at least two feature maps, on which torch and ONNX Runtime are compared.
        outputs: names of its outputs.
        max_difference: allowed between them.

    Raises:
        ModelError: they differ more.
    """
    head = head.eval()
    example = torch.from_numpy(maps)
    model = half_weights(graph_of(head, example[:2], MAPS, MAPS, outputs))
    data: bytes = model.SerializeToString(deterministic=True)
    with torch.no_grad():
        ours = head(example)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    theirs = session.run(outputs, {MAPS: maps})
    for name, a, b in zip(outputs, [ours] if isinstance(ours, torch.Tensor) else ours, theirs, strict=True):
        difference = float(np.abs(a.numpy() - b).max())
        if not difference <= max_difference:
            raise ModelError(None, f"{name} of the exported head differs from torch's by {difference:.3f}", "report it")
    return data


def export_geodecoder(
    network: GeoDecoder,
    levels: list[CellLevel],
    maps: NDArray[np.float32],
    trunk: Path,
    out: Path,
    exponents: tuple[float, ...],
    floor: float,
    about: Mapping[str, Any],
) -> WherePackage:
    """Adds GeoDecoder to the where package `out`; see engine/where/heads/geodecoder.py for the settings."""
    data = head_bytes(network, maps, [geodecoder.SCENES, geodecoder.CELLS], _MAX_DIFFERENCE)
    numbers = np.concatenate([level.numbers for level in levels]).astype(np.int32)
    files = {
        "trunk": (_TRUNK_FILE, trunk.read_bytes()),
        "head": ("geodecoder.onnx", data),
        "cells": ("geodecoder-cells.npy", npy(numbers)),
    }
    settings = {
        **INPUT_SETTINGS,
        "levels": [level.level for level in levels],
        "classes": [len(level.numbers) for level in levels],
        "scenes": list(SCENES),
        "exponents": list(exponents),
        "floor": floor,
    }
    return add_source(out, geodecoder.KIND, geodecoder.KIND, files, settings, about=about)


def export_cosplace(
    head: CosPlaceHead,
    descriptors: NDArray[np.float32],
    places: NDArray[np.float32],
    maps: NDArray[np.float32],
    trunk: Path,
    out: Path,
    settings: Mapping[str, float],
    about: Mapping[str, Any],
) -> WherePackage:
    """Adds CosPlace to the where package `out`.

    Args:
        head: the head.
        descriptors: (tiles, dimension) of the tiles.
        places: (tiles, 3) latitude, longitude and width in km.
        maps: feature maps to compare torch and ONNX Runtime on.
        trunk: the trunk's file.
        out: folder of the package.
        settings: see engine/where/heads/cosplace.py.
        about: further fields of the entry.
    """
    files = {
        "trunk": (_TRUNK_FILE, trunk.read_bytes()),
        "head": ("cosplace.onnx", head_bytes(head, maps, [cosplace.OUTPUT], 0.01)),
        "descriptors": ("cosplace-tiles.npy", npy(np.rint(descriptors * cosplace.SCALE).astype(np.int8))),
        "places": ("cosplace-places.npy", npy(places.astype(np.float32))),
    }
    return add_source(out, cosplace.KIND, cosplace.KIND, files, {**INPUT_SETTINGS, **settings}, about=about)
