"""Images and tables as data: train, eval and predict on folders of PNG, MNIST's files and a CSV with a schema."""

import gzip
import json
import struct

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image", reason="skipped: Pillow is not installed (requirements-frameworks.txt)")
onnx = pytest.importorskip("onnx", reason="skipped: onnx is not installed (requirements-frameworks.txt)")


def classifier(path, shape, classes):
    """Flatten, then one dense layer, with weights that are all small and different."""
    from onnx import TensorProto, helper, numpy_helper

    width = int(np.prod(shape))
    rng = np.random.default_rng(0)
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", classes])],
        [numpy_helper.from_array((rng.normal(size=(width, classes)) * 0.01).astype(np.float32), "w"),
         numpy_helper.from_array(np.zeros(classes, np.float32), "b")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def pictures(count, label, seed):
    """Grey images of 6 x 5, bright on the left for class 0 and on the right for class 1."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 80, (count, 5, 6)).astype(np.uint8)
    images[:, :, slice(0, 3) if label == 0 else slice(3, 6)] += 150
    return images


@pytest.fixture
def folder(tmp_path):
    for part, count, seed in (("train", 40, 1), ("val", 10, 2), ("test", 15, 3)):
        for label, name in enumerate(("left", "right")):
            (tmp_path / "pictures" / part / name).mkdir(parents=True)
            for number, image in enumerate(pictures(count, label, seed + 10 * label)):
                Image.fromarray(image).save(tmp_path / "pictures" / part / name / f"{number}.png")
    return tmp_path / "pictures"


def test_image_folders_train_eval_and_predict(cairn, tmp_path, folder):
    model, trained = classifier(tmp_path / "m.onnx", (1, 5, 6), 2), tmp_path / "t.onnx"
    done = cairn("train", "--model", model, "--data", folder, "--normalise", "standard", "--epochs", 5, "--out", trained,
                 "--schema-out", tmp_path / "schema.json")
    assert done["validation"]["rows"] == 20 and done["validation"]["accuracy"] == 1
    schema = json.loads((tmp_path / "schema.json").read_text())
    pixels = np.concatenate([np.asarray(Image.open(p)).ravel() for p in sorted((folder / "train").glob("*/*.png"))])
    assert schema["classes"] == ["left", "right"] and schema["imageSize"] == [6, 5] and schema["channels"] == 1
    np.testing.assert_allclose(schema["normalise"]["mean"], [pixels.mean()], rtol=1e-6)
    np.testing.assert_allclose(schema["normalise"]["std"], [pixels.std()], rtol=1e-6)
    judged = cairn("eval", "--model", trained, "--data", folder, "--schema", tmp_path / "schema.json")
    assert judged["rows"] == 30 and judged["confusion"] == [[15, 0], [0, 15]], "the test part is judged"
    one = folder / "test" / "right" / "0.png"
    cairn("predict", "--model", trained, "--input", one, "--schema", tmp_path / "schema.json", "--out", tmp_path / "y.npz")
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(trained).graph.initializer}
    x = (np.asarray(Image.open(one)).ravel() - pixels.mean()) / pixels.std()
    np.testing.assert_allclose(np.load(tmp_path / "y.npz")["y"][0], x @ weights["w"] + weights["b"], rtol=1e-3, atol=1e-4)


def test_mnist_files_train_and_eval(cairn, tmp_path):
    data = tmp_path / "mnist"
    data.mkdir()
    for part, count, seed in (("train", 40, 1), ("t10k", 10, 5)):
        images = np.concatenate([pictures(count, label, seed + label) for label in (0, 1)])
        labels = bytes([0] * count + [1] * count)
        (data / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(struct.pack(">IIII", 0x803, 2 * count, 5, 6) + images.tobytes()))
        (data / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(struct.pack(">II", 0x801, 2 * count) + labels))
    model, trained = classifier(tmp_path / "m.onnx", (1, 5, 6), 2), tmp_path / "t.onnx"
    done = cairn("train", "--model", model, "--data", data, "--normalise", "unit", "--split", "0.75,0.25,0", "--epochs", 8,
                 "--optimiser", "adam lr=0.02 batch=16", "--out", trained)
    assert done["validation"]["rows"] == 20
    judged = cairn("eval", "--model", trained, "--data", data, "--normalise", "unit")
    assert judged["rows"] == 20 and judged["accuracy"] == 1
    alone = cairn("eval", "--model", trained, "--data", data / "train-images-idx3-ubyte.gz", "--normalise", "unit")
    assert alone["rows"] == 80


def test_a_schema_reads_a_table_as_the_training_did(cairn, tmp_path):
    rng = np.random.default_rng(4)
    rows = [(x, y, "up" if x + y / 100 > 5 else "down") for x, y in zip(rng.normal(3, 2, 200), rng.normal(200, 60, 200))]
    (tmp_path / "t.csv").write_text("x,y,way\n" + "".join(f"{x},{y},{way}\n" for x, y, way in rows))
    model, trained = classifier(tmp_path / "m.onnx", (2,), 2), tmp_path / "t.onnx"
    done = cairn("train", "--model", model, "--data", tmp_path / "t.csv", "--target", "way", "--normalise", "standard", "--split",
                 "0.7,0.1,0.2", "--epochs", 40, "--optimiser", "adam lr=0.05 batch=16", "--out", trained, "--schema-out", tmp_path / "s.json")
    assert done["validation"]["rows"] == 20 and done["validation"]["accuracy"] > 0.9
    # Other columns beside, in another order; the schema knows them by name.
    (tmp_path / "u.csv").write_text("note,y,x\n" + "".join(f"n,{y},{x}\n" for x, y, _ in rows))
    cairn("predict", "--model", trained, "--input", tmp_path / "u.csv", "--schema", tmp_path / "s.json", "--out", tmp_path / "y.npz")
    chosen = np.load(tmp_path / "y.npz")["y"].argmax(1)
    assert np.mean([["down", "up"][c] == way for c, (_, _, way) in zip(chosen, rows)]) > 0.9


def test_errors_name_file_row_and_column(cairn, tmp_path, folder):
    model = classifier(tmp_path / "m.onnx", (1, 5, 6), 2)
    train = lambda data, *more: cairn("train", "--model", model, "--data", data, "--out", tmp_path / "x.onnx", *more, code=3)
    (tmp_path / "t.csv").write_text("x,y,target\n1,2,a\n1,two,b\n")
    assert "t.csv, row 2, column 'y': 'two' is not a number" in train(tmp_path / "t.csv", "--normalise", "unit")
    Image.new("L", (4, 4)).save(folder / "train" / "left" / "odd.png")
    said = train(folder)
    assert "train/left/odd.png" in said and "is 4x4 pixels" in said and "--image-size" in said
    (folder / "train" / "left" / "odd.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "odd.png" in train(folder)
