"""The network for photos of a model package: the network for tiles with another last layer.

A model ends with a linear layer and a normalisation. A new last layer for photos alone can be learned on a CPU in
minutes, because everything before it is computed once for each picture, and the index keeps its tiles.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from engine.errors import EarthLocError, ModelError, OutputError, UsageError
from engine.onnx_package import open_session
from engine.retrieval.model import ModelPackage

# Cosine between the descriptors of the written network and those of the learned layer, at least.
MIN_COSINE = 0.9999
_NO_LINEAR = "does not end with a linear layer, which learning would replace"
_LINEAR_HINT = "use a model with the aggregator `rings`, or with a projection"


@dataclass(frozen=True, eq=False)
class LastLayer:
    """The last layer: descriptor = normalised(features @ weight.T + bias).

    Attributes:
        features: name of its input in the graph.
        weight: float32 (dimension, features).
        bias: float32 (dimension,).
    """

    features: str
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


class FeatureExtractor:
    """Runs a model package up to its last layer.

    Args:
        package: the model package; its network for tiles is used.

    Raises:
        ModelError: it does not end with a linear layer.
    """

    def __init__(self, package: ModelPackage) -> None:
        self._package = package
        model = _load(package)
        self.last_layer = last_layer(package.path, model, package.card["output"]["name"])
        count = self.last_layer.weight.shape[1]
        shape = ["batch", count]
        model.graph.output.append(
            helper.make_tensor_value_info(self.last_layer.features, onnx.TensorProto.FLOAT, shape)
        )
        self._session = open_session(package.path, model.SerializeToString(), 1)

    def __call__(self, squares: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Features (n, features) of prepared pictures, uint8 RGB (size_px, size_px, 3); see `ModelPackage.prepare`."""
        spec = self._package.input
        mean, std = np.array(spec.mean, np.float32), np.array(spec.std, np.float32)
        found = [np.empty((0, self.last_layer.weight.shape[1]), np.float32)]
        for square in squares:
            image = ((square.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None]
            found += self._session.run([self.last_layer.features], {spec.name: np.ascontiguousarray(image)})
        return np.concatenate(found)


def photo_layer(package: ModelPackage) -> LastLayer | None:
    """The last layer of a package's network for photos, which `write_photo_package` wrote; None if it has none."""
    if not package.has_photo_network:
        return None
    path = package.path.parent / str(package.card["photo_file"])
    return last_layer(path, onnx.load(path), package.card["output"]["name"])


def last_layer(path: Path, model: onnx.ModelProto, output: str) -> LastLayer:
    """Finds the last linear layer of a graph, before the normalisation of its output.

    Raises:
        ModelError: the graph, read from `path`, does not end so.
    """
    gemm = _last_gemm(path, model, output)
    values = _constants(model)
    try:
        weight, bias = values[gemm.input[1]], values[gemm.input[2]]
    except (KeyError, IndexError) as error:
        raise ModelError(path, _NO_LINEAR, _LINEAR_HINT) from error
    return LastLayer(gemm.input[0], weight if _attribute(gemm, "transB") else weight.T, bias)


def write_photo_package(
    package: ModelPackage,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    out: Path,
    check: Sequence[NDArray[np.uint8]],
    facts: dict[str, Any],
) -> Path:
    """Writes a copy of a package whose network for photos has a new last layer; returns the card's path.

    Args:
        package: the model; its network for tiles stays as it is, so indexes made with it can be searched.
        weight, bias: (dimension, features) and (dimension,).
        out: folder to make.
        check: prepared pictures on which the written network is compared with the layer.
        facts: further entries of the card.

    Raises:
        UsageError: `out` exists. OutputError: it cannot be written. ModelError: the written network differs.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(out, "exists already", "choose another folder, or delete it")
    name = f"{package.card['name']}-photo.onnx"
    data = _with_last_layer(package, weight, bias)
    sha256 = hashlib.sha256(data).hexdigest()
    card = {
        **package.card,
        "version": f"{package.version.split('+')[0]}+photos.{sha256[:8]}",
        "photo_file": name,
        "photo_sha256": sha256,
        **facts,
    }
    partial = out.with_name(out.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        shutil.copyfile(package.path, partial / card["file"])
        for licence in package.path.parent.glob("LICENSE*"):
            shutil.copyfile(licence, partial / licence.name)
        _write(partial / name, data)
        _write(
            partial / f"{package.card['name']}.json", (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode()
        )
        _compare(package, weight, bias, ModelPackage.open(partial, threads=1), check)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OutputError.from_os_error(out, error) from error
    except EarthLocError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return out / f"{package.card['name']}.json"


def _compare(
    package: ModelPackage,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    written: ModelPackage,
    check: Sequence[NDArray[np.uint8]],
) -> None:
    expected = FeatureExtractor(package)(check) @ weight.T + bias
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    cosines = (expected * written.embed_photo(check)).sum(axis=1)
    if len(check) and cosines.min() < MIN_COSINE:
        raise ModelError(
            written.path, f"the written network differs (cosine {cosines.min():.5f})", "report this with the model"
        )


def _with_last_layer(package: ModelPackage, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """The network of a package with another last layer, stored in the precision of the old one."""
    model = _load(package)
    gemm = _last_gemm(package.path, model, package.card["output"]["name"])
    stored = {initializer.name: initializer for initializer in model.graph.initializer}
    casts = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast"}
    for name, values in ((gemm.input[1], weight if _attribute(gemm, "transB") else weight.T), (gemm.input[2], bias)):
        initializer = stored[casts.get(name, name)]
        dtype = numpy_helper.to_array(initializer).dtype
        initializer.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, dtype), initializer.name))
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _load(package: ModelPackage) -> onnx.ModelProto:
    return onnx.load_from_string(package.path.read_bytes())


def _last_gemm(path: Path, model: onnx.ModelProto, output: str) -> onnx.NodeProto:
    """The linear layer before the division that normalises the output."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    node = made_by.get(output)
    if node is not None and node.op_type == "Div":
        node = made_by.get(node.input[0])
    if node is None or node.op_type != "Gemm" or _attribute(node, "transA"):
        raise ModelError(path, _NO_LINEAR, _LINEAR_HINT)
    return node


def _constants(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """The stored numbers of a graph by name, also those stored in half precision and cast."""
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    return {name: np.asarray(value, np.float32) for name, value in values.items() if value.dtype.kind == "f"}


def _attribute(node: onnx.NodeProto, name: str) -> int:
    return next((int(a.i) for a in node.attribute if a.name == name), 0)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
