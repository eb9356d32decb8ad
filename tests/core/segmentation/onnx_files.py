"""ONNX files of our own making."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper


def save(path: Path, nodes: list, inputs: dict, outputs: dict, constants: dict) -> None:
    """An ONNX file; inputs and outputs by name with their shapes, None where any size will do."""
    takes, gives = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in one.items()]
        for one in (inputs, outputs)
    )
    kept = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "drawn", takes, gives, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, path)
