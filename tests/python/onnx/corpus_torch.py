"""Networks as PyTorch users write them, exported by both of PyTorch's exporters."""

import io
import warnings

import torch
import torch.nn.functional as F
from torch import nn

from corpus_functions import FUNCTIONS, f, i
from corpus_layers import LAYERS


class Function(nn.Module):
    """A function as a module without parameters."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False)[0]


class Causal(nn.Module):
    """Attention of a decoder: rotary positions, fewer key heads than query heads, an explicit mask."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(32, 32), nn.Linear(32, 16), nn.Linear(32, 16)

    def forward(self, x):
        b, t, _ = x.shape
        q = self.q(x).view(b, t, 4, 8).transpose(1, 2)
        k = self.k(x).view(b, t, 2, 8).transpose(1, 2).repeat_interleave(2, dim=1)
        v = self.v(x).view(b, t, 2, 8).transpose(1, 2).repeat_interleave(2, dim=1)
        angles = torch.outer(torch.arange(t).float(), 1.0 / (10000 ** (torch.arange(0, 8, 2).float() / 8)))
        cos, sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)

        def rotated(y):
            first, second = y.chunk(2, dim=-1)
            return y * cos + torch.cat([-second, first], dim=-1) * sin

        y = F.scaled_dot_product_attention(rotated(q), rotated(k), v, is_causal=True)
        return y.transpose(1, 2).reshape(b, t, 32)


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.inner = kind(5, 7, **options)

    def forward(self, x):
        return self.inner(x)[0]


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.position = nn.Embedding(20, 16), nn.Embedding(12, 16)
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True, activation="gelu")
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 20)

    def forward(self, ids):
        t = ids.shape[1]
        x = self.embedding(ids) + self.position(torch.arange(t))
        mask = nn.Transformer.generate_square_subsequent_mask(t)
        return self.head(self.layers(x, mask=mask, is_causal=True))


