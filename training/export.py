"""Exports a torch network as a model package: ONNX file and card, compared with torch before it gets its final name."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import os
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from engine.errors import EarthLocError, ModelError, OutputError, UsageError
from engine.retrieval.model import ROTATIONS_DEG, ModelPackage
from training.networks import EmbeddingNetwork
from training.quantise import half_weights, int8

# Lowest cosine allowed between the descriptors of torch and of the package, over all pictures of the comparison.
MIN_COSINE = {"fp32": 0.9999, "fp16": 0.9999, "int8": 0.9}

_OPSET = 18
# The newest IR version that the oldest supported ONNX Runtime (1.18) reads.
_IR_VERSION = 10
_INPUT, _OUTPUT = "image", "descriptor"


@dataclass(frozen=True)
class PackageInfo:
    """Fields of the card that the network itself does not hold.

    Attributes:
        name, version: name and version of the package; the ONNX file and the card carry the name.
        training_data: imagery and photos that the weights were trained on, with their licences.
        license: licence of the weights (SPDX).
        origin: source of the initial weights; "" if they were random.
        measured: recall and similar values, as the evaluation printed them.
        photo_weights: weights of red, green and blue for the greyscale conversion of photos before embedding.
    """

    name: str
    version: str
    training_data: str
    license: str
    origin: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict)
    photo_weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Exported:
    """A finished package.

    Attributes:
        card: path of the card.
        size_bytes: size of the ONNX file.
        min_cosine, mean_cosine: cosine between the descriptors of torch and of the package.
    """

    card: Path
    size_bytes: int
    min_cosine: float
    mean_cosine: float


def export_package(
    network: EmbeddingNetwork,
    out: Path,
    info: PackageInfo,
    pictures: NDArray[np.uint8],
    variant: str = "fp32",
    resize: str = "crop",
) -> Exported:
    """Writes a model package.

    The folder gets its final name only when it is complete and its descriptors agree with torch's.

    Args:
        network: the network; it is not changed.
        out: folder of the package; must not exist, or be empty.
        info: further fields of the card.
        pictures: uint8 RGB (n, size_px, size_px, 3), real photos and tiles. The descriptors of torch and of the package
            are compared on them. "int8" also calibrates the ranges of activations on them.
        variant: "fp32"; "fp16" stores the weights in half precision and computes in single precision; "int8" computes
            convolutions and matrix products in 8 bits.
        resize: how a photo becomes square, "crop" or "squash"; written to the card.

    Raises:
        UsageError: `out` exists, or pictures or variant do not fit. ModelError: the descriptors of the package differ
            from torch's. OutputError: the package cannot be written.
    """
    size = network.config.size_px
    if variant not in MIN_COSINE:
        raise UsageError(None, f"variant {variant!r} is unknown", f"use {', '.join(MIN_COSINE)}")
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1:] != (size, size, 3) or not len(pictures):
        raise UsageError(None, f"pictures {pictures.shape} do not fit", f"give uint8 pictures of {size} x {size} x 3")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(out, "exists already", "choose another folder, or delete it")
    network = copy.deepcopy(network).cpu().float().eval()
    network.merge_adapters()
    model = to_onnx(network)
    if variant == "fp16":
        model = half_weights(model)
    elif variant == "int8":
        prepared = network.normalised(_as_tensor(pictures)).numpy()
        model = int8(model, _INPUT, prepared)
    partial = out.with_name(out.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        data = model.SerializeToString(deterministic=True)
        _write_synced(partial / f"{info.name}.onnx", data)
        card = _card(network, info, data, variant, resize)
        _write_card(partial / f"{info.name}.json", card)
        cosines = compare(network, ModelPackage.open(partial), pictures)
        if cosines.min() < MIN_COSINE[variant]:
            raise ModelError(
                out,
                f"its descriptors differ from torch's (cosine {cosines.min():.5f}, at least {MIN_COSINE[variant]})",
                "report this with the configuration of the network"
                if variant != "int8"
                else "use fp16, or other pictures",
            )
        card["parity"] = {"pictures": len(pictures), "min_cosine": round(float(cosines.min()), 6)}
        _write_card(partial / f"{info.name}.json", card)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OutputError.from_os_error(out, error) from error
    except EarthLocError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Exported(out / f"{info.name}.json", len(data), float(cosines.min()), float(cosines.mean()))


def to_onnx(network: EmbeddingNetwork) -> onnx.ModelProto:
    """Exports the network as ONNX graph: `image` (batch, 3, size_px, size_px) to `descriptor` (batch, dimension)."""
    size = network.config.size_px
    return graph_of(network, torch.zeros(2, 3, size, size), "images", _INPUT, [_OUTPUT])


def graph_of(
    module: torch.nn.Module, example: torch.Tensor, argument: str, input_name: str, output_names: list[str]
) -> onnx.ModelProto:
    """Exports a module with one input as ONNX graph for batches of any size.

    Args:
        module: the module, in the state in which it is used.
        example: an input; its batch has at least two items.
        argument: name of the argument of `forward` that takes it.
        input_name, output_names: names in the graph.
    """
    # The exporter warns on every run that torchvision is missing; nothing here needs it.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter warns about deprecated parts of itself.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            (example,),
            input_names=[input_name],
            output_names=output_names,
            dynamic_shapes={argument: {0: torch.export.Dim("batch", min=1, max=65536)}},
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("the exporter gave no graph")
    model: onnx.ModelProto = program.model_proto
    model.ir_version = min(model.ir_version, _IR_VERSION)
    _remove_debug_info(model)
    onnx.checker.check_model(model)
    return model


def compare(network: EmbeddingNetwork, package: ModelPackage, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Returns the cosine between the descriptors of torch and of a package, (n,) for pictures (n, size, size, 3).

    The package embeds batches of 1 and of several pictures, to check that the batch size makes no difference.
    """
    with torch.no_grad():
        batches = torch.split(_as_tensor(pictures), 8)
        ours = torch.cat([network(network.normalised(batch)) for batch in batches]).numpy()
    theirs = np.concatenate([package.embed(part) for part in (pictures[:1], *np.split(pictures[1:], [7])) if len(part)])
    return (ours.astype(np.float64) * theirs).sum(axis=1)


