"""Networks after ONNX Runtime's own tools: optimised, quantised, in 16 bits, in other operator sets."""

import tempfile
from functools import partial
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnxruntime import quantization
from torch import nn

import corpus_torch
from corpus_functions import f, i
from corpus_layers import Dense, Detector, Llama, Vision


class Sentences(nn.Module):
    """A small encoder as people write it by hand, with every part that optimisers look for."""

    def __init__(self, wide=32, heads=4):
        super().__init__()
        self.heads = heads
        self.words, self.places = nn.Embedding(30, wide), nn.Embedding(16, wide)
        self.first = nn.LayerNorm(wide)
        self.q, self.k, self.v, self.o = (nn.Linear(wide, wide) for _ in range(4))
        self.norms = nn.ModuleList([nn.LayerNorm(wide) for _ in range(2)])
        self.up, self.down, self.head = nn.Linear(wide, 64), nn.Linear(64, wide), nn.Linear(wide, 3)

    def forward(self, ids):
        b, t = ids.shape
        x = self.first(self.words(ids) + self.places(torch.arange(t)))
        q, k, v = (layer(x).view(b, t, self.heads, -1).transpose(1, 2) for layer in (self.q, self.k, self.v))
        weights = torch.softmax(q @ k.transpose(-1, -2) / (q.shape[-1] ** 0.5), dim=-1)
        x = self.norms[0](x + self.o((weights @ v).transpose(1, 2).reshape(b, t, -1)))
        x = self.norms[1](x + self.down(nn.functional.gelu(self.up(x))))
        return self.head(torch.tanh(x[:, 0]))


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.norm, self.head = nn.BatchNorm2d(8), nn.Linear(8 * 4, 5)

    def forward(self, x):
        x = torch.relu(self.norm(self.a(x)))
        x = nn.functional.leaky_relu(x + self.b(x), 0.1)
        x = torch.cat([nn.functional.max_pool2d(x, 2), nn.functional.avg_pool2d(x, 2)], 1)
        x = torch.sigmoid(x[:, :8]) * x[:, 8:]
        return self.head(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1))


NETWORKS = {
    "sentences": lambda: (Sentences(), [i(30, 2, 7)]), "convolutions": lambda: (Convolutions(), [f(2, 3, 8, 8)]),
    "vision": lambda: (Vision(), [f(2, 3, 16, 16)]), "llama": lambda: (Llama(), [f(2, 5, 16)]),
    "dense": lambda: (Dense(), [f(2, 4, 6, 6)]), "detector": lambda: (Detector(), [f(1, 3, 8, 12)]),
    **{name: corpus_torch.MODULES[name] for name in ("mlp", "conv1d", "bottleneck", "unet", "gru", "lstm", "transpose2d", "causal")},
}


def optimised(data, level):
    """What ONNX Runtime runs, saved."""
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = level
        options.optimized_model_filepath = f"{folder}/model.onnx"
        onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return Path(f"{folder}/model.onnx").read_bytes()


class Rows(quantization.CalibrationDataReader):
    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def quantised(data, inputs, how, **options):
    """By onnxruntime.quantization, from file to file."""
    names = [entry.name for entry in onnx.load_from_string(data).graph.input]
    feed = {name: array.numpy() for name, array in zip(names, inputs)}
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "given.onnx", Path(folder) / "result.onnx"
        given.write_bytes(data)
        if how == "dynamic":
            quantization.quantize_dynamic(given, result, **options)
        else:
            form = quantization.QuantFormat.QDQ if how == "pairs" else quantization.QuantFormat.QOperator
            quantization.quantize_static(given, result, Rows([feed] * 2), quant_format=form, **options)
        return result.read_bytes()


def halved(data, **options):
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return convert_float_to_float16(onnx.load_from_string(data), **options).SerializeToString()


def packed(data, **options):
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantiser = MatMulNBitsQuantizer(onnx.load_from_string(data), **options)
    quantiser.process()
    return quantiser.model.model.SerializeToString()


