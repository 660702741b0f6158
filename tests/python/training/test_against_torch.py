"""Whole trainings against torch: the same weights, the same rows in the same order, the same random numbers."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from safetensors.numpy import load_file

import randomness
from layers import Layers, classified, weights

torch = pytest.importorskip("torch")
SEED = bytes(31) + b"\x07"


def tensors(layers):
    return {name: torch.tensor(array, requires_grad=True) for name, array in layers.weights.items()}


def forward(p, x, adapters=None, scale=0, masks=()):
    def linear(name, value):
        result = value @ p[name + ".weight"].T + p[name + ".bias"]
        if adapters and name in adapters:
            a, b = adapters[name]
            result = result + (value @ a.T) @ b.T * scale
        return result

    hidden = torch.relu(linear("fc1", x))
    for mask in masks:
        hidden = hidden * mask
    return linear("fc2", hidden)


def batches(rows, batch, epochs):
    """Step number and rows of every step."""
    step = 0
    for epoch in range(epochs):
        order = randomness.epoch_order(SEED, rows, epoch)
        for start in range(0, rows, batch):
            yield step, order[start : start + batch]
            step += 1


def agree(path, expected, tolerance=2e-5):
    for name, array in weights(path).items():
        if name in expected:
            want = expected[name].detach().numpy()
            assert np.abs(array - want).max() < tolerance, (name, np.abs(array - want).max())


def data(tmp_path, x, target):
    """The same rows for training and, so that none is held back, for validation."""
    np.savez(tmp_path / "d.npz", x=x, target=target)
    return ["--data", tmp_path / "d.npz", "--validation", tmp_path / "d.npz", "--seed", SEED.hex()]


@pytest.mark.parametrize("loss", ["cross-entropy", "mse", "huber", "bce"])
def test_losses(cairn, tmp_path, loss):
    layers = Layers([6, 9, 3])
    model = layers.save(tmp_path / "m.onnx")
    x, labels = classified(50, 6, 3)
    target = labels if loss == "cross-entropy" else (x[:, :3] * 2).astype(np.float32)
    if loss == "bce":
        target = (target > 0).astype(np.float32)
    cairn("train", "--model", model, *data(tmp_path, x, target), "--loss", loss, "--epochs", 3, "--optimiser",
          "sgd lr=0.2 momentum=0.9 batch=16", "--out", tmp_path / "out.onnx")
    p = tensors(layers)
    judge = {"cross-entropy": torch.nn.functional.cross_entropy, "mse": torch.nn.functional.mse_loss,
             "huber": torch.nn.functional.huber_loss,
             "bce": torch.nn.functional.binary_cross_entropy_with_logits}[loss]
    optimiser = torch.optim.SGD(p.values(), lr=0.2, momentum=0.9)
    for _, rows in batches(50, 16, 3):
        optimiser.zero_grad()
        judge(forward(p, torch.tensor(x[rows])), torch.tensor(target[rows])).backward()
        optimiser.step()
    agree(tmp_path / "out.onnx", p)


def test_dropout(cairn, tmp_path):
    layers = Layers([6, 40, 3], dropout=0.3)
    model = layers.save(tmp_path / "m.onnx")
    x, labels = classified(50, 6, 3)
    cairn("train", "--model", model, *data(tmp_path, x, labels), "--epochs", 2, "--optimiser", "sgd lr=0.3 batch=16",
          "--out", tmp_path / "out.onnx")
    p = tensors(layers)
    optimiser = torch.optim.SGD(p.values(), lr=0.3)
    for step, rows in batches(50, 16, 2):
        drawn = randomness.noise(SEED, step, 0, (len(rows), 40))
        mask = torch.tensor(np.where(drawn >= np.float32(0.3), np.float32(1 / 0.7), 0).astype(np.float32))
        optimiser.zero_grad()
        logits = forward(p, torch.tensor(x[rows]), masks=[mask])
        torch.nn.functional.cross_entropy(logits, torch.tensor(labels[rows])).backward()
        optimiser.step()
    agree(tmp_path / "out.onnx", p)
    # Asked and judged without dropout.
    np.savez(tmp_path / "x.npz", x=x)
    cairn("predict", "--model", tmp_path / "out.onnx", "--input", tmp_path / "x.npz", "--out", tmp_path / "y.npz")
    want = forward(p, torch.tensor(x)).detach().numpy()
    assert np.abs(np.load(tmp_path / "y.npz")["y"] - want).max() < 1e-4


def test_lora(cairn, tmp_path):
    layers = Layers([6, 12, 5])
    model = layers.save(tmp_path / "m.onnx")
    x, labels = classified(50, 6, 5)
    settings = ["train", "--model", model, *data(tmp_path, x, labels), "--lora", 2, "--lora-alpha", 8]

    def train(rate, name):
        cairn(*settings, "--epochs", 2, "--optimiser", f"adam lr={rate} batch=16", "--adapters",
              tmp_path / f"{name}.safetensors", "--out", tmp_path / f"{name}.onnx")
        return load_file(tmp_path / f"{name}.safetensors")

    begun = train(0, "begun")
    assert all(np.array_equal(weights(tmp_path / "begun.onnx")[name], array) for name, array in layers.weights.items())
    assert not any(array.any() for name, array in begun.items() if "lora_B" in name)
    names = {layer: [f"base_model.model.{layer}.lora_{side}.weight" for side in "AB"] for layer in ("fc1", "fc2")}
    assert sorted(begun) == sorted(sum(names.values(), []))
    adapters = {
        layer: [torch.tensor(begun[name], requires_grad=True) for name in pair] for layer, pair in names.items()}
    p = {name: torch.tensor(array) for name, array in layers.weights.items()}
    moving = sum(adapters.values(), [])
    optimiser = torch.optim.Adam(moving, lr=0.02)
    for _, rows in batches(50, 16, 2):
        optimiser.zero_grad()
        logits = forward(p, torch.tensor(x[rows]), adapters, scale=8 / 2)
        torch.nn.functional.cross_entropy(logits, torch.tensor(labels[rows])).backward()
        optimiser.step()
    trained = train(0.02, "trained")
    for layer, pair in names.items():
        for name, want in zip(pair, adapters[layer]):
            assert np.abs(trained[name] - want.detach().numpy()).max() < 1e-4
    merged = weights(tmp_path / "trained.onnx")
    for layer, (a, b) in adapters.items():
        want = p[layer + ".weight"] + (b @ a) * 4
        assert np.abs(merged[layer + ".weight"] - want.detach().numpy()).max() < 2e-4
        assert np.array_equal(merged[layer + ".bias"], layers.weights[layer + ".bias"])


def test_rows_held_back(cairn, tmp_path):
    """The split that is made when no file for validation is given is the defined one."""
    layers = Layers([6, 9, 3])
    model = layers.save(tmp_path / "m.onnx")
    x, labels = classified(57, 6, 3)
    np.savez(tmp_path / "all.npz", x=x, target=labels)
    first, second = randomness.held_out(SEED, 57)
    np.savez(tmp_path / "first.npz", x=x[first], target=labels[first])
    np.savez(tmp_path / "second.npz", x=x[second], target=labels[second])
    rest = ["--epochs", 2, "--seed", SEED.hex()]
    cairn("train", "--model", model, "--data", tmp_path / "all.npz", *rest, "--out", tmp_path / "a.onnx")
    cairn("train", "--model", model, "--data", tmp_path / "first.npz", "--validation", tmp_path / "second.npz", *rest,
          "--out", tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_running_statistics(cairn, tmp_path):
    """Batch normalisation learns from the batch and keeps running statistics as torch does."""
    layers = Layers([6, 9, 3])
    model = onnx.load(layers.save(tmp_path / "m.onnx"))
    names = ["gamma", "beta", "mean", "variance"]
    start = dict(zip(names, (np.float32([1.5] * 6), np.float32([0.1] * 6), np.float32([0.2] * 6), np.float32([2] * 6))))
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in start.items())
    model.graph.node.insert(0, helper.make_node("BatchNormalization", ["x", *names], ["n"], momentum=0.8))
    model.graph.node[1].input[0] = "n"
    onnx.save(model, tmp_path / "m.onnx")
    x, labels = classified(50, 6, 3)
    x = x * 3 + 1
    cairn("train", "--model", tmp_path / "m.onnx", *data(tmp_path, x, labels), "--epochs", 2, "--optimiser",
          "sgd lr=0.1 batch=16", "--out", tmp_path / "out.onnx")
    p = tensors(layers)
    p |= {name: torch.tensor(start[name], requires_grad=True) for name in ("gamma", "beta")}
    mean, variance = start["mean"], start["variance"]
    optimiser = torch.optim.SGD(p.values(), lr=0.1)
    for _, rows in batches(50, 16, 2):
        optimiser.zero_grad()
        batch = torch.tensor(x[rows])
        normal = torch.nn.functional.batch_norm(batch, None, None, p["gamma"], p["beta"], training=True)
        torch.nn.functional.cross_entropy(forward(p, normal), torch.tensor(labels[rows])).backward()
        optimiser.step()
        mean = mean * 0.8 + x[rows].mean(0) * 0.2
        variance = variance * 0.8 + x[rows].var(0, ddof=1) * 0.2
    agree(tmp_path / "out.onnx", p, 1e-4)
    assert np.allclose(weights(tmp_path / "out.onnx")["mean"], mean, atol=1e-5)
    assert np.allclose(weights(tmp_path / "out.onnx")["variance"], variance, atol=1e-4)


def test_a_weight_that_is_a_statistic_too_is_refused(cairn, tmp_path):
    """torch.onnx.export writes the weight and the running variance of a fresh BatchNorm, both ones, as one tensor."""
    nn = torch.nn
    network = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)).eval()
    random = np.random.default_rng(1)
    np.savez(tmp_path / "d.npz", x=random.normal(size=(24, 4)).astype(np.float32), target=random.integers(0, 3, 24))
    words = ("--data", tmp_path / "d.npz", "--epochs", 1, "--out", tmp_path / "t.onnx")
    for mode, code in ((torch.onnx.TrainingMode.EVAL, 3), (torch.onnx.TrainingMode.TRAINING, 0)):
        torch.onnx.export(
            network, (torch.randn(2, 4),), tmp_path / "m.onnx", dynamo=False, do_constant_folding=False, training=mode,
            input_names=["x"], dynamic_axes={"x": {0: "N"}})
        said = cairn("train", "--model", tmp_path / "m.onnx", *words, code=code)
        if code:
            assert "'1.weight' is a weight and a running statistic at once" in said
        assert (tmp_path / "t.onnx").exists() == (code == 0)