def texture_pictures(size_px: int, count: int = 8, seed: int = 0) -> NDArray[np.uint8]:
    """Makes random coloured textures with detail at all scales, for checks without photos.

    Returns:
        uint8 (count, size_px, size_px, 3).
    """
    rng = np.random.default_rng(seed)
    pictures = np.zeros((count, size_px, size_px, 3), np.float32)
    for picture in pictures:
        for octave in range(1, 8):
            coarse = rng.standard_normal((2**octave, 2**octave, 3)).astype(np.float32)
            picture += cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC) * 0.7**octave
    low, high = pictures.min(axis=(1, 2, 3), keepdims=True), pictures.max(axis=(1, 2, 3), keepdims=True)
    return ((pictures - low) / (high - low) * 255).astype(np.uint8)


def _card(network: EmbeddingNetwork, info: PackageInfo, data: bytes, variant: str, resize: str) -> dict[str, Any]:
    size = network.config.size_px
    described = {key: value for key, value in network.config.to_table().items() if key != "weights"}
    return {
        "name": info.name,
        "version": info.version,
        "file": f"{info.name}.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "input": {
            "name": _INPUT,
            "width": size,
            "height": size,
            "channels": "RGB",
            "range": [0.0, 1.0],
            "mean": list(network.mean),
            "std": list(network.std),
            "resize": resize,
            **({"photo_weights": list(info.photo_weights)} if info.photo_weights else {}),
        },
        "output": {"name": _OUTPUT, "dimension": network.dimension, "normalised": True, "metric": "dot"},
        "query_rotations_deg": list(ROTATIONS_DEG),
        "variant": variant,
        "network": described,
        "training_data": info.training_data,
        "license": info.license,
        "origin": info.origin,
        "measured": dict(info.measured),
    }


def _as_tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))


def _remove_debug_info(model: onnx.ModelProto) -> None:
    """Removes the stack traces that the exporter stores, because they hold paths of this computer."""
    model.doc_string = ""
    del model.metadata_props[:]
    graphs: list[Any] = [model.graph, *model.functions]
    for graph in graphs:
        del graph.metadata_props[:]
        nodes = [graph, *getattr(graph, "node", []), *getattr(graph, "value_info", [])]
        nodes += [*getattr(graph, "initializer", [])]
        if isinstance(graph, onnx.GraphProto):
            nodes += [*graph.input, *graph.output]
        for node in nodes:
            node.doc_string = ""
            del node.metadata_props[:]


def _write_card(path: Path, card: dict[str, Any]) -> None:
    _write_synced(path, (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