def fused(data, kind, heads, wide):
    """By the optimiser for transformers, which joins whole layers."""
    from onnxruntime.transformers.optimizer import optimize_model

    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "given.onnx"
        given.write_bytes(data)
        return optimize_model(str(given), kind, num_heads=heads, hidden_size=wide, opt_level=0).model.SerializeToString()


def converted(data, opset):
    return onnx.version_converter.convert_version(onnx.load_from_string(data), opset).SerializeToString()


def constants_inside(data):
    """Weights as Constant nodes, shapes inferred, unused parts out: what simplifiers leave."""
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    nodes = [onnx.helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in model.graph.initializer]
    kept = list(model.graph.node)
    del model.graph.initializer[:]
    del model.graph.node[:]
    model.graph.node.extend(nodes + kept)
    return model.SerializeToString()


def cases(names=None):
    """(name, what makes the file's bytes, arrays) of what is made of every network, or of those that are named."""
    Q, levels = quantization.QuantType, onnxruntime.GraphOptimizationLevel
    for name, make in NETWORKS.items():
        if names is not None and name not in names:
            continue
        torch.manual_seed(7)
        module, inputs = make()
        module = module.eval()
        arrays = [x.numpy() for x in inputs]
        kept = {}

        def base(opset=17):
            if opset not in kept:
                # RMSNorm is known to the newer exporter alone.
                kept[opset] = corpus_torch.exported(module, inputs, max(opset, 18) if name == "llama" else opset, name == "llama", [0])
            return kept[opset]

        def case(how, function, *given, opset=17, **options):
            return f"rewritten/{name}_{how}", lambda: function(base(opset), *given, **options), arrays

        yield case("basic", optimised, levels.ORT_ENABLE_BASIC)
        yield case("extended", optimised, levels.ORT_ENABLE_EXTENDED)
        yield case("dynamic", quantised, inputs, "dynamic")
        yield case("dynamic_signed", quantised, inputs, "dynamic", weight_type=Q.QInt8, per_channel=True)
        yield case("half", halved)
        yield case("half_kept", halved, keep_io_types=True)
        yield case("four_bits", packed, block_size=16, is_symmetric=False)
        yield case("four_bits_symmetric", packed, block_size=32, is_symmetric=True)
        yield case("constants", constants_inside)
        for opset in (21, 23):
            yield case(f"to_{opset}", converted, opset)
        if name in ("sentences", "vision", "llama", "causal"):
            yield case("fused", fused, "bert", 4, 32)
            yield case("fused_gpt", fused, "gpt2", 4, 32)
        if name in ("causal", "llama"):
            continue  # the range of scores that are masked with infinity is infinite, too
        yield case("pairs", quantised, inputs, "pairs", per_channel=True, weight_type=Q.QInt8, activation_type=Q.QInt8)
        yield case("operators", quantised, inputs, "operators", per_channel=False)
        yield case("operators_signed", quantised, inputs, "operators", per_channel=True, weight_type=Q.QInt8, activation_type=Q.QInt8)
        yield case("pairs_wide", quantised, inputs, "pairs", activation_type=Q.QUInt16, weight_type=Q.QInt8, opset=21 if name == "mlp" else 17)
        yield case("optimised_pairs", lambda data: optimised(quantised(data, inputs, "pairs"), levels.ORT_ENABLE_EXTENDED))
        yield case("optimised_dynamic", lambda data: optimised(quantised(data, inputs, "dynamic"), levels.ORT_ENABLE_EXTENDED))
    for name, dtype in (("half", torch.float16), ("brain", torch.bfloat16)):
        torch.manual_seed(7)
        module = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 4), nn.Softmax(-1)).to(dtype).eval()
        if name == "half":
            given = f(4, 6).to(dtype)
            yield f"rewritten/{name}_torch", partial(corpus_torch.exported, module, [given], 17, False, [0]), [given.numpy()]
            yield f"rewritten/{name}_dynamo", partial(corpus_torch.exported, module, [given], None, True), [given.numpy()]
        wrapped = corpus_torch.Function(lambda x, m=module: m(x.to(dtype)).float())
        wrapped.inner = module
        yield f"rewritten/{name}_inside", partial(corpus_torch.exported, wrapped, [f(4, 6)], 17, False, [0]), [f(4, 6).numpy()]
