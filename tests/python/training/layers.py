"""Small networks as ONNX files, with the same weights in torch."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Layers:
    """x -> Gemm -> Relu (-> Dropout) -> Gemm, its weights as torch keeps them: [out, in]."""

    def __init__(self, sizes, dropout=None, seed=0):
        random = np.random.default_rng(seed)
        self.dropout = dropout
        self.weights = {}
        for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
            scale = 1 / np.sqrt(inputs)
            self.weights[f"fc{number}.weight"] = random.uniform(-scale, scale, (outputs, inputs)).astype(np.float32)
            self.weights[f"fc{number}.bias"] = random.uniform(-scale, scale, outputs).astype(np.float32)
        self.sizes = sizes

    def save(self, path, opset=20):
        last = len(self.sizes) - 1
        nodes, value = [], "x"
        tensors = [numpy_helper.from_array(array, name) for name, array in self.weights.items()]
        for number in range(1, last + 1):
            result = "y" if number == last else f"h{number}"
            nodes.append(
                helper.make_node("Gemm", [value, f"fc{number}.weight", f"fc{number}.bias"], [result], transB=1))
            value = result
            if number < last:
                nodes.append(helper.make_node("Relu", [value], [f"r{number}"]))
                value = f"r{number}"
                if self.dropout is not None:
                    tensors.append(numpy_helper.from_array(np.float32(self.dropout), f"rate{number}"))
                    tensors.append(numpy_helper.from_array(np.bool_(True), f"training{number}"))
                    nodes.append(
                        helper.make_node("Dropout", [value, f"rate{number}", f"training{number}"], [f"d{number}"]))
                    value = f"d{number}"
        graph = helper.make_graph(
            nodes, "layers", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", self.sizes[0]])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", self.sizes[-1]])], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())
        return path


def weights(path):
    """The initializers of a file by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def classified(rows, features, classes, seed=1):
    """Rows whose class is a random linear function of them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, features)).astype(np.float32)
    return x, (x @ random.normal(size=(features, classes))).argmax(1)
