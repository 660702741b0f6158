"""The Keras layers that can be exported: each takes the graph, the layer, the names of its inputs and their shapes."""

import numpy as np

from .errors import ExportError
from .keras_recurrent import bidirectional, recurrent


def dense(graph, layer, inputs, shapes):
    x = graph.add("MatMul", [inputs[0], graph.weight(layer._kernel if hasattr(layer, "_kernel") else layer.kernel)])
    if layer.use_bias:
        x = graph.add("Add", [x, graph.weight(layer.bias)])
    return graph.activate(x, layer.activation)


def channels_first(graph, layer, x, rank):
    """To [n, channels, ...], and the way back."""
    if layer.data_format == "channels_first":
        return x, lambda y: y
    inward = [0, rank - 1, *range(1, rank - 1)]
    outward = [0, *range(2, rank), 1]
    return graph.permute(x, inward), lambda y: graph.permute(y, outward)


def windows(layer, attribute="kernel_size"):
    options = {"kernel_shape": list(getattr(layer, attribute)), "strides": list(layer.strides)}
    if hasattr(layer, "dilation_rate"):
        rate = layer.dilation_rate
        options["dilations"] = list(rate if isinstance(rate, (tuple, list)) else [rate] * len(options["kernel_shape"]))
    if layer.padding == "same":
        options["auto_pad"] = "SAME_UPPER"
    elif layer.padding == "valid":
        options["auto_pad"] = "VALID"
    elif layer.padding == "causal":
        span = (options["kernel_shape"][0] - 1) * options["dilations"][0]
        options["pads"] = [span, 0]
    if options.get("dilations") and "auto_pad" in options and layer.padding == "same" and max(options["dilations"]) > 1:
        # auto_pad with dilation is read differently by different programs: spelt out, for strides of one.
        spans = [(k - 1) * d for k, d in zip(options["kernel_shape"], options["dilations"])]
        del options["auto_pad"]
        options["pads"] = [span // 2 for span in spans] + [span - span // 2 for span in spans]
    return options


def convolution(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    x, back = channels_first(graph, layer, inputs[0], rank)
    kernel = graph.weight(layer._kernel if hasattr(layer, "_kernel") else layer.kernel)
    weights = graph.permute(kernel, [rank - 1, rank - 2, *range(rank - 2)])
    y = graph.add("Conv", [x, weights], group=getattr(layer, "groups", 1), **windows(layer))
    return graph.activate(biased(graph, layer, back(y), rank), layer.activation)


def biased(graph, layer, x, rank):
    if not layer.use_bias:
        return x
    bias = graph.weight(layer.bias)
    if layer.data_format == "channels_first":
        bias = graph.add("Reshape", [bias, graph.constant([1, -1] + [1] * (rank - 2))])
    return graph.add("Add", [x, bias])


def depthwise(graph, layer, x, kernel, shape):
    """Every input channel by itself: [..., channels, multiplier] as [channels * multiplier, 1, ...]."""
    rank = len(shape)
    order = [rank - 2, rank - 1, *range(rank - 2)]
    channels = shape[1] if layer.data_format == "channels_first" else shape[-1]
    moved = graph.permute(graph.weight(kernel), order)
    sizes = [kernel.shape[axis] for axis in range(rank - 2)]
    weights = graph.add("Reshape", [moved, graph.constant([channels * kernel.shape[-1], 1, *sizes])])
    return graph.add("Conv", [x, weights], group=channels, **windows(layer))


def depthwise_convolution(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    x, back = channels_first(graph, layer, inputs[0], rank)
    y = back(depthwise(graph, layer, x, layer.kernel, shapes[0]))
    return graph.activate(biased(graph, layer, y, rank), layer.activation)


def separable_convolution(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    x, back = channels_first(graph, layer, inputs[0], rank)
    y = depthwise(graph, layer, x, layer.depthwise_kernel, shapes[0])
    points = graph.permute(graph.weight(layer.pointwise_kernel), [rank - 1, rank - 2, *range(rank - 2)])
    y = back(graph.add("Conv", [y, points]))
    return graph.activate(biased(graph, layer, y, rank), layer.activation)


def transposed_convolution(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    if layer.output_padding not in (None, 0) or max(np.ravel(layer.dilation_rate)) > 1:
        raise ExportError(f"'{layer.name}': output_padding and dilation of transposed convolutions are not supported")
    x, back = channels_first(graph, layer, inputs[0], rank)
    # Keras keeps [..., out, in].
    weights = graph.permute(graph.weight(layer.kernel), [rank - 1, rank - 2, *range(rank - 2)])
    before, after = [], []
    for size, step in zip(layer.kernel_size, layer.strides):
        # "same" gives size * stride, "valid" what the windows cover, at least one stride each.
        surplus = size - step if layer.padding == "same" else min(0, size - step)
        before.append(max(surplus, 0) // 2)
        after.append(max(surplus, 0) - max(surplus, 0) // 2)
    extra = [max(0, step - size) for size, step in zip(layer.kernel_size, layer.strides)]
    y = graph.add("ConvTranspose", [x, weights], strides=list(layer.strides), pads=before + after, output_padding=extra)
    return graph.activate(biased(graph, layer, back(y), rank), layer.activation)


def batch_normalization(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    axis %= rank
    size = shapes[0][axis]
    inward = [0, axis] + [each for each in range(1, rank) if each != axis]
    x = graph.permute(inputs[0], inward) if rank > 2 else inputs[0]
    scale = graph.weight(layer.gamma) if layer.scale else graph.filled(1, size)
    shift = graph.weight(layer.beta) if layer.center else graph.filled(0, size)
    mean, variance = graph.weight(layer.moving_mean, False), graph.weight(layer.moving_variance, False)
    y = graph.add("BatchNormalization", [x, scale, shift, mean, variance], epsilon=float(layer.epsilon), momentum=float(layer.momentum))
    return graph.permute(y, list(np.argsort(inward))) if rank > 2 else y


def layer_normalization(graph, layer, inputs, shapes):
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    rank = len(shapes[0])
    first = min(axis % rank for axis in axes)
    if sorted(axis % rank for axis in axes) != list(range(first, rank)):
        raise ExportError(f"'{layer.name}' normalises the axes {axes}: only the last ones are supported")
    size = shapes[0][first:]
    if not layer.scale and len(size) > 1:
        raise ExportError(f"'{layer.name}' normalises several axes without a scale, which is not supported")
    scale = graph.weight(layer.gamma) if layer.scale else graph.filled(1, size[0])
    terms = [inputs[0], scale] + ([graph.weight(layer.beta)] if layer.center else [])
    return graph.add("LayerNormalization", terms, axis=first, epsilon=float(layer.epsilon))


def dropout(graph, layer, inputs, shapes):
    if layer.noise_shape is not None:
        graph.notes.append(f"'{layer.name}' drops parts together (noise_shape); the file drops each element by itself")
    return graph.add("Dropout", [inputs[0], graph.constant(layer.rate, np.float32)])


def channel_dropout(graph, layer, inputs, shapes):
    graph.notes.append(f"'{layer.name}' ({type(layer).__name__}) is left out: the file has no such noise")
    return inputs[0]


def pooling(kind):
    def lower(graph, layer, inputs, shapes):
        x, back = channels_first(graph, layer, inputs[0], len(shapes[0]))
        return back(graph.add(kind, [x], **windows(layer, "pool_size")))

    return lower


def global_pooling(kind):
    def lower(graph, layer, inputs, shapes):
        rank = len(shapes[0])
        axes = list(range(1, rank - 1)) if layer.data_format == "channels_last" else list(range(2, rank))
        return graph.add(kind, [inputs[0], graph.constant(axes)], keepdims=int(layer.keepdims))

    return lower


def flatten(graph, layer, inputs, shapes):
    x = inputs[0]
    if layer.data_format == "channels_first" and len(shapes[0]) > 2:
        x = graph.permute(x, [0, *range(2, len(shapes[0])), 1])
    return graph.add("Reshape", [x, graph.constant([0, -1])])


def reshape(graph, layer, inputs, shapes):
    return graph.add("Reshape", [inputs[0], graph.constant([0, *layer.target_shape])])


def permute(graph, layer, inputs, shapes):
    return graph.permute(inputs[0], [0, *layer.dims])


def activation(graph, layer, inputs, shapes):
    return graph.activate(inputs[0], layer.activation)


def relu(graph, layer, inputs, shapes):
    x = inputs[0]
    if layer.threshold:
        raise ExportError(f"'{layer.name}': a threshold is not supported")
    if layer.negative_slope:
        x = graph.add("LeakyRelu", [x], alpha=float(layer.negative_slope))
        low = None
    else:
        low = graph.constant(0, np.float32)
    if layer.max_value is not None:
        return graph.add("Clip", [x, low or "", graph.constant(layer.max_value, np.float32)])
    return graph.add("Relu", [x]) if low else x


def leaky_relu(graph, layer, inputs, shapes):
    return graph.add("LeakyRelu", [inputs[0]], alpha=float(layer.negative_slope))


def prelu(graph, layer, inputs, shapes):
    return graph.add("PRelu", [inputs[0], graph.weight(layer.alpha)])


def softmax(graph, layer, inputs, shapes):
    return graph.add("Softmax", [inputs[0]], axis=layer.axis)


def merged(kind):
    def lower(graph, layer, inputs, shapes):
        return graph.add(kind, inputs)

    return lower


def folded(kind):
    def lower(graph, layer, inputs, shapes):
        result = inputs[0]
        for other in inputs[1:]:
            result = graph.add(kind, [result, other])
        return result

    return lower


def concatenate(graph, layer, inputs, shapes):
    return graph.add("Concat", inputs, axis=layer.axis)


def embedding(graph, layer, inputs, shapes):
    if layer.mask_zero:
        graph.notes.append(f"'{layer.name}' masks zeros, which the file does not: pad no sequences")
    return graph.add("Gather", [graph.weight(layer._embeddings if hasattr(layer, "_embeddings") else layer.embeddings), inputs[0]], axis=0)


def zero_padding(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    pads = [(layer.padding if isinstance(layer.padding[0], int) else layer.padding[0])] if rank == 3 else list(layer.padding)
    first = 1 if layer.data_format == "channels_last" else 2
    before, after = [0] * rank, [0] * rank
    for axis, (low, high) in enumerate(pads):
        before[first + axis], after[first + axis] = low, high
    return graph.add("Pad", [inputs[0], graph.constant(before + after)])


def upsampling(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    if getattr(layer, "interpolation", "nearest") not in ("nearest", "bilinear"):
        raise ExportError(f"'{layer.name}': the interpolation '{layer.interpolation}' is not supported")
    sizes = layer.size if isinstance(layer.size, (tuple, list)) else [layer.size]
    x, back = channels_first(graph, layer, inputs[0], rank) if hasattr(layer, "data_format") else (
        graph.permute(inputs[0], [0, 2, 1]), lambda y: graph.permute(y, [0, 2, 1]))
    mode = "linear" if getattr(layer, "interpolation", "nearest") == "bilinear" else "nearest"
    scales = graph.constant([1, 1, *sizes], np.float32)
    if mode == "nearest":
        y = graph.add("Resize", [x, "", scales], mode=mode, coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    else:
        y = graph.add("Resize", [x, "", scales], mode=mode, coordinate_transformation_mode="half_pixel")
    return back(y)


def cropping(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    cuts = [layer.cropping] if rank == 3 else list(layer.cropping)
    first = 1 if rank == 3 or layer.data_format == "channels_last" else 2
    starts = [low for low, _ in cuts]
    # An end counts from the end of the axis; nothing cut there reaches as far as there is.
    ends = [-high if high else 1 << 40 for _, high in cuts]
    axes = [first + axis for axis in range(len(cuts))]
    return graph.add("Slice", [inputs[0], *(graph.constant(values) for values in (starts, ends, axes))])


def unit_normalization(graph, layer, inputs, shapes):
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if len(axes) != 1:
        raise ExportError(f"'{layer.name}' normalises the axes {axes}: only one is supported")
    return graph.add("LpNormalization", [inputs[0]], axis=axes[0], p=2)


def group_normalization(graph, layer, inputs, shapes):
    rank = len(shapes[0])
    axis = layer.axis % rank
    groups = layer.groups if layer.groups != -1 else shapes[0][axis]
    if None in shapes[0][1:]:
        raise ExportError(f"'{layer.name}' needs known sizes")
    inward = [0, axis] + [each for each in range(1, rank) if each != axis]
    x = graph.permute(inputs[0], inward)
    parts = graph.add("Reshape", [x, graph.constant([0, groups, -1])])
    one, none = graph.filled(1, groups), graph.filled(0, groups)
    normal = graph.add("InstanceNormalization", [parts, one, none], epsilon=float(layer.epsilon))
    y = graph.add("Reshape", [normal, graph.constant([-1, *(shapes[0][each] for each in inward[1:])])])
    row = graph.constant([1, -1] + [1] * (rank - 2))
    if layer.scale:
        y = graph.add("Mul", [y, graph.add("Reshape", [graph.weight(layer.gamma), row])])
    if layer.center:
        y = graph.add("Add", [y, graph.add("Reshape", [graph.weight(layer.beta), row])])
    return graph.permute(y, list(np.argsort(inward)))


def time_distributed(graph, layer, inputs, shapes):
    inner = layer.layer
    if type(inner).__name__ not in EACH_ROW:
        raise ExportError(f"'{layer.name}' repeats a {type(inner).__name__}; only {', '.join(sorted(EACH_ROW))} are supported there")
    return LAYERS[type(inner).__name__](graph, inner, inputs, shapes)


def attention(graph, layer, inputs, shapes):
    """Query, value, and key, which is the value where it is not given."""
    query, value, key = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else inputs[1]
    if any(len(shape) != 3 for shape in shapes):
        raise ExportError(f"'{layer.name}': attention over several axes is not supported")
    if layer.dropout:
        graph.notes.append(f"'{layer.name}' drops inside itself, which the file leaves out")

    def projected(x, part, order):
        """[n, t, d] by a kernel [d, heads, size] to the order wanted of [n, t, heads, size]."""
        _, heads, size = part.kernel.shape
        flat = graph.add("Reshape", [graph.weight(part.kernel), graph.constant([-1, heads * size])])
        y = graph.add("MatMul", [x, flat])
        if part.bias is not None:
            y = graph.add("Add", [y, graph.add("Reshape", [graph.weight(part.bias), graph.constant([heads * size])])])
        return graph.add("Transpose", [graph.add("Reshape", [y, graph.constant([0, -1, heads, size])])], perm=order)

    q = projected(query, layer.query_dense, [0, 2, 1, 3])
    k = projected(key, layer.key_dense, [0, 2, 3, 1])
    v = projected(value, layer.value_dense, [0, 2, 1, 3])
    scale = graph.constant(1 / np.sqrt(layer.key_dim), np.float32)
    scores = graph.add("MatMul", [graph.add("Mul", [q, scale]), k])
    mixed = graph.add("MatMul", [graph.add("Softmax", [scores], axis=-1), v])
    heads, size, width = layer.output_dense.kernel.shape
    joined = graph.add("Reshape", [graph.add("Transpose", [mixed], perm=[0, 2, 1, 3]), graph.constant([0, -1, heads * size])])
    flat = graph.add("Reshape", [graph.weight(layer.output_dense.kernel), graph.constant([heads * size, width])])
    y = graph.add("MatMul", [joined, flat])
    return graph.add("Add", [y, graph.weight(layer.output_dense.bias)]) if layer.output_dense.bias is not None else y


def nothing(graph, layer, inputs, shapes):
    return inputs[0]


# Layers that do the same to every row, whatever stands before the last axis.
EACH_ROW = {"Dense", "Activation", "Dropout", "ReLU", "LeakyReLU", "Softmax", "LayerNormalization"}

LAYERS = {
    "Dense": dense, "Conv1D": convolution, "Conv2D": convolution, "Conv3D": convolution,
    "DepthwiseConv1D": depthwise_convolution, "DepthwiseConv2D": depthwise_convolution,
    "SeparableConv1D": separable_convolution, "SeparableConv2D": separable_convolution,
    "Conv1DTranspose": transposed_convolution, "Conv2DTranspose": transposed_convolution,
    "BatchNormalization": batch_normalization, "LayerNormalization": layer_normalization, "Dropout": dropout,
    "SpatialDropout1D": channel_dropout, "SpatialDropout2D": channel_dropout, "GaussianNoise": channel_dropout,
    "GaussianDropout": channel_dropout,
    "MaxPooling1D": pooling("MaxPool"), "MaxPooling2D": pooling("MaxPool"), "MaxPooling3D": pooling("MaxPool"),
    "AveragePooling1D": pooling("AveragePool"), "AveragePooling2D": pooling("AveragePool"),
    "AveragePooling3D": pooling("AveragePool"),
    "GlobalAveragePooling1D": global_pooling("ReduceMean"), "GlobalAveragePooling2D": global_pooling("ReduceMean"),
    "GlobalMaxPooling1D": global_pooling("ReduceMax"), "GlobalMaxPooling2D": global_pooling("ReduceMax"),
    "Flatten": flatten, "Reshape": reshape, "Permute": permute, "Activation": activation, "ReLU": relu,
    "LeakyReLU": leaky_relu, "PReLU": prelu, "Softmax": softmax, "Add": merged("Sum"), "Average": merged("Mean"),
    "Maximum": merged("Max"), "Minimum": merged("Min"), "Multiply": folded("Mul"), "Subtract": folded("Sub"),
    "Concatenate": concatenate, "Embedding": embedding, "ZeroPadding1D": zero_padding, "ZeroPadding2D": zero_padding,
    "UpSampling1D": upsampling, "UpSampling2D": upsampling, "Identity": nothing, "ActivityRegularization": nothing,
    "Cropping1D": cropping, "Cropping2D": cropping, "UnitNormalization": unit_normalization,
    "GroupNormalization": group_normalization, "TimeDistributed": time_distributed, "MultiHeadAttention": attention,
    "LSTM": recurrent, "GRU": recurrent, "SimpleRNN": recurrent, "Bidirectional": bidirectional,
}
