"""Weights into the user's own ONNX file, whatever its element type."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="skipped: onnx is not installed (requirements-frameworks.txt)")

KINDS = {"float": onnx.TensorProto.FLOAT, "double": onnx.TensorProto.DOUBLE, "float16": onnx.TensorProto.FLOAT16, "bfloat16": onnx.TensorProto.BFLOAT16}


def model(kind, raw, values):
    """y = x + w, with w of an element type, as bytes or as a list."""
    if raw:
        rounded = onnx.helper.make_tensor("w", kind, values.shape, values.ravel(), raw=False)
        weight = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(rounded), "w")
        assert weight.HasField("raw_data") and weight.data_type == kind
    else:
        weight = onnx.helper.make_tensor("w", kind, values.shape, values.ravel(), raw=False)
    infos = [onnx.helper.make_tensor_value_info(name, kind, values.shape) for name in "xy"]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Add", ["x", "w"], ["y"])], "g", infos[:1], infos[1:], [weight])
    graph.doc_string = "kept"
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=9)


@pytest.mark.parametrize("raw", [True, False], ids=["bytes", "list"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_float_type_takes_new_weights(cairn, tmp_path, kind, raw):
    rng = np.random.default_rng(2)
    old, new = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)).astype(np.float32)
    path, out = tmp_path / "mine.onnx", tmp_path / "out.onnx"
    onnx.save(model(KINDS[kind], raw, old), path)
    stored = onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0])
    cairn("convert", path, tmp_path / "same.npz")
    cairn("convert", tmp_path / "same.npz", out, "--into", path)
    again = onnx.load(out)
    assert onnx.numpy_helper.to_array(again.graph.initializer[0]).tobytes() == stored.tobytes(), "equal values keep their bits"
    np.savez(tmp_path / "new.npz", w=new)
    cairn("convert", tmp_path / "new.npz", out, "--into", path)
    again = onnx.load(out)
    onnx.checker.check_model(again)
    assert again.graph.doc_string == "kept" and again.graph.initializer[0].data_type == KINDS[kind]
    got = onnx.numpy_helper.to_array(again.graph.initializer[0])
    assert got.tobytes() == new.astype(got.dtype).tobytes()


def test_sixteen_bits_in_a_data_file_take_new_weights(cairn, tmp_path):
    rng = np.random.default_rng(3)
    new = rng.normal(size=(40, 40)).astype(np.float32)
    path, out = tmp_path / "mine.onnx", tmp_path / "out.onnx"
    onnx.save_model(model(KINDS["float16"], True, rng.normal(size=(40, 40))), path, save_as_external_data=True, location="mine.data", size_threshold=0)
    np.savez(tmp_path / "new.npz", w=new)
    cairn("convert", tmp_path / "new.npz", out, "--into", path)
    got = onnx.numpy_helper.to_array(onnx.load(out).graph.initializer[0])
    assert got.dtype == np.float16 and np.array_equal(got, new.astype(np.float16))
