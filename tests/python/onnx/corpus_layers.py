"""Layers of PyTorch, each as a network of its own, and blocks that people build of them."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from corpus_functions import f, i


class With(nn.Module):
    """A layer and what is done with it."""

    def __init__(self, layer, function):
        super().__init__()
        self.layer, self.function = layer, function

    def forward(self, *inputs):
        return self.function(self.layer, *inputs)


class Llama(nn.Module):
    """A decoder block: root-mean-square norm, rotary positions, shared key heads, gated feed-forward."""

    def __init__(self, wide=16, heads=4, shared=2):
        super().__init__()
        self.heads, self.shared, self.size = heads, shared, wide // heads
        self.norms = nn.ModuleList([nn.RMSNorm(wide, eps=1e-6) for _ in range(2)])
        self.q, self.o = nn.Linear(wide, wide, bias=False), nn.Linear(wide, wide, bias=False)
        self.k, self.v = (nn.Linear(wide, shared * self.size, bias=False) for _ in range(2))
        self.gate, self.up, self.down = nn.Linear(wide, 24), nn.Linear(wide, 24), nn.Linear(24, wide)

    def rotated(self, x, cos, sin):
        half = x.shape[-1] // 2
        return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin

    def forward(self, x):
        b, t, c = x.shape
        y = self.norms[0](x)
        places = torch.arange(t, device=x.device).float()
        angles = torch.outer(places, 10000.0 ** (-torch.arange(0, self.size, 2).float() / self.size))
        cos, sin = torch.cat([angles, angles], -1).cos(), torch.cat([angles, angles], -1).sin()
        q = self.rotated(self.q(y).view(b, t, self.heads, -1).transpose(1, 2), cos, sin)
        k = self.rotated(self.k(y).view(b, t, self.shared, -1).transpose(1, 2), cos, sin)
        v = self.v(y).view(b, t, self.shared, -1).transpose(1, 2)
        k, v = (z[:, :, None].expand(b, self.shared, self.heads // self.shared, t, self.size).reshape(b, self.heads, t, -1)
                for z in (k, v))
        mask = torch.full((t, t), float("-inf")).triu(1)
        weights = F.softmax((q @ k.transpose(2, 3)) / math.sqrt(self.size) + mask, dim=-1, dtype=torch.float32)
        x = x + self.o((weights @ v).transpose(1, 2).contiguous().view(b, t, c))
        y = self.norms[1](x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Vision(nn.Module):
    """Patches, a class token, learnt positions, an encoder."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, 16)), nn.Parameter(torch.randn(1, 17, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, activation="gelu")
        self.encoder, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(16, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.places
        return self.head(self.encoder(x)[:, 0])


class Windows(nn.Module):
    """Shifted windows of attention with a table of relative positions."""

    def __init__(self, side=4, heads=2, wide=8):
        super().__init__()
        self.side, self.heads = side, heads
        self.qkv, self.out = nn.Linear(wide, 3 * wide), nn.Linear(wide, wide)
        self.table = nn.Parameter(torch.randn((2 * side - 1) ** 2, heads))
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        steps = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + side - 1
        self.register_buffer("index", steps[..., 0] * (2 * side - 1) + steps[..., 1])

    def forward(self, x):
        b, h, w, c = x.shape
        s = self.side
        x = torch.roll(x, (-s // 2, -s // 2), dims=(1, 2))
        x = x.view(b, h // s, s, w // s, s, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, s * s, c)
        q, k, v = self.qkv(x).view(-1, s * s, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.table[self.index.view(-1)].view(s * s, s * s, -1).permute(2, 0, 1)
        weights = (q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5 + bias).softmax(-1)
        x = self.out((weights @ v).transpose(1, 2).reshape(-1, s * s, c))
        x = x.view(b, h // s, w // s, s, s, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return torch.roll(x, (s // 2, s // 2), dims=(1, 2))


class Detector(nn.Module):
    """Boxes from a grid of cells and anchors."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.SiLU(), nn.Conv2d(8, 2 * 7, 1))
        self.register_buffer("anchors", torch.tensor([[1.0, 2.0], [3.0, 1.5]]).view(1, 2, 1, 1, 2))

    def forward(self, x):
        y = self.body(x)
        b, _, h, w = y.shape
        y = y.view(b, 2, 7, h, w).permute(0, 1, 3, 4, 2).contiguous()
        grid = torch.stack(torch.meshgrid(torch.arange(w), torch.arange(h), indexing="xy"), 2).view(1, 1, h, w, 2)
        y = y.sigmoid()
        place, size = (y[..., 0:2] * 2 - 0.5 + grid) * 2, (y[..., 2:4] * 2) ** 2 * self.anchors
        return torch.cat((place, size, y[..., 4:]), -1).view(b, -1, 7)


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Sequential(nn.BatchNorm2d(4 + 3 * k), nn.ReLU(), nn.Conv2d(4 + 3 * k, 3, 3, padding=1))
                                     for k in range(3)])

    def forward(self, x):
        parts = [x]
        for layer in self.layers:
            parts.append(layer(torch.cat(parts, 1)))
        return F.adaptive_avg_pool2d(torch.cat(parts, 1), 1).flatten(1)


class Experts(nn.Module):
    """The two best of four experts for each row, weighed by the gate."""

    def __init__(self):
        super().__init__()
        self.gate, self.experts = nn.Linear(6, 4), nn.ModuleList([nn.Linear(6, 3) for _ in range(4)])

    def forward(self, x):
        weights, chosen = self.gate(x).softmax(-1).topk(2, dim=-1)
        every = torch.stack([expert(x) for expert in self.experts], 1)
        picked = every.gather(1, chosen[..., None].expand(-1, -1, 3))
        return (picked * weights[..., None]).sum(1)


class Cells(nn.Module):
    """Recurrence written by hand."""

    def __init__(self):
        super().__init__()
        self.lstm, self.gru, self.rnn = nn.LSTMCell(4, 5), nn.GRUCell(5, 5), nn.RNNCell(5, 3)

    def forward(self, x):
        h, c = torch.zeros(x.shape[0], 5), torch.zeros(x.shape[0], 5)
        g, r = h, torch.zeros(x.shape[0], 3)
        for t in range(x.shape[1]):
            h, c = self.lstm(x[:, t], (h, c))
            g = self.gru(h, g)
            r = self.rnn(g, r)
        return r, c


@torch.jit.script
def steps(x, count: int):
    y = x
    for k in range(count):
        if k % 2 == 0:
            y = y * 1.5 + float(k)
        else:
            y = torch.tanh(y)
    return y


class Steps(nn.Module):
    def forward(self, x):
        return steps(x, 4)


def attention(**options):
    return nn.MultiheadAttention(16, 4, batch_first=True, **options)


def padding(*flags):
    return torch.tensor(flags, dtype=torch.bool)


BOX = (1, 3, 6, 7)
LAYERS = {
    "pads_1": lambda: (nn.Sequential(nn.ConstantPad1d((1, 2), 3.5), nn.ReflectionPad1d(2), nn.ReplicationPad1d(1)), [f(2, 3, 5)]),
    "pads_2": lambda: (nn.Sequential(nn.ZeroPad2d((1, 0, 2, 1)), nn.ReflectionPad2d(2), nn.ReplicationPad2d(1), nn.CircularPad2d(2)), [f(*BOX)]),
    "pads_3": lambda: (nn.Sequential(nn.ReplicationPad3d(1), nn.ConstantPad3d(-1, 0.0)), [f(1, 2, 4, 5, 3)]),
    "pool_indices": lambda: (nn.MaxPool2d(2, return_indices=True), [f(2, 3, 6, 6)]),
    "pool_indices_overlapping": lambda: (nn.MaxPool2d(3, 2, 1, return_indices=True), [f(2, 3, 7, 8)]),
    "pool_indices_dilated": lambda: (nn.MaxPool2d(2, 1, dilation=2, return_indices=True), [f(2, 3, 7, 8)]),
    "pool_indices_1": lambda: (nn.MaxPool1d(3, 2, return_indices=True), [f(2, 3, 9)]),
    "pool_indices_3": lambda: (nn.MaxPool3d(2, return_indices=True), [f(2, 2, 4, 4, 6)]),
    "unpool": lambda: (With(nn.MaxPool2d(2, return_indices=True), lambda pool, x: F.max_unpool2d(*pool(x), 2)), [f(2, 3, 6, 6)]),
    "adaptive_average_1": lambda: (nn.AdaptiveAvgPool1d(3), [f(2, 3, 9)]),
    "adaptive_average_3": lambda: (nn.AdaptiveAvgPool3d((2, 1, 3)), [f(1, 2, 4, 5, 6)]),
    "adaptive_average_uneven": lambda: (nn.AdaptiveAvgPool2d((3, 4)), [f(1, 3, 7, 9)]),
    "adaptive_average_rows": lambda: (nn.AdaptiveAvgPool2d((None, 1)), [f(1, 3, 6, 5)]),
    "adaptive_max_1": lambda: (nn.AdaptiveMaxPool1d(3), [f(2, 3, 9)]),
    "average_divisor": lambda: (nn.AvgPool2d(3, 2, 1, divisor_override=5), [f(1, 3, 8, 8)]),
    "average_1_ceil": lambda: (nn.AvgPool1d(3, 2, 1, ceil_mode=True), [f(2, 3, 10)]),
    "power_pool_1": lambda: (nn.LPPool1d(3, 2), [f(2, 3, 8).abs()]),
    "channel_shuffle": lambda: (nn.ChannelShuffle(2), [f(1, 6, 3, 3)]),
    "softmax_2d": lambda: (nn.Sequential(nn.Softmax2d(), nn.Softmin(1), nn.LogSoftmax(2)), [f(2, 3, 4, 4)]),
    "rrelu": lambda: (nn.Sequential(nn.RReLU(), nn.Hardshrink(0.1), nn.LogSigmoid(), nn.Threshold(-1.0, 0.5)), [f(3, 4)]),
    "prelu_one": lambda: (nn.PReLU(), [f(2, 3, 5)]),
    "batch_norm_1": lambda: (nn.BatchNorm1d(6), [f(4, 6)]),
    "batch_norm_1_long": lambda: (nn.BatchNorm1d(3, affine=False), [f(4, 3, 7)]),
    "batch_norm_current": lambda: (nn.BatchNorm2d(3, track_running_stats=False), [f(2, 3, 4, 4)]),
    "instance_norm_1": lambda: (nn.InstanceNorm1d(3), [f(2, 3, 9)]),
    "instance_norm_3": lambda: (nn.InstanceNorm3d(2, affine=True, track_running_stats=True), [f(2, 2, 3, 4, 3)]),
    "group_norm_1": lambda: (nn.GroupNorm(3, 6, affine=False), [f(2, 6, 9)]),
    "group_norm_flat": lambda: (nn.GroupNorm(2, 6), [f(4, 6)]),
    "transpose1d_groups": lambda: (nn.ConvTranspose1d(4, 6, 3, 2, dilation=2, groups=2), [f(2, 4, 6)]),
    "transpose2d_uneven": lambda: (nn.ConvTranspose2d(3, 2, (3, 2), (2, 1), (1, 0), dilation=(1, 2), bias=False), [f(1, 3, 5, 4)]),
    "transpose3d_groups": lambda: (nn.ConvTranspose3d(4, 4, 3, 2, 1, 1, groups=2), [f(1, 4, 3, 2, 3)]),
    "conv1d_depthwise": lambda: (nn.Conv1d(6, 12, 3, padding=2, dilation=2, groups=6), [f(2, 6, 9)]),
    "conv3d_groups": lambda: (nn.Conv3d(4, 4, 3, 1, 1, groups=2), [f(1, 4, 4, 4, 4)]),
    "fold_strided": lambda: (nn.Fold((7, 6), (3, 2), dilation=(1, 2), padding=1, stride=2), [f(1, 12, 12)]),
    "unfold_dilated": lambda: (nn.Unfold((2, 3), dilation=2, padding=1, stride=2), [f(1, 3, 7, 8)]),
    "nearest_uneven": lambda: (nn.Upsample(size=(7, 9), mode="nearest"), [f(1, 3, 4, 5)]),
    "nearest_exact": lambda: (nn.Upsample(size=(7, 9), mode="nearest-exact"), [f(1, 3, 4, 5)]),
    "nearest_1": lambda: (nn.Upsample(scale_factor=3), [f(1, 3, 5)]),
    "nearest_3": lambda: (nn.Upsample(scale_factor=(2, 1, 3)), [f(1, 2, 3, 4, 2)]),
    "bilinear_down": lambda: (nn.Upsample(scale_factor=0.5, mode="bilinear"), [f(1, 3, 8, 10)]),
    "bilinear_fraction": lambda: (nn.Upsample(scale_factor=1.7, mode="bilinear"), [f(1, 3, 5, 6)]),
    "bicubic_aligned": lambda: (nn.Upsample(scale_factor=2, mode="bicubic", align_corners=True), [f(1, 2, 5, 4)]),
    "bicubic_down": lambda: (nn.Upsample(size=(3, 4), mode="bicubic"), [f(1, 2, 8, 9)]),
    "bilinear_antialias": lambda: (With(nn.Identity(), lambda _, x: F.interpolate(x, size=(3, 4), mode="bilinear", antialias=True)), [f(1, 2, 8, 9)]),
    "area": lambda: (With(nn.Identity(), lambda _, x: F.interpolate(x, size=(3, 4), mode="area")), [f(1, 2, 6, 8)]),
    "attention_padding": lambda: (With(attention(), lambda m, x, p: m(x, x, x, key_padding_mask=p)),
                                  [f(2, 4, 16), padding([0, 0, 0, 1], [0, 0, 1, 1])]),
    "attention_weights": lambda: (With(attention(bias=False), lambda m, x: m(x, x, x, average_attn_weights=False)), [f(2, 4, 16)]),
    "attention_cross": lambda: (With(attention(kdim=5, vdim=7), lambda m, q, k, v: m(q, k, v)[0]), [f(2, 4, 16), f(2, 3, 5), f(2, 3, 7)]),
    "attention_bias": lambda: (With(attention(add_bias_kv=True, add_zero_attn=True), lambda m, x: m(x, x, x)[0]), [f(2, 4, 16)]),
    "encoder_padding": lambda: (With(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), lambda m, x, p: m(x, src_key_padding_mask=p)),
                                [f(2, 4, 16), padding([0, 0, 0, 1], [0, 0, 1, 1])]),
    "transformer": lambda: (nn.Transformer(16, 2, 1, 1, 32, batch_first=True), [f(2, 5, 16), f(2, 4, 16)]),
    "bag_sum": lambda: (nn.EmbeddingBag(10, 4, mode="sum"), [i(10, 3, 4)]),
    "bag_max": lambda: (nn.EmbeddingBag(10, 4, mode="max"), [i(10, 3, 4)]),
    "bag_offsets": lambda: (nn.EmbeddingBag(10, 4, mode="sum", include_last_offset=False), [i(10, 7), torch.tensor([0, 3, 5])]),
    "embedding_norm": lambda: (nn.Embedding(10, 4, padding_idx=0), [i(10, 3, 4)]),
    "distances": lambda: (With(nn.PairwiseDistance(), lambda m, a, b: (m(a, b), F.cosine_similarity(a, b, dim=0))), [f(4, 6), f(4, 6) * 2]),
    "unflatten": lambda: (nn.Sequential(nn.Linear(6, 8), nn.Unflatten(1, (2, 4)), nn.Flatten(0, 1)), [f(3, 6)]),
    "lstm_states": lambda: (With(nn.LSTM(5, 7, 2), lambda m, x, h, c: m(x, (h, c))), [f(6, 2, 5), f(2, 2, 7), f(2, 2, 7) * 0.5]),
    "gru_states": lambda: (With(nn.GRU(5, 7, bidirectional=True), lambda m, x, h: m(x, h)), [f(6, 2, 5), f(2, 2, 7)]),
    "gru_no_bias": lambda: (With(nn.GRU(5, 7, bias=False, batch_first=True), lambda m, x: m(x)[1]), [f(2, 6, 5)]),
    "lstm_packed": lambda: (With(nn.LSTM(5, 7, batch_first=True), lambda m, x, n: nn.utils.rnn.pad_packed_sequence(
        m(nn.utils.rnn.pack_padded_sequence(x, n, batch_first=True))[0], batch_first=True)[0]), [f(2, 6, 5), torch.tensor([6, 4])]),
    "cells": lambda: (Cells(), [f(2, 3, 4)]),
    "steps": lambda: (Steps(), [f(3, 4)]),
    "llama": lambda: (Llama(), [f(2, 5, 16)]),
    "vision": lambda: (Vision(), [f(2, 3, 16, 16)]),
    "windows": lambda: (Windows(), [f(1, 8, 8, 8)]),
    "detector": lambda: (Detector(), [f(1, 3, 8, 12)]),
    "dense": lambda: (Dense(), [f(2, 4, 6, 6)]),
    "experts": lambda: (Experts(), [f(4, 6)]),
}
