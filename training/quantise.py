"""Smaller variants of an ONNX model: half-precision weights, and 8-bit quantisation."""

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

# Tensors with fewer values (biases, norms) keep full precision: they save no space and are the most sensitive.
_MIN_WEIGHTS = 256
# Clip is ReLU6, Add joins a residual block. Without them, activations would be converted to float32 and back between
# layers.
_QUANTISED_OPERATORS = ["Conv", "Gemm", "MatMul", "Clip", "Relu", "Add"]
# The first convolutions stay in single precision: their few channels have the widest ranges.
_UNQUANTISED_CONVOLUTIONS = 3
_BATCH = 4
# Percentage of the activations inside the range of a layer. Including rare extremes would coarsen all other values.
_CALIBRATION_PERCENTILE = 99.999


def half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Returns the graph with weights stored in half precision, and a cast to single precision before their first use.

    Arithmetic stays in single precision, which is fast on CPUs. The runtime casts the weights once, on loading.
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
    # The shapes and types of the cast initializers would be declared twice.
    declared = [v for v in graph.value_info if not any(c.output[0] == v.name for c in casts)]
    del graph.value_info[:]
    graph.value_info.extend(declared)
    onnx.checker.check_model(model)
    return model


def int8(model: onnx.ModelProto, input_name: str, pictures: NDArray[np.float32]) -> onnx.ModelProto:
    """Returns the graph with convolutions and matrix products in 8 bits, quantised per channel; small ones stay float.

    Weights use 7 bits, so that sums do not overflow on processors without VNNI.

    Args:
        model: the graph in single precision.
        input_name: name of the graph's input.
        pictures: float32 (n, 3, size, size), normalised as the network expects; the ranges of activations are
            calibrated on them.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, quantised = (Path(folder) / f"{n}.onnx" for n in ("plain", "prepared", "quantised"))
        onnx.save(model, plain)
        # Folds batch norms into the convolutions before them.
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        root = logging.getLogger()
        level = root.level
        try:
            root.setLevel(logging.ERROR)  # the quantiser warns of every node that it does not quantise
            # The quantiser prints its progress.
            with contextlib.redirect_stdout(io.StringIO()):
                quantize_static(
                    str(prepared),
                    str(quantised),
                    _CalibrationPictures(input_name, pictures),
                    quant_format=QuantFormat.QDQ,
                    op_types_to_quantize=_QUANTISED_OPERATORS,
                    nodes_to_exclude=_unquantised_nodes(onnx.load(prepared).graph),
                    per_channel=True,
                    reduce_range=True,
                    activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8,
                    calibrate_method=CalibrationMethod.Percentile,
                    extra_options={"CalibPercentile": _CALIBRATION_PERCENTILE},
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
    """Corrects the biases of each layer, so that the channel means of its outputs match those in single precision.

    Rounded weights shift the mean of whole channels, and the error adds up over the layers (Nagel et al., ICCV 2019,
    section 4.2; here the means are measured on pictures, layer after layer).
    """
    weights = {weight.name: weight for weight in quantised.graph.initializer}
    biases = {node.output[0]: node for node in quantised.graph.node if node.op_type == "DequantizeLinear"}
    layers = [node for node in quantised.graph.node if node.op_type in ("Conv", "Gemm") and node.input[2:3]]
    layers = [node for node in layers if node.input[2] in biases]
    # If the quantiser fused ReLU6 into the quantisation after it, the layer's output has the name of ReLU6's output.
    before = {node.output[0]: node.input[0] for node in plain.graph.node if node.op_type in ("Clip", "Relu")}
    known = {output for node in plain.graph.node if node.op_type in ("Conv", "Gemm") for output in node.output}
    names = [name if name in known else before[name] for name in (node.output[0] for node in layers)]
    expected_means = _channel_means(plain, names, input_name, pictures)
    for node, expected in zip(layers, expected_means, strict=True):
        (actual,) = _channel_means(quantised, [node.output[0]], input_name, pictures)
        bias, scale = (weights[name] for name in biases[node.input[2]].input[:2])
        steps = np.rint((expected - actual) / numpy_helper.to_array(scale))
        corrected = np.clip(numpy_helper.to_array(bias) + steps, np.iinfo(np.int32).min, np.iinfo(np.int32).max)
        bias.CopyFrom(numpy_helper.from_array(corrected.astype(np.int32), bias.name))


def _channel_means(
    model: onnx.ModelProto, names: list[str], input_name: str, pictures: NDArray[np.float32]
) -> list[NDArray[np.float64]]:
    """Returns the means of tensors (n, channels, ...) of the graph over pictures and positions, each (channels,)."""
    instrumented = _copy(model)
    for name in names:
        instrumented.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    options = SessionOptions()
    options.log_severity_level = 3
    session = InferenceSession(instrumented.SerializeToString(), options, providers=["CPUExecutionProvider"])
    sums = [0.0] * len(names)
    for start in range(0, len(pictures), _BATCH):
        outputs = session.run(names, {input_name: pictures[start : start + _BATCH]})
        for number, output in enumerate(outputs):
            other_axes = tuple(axis for axis in range(output.ndim) if axis != 1)
            sums[number] = sums[number] + output.sum(axis=0, keepdims=True).mean(axis=other_axes, dtype=np.float64)
    return [np.asarray(total) / len(pictures) for total in sums]


def _unquantised_nodes(graph: onnx.GraphProto) -> list[str]:
    """Returns the nodes to keep in single precision: the first layers, and additions and products of small weights."""
    sizes = {weight.name: int(np.prod(weight.dims)) for weight in graph.initializer}
    first = [node for node in graph.node if node.op_type == "Conv"][:_UNQUANTISED_CONVOLUTIONS]
    early = {output for node in first for output in node.output}
    unquantised = []
    for node in graph.node:
        weights = [sizes[name] for name in node.input if name in sizes]
        if (
            node in first
            or (node.op_type in ("Clip", "Relu") and node.input[0] in early)
            or (node.op_type == "Add" and weights)  # a bias, a mean
            or (node.op_type == "MatMul" and max(weights, default=0) < _MIN_WEIGHTS)
        ):
            unquantised.append(node.name)
    return unquantised


class _CalibrationPictures(CalibrationDataReader):  # onnxruntime has no types
    """Passes the pictures to the calibration one by one."""

    def __init__(self, input_name: str, pictures: NDArray[np.float32]) -> None:
        self._input_name = input_name
        self._remaining = iter(pictures)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Returns the next picture, or None at the end."""
        picture = next(self._remaining, None)
        return None if picture is None else {self._input_name: picture[None]}


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    return copied
