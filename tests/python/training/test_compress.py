"""Compressed files in ONNX Runtime: valid, the weights that the formulas give, the accuracy that Cairn states."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from layers import Layers, classified, weights


def answers(path, x):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


@pytest.mark.parametrize("options,opset", [
    (["--bits", "8"], 20), (["--bits", "8", "--asymmetric"], 11), (["--bits", "4"], 20),
    (["--bits", "4", "--block", "16", "--prune", "0.25"], 13), (["--bits", "32", "--prune", "0.5"], 20),
])
def test_runtimes_agree(cairn, tmp_path, options, opset):
    model = Layers([20, 70, 4]).save(tmp_path / "m.onnx", opset=opset)
    x, labels = classified(500, 20, 4)
    np.savez(tmp_path / "d.npz", x=x, target=labels)
    cairn("train", "--model", model, "--data", tmp_path / "d.npz", "--epochs", 20, "--out", tmp_path / "t.onnx")
    out = cairn("compress", "--model", tmp_path / "t.onnx", "--data", tmp_path / "d.npz", *options, "--out",
                tmp_path / "c.onnx", "--json")
    said = json.loads(out.strip().splitlines()[-1])
    onnx.checker.check_model(onnx.load(tmp_path / "c.onnx"), full_check=True)
    for key, name in (("before", "t.onnx"), ("after", "c.onnx")):
        accuracy = (answers(tmp_path / name, x).argmax(1) == labels).mean()
        assert abs(said[key]["accuracy"] - accuracy) < 1e-6
    assert said["after"]["accuracy"] > said["before"]["accuracy"] - 0.05
    np.savez(tmp_path / "x.npz", x=x)
    cairn("predict", "--model", tmp_path / "c.onnx", "--input", tmp_path / "x.npz", "--out", tmp_path / "y.npz")
    assert np.abs(np.load(tmp_path / "y.npz")["y"] - answers(tmp_path / "c.onnx", x)).max() < 1e-4
    assert (tmp_path / "c.onnx").stat().st_size < (tmp_path / "t.onnx").stat().st_size or "32" in options


def test_eight_bits_are_the_nearest(cairn, tmp_path):
    layers = Layers([20, 70, 4])
    layers.weights["fc1.weight"][3] = 0
    model = layers.save(tmp_path / "m.onnx")
    cairn("compress", "--model", model, "--out", tmp_path / "c.onnx")
    got = weights(tmp_path / "c.onnx")
    weight = layers.weights["fc1.weight"]
    scale = np.abs(weight).max(axis=1) / np.float32(127)
    scale[3] = 1
    assert np.allclose(got["fc1.weight_scale"], scale, rtol=1e-6)
    nearest = np.rint(weight / got["fc1.weight_scale"][:, None])
    assert np.array_equal(got["fc1.weight_quantized"], nearest.astype(np.int8))


def test_refusals(cairn, tmp_path):
    model = Layers([4, 3, 2]).save(tmp_path / "m.onnx")
    small = cairn("compress", "--model", model, "--out", tmp_path / "c.onnx", code=3)
    assert "no float32 weight of 256 or more elements" in small
    assert "--prune is '1'" in cairn("compress", "--model", model, "--prune", 1, "--out", tmp_path / "c.onnx", code=2)
