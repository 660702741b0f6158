"""Keras models, layer by layer: weights keep Keras's names and layouts (`dense/kernel`), so they go back without conversion."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .checks import check_outputs, check_weights, notes_on_ends
from .errors import ExportError
from .keras_layers import LAYERS


class Graph:
    """The ONNX graph in the making."""

    def __init__(self, opset):
        self.nodes, self.tensors, self.opset = [], {}, opset
        self.weights, self.notes, self.fresh = {}, [], 0

    def name(self, stem):
        self.fresh += 1
        return f"{stem}_{self.fresh}"

    def add(self, kind, inputs, outputs=None, **attributes):
        """Appends a node; the name of its first output."""
        outputs = outputs or [self.name(kind.lower())]
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def constant(self, values, kind=np.int64):
        name = self.name("constant")
        self.tensors[name] = numpy_helper.from_array(np.asarray(values, dtype=kind), name)
        return name

    def filled(self, value, size):
        """A row of one float: made by a node, since a tensor of floats in the file is a weight."""
        number = numpy_helper.from_array(np.asarray([value], dtype=np.float32))
        return self.add("ConstantOfShape", [self.constant([size])], value=number)

    def weight(self, variable, trainable=True):
        """A variable of the model by its own name."""
        name, value = variable.path, np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)
        value = value.astype(np.float32)
        self.tensors[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        if trainable:
            self.weights[name] = value
        return name

    def activate(self, x, function):
        """A Keras activation by its function."""
        name = getattr(function, "__name__", str(function))
        simple = {
            "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus", "softsign": "Softsign",
            "exponential": "Exp", "elu": "Elu", "selu": "Selu", "mish": "Mish",
        }
        if name == "linear":
            return x
        if name in simple:
            return self.add(simple[name], [x])
        if name == "softmax":
            return self.add("Softmax", [x], axis=-1)
        if name == "log_softmax":
            return self.add("LogSoftmax", [x], axis=-1)
        if name == "leaky_relu":
            return self.add("LeakyRelu", [x], alpha=0.2)
        if name in ("silu", "swish"):
            return self.add("Mul", [x, self.add("Sigmoid", [x])])
        if name == "gelu":
            return self.add("Gelu", [x], approximate="none")
        if name == "hard_sigmoid":
            return self.add("HardSigmoid", [x], alpha=1 / 6, beta=0.5)
        if name == "relu6":
            return self.add("Clip", [x, self.constant(0, np.float32), self.constant(6, np.float32)])
        raise ExportError(f"the activation '{name}' is not supported")

    def permute(self, x, order):
        return x if list(order) == sorted(order) else self.add("Transpose", [x], perm=list(order))


def export_keras(model, example, path, opset=20, check=True):
    if not model.built:
        raise ExportError("the model has no weights yet: call it once, or give it an Input")
    inner = getattr(model, "_functional", None) or model
    if not getattr(inner, "outputs", None):
        raise ExportError("only Sequential and functional models can be walked: give the model an Input")
    graph = Graph(opset)
    inputs = []
    names = {}
    for tensor in inner.inputs:
        names[id(tensor)] = tensor.name
        inputs.append(helper.make_tensor_value_info(tensor.name, element(tensor.dtype), shape(tensor.shape)))
    outputs = []
    for index, tensor in enumerate(inner.outputs):
        made = walk(graph, tensor, names)
        name = f"output_{index}" if len(inner.outputs) > 1 else "output"
        # The last node gives the output itself.
        last = next((node for node in graph.nodes if made in node.output), None)
        shared = sum(made in node.input for node in graph.nodes)
        if last is None or shared or made in [each.name for each in outputs]:
            graph.add("Identity", [made], [name])
        else:
            last.output[list(last.output).index(made)] = name
            names = {key: name if value == made else value for key, value in names.items()}
        outputs.append(helper.make_tensor_value_info(name, element(tensor.dtype), shape(tensor.shape)))
    body = helper.make_graph(graph.nodes, model.name, inputs, outputs, initializer=list(graph.tensors.values()))
    file = helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)], ir_version=9, producer_name="cairn_export")
    onnx.checker.check_model(file)
    notes = graph.notes + check_weights(file, graph.weights) + notes_on_ends(file)
    left = [v.path for v in model.trainable_weights if v.path not in graph.weights]
    if left:
        raise ExportError(f"the weights {', '.join(left[:5])} did not get into the file")
    if check:
        compare(model, inner, example, file)
    onnx.save(file, path)
    return notes


def compare(model, inner, example, file):
    import keras

    given = example
    if given is None:
        numbers = np.random.default_rng(0)
        given = [
            numbers.normal(size=(3, *tensor.shape[1:])).astype(np.float32) if "float" in str(tensor.dtype)
            else np.zeros((3, *tensor.shape[1:]), dtype=str(tensor.dtype))
            for tensor in inner.inputs
        ]
    given = list(given) if isinstance(given, (list, tuple)) else [given]
    result = model(given if len(given) > 1 else given[0], training=False)
    wanted = [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(result)]
    check_outputs(file, {entry.name: np.asarray(value) for entry, value in zip(file.graph.input, given)}, wanted)


def element(dtype):
    kinds = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}
    if str(dtype) not in kinds:
        raise ExportError(f"the element type {dtype} is not supported: use float32")
    return kinds[str(dtype)]


def shape(sizes):
    return ["N" if axis == 0 else size if size is not None else f"size_{axis}" for axis, size in enumerate(sizes)]


def walk(graph, tensor, names):
    """The ONNX name of a symbolic Keras tensor, after the nodes that make it."""
    if id(tensor) in names:
        return names[id(tensor)]
    pending = [tensor]
    while pending:
        current = pending[-1]
        if id(current) in names:
            pending.pop()
            continue
        history = current._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        waiting = [each for each in node.input_tensors if id(each) not in names]
        if waiting:
            pending += waiting
            continue
        pending.pop()
        given = [key for key, value in node.arguments.kwargs.items() if value not in (None, False) and key != "training"]
        if [key for key in given if key not in ("query", "value", "key", "inputs")]:
            raise ExportError(f"'{history.operation.name}' is called with {', '.join(given)}, which is not supported")
        made = lower(graph, history.operation, [names[id(each)] for each in node.input_tensors], node.input_tensors)
        for output, name in zip(node.output_tensors, made):
            names[id(output)] = name
    return names[id(tensor)]


def lower(graph, layer, inputs, tensors):
    """The outputs of one layer; models inside a model are walked too."""
    kind = type(layer).__name__
    if kind in ("Sequential", "Functional"):
        inner = getattr(layer, "_functional", None) or layer
        names = {id(tensor): name for tensor, name in zip(inner.inputs, inputs)}
        return [walk(graph, tensor, names) for tensor in inner.outputs]
    if kind not in LAYERS:
        raise ExportError(
            f"the layer '{layer.name}' ({kind}) is not supported by the trainable export; these are: {', '.join(sorted(LAYERS))}")
    result = LAYERS[kind](graph, layer, inputs, [list(tensor.shape) for tensor in tensors])
    return result if isinstance(result, list) else [result]
