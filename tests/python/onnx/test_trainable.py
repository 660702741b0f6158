"""cairn_export: files that Cairn trains as the framework would, and whose weights go back by name."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

import cairn_export


class Residual(nn.Module):
    """Convolutions with batch normalisation and a shortcut, a tied weight, a learned scale."""

    def __init__(self):
        super().__init__()
        self.first, self.norm1 = nn.Conv2d(1, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.second, self.norm2 = nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6, momentum=0.3)
        self.scale = nn.Parameter(torch.full((1,), 0.5))
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = torch.relu(self.norm1(self.first(x)))
        x = torch.relu(x + self.scale * self.norm2(self.second(x)))
        return self.head(x.mean((2, 3)))


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.cells = nn.Embedding(11, 6), nn.GRU(6, 5, batch_first=True, bidirectional=True)
        self.head = nn.Linear(10, 3)

    def forward(self, ids):
        return self.head(self.cells(self.words(ids))[0].mean(1))


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0, batch_first=True, norm_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.block(x)[:, 0])


NETWORKS = {
    "residual": (Residual, lambda g: torch.randn(12, 1, 6, 6, generator=g)),
    "tagger": (Tagger, lambda g: torch.randint(0, 11, (12, 5), generator=g)),
    "mixer": (Mixer, lambda g: torch.randn(12, 4, 8, generator=g)),
}


def network(name):
    torch.manual_seed(4)
    make, data = NETWORKS[name]
    return make(), data(torch.Generator().manual_seed(2)), torch.arange(12) % 3


def tensors(path):
    return {each.name: numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer}


def close(got, wanted, tolerance):
    assert got.shape == wanted.shape
    return float(np.abs(got - wanted).max()) <= tolerance * max(1e-3, float(np.abs(wanted).max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_autograds(cairn, tmp_path, name):
    module, x, y = network(name)
    model, given, out = tmp_path / "m.onnx", tmp_path / "in.npz", tmp_path / "g.npz"
    assert cairn_export.export(module, x[:2], model) == []
    np.savez(given, x=x.numpy(), target=y.numpy())
    for training in (False, True):
        module.train(training).zero_grad()
        loss = nn.functional.cross_entropy(module(x), y)
        loss.backward()
        cairn("gradients", "--model", model, "--input", given, "--out", out, *(["--train"] if training else []))
        with np.load(out) as got:
            assert abs(float(got["loss"]) - loss.item()) <= 1e-5 * loss.item()
            assert set(got.files) == {"loss"} | {f"grad/{key}" for key, _ in module.named_parameters()}
            for key, value in module.named_parameters():
                assert close(got[f"grad/{key}"], value.grad.numpy(), 1e-4), key


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_are_torchs(cairn, tmp_path, name):
    """Six steps on one batch: weights and running statistics end where PyTorch's do, and load back by name."""
    module, x, y = network(name)
    model, data, out = tmp_path / "m.onnx", tmp_path / "d.npz", tmp_path / "t.onnx"
    cairn_export.export(module, x[:2], model)
    np.savez(data, x=x.numpy(), target=y.numpy())
    cairn("train", "--model", model, "--data", data, "--validation", data, "--epochs", 6, "--optimiser",
          "sgd lr=0.1 momentum=0.9 batch=12", "--out", out)
    before = {key: value.numpy().copy() for key, value in module.state_dict().items()}
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    module.train()
    for _ in range(6):
        optimiser.zero_grad()
        nn.functional.cross_entropy(module(x), y).backward()
        optimiser.step()
    trained = tensors(out)
    state = {key: value for key, value in module.state_dict().items() if "num_batches" not in key}
    for key, value in state.items():
        assert close(trained[key], value.numpy(), 2e-4), key
        assert not np.array_equal(trained[key], before[key]), key
    fresh = NETWORKS[name][0]()
    fresh.load_state_dict({key: torch.tensor(trained[key]) for key in state}, strict=False)
    module.eval(), fresh.eval()
    with torch.no_grad():
        assert torch.allclose(fresh(x), module(x), atol=1e-3)


def test_dropout_stays(cairn, tmp_path):
    module = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2))
    path, data = tmp_path / "m.onnx", tmp_path / "d.npz"
    cairn_export.export(module, torch.randn(2, 4), path)
    dropout = [node for node in onnx.load(path).graph.node if node.op_type == "Dropout"]
    assert len(dropout) == 1 and len(dropout[0].input) == 2
    x = torch.randn(20, 4)
    np.savez(data, x=x.numpy(), target=(x[:, 0] > 0).long().numpy())
    results = []
    for run in range(2):
        cairn("train", "--model", path, "--data", data, "--epochs", 2, "--out", tmp_path / f"{run}.onnx")
        results.append((tmp_path / f"{run}.onnx").read_bytes())
    assert results[0] == results[1] != path.read_bytes()


def test_no_path_of_the_exporting_machine_is_in_the_file(tmp_path):
    module, data, _ = network("residual")
    path = tmp_path / "n.onnx"
    cairn_export.export(module, data, str(path))
    content = path.read_bytes()
    for place in (__file__, torch.__file__):
        assert str(place).rsplit("/", 2)[0].encode() not in content
    assert b"stack_trace" not in content


