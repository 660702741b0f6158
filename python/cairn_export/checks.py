"""Looks at a finished file: are the weights there under their names, does it compute what the model does, what should one know."""

import numpy as np
import onnx
from onnx import numpy_helper

from .errors import ExportError


def check_weights(model, weights):
    """Every weight is a tensor of the file by its name, with its values, and something reads it."""
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    read = {name for node in model.graph.node for name in node.input}
    missing = [name for name in weights if name not in stored]
    if missing:
        raise ExportError(f"the exporter did not keep {len(missing)} weights by name: {', '.join(missing[:5])}")
    for name, value in weights.items():
        if not np.array_equal(numpy_helper.to_array(stored[name]), value):
            raise ExportError(f"the exporter changed the weight '{name}'")
    return [f"nothing reads the weight '{name}': it will not train" for name in weights if name not in read]


def notes_on_ends(model):
    """How the outputs fit the losses."""
    made = {name: node for node in model.graph.node for name in node.output}
    notes = []
    for output in model.graph.output:
        kind = made[output.name].op_type if output.name in made else ""
        if kind == "Softmax":
            notes.append(f"'{output.name}' is a softmax: train with --loss cross-entropy, which judges the logits before it")
        if kind == "LogSoftmax":
            notes.append(f"'{output.name}' is a log-softmax: train with --loss cross-entropy, which takes it as logits to the same effect")
        if kind == "Sigmoid":
            notes.append(f"'{output.name}' is a sigmoid: --loss bce takes logits, so leave the sigmoid out to train with it")
    return notes


def check_outputs(model, feeds, wanted, tolerance=1e-4):
    """Runs the file with ONNX Runtime, or onnx's own evaluator, and compares; the worst relative difference."""
    data = model.SerializeToString()
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        got = session.run(None, feeds)
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        got = ReferenceEvaluator(onnx.load_from_string(data)).run(None, feeds)
    worst = 0.0
    for output, mine, theirs in zip(model.graph.output, got, wanted):
        if mine.shape != theirs.shape:
            raise ExportError(f"'{output.name}' has the shape {mine.shape} in the file and {theirs.shape} in the model")
        scale = max(1e-6, float(np.abs(theirs).max(initial=0)))
        worst = max(worst, float(np.abs(mine.astype(np.float64) - theirs).max(initial=0)) / scale)
    if not worst <= tolerance:
        raise ExportError(f"the file computes something else than the model: relative difference {worst:.1e}")
    return worst