class Bottleneck(nn.Module):
    """Squeeze and excitation over a depthwise separable convolution, with a residual."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16), nn.SiLU(),
            nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False), nn.BatchNorm2d(16), nn.Hardswish())
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.ReLU(), nn.Conv2d(4, 16, 1),
                                     nn.Hardsigmoid())
        self.out = nn.Conv2d(16, 8, 1)

    def forward(self, x):
        y = self.body(x)
        return x + self.out(y * self.squeeze(y))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.inner = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.up, self.out = nn.ConvTranspose2d(8, 8, 2, 2), nn.Conv2d(11, 1, 1)

    def forward(self, x):
        y = F.relu(self.up(F.relu(self.inner(self.down(x)))))
        return self.out(torch.cat([x, y], dim=1)).sigmoid()


class MaskedFill(nn.Module):
    def forward(self, x):
        mask = torch.triu(torch.ones(x.shape[-1], x.shape[-1], dtype=torch.bool), 1)
        return (x[..., None] * x[..., None, :]).masked_fill(mask, float("-inf")).softmax(-1)


class InPlace(nn.Module):
    def forward(self, x):
        y = torch.zeros_like(x)
        y[:, 1:3] = x[:, :2] * 2
        y[:, -1] = 1
        return y


def linear(*layers):
    return nn.Sequential(*layers)


def weight_norm():
    return nn.utils.parametrizations.weight_norm(nn.Linear(6, 4))


def spectral_norm():
    return nn.utils.parametrizations.spectral_norm(nn.Linear(6, 4)).eval()


# name: (module, inputs)
MODULES = {
    "mlp": lambda: (linear(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)), [f(4, 6)]),
    "mlp_softmax": lambda: (linear(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3), nn.Softmax(-1)), [f(4, 6)]),
    "bilinear": lambda: (nn.Bilinear(3, 4, 5), [f(2, 3), f(2, 4)]),
    "weight_norm": lambda: (weight_norm(), [f(4, 6)]),
    "spectral_norm": lambda: (spectral_norm(), [f(4, 6)]),
    "conv1d": lambda: (linear(nn.Conv1d(3, 6, 5, 2, 2), nn.BatchNorm1d(6), nn.ELU(), nn.MaxPool1d(2)), [f(2, 3, 20)]),
    "conv2d_groups": lambda: (nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=2), [f(2, 4, 9, 9)]),
    "conv2d_same": lambda: (nn.Conv2d(3, 5, (3, 4), padding="same"), [f(2, 3, 9, 8)]),
    "conv2d_reflect": lambda: (nn.Conv2d(3, 5, 3, padding=1, padding_mode="reflect"), [f(2, 3, 7, 8)]),
    "conv2d_circular": lambda: (nn.Conv2d(3, 5, 3, padding=1, padding_mode="circular"), [f(2, 3, 7, 8)]),
    "conv3d": lambda: (linear(nn.Conv3d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2)), [f(2, 2, 6, 6, 6)]),
    "conv3d_strided": lambda: (nn.Conv3d(2, 4, (2, 3, 3), (1, 2, 2), (0, 1, 1)), [f(1, 2, 5, 8, 8)]),
    "conv3d_average": lambda: (linear(nn.AvgPool3d(2), nn.BatchNorm3d(2), nn.AdaptiveAvgPool3d(1)), [f(2, 2, 4, 6, 4)]),
    "transpose1d": lambda: (nn.ConvTranspose1d(3, 5, 4, 2, 1), [f(2, 3, 9)]),
    "transpose2d": lambda: (nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2), [f(2, 4, 5, 6)]),
    "transpose3d": lambda: (nn.ConvTranspose3d(2, 3, 2, 2), [f(1, 2, 3, 3, 3)]),
    "batch_norm": lambda: (linear(nn.BatchNorm2d(3), nn.LeakyReLU(0.2)), [f(2, 3, 5, 5)]),
    "layer_norm": lambda: (nn.LayerNorm([4, 5]), [f(2, 3, 4, 5)]),
    "layer_norm_plain": lambda: (nn.LayerNorm(5, elementwise_affine=False), [f(2, 3, 5)]),
    "rms_norm": lambda: (nn.RMSNorm(5), [f(2, 3, 5)]),
    "group_norm": lambda: (nn.GroupNorm(2, 6), [f(2, 6, 4, 4)]),
    "instance_norm": lambda: (nn.InstanceNorm2d(3, affine=True), [f(2, 3, 5, 5)]),
    "local_response": lambda: (nn.LocalResponseNorm(3), [f(2, 6, 4, 4)]),
    "prelu": lambda: (nn.PReLU(3), [f(2, 3, 5, 5)]),
    "glu": lambda: (nn.GLU(1), [f(2, 6, 5)]),
    "attention": lambda: (Attention(), [f(2, 5, 16)]),
    "causal": lambda: (Causal(), [f(2, 6, 32)]),
    "encoder_layer": lambda: (nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), [f(2, 5, 16)]),
    "decoder_layer": lambda: (nn.TransformerDecoderLayer(16, 4, 32, batch_first=True), [f(2, 5, 16), f(2, 6, 16)]),
    "language": lambda: (Language(), [i(20, 2, 8)]),
    "embedding_bag": lambda: (nn.EmbeddingBag(10, 4, mode="mean"), [i(10, 3, 4)]),
    "lstm": lambda: (Recurrent(nn.LSTM, num_layers=2, bidirectional=True, batch_first=True), [f(2, 6, 5)]),
    "gru": lambda: (Recurrent(nn.GRU, num_layers=2, bidirectional=True), [f(6, 2, 5)]),
    "rnn": lambda: (Recurrent(nn.RNN, num_layers=2, nonlinearity="relu", batch_first=True), [f(2, 6, 5)]),
    "lstm_projection": lambda: (Recurrent(nn.LSTM, batch_first=True, bias=False), [f(2, 6, 5)]),
    "bottleneck": lambda: (Bottleneck(), [f(2, 8, 9, 9)]),
    "unet": lambda: (Unet(), [f(1, 3, 16, 16)]),
    "pixel_shuffle": lambda: (linear(nn.Conv2d(3, 12, 3), nn.PixelShuffle(2), nn.PixelUnshuffle(2)), [f(1, 3, 6, 6)]),
    "upsample_nearest": lambda: (nn.Upsample(scale_factor=2), [f(1, 3, 4, 5)]),
    "upsample_bilinear": lambda: (nn.Upsample(size=(7, 9), mode="bilinear"), [f(1, 3, 4, 5)]),
    "upsample_aligned": lambda: (nn.Upsample(size=(7, 9), mode="bilinear", align_corners=True), [f(1, 3, 4, 5)]),
    "upsample_bicubic": lambda: (nn.Upsample(size=(7, 9), mode="bicubic"), [f(1, 3, 4, 5)]),
    "upsample_linear": lambda: (nn.Upsample(scale_factor=2.5, mode="linear"), [f(1, 3, 6)]),
    "upsample_trilinear": lambda: (nn.Upsample(scale_factor=2, mode="trilinear"), [f(1, 2, 3, 4, 3)]),
    "adaptive_average": lambda: (nn.AdaptiveAvgPool2d((2, 3)), [f(1, 3, 6, 6)]),
    "adaptive_max": lambda: (nn.AdaptiveMaxPool2d(2), [f(1, 3, 6, 6)]),
    "average_ceil": lambda: (nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), [f(1, 3, 8, 8)]),
    "max_ceil": lambda: (nn.MaxPool2d(3, 2, 1, ceil_mode=True), [f(1, 3, 8, 8)]),
    "lp_pool": lambda: (nn.LPPool2d(2, 2), [f(1, 3, 6, 6).abs()]),
    "fold": lambda: (nn.Fold((6, 6), 2, stride=2), [f(1, 12, 9)]),
    "unfold": lambda: (nn.Unfold(3, padding=1), [f(1, 3, 6, 6)]),
    "masked_fill": lambda: (MaskedFill(), [f(2, 5)]),
    "in_place": lambda: (InPlace(), [f(3, 5)]),
}


def cases(names=None):
    """(name, module in evaluation mode, inputs) of every network (or those that are named), with settled running statistics."""
    for name, make in {**MODULES, **LAYERS}.items():
        if names is not None and name not in names:
            continue
        torch.manual_seed(7)
        module, inputs = make()
        module.train()
        for _ in range(2):
            if all(x.is_floating_point() for x in inputs):
                with torch.no_grad():
                    module(*inputs)
        yield name, module.eval(), inputs
    for name, (function, inputs) in FUNCTIONS.items():
        if names is None or name in names:
            yield name, Function(function).eval(), inputs


# Networks over sizes that the file leaves open: the free axes of every input, and inputs of other sizes than those that are exported.
FREE = {
    "unet": ((0, 2, 3), lambda: [f(2, 3, 24, 20)]), "bottleneck": ((0, 2, 3), lambda: [f(3, 8, 5, 11)]), "conv1d": ((0, 2), lambda: [f(3, 3, 31)]),
    "causal": ((0, 1), lambda: [f(3, 9, 32)]), "attention": ((0, 1), lambda: [f(3, 8, 16)]), "encoder_layer": ((0, 1), lambda: [f(3, 8, 16)]),
    "language": ((0, 1), lambda: [i(20, 3, 11)]), "lstm": ((0, 1), lambda: [f(3, 9, 5)]), "gru": ((0, 1), lambda: [f(9, 3, 5)]),
    "upsample_nearest": ((0, 2, 3), lambda: [f(2, 3, 6, 7)]), "pixel_shuffle": ((0, 2, 3), lambda: [f(2, 3, 8, 10)]), "llama": ((0, 1), lambda: [f(3, 7, 16)]),
    "windows": ((0, 1, 2), lambda: [f(2, 12, 4, 8)]), "detector": ((0, 2, 3), lambda: [f(2, 3, 12, 16)]), "dense": ((0, 2, 3), lambda: [f(1, 4, 9, 5)]),
    "bilinear_down": ((0, 2, 3), lambda: [f(2, 3, 12, 6)]), "nearest_3": ((0, 2, 3, 4), lambda: [f(2, 2, 4, 3, 3)]), "depth_dynamic": ((0, 1), lambda: [f(5, 8)]),
    "einsum_heads": ((0, 1), lambda: [f(3, 4, 4, 5), f(3, 7, 4, 5)]), "moved": ((0, 1), lambda: [f(2, 5, 5)]), "cumsum": ((0, 1), lambda: [f(4, 8)]),
    "expand_repeat": ((0, 1), lambda: [f(3, 6)]), "arange": ((0, 1), lambda: [f(2, 9)]), "masked_fill": ((0, 1), lambda: [f(3, 8)]),
}


def exported(module, inputs, opset, dynamo, axes=()):
    """The file's bytes, with these axes of every input left open; raises what the exporter raises."""
    names = [f"in{k}" for k in range(len(inputs))]
    buffer = io.BytesIO()
    torch.backends.mha.set_fastpath_enabled(False)  # its fused operators have no ONNX form
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        if dynamo:
            shapes = tuple({axis: torch.export.Dim.AUTO for axis in axes} for _ in inputs) if axes else None
            program = torch.onnx.export(module, tuple(inputs), dynamo=True, input_names=names, opset_version=opset,
                                        dynamic_shapes=shapes, verbose=False)
            program.save(buffer)
        else:
            free = {name: {axis: f"N{k}_{axis}" for axis in axes} for k, name in enumerate(names)} if axes else None
            torch.onnx.export(module, tuple(inputs), buffer, dynamo=False, input_names=names, opset_version=opset,
                              dynamic_axes=free)
    return buffer.getvalue()