def test_what_cannot_train_is_said(tmp_path):
    probability = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
    assert "bce takes logits" in cairn_export.export(probability, torch.randn(2, 3), tmp_path / "a.onnx")[0]
    with pytest.raises(cairn_export.ExportError, match="keeps no running statistics"):
        cairn_export.export(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3, track_running_stats=False)), torch.randn(2, 3), tmp_path / "b.onnx")
    with pytest.raises(cairn_export.ExportError, match="neither a torch.nn.Module nor a Keras model"):
        cairn_export.export("no model", None, tmp_path / "c.onnx")


def test_command_line(cairn, tmp_path, monkeypatch, capsys):
    from cairn_export.__main__ import main

    (tmp_path / "nets.py").write_text("import torch\ndef small():\n    return torch.nn.Linear(3, 2)\n")
    monkeypatch.chdir(tmp_path)
    assert main(["torch", "nets:small", "--input-shape", "3", "--out", "small.onnx"]) == 0
    assert sorted(tensors("small.onnx")) == ["bias", "weight"]
    assert main(["torch", "nets:large", "--input-shape", "3", "--out", "small.onnx"]) == 1
    assert "cannot be imported" in capsys.readouterr().err


def keras_networks():
    import keras

    layers = keras.layers
    image = keras.Sequential([
        layers.Input((8, 8, 2)), layers.Conv2D(4, 3, padding="same", use_bias=False), layers.BatchNormalization(),
        layers.ReLU(), layers.MaxPooling2D(), layers.SeparableConv2D(4, 3, activation="gelu"), layers.Flatten(), layers.Dense(3)])
    sequence = keras.Sequential([
        layers.Input((5, 4)), layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.LayerNormalization(),
        layers.GRU(4), layers.Dense(3, "softmax")])
    rows = layers.Input((5, 8))
    mixed = layers.Add()([rows, layers.MultiHeadAttention(2, 4)(rows, rows)])
    normal = layers.GroupNormalization(2)(layers.TimeDistributed(layers.Dense(8, "silu"))(mixed))
    attention = keras.Model(rows, layers.Dense(3)(layers.GlobalAveragePooling1D()(normal)))
    return {"image": (image, (6, 8, 8, 2)), "sequence": (sequence, (6, 5, 4)), "attention": (attention, (6, 5, 8))}


def keras_gradients(model, x, y, from_logits):
    """By the backend that Keras has here."""
    import keras

    def loss():
        return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, model(x, training=False), from_logits=from_logits))

    if keras.backend.backend() == "torch":
        return [each.numpy() for each in torch.autograd.grad(loss(), [weight.value for weight in model.trainable_weights])]
    import tensorflow

    with tensorflow.GradientTape() as tape:
        value = loss()
    found = tape.gradient(value, [weight.value for weight in model.trainable_weights])
    return [tensorflow.convert_to_tensor(each).numpy() for each in found]


def test_keras_corpus(tmp_path):
    """Each file is compared with its model when it is made."""
    import corpus_keras

    for name, model, example in corpus_keras.cases():
        cairn_export.export(model, example, tmp_path / f"{name}.onnx")


@pytest.mark.parametrize("name", ["image", "sequence", "attention"])
def test_keras(cairn, tmp_path, name):
    """Gradients by Keras's names and in its layouts, and trained weights back in the model."""
    import keras

    keras.utils.set_random_seed(1)
    model, shape = keras_networks()[name]
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y = np.arange(len(x)) % 3
    path, data, out = tmp_path / "m.onnx", tmp_path / "d.npz", tmp_path / "g.npz"
    cairn_export.export(model, x[:2], path)
    np.savez(data, **{onnx.load(path).graph.input[0].name: x, "target": y})
    cairn("gradients", "--model", path, "--input", data, "--out", out)
    gradients = keras_gradients(model, x, y, from_logits=name != "sequence")
    with np.load(out) as got:
        assert {f"grad/{weight.path}" for weight in model.trainable_weights} | {"loss"} == set(got.files)
        for weight, gradient in zip(model.trainable_weights, gradients):
            assert close(got[f"grad/{weight.path}"], gradient, 1e-4), weight.path
    trained = tmp_path / "t.onnx"
    cairn("train", "--model", path, "--data", data, "--validation", data, "--epochs", 3, "--optimiser", "sgd lr=0.1 batch=6", "--out", trained)
    stored = tensors(trained)
    changed = 0
    for weight in model.weights:
        if weight.path in stored:
            changed += not np.array_equal(stored[weight.path], keras.ops.convert_to_numpy(weight))
            weight.assign(stored[weight.path])
    # A key bias moves all scores of a row alike: its gradient is nothing but rounding.
    assert changed >= len(model.trainable_weights) - 1
    cairn("predict", "--model", trained, "--input", data, "--out", out)
    with np.load(out) as got:
        assert close(got[got.files[0]], keras.ops.convert_to_numpy(model(x, training=False)), 1e-4)
