"""Saved LoRA adapters: merged by themselves, gone on from, in the files of the peft library."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from layers import Layers, classified, weights


@pytest.fixture
def trained(cairn, tmp_path):
    """A base model, and what training with adapters writes: the merged model, a file and a folder of adapters."""
    layers = Layers([6, 12, 5])
    base = layers.save(tmp_path / "base.onnx")
    x, labels = classified(60, 6, 5)
    np.savez(tmp_path / "d.npz", x=x, target=labels)
    common = ["train", "--model", base, "--data", tmp_path / "d.npz", "--validation", tmp_path / "d.npz"]

    def train(*more):
        cairn(*common, *more)

    train("--lora", 2, "--lora-alpha", 8, "--optimiser", "adam lr=0.02 batch=16", "--epochs", 3, "--adapters",
          tmp_path / "a.safetensors", "--out", tmp_path / "t.onnx")
    train("--lora", 2, "--lora-alpha", 8, "--optimiser", "adam lr=0.02 batch=16", "--epochs", 3, "--adapters",
          tmp_path / "peft", "--out", tmp_path / "again.onnx")
    return layers, x, train


def test_merging_is_torchs_sum_and_the_trainings_bytes(cairn, tmp_path, trained):
    layers, x, _ = trained
    for adapters in ("a.safetensors", "peft"):
        said = json.loads(cairn("merge", "--model", tmp_path / "base.onnx", "--adapters", tmp_path / adapters, "--out",
                                tmp_path / "m.onnx", "--json").splitlines()[-1])
        assert (said["rank"], said["alpha"], said["modules"]) == (2, 8, ["fc1", "fc2"])
        assert (tmp_path / "m.onnx").read_bytes() == (tmp_path / "t.onnx").read_bytes()
    matrices = {name: torch.tensor(array) for name, array in load_file(tmp_path / "a.safetensors").items()}
    merged = weights(tmp_path / "m.onnx")
    for layer in ("fc1", "fc2"):
        a, b = (matrices[f"base_model.model.{layer}.lora_{side}.weight"] for side in "AB")
        assert b.abs().max() > 0
        want = torch.tensor(layers.weights[layer + ".weight"]) + 8 / 2 * b @ a
        assert np.abs(merged[layer + ".weight"] - want.numpy()).max() < 1e-6
    # Asked and judged beside the base, they give what the merged model gives.
    np.savez(tmp_path / "x.npz", x=x)
    answers = []
    for model in (["base.onnx", "--adapters", tmp_path / "peft"], ["t.onnx"]):
        cairn("predict", "--model", tmp_path / model[0], *model[1:], "--input", tmp_path / "x.npz", "--out",
              tmp_path / "y.npz")
        answers.append((tmp_path / "y.npz").read_bytes())
    assert answers[0] == answers[1]


def test_the_folder_is_pefts(tmp_path, trained):
    settings = json.loads((tmp_path / "peft" / "adapter_config.json").read_text())
    assert settings["peft_type"] == "LORA" and settings["r"] == 2 and settings["lora_alpha"] == 8
    assert settings["target_modules"] == ["fc1", "fc2"] and settings["bias"] == "none"
    inside = load_file(tmp_path / "peft" / "adapter_model.safetensors")
    alone = load_file(tmp_path / "a.safetensors")
    assert inside.keys() == alone.keys() and all(np.array_equal(inside[name], alone[name]) for name in alone)


def test_going_on(cairn, tmp_path, trained):
    layers, x, train = trained
    rate0 = ["--optimiser", "sgd lr=0 batch=60", "--epochs", 1]
    train("--lora-from", tmp_path / "peft", *rate0, "--out", tmp_path / "same.onnx")
    assert (tmp_path / "same.onnx").read_bytes() == (tmp_path / "t.onnx").read_bytes()
    # A step of plain descent on the saved matrices, as torch takes it.
    train("--lora-from", tmp_path / "a.safetensors", "--optimiser", "sgd lr=0.5 batch=60", "--epochs", 1, "--adapters",
          tmp_path / "b.safetensors", "--out", tmp_path / "on.onnx")
    _, labels = classified(60, 6, 5)
    p = {name: torch.tensor(array) for name, array in layers.weights.items()}
    moving = {name: torch.tensor(array, requires_grad=True)
              for name, array in load_file(tmp_path / "a.safetensors").items()}

    def layer(name, value):
        a, b = (moving[f"base_model.model.{name}.lora_{side}.weight"] for side in "AB")
        return value @ p[name + ".weight"].T + p[name + ".bias"] + value @ a.T @ b.T * 4

    logits = layer("fc2", torch.relu(layer("fc1", torch.tensor(x))))
    torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
    for name, array in load_file(tmp_path / "b.safetensors").items():
        want = moving[name] - 0.5 * moving[name].grad
        assert np.abs(array - want.detach().numpy()).max() < 1e-5, name


def test_rank_stabilised_and_half_precision(cairn, tmp_path, trained):
    layers, _, _ = trained
    folder = tmp_path / "other"
    folder.mkdir()
    a, b = np.ones((2, 6), np.float16), np.full((12, 2), 0.5, np.float16)
    save_file({"base_model.model.fc1.lora_A.weight": a, "base_model.model.fc1.lora_B.weight": b},
              folder / "adapter_model.safetensors")
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 3, "use_rslora": True, "rank_pattern": {}}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    cairn("merge", "--model", tmp_path / "base.onnx", "--adapters", folder, "--out", tmp_path / "m.onnx")
    want = layers.weights["fc1.weight"] + 3 / np.sqrt(2) * (b.astype(np.float32) @ a.astype(np.float32))
    got = weights(tmp_path / "m.onnx")
    assert np.abs(got["fc1.weight"] - want).max() < 1e-5
    assert np.array_equal(got["fc2.weight"], layers.weights["fc2.weight"])


def test_refusals(cairn, tmp_path, trained):
    def merged(tensors, settings=None):
        folder = tmp_path / "bad"
        folder.mkdir(exist_ok=True)
        save_file(tensors, folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").unlink(missing_ok=True)
        if settings is not None:
            (folder / "adapter_config.json").write_text(json.dumps(settings))
        return cairn("merge", "--model", tmp_path / "base.onnx", "--adapters", folder, "--out", tmp_path / "m.onnx", code=3)

    a, b = np.ones((2, 6), np.float32), np.ones((12, 2), np.float32)
    pair = {"base_model.model.fc1.lora_A.weight": a, "base_model.model.fc1.lora_B.weight": b}
    said = {"peft_type": "LORA", "lora_alpha": 3}
    assert "does not say its alpha" in merged(pair)
    assert "DoRA" in merged(pair, {**said, "use_dora": True})
    assert "rank_pattern" in merged(pair, {**said, "rank_pattern": {"fc1": 4}})
    assert "only LORA" in merged(pair, {"peft_type": "IA3", "lora_alpha": 3})
    assert "only one of lora_A and lora_B" in merged({"base_model.model.fc1.lora_A.weight": a}, said)
    other = {name.replace("fc1", "fc9"): array for name, array in pair.items()}
    assert "no matrix product with a weight of 'fc9'; there are fc1, fc2" in merged(other, said)
    assert "is for 6 inputs and 11 outputs" in merged({**pair, "base_model.model.fc1.lora_B.weight": b[:11]}, said)
    embedding = {"base_model.model.embed.lora_embedding_A": a}
    assert "'base_model.model.embed.lora_embedding_A' is no adapter" in merged(embedding, said)
    assert not (tmp_path / "m.onnx").exists()
