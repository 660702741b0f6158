"""What `cairn model inspect` says of layers, beside torch's own counts."""

import json

import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def inspected(cairn, *words):
    return json.loads(cairn("model", "inspect", *words, "--json").splitlines()[-1])


def sums(said):
    layers = said["layers"]
    for name in ("parameters", "flops", "outputBytes", "weightBytes"):
        assert said[name] == sum(layer[name] for layer in layers), name


@pytest.fixture
def network(tmp_path):
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, stride=2),
        nn.Flatten(), nn.Linear(16 * 9, 40), nn.Tanh(), nn.Linear(40, 10)).eval()
    with torch.no_grad():
        # The exporter writes equal tensors once.
        for tensor in [*network.parameters(), *network.buffers()]:
            if tensor.dim():
                tensor.uniform_(0.5, 1)
    torch.onnx.export(network, (torch.randn(1, 3, 16, 16),), tmp_path / "m.onnx", dynamo=False, input_names=["x"],
                      dynamic_axes={"x": {0: "N"}}, do_constant_folding=False,
                      training=torch.onnx.TrainingMode.PRESERVE)
    return network, tmp_path / "m.onnx"


def test_layers_are_torchs(cairn, network):
    module, path = network
    said = inspected(cairn, path, "--batch", 4)
    sums(said)
    assert said["unsupported"] == [] and said["problem"] is None and said["batch"] == 4
    trained = sum(p.numel() for p in module.parameters())
    assert said["trainable"] == trained
    assert said["parameters"] == trained + sum(b.numel() for b in module.buffers() if b.dim())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.randn(4, 3, 16, 16))
    products = sum(
        2 * int(np.prod(layer["outputs"][0]["shape"])) * depth
        for layer, depth in zip([l for l in said["layers"] if l["operator"] in ("Conv", "Gemm")], (27, 72, 144, 40)))
    assert products == counter.get_total_flops()
    assert products < said["flops"] < 1.2 * products
    shapes, value = [], torch.zeros(4, 3, 16, 16)
    for layer in module:
        value = layer(value)
        shapes.append(list(value.shape))
    assert [layer["outputs"][0]["shape"] for layer in said["layers"]] == shapes
    assert [layer["parameters"] for layer in said["layers"]] == [
        sum(t.numel() for t in [*layer.parameters(), *layer.buffers()] if t.dim()) for layer in module]
    first = said["layers"][0]
    assert first["outputBytes"] == 4 * 4 * 8 * 16 * 16 and first["weightBytes"] == 4 * (8 * 27 + 8)


def test_the_table_has_a_line_a_layer_and_the_sums(cairn, network):
    _, path = network
    lines = cairn("model", "inspect", path).splitlines()
    head = next(line for line in lines if "operator" in line and "FLOPs" in line)
    for words in ("layer", "output shape", "parameters", "memory"):
        assert words in head
    assert any("Conv" in line and "[1, 8, 16, 16]" in line and "224" in line for line in lines)
    total = next(line for line in lines if line.strip().startswith("total"))
    assert "9 layers" in total


def test_each_layer_that_cannot_run_is_named(cairn, tmp_path):
    def info(name):
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", 4])

    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="first"), helper.make_node("Frobnicate", ["a"], ["b"], name="second"),
        helper.make_node("Relu", ["b"], ["c"], name="third"),
        helper.make_node("Twist", ["a"], ["d"], name="fourth", domain="odd"),
        helper.make_node("Neg", ["a"], ["e"], name="fifth"), helper.make_node("Sum", ["c", "d", "e"], ["y"], name="last")]
    graph = helper.make_graph(nodes, "g", [info("x")], [info("y")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("odd", 1)],
                                ir_version=9), tmp_path / "m.onnx")
    said = inspected(cairn, tmp_path / "m.onnx", "--batch", 2)
    problems = {layer["name"]: layer["problem"] for layer in said["layers"]}
    assert problems == {"first": None, "second": "is not supported", "third": None, "fourth": "is not supported",
                        "fifth": None, "last": None}
    shapes = {layer["name"]: layer["outputs"] and layer["outputs"][0]["shape"] for layer in said["layers"]}
    assert shapes == {"first": [2, 4], "second": None, "third": None, "fourth": None, "fifth": [2, 4], "last": None}
    assert said["flops"] is None and said["problem"] is not None
    text = cairn("model", "inspect", tmp_path / "m.onnx")
    assert "cannot run: second (Frobnicate): is not supported" in text
    assert "cannot run: fourth (odd.Twist): is not supported" in text


def test_compressed_weights_are_counted_as_what_they_stand_for(cairn, network, tmp_path):
    _, path = network
    dense = inspected(cairn, path)
    cairn("compress", "--model", path, "--bits", "8", "--out", tmp_path / "c.onnx")
    small = inspected(cairn, tmp_path / "c.onnx")
    sums(small)
    # The scales come on top; what depends on weights alone is no operation of a run.
    assert dense["parameters"] < small["parameters"] < dense["parameters"] + 200
    assert small["weightBytes"] < dense["weightBytes"] / 2
    assert small["flops"] == dense["flops"]
