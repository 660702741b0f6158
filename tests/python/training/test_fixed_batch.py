"""Files that torch.onnx.export wrote for one row, as it does by default: asked, judged and trained with many."""

import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn


class Attention(nn.Module):
    """Tokens mixed by attention behind a class token, whose shapes hold the batch in Reshape, Expand and Concat."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.qkv, self.out, self.head = nn.Linear(16, 48), nn.Linear(16, 16), nn.Linear(16, 5)

    def forward(self, x):
        rows, length, width = x.shape
        x = torch.cat([self.token.expand(rows, -1, -1), x], 1)
        q, k, v = (part.view(rows, length + 1, 4, 4).transpose(1, 2) for part in self.qkv(x).split(width, -1))
        mixed = (q @ k.transpose(-1, -2) / 2).softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(rows, length + 1, width))
        return self.head(x[:, 0])


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(6, 12, batch_first=True), nn.Linear(12, 5)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class SequenceFirst(nn.Module):
    """The batch on the second axis, beside the places, and in one axis with the heads."""

    def __init__(self):
        super().__init__()
        self.attention, self.head = nn.MultiheadAttention(16, 4), nn.Linear(16, 5)

    def forward(self, x):
        x = x.transpose(0, 1)
        return self.head(self.attention(x, x, x, need_weights=False)[0].mean(0))


def convolutions():
    return nn.Sequential(
        nn.Conv2d(2, 8, 3), nn.GroupNorm(2, 8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 3 * 3, 5))


NETWORKS = {
    "convolutions": (convolutions, (2, 8, 8)), "attention": (Attention, (7, 16)), "lstm": (Recurrent, (9, 6)),
    "sequence-first": (SequenceFirst, (7, 16)),
}


def exported(path, network, shape, rows, dynamo=False, **options):
    """The network's file, for exactly so many rows, with numbers of which no two tensors are equal."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    network.eval()
    if dynamo:
        torch.onnx.export(network, (torch.randn(rows, *shape),), path, dynamo=True, external_data=False, **options)
    else:
        torch.onnx.export(network, (torch.randn(rows, *shape),), path, dynamo=False, do_constant_folding=False, **options)
    first = onnx.load(path).graph.input[0].type.tensor_type.shape.dim[0]
    assert first.dim_value == rows, "the file is for one number of rows"
    return path


@pytest.fixture(params=[(name, dynamo, rows) for name in NETWORKS for dynamo in (False, True) for rows in (1, 3)],
                ids=lambda case: f"{case[0]}-{'dynamo' if case[1] else 'script'}-{case[2]}")
def file(request, tmp_path):
    name, dynamo, rows = request.param
    torch.manual_seed(3)
    make, shape = NETWORKS[name]
    network = make()
    return network, exported(tmp_path / "m.onnx", network, shape, rows, dynamo), shape


def test_more_rows_than_the_file_states(cairn, tmp_path, file):
    network, path, shape = file
    x = np.random.default_rng(1).normal(size=(11, *shape)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    cairn("predict", "--model", path, "--input", tmp_path / "x.npz", "--out", tmp_path / "y.npz")
    with torch.no_grad():
        want = network(torch.tensor(x)).numpy()
    got = next(iter(np.load(tmp_path / "y.npz").values()))
    assert np.abs(got - want).max() < 1e-4


def test_a_step_is_torchs(cairn, tmp_path, file):
    network, path, shape = file
    random = np.random.default_rng(2)
    x, labels = random.normal(size=(24, *shape)).astype(np.float32), random.integers(0, 5, 24)
    np.savez(tmp_path / "d.npz", x=x, target=labels)
    cairn("train", "--model", path, "--data", tmp_path / "d.npz", "--validation", tmp_path / "d.npz", "--epochs", 1,
          "--optimiser", "sgd lr=0.1 batch=24", "--out", tmp_path / "t.onnx")
    network.train()
    loss = nn.functional.cross_entropy(network(torch.tensor(x)), torch.tensor(labels))
    loss.backward()
    got = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(tmp_path / "t.onnx").graph.initializer}
    for name, parameter in network.named_parameters():
        want = (parameter - 0.1 * parameter.grad).detach().numpy()
        arrays = [view for array in got.values() if array.size == want.size for view in (array, array.T)]
        same = any(np.abs(array.ravel() - want.ravel()).max() < 1e-5 for array in arrays)
        # Recurrent weights are arranged otherwise in the file, and the token may be spread over its rows.
        assert same or "lstm" in name or name == "token", name


def test_what_cannot_be_led_is_refused_by_node(cairn, tmp_path):
    class Squeezed(nn.Module):
        def forward(self, x):
            return self.linear(x).squeeze()

    class Mixed(nn.Module):
        def forward(self, x):
            return self.linear(x).softmax(0)

    for kind, words in ((Squeezed, "Squeeze"), (Mixed, "depend on one another")):
        network = kind()
        network.linear = nn.Linear(4, 3)
        path = exported(tmp_path / "m.onnx", network, (4,), 1)
        x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
        np.savez(tmp_path / "d.npz", x=x, target=np.arange(6) % 3)
        said = cairn("train", "--model", path, "--data", tmp_path / "d.npz", "--out", tmp_path / "t.onnx", code=3)
        assert words in said and "dynamic_axes" in said
    # Asked a row at a time, all the same: of a softmax over one row, every number is 1.
    np.savez(tmp_path / "x.npz", x=x)
    cairn("predict", "--model", path, "--input", tmp_path / "x.npz", "--out", tmp_path / "y.npz")
    assert (next(iter(np.load(tmp_path / "y.npz").values())) == np.ones((6, 3), np.float32)).all()


def test_judged_as_asked(cairn, tmp_path):
    torch.manual_seed(0)
    network = convolutions()
    path = exported(tmp_path / "m.onnx", network, (2, 8, 8), 1)
    random = np.random.default_rng(2)
    x, labels = random.normal(size=(300, 2, 8, 8)).astype(np.float32), random.integers(0, 5, 300)
    np.savez(tmp_path / "d.npz", x=x, target=labels)
    said = json.loads(cairn("eval", "--model", path, "--data", tmp_path / "d.npz", "--json").splitlines()[-1])
    with torch.no_grad():
        logits = network(torch.tensor(x))
    assert said["rows"] == 300
    assert abs(said["accuracy"] - (logits.argmax(1).numpy() == labels).mean()) < 1e-6
    assert abs(said["loss"] - nn.functional.cross_entropy(logits, torch.tensor(labels)).item()) < 1e-5
