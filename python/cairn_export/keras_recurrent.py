"""Recurrent Keras layers as ONNX's, over weights in Keras's layout."""

from .errors import ExportError

# Blocks of gates: where ONNX's stand in Keras's order.
GATES = {"LSTM": [0, 3, 1, 2], "GRU": [0, 1, 2], "SimpleRNN": [0]}
ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


def names(layer):
    own = [layer.activation] if type(layer).__name__ == "SimpleRNN" else [layer.recurrent_activation, layer.activation]
    found = [ACTIVATIONS.get(getattr(each, "__name__", "")) for each in own]
    if None in found:
        raise ExportError(f"'{layer.name}' has activations that are not supported: {', '.join(sorted(ACTIVATIONS))} are")
    return found + found[1:] if type(layer).__name__ == "LSTM" else found


def rows(graph, weights, layer):
    """[in, gates * units] in Keras's order as [1, gates * units, in] in ONNX's."""
    order = [block * layer.units + unit for block in GATES[type(layer).__name__] for unit in range(layer.units)]
    turned = graph.add("Transpose", [weights], perm=[1, 0])
    return graph.add("Unsqueeze", [graph.add("Gather", [turned, graph.constant(order)], axis=0), graph.constant([0])])


def bias(graph, layer, cell):
    """[1, 2 * gates * units]: that of the input, then that of the state."""
    count = len(GATES[type(layer).__name__]) * layer.units
    order = [block * layer.units + unit for block in GATES[type(layer).__name__] for unit in range(layer.units)]
    if not layer.use_bias:
        return ""
    own = graph.weight(cell.bias)
    if type(layer).__name__ == "GRU" and layer.reset_after:
        return graph.add("Reshape", [own, graph.constant([1, 2 * count])])
    sorted_rows = graph.add("Gather", [own, graph.constant(order)], axis=0)
    both = graph.add("Concat", [sorted_rows, graph.filled(0, count)], axis=0)
    return graph.add("Unsqueeze", [both, graph.constant([0])])


def run(graph, layer, x, backward):
    """The sequence of states [time, batch, units] and the last one [batch, units]."""
    kind, cell = type(layer).__name__, layer.cell
    if kind not in GATES:
        raise ExportError(f"'{layer.name}' wraps a {kind}, which is not supported")
    if layer.stateful or getattr(layer, "return_state", False):
        raise ExportError(f"'{layer.name}' keeps or gives out its state, which is not supported")
    if layer.dropout or layer.recurrent_dropout:
        graph.notes.append(f"'{layer.name}' drops inside itself, which the file leaves out")
    options = {"hidden_size": layer.units, "direction": "reverse" if backward else "forward", "activations": names(layer)}
    if kind == "GRU":
        options["linear_before_reset"] = int(layer.reset_after)
    states, last = graph.name("states"), graph.name("last")
    inputs = [x, rows(graph, graph.weight(cell.kernel), layer), rows(graph, graph.weight(cell.recurrent_kernel), layer), bias(graph, layer, cell)]
    graph.add("RNN" if kind == "SimpleRNN" else kind, inputs, [states, last], **options)
    return graph.add("Squeeze", [states, graph.constant([1])]), graph.add("Squeeze", [last, graph.constant([0])])


def given_out(graph, layer, result, backward):
    states, last = result
    if not layer.return_sequences:
        return last
    if backward:
        # Keras gives the steps in the order in which it took them.
        states = graph.add("Slice", [states, *(graph.constant(value) for value in ([-1], [-(1 << 31)], [0], [-1]))])
    return graph.add("Transpose", [states], perm=[1, 0, 2])


def recurrent(graph, layer, inputs, shapes):
    x = graph.add("Transpose", [inputs[0]], perm=[1, 0, 2])
    return given_out(graph, layer, run(graph, layer, x, layer.go_backwards), layer.go_backwards)


def bidirectional(graph, layer, inputs, shapes):
    x = graph.add("Transpose", [inputs[0]], perm=[1, 0, 2])
    forward = given_out(graph, layer.forward_layer, run(graph, layer.forward_layer, x, False), False)
    backward = given_out(graph, layer.backward_layer, run(graph, layer.backward_layer, x, True), False)
    kinds = {"sum": "Sum", "ave": "Mean", "mul": "Mul"}
    if layer.merge_mode == "concat":
        return graph.add("Concat", [forward, backward], axis=-1)
    if layer.merge_mode not in kinds:
        raise ExportError(f"'{layer.name}': the merge mode {layer.merge_mode} is not supported")
    return graph.add(kinds[layer.merge_mode], [forward, backward])
