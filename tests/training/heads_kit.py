"""A trunk that is small and known, for the tests of the heads."""

from __future__ import annotations

from pathlib import Path

from onnx import TensorProto, helper


def tiny_trunk(path: Path) -> None:
    """A trunk that averages an image of 32 px to a 3 x 3 map and repeats it in six channels."""
    nodes = [
        helper.make_node("AveragePool", ["image"], ["pooled"], kernel_shape=[10, 10], strides=[10, 10]),
        helper.make_node("Concat", ["pooled", "pooled"], ["six"], axis=1),
        helper.make_node("Reshape", ["six", "shape"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["maps"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "trunk",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["n", 9, 6])],
        [helper.make_tensor("shape", TensorProto.INT64, [3], [0, 6, 9])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path.write_bytes(model.SerializeToString())
