"""Smaller variants of an ONNX model: half-precision weights, and 8-bit arithmetic."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

# Smaller tensors (biases, norms) stay as they are: they weigh nothing and matter most.
_MIN_WEIGHTS = 256
# Clip is ReLU6, Add what joins a residual block: left out, their numbers would go to 32 bits and back between layers.
_QUANTISED = ["Conv", "Gemm", "MatMul", "Clip", "Relu", "Add"]
# Convolutions of an image's first layers that stay in single precision: the few channels there have the widest ranges.
_FIRST = 3
_AT_ONCE = 4  # pictures
# Per cent of the activations that lie within the range taken for a layer: rare extremes would coarsen the rest.
_WITHIN = 99.999


def half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its weights stored in half precision, each cast back before its first use.

    Arithmetic stays in single precision, which is what CPUs do well; a runtime casts once, when it loads.
    """
    model = _copy(model)
    graph = model.graph
    casts = []
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _MIN_WEIGHTS:
            continue
        values = numpy_helper.to_array(weight)
        if np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT, name=f"{name}_cast"))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    # Shapes and types of the initializers that are noted twice.
    noted = [v for v in graph.value_info if not any(c.output[0] == v.name for c in casts)]
    del graph.value_info[:]
    graph.value_info.extend(noted)
    onnx.checker.check_model(model)
    return model


def int8(model: onnx.ModelProto, input_name: str, pictures: NDArray[np.float32]) -> onnx.ModelProto:
    """The graph with convolutions and matrix products in 8 bits, weights per channel; what is small stays as it is.

    Weights use 7 bits, so that sums do not overflow on processors without VNNI.

    Args:
        input_name: of the graph's input.
        pictures: float32 (n, 3, size, size) as the network takes them; the ranges of activations are theirs.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, quantised = (Path(folder) / f"{n}.onnx" for n in ("plain", "prepared", "quantised"))
        onnx.save(model, plain)
        # Folds batch norms into the convolutions before them.
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        root = logging.getLogger()
        level = root.level
        try:
            root.setLevel(logging.ERROR)  # the quantiser warns of every node that it leaves alone
            # It prints how it gets on.
            with contextlib.redirect_stdout(io.StringIO()):
                quantize_static(
                    str(prepared),
                    str(quantised),
                    _Pictures(input_name, pictures),
                    quant_format=QuantFormat.QDQ,
                    op_types_to_quantize=_QUANTISED,
                    nodes_to_exclude=_kept(onnx.load(prepared).graph),
                    per_channel=True,
                    reduce_range=True,
                    activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8,
                    calibrate_method=CalibrationMethod.Percentile,
                    extra_options={"CalibPercentile": _WITHIN},
                )
        finally:
            root.setLevel(level)
        result = onnx.load(quantised)
        _correct_biases(result, onnx.load(prepared), input_name, pictures)
    del result.metadata_props[:]
    return result


def _correct_biases(
    quantised: onnx.ModelProto, plain: onnx.ModelProto, input_name: str, pictures: NDArray[np.float32]
) -> None:
    """Shifts each layer's biases until its outputs have the means that they have in single precision.

    Rounded weights shift whole channels, and the layers that follow add it up (Nagel et al., ICCV 2019, section 4.2;
    here with pictures, layer after layer).
    """
    weights = {weight.name: weight for weight in quantised.graph.initializer}
    biases = {node.output[0]: node for node in quantised.graph.node if node.op_type == "DequantizeLinear"}
    layers = [node for node in quantised.graph.node if node.op_type in ("Conv", "Gemm") and node.input[2:3]]
    layers = [node for node in layers if node.input[2] in biases]
    # Where ReLU6 was put into the rounding after it, a layer has that one's name.
    before = {node.output[0]: node.input[0] for node in plain.graph.node if node.op_type in ("Clip", "Relu")}
    known = {output for node in plain.graph.node if node.op_type in ("Conv", "Gemm") for output in node.output}
    names = [name if name in known else before[name] for name in (node.output[0] for node in layers)]
    wanted = _channel_means(plain, names, input_name, pictures)
    for node, mean in zip(layers, wanted, strict=True):
        (found,) = _channel_means(quantised, [node.output[0]], input_name, pictures)
        bias, scale = (weights[name] for name in biases[node.input[2]].input[:2])
        steps = np.rint((mean - found) / numpy_helper.to_array(scale))
        shifted = np.clip(numpy_helper.to_array(bias) + steps, np.iinfo(np.int32).min, np.iinfo(np.int32).max)
        bias.CopyFrom(numpy_helper.from_array(shifted.astype(np.int32), bias.name))


def _channel_means(
    model: onnx.ModelProto, names: list[str], input_name: str, pictures: NDArray[np.float32]
) -> list[NDArray[np.float64]]:
    """Means of tensors (n, channels, ...) of the graph over pictures and places, each (channels,)."""
    looked_at = _copy(model)
    for name in names:
        looked_at.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    options = SessionOptions()
    options.log_severity_level = 3
    session = InferenceSession(looked_at.SerializeToString(), options, providers=["CPUExecutionProvider"])
    sums = [0.0] * len(names)
    for start in range(0, len(pictures), _AT_ONCE):
        outputs = session.run(names, {input_name: pictures[start : start + _AT_ONCE]})
        for number, output in enumerate(outputs):
            rest = tuple(axis for axis in range(output.ndim) if axis != 1)
            sums[number] = sums[number] + output.sum(axis=0, keepdims=True).mean(axis=rest, dtype=np.float64)
    return [np.asarray(total) / len(pictures) for total in sums]


def _kept(graph: onnx.GraphProto) -> list[str]:
    """Nodes that stay in single precision: the first layers, and sums and products that are not of a network's bulk."""
    sizes = {weight.name: int(np.prod(weight.dims)) for weight in graph.initializer}
    first = [node for node in graph.node if node.op_type == "Conv"][:_FIRST]
    early = {output for node in first for output in node.output}
    kept = []
    for node in graph.node:
        weights = [sizes[name] for name in node.input if name in sizes]
        if (
            node in first
            or (node.op_type in ("Clip", "Relu") and node.input[0] in early)
            or (node.op_type == "Add" and weights)  # a bias, a mean
            or (node.op_type == "MatMul" and max(weights, default=0) < _MIN_WEIGHTS)
        ):
            kept.append(node.name)
    return kept


class _Pictures(CalibrationDataReader):
    """Hands the pictures to the calibration one after the other."""

    def __init__(self, input_name: str, pictures: NDArray[np.float32]) -> None:
        self._name = input_name
        self._rest = iter(pictures)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next picture, or None at the end."""
        picture = next(self._rest, None)
        return None if picture is None else {self._name: picture[None]}


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    return copied
