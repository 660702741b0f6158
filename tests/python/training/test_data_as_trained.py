"""What a training learns of its data besides weights: columns, classes, scaling; told to eval and predict by the file beside the model."""

import csv
import json

import numpy as np
import onnx
import onnxruntime
import pytest

from layers import Layers
from randomness import held_out


def said(text):
    return json.loads(text.splitlines()[-1])


@pytest.fixture
def flowers(tmp_path):
    """A table with quoted names and fields, in three classes that scaling makes easy."""
    random = np.random.default_rng(5)
    names = ["petal, cm", 'the "red" one', "height"]
    kinds = ["iris, blue", "rose", 'the "other"']
    labels = random.integers(0, 3, 240)
    x = np.stack([labels * 2000 + random.normal(9000, 300, 240), random.normal(0, 1e-3, 240) - labels * 2e-3,
                  random.normal(5, 1, 240)], axis=1).astype(np.float32)
    with open(tmp_path / "t.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names + ["kind"])
        writer.writerows([*map(str, row), kinds[label]] for row, label in zip(x, labels))
    return tmp_path / "t.csv", x, labels, names, kinds


def test_scaling_is_the_training_rows_and_goes_with_the_model(cairn, tmp_path, flowers):
    table, x, labels, names, kinds = flowers
    model = Layers([3, 12, 3]).save(tmp_path / "m.onnx")
    out = said(cairn("train", "--model", model, "--data", table, "--target", "kind", "--normalise", "standard", "--epochs",
                     40, "--optimiser", "adam lr=0.02 batch=16", "--out", tmp_path / "t.onnx", "--json"))
    trained, held = held_out(bytes(32), 240)
    schema = json.loads((tmp_path / "t.onnx.schema.json").read_text())
    wide = x[trained].astype(np.float64)
    assert np.allclose(schema["normalise"]["mean"], wide.mean(0), rtol=1e-6)
    assert np.allclose(schema["normalise"]["std"], wide.std(0), rtol=1e-6)
    assert schema["features"] == names and schema["classes"] == sorted(kinds)

    # The answers are the network's to scaled rows, whatever the columns' order, with names and without a class column.
    order = [sorted(kinds).index(kinds[label]) for label in labels]
    with open(tmp_path / "q.csv", "w", newline="") as file:
        csv.writer(file).writerows([[names[2], "note", names[0], names[1]], *([r[2], "n", r[0], r[1]] for r in x)])
    text = cairn("predict", "--model", tmp_path / "t.onnx", "--input", tmp_path / "q.csv", "--out", tmp_path / "y.csv")
    assert "t.onnx.schema.json" in text
    scaled = (x - np.float32(schema["normalise"]["mean"])) / np.float32(schema["normalise"]["std"])
    want = onnxruntime.InferenceSession(str(tmp_path / "t.onnx")).run(None, {"x": scaled})[0]
    rows = list(csv.DictReader(open(tmp_path / "y.csv", newline="")))
    got = np.array([[float(row[f"y_{place}"]) for place in range(3)] for row in rows])
    assert np.abs(got - want).max() < 1e-4
    assert [row["class"] for row in rows] == [sorted(kinds)[place] for place in want.argmax(1)]
    judged = said(cairn("eval", "--model", tmp_path / "t.onnx", "--data", table, "--json"))
    assert judged["rows"] == 240
    assert abs(judged["accuracy"] - (want.argmax(1) == order).mean()) < 1e-6
    assert judged["accuracy"] > 0.95
    assert abs(out["validation"]["accuracy"] - (want.argmax(1) == order)[held].mean()) < 1e-6
    # It goes along where a model is made of the model.
    Layers([3, 100, 3]).save(tmp_path / "big.onnx")
    (tmp_path / "big.onnx.schema.json").write_text(json.dumps(schema))
    cairn("compress", "--model", tmp_path / "big.onnx", "--out", tmp_path / "small.onnx")
    assert json.loads((tmp_path / "small.onnx.schema.json").read_text()) == schema


def test_numbers_are_divided_and_scaled_as_classes_are(cairn, tmp_path):
    random = np.random.default_rng(1)
    x = random.normal(50, 20, (100, 3)).astype(np.float32)
    y = x @ np.float32([1, -2, 0.5])
    (tmp_path / "t.csv").write_text("a,b,c,target\n" + "".join(f"{a},{b},{c},{t}\n" for (a, b, c), t in zip(x, y)))
    model = Layers([3, 4, 1]).save(tmp_path / "m.onnx")
    done = said(cairn("train", "--model", model, "--data", tmp_path / "t.csv", "--normalise", "standard", "--split", "0.6,0.2,0.2",
                      "--epochs", 1, "--out", tmp_path / "t.onnx", "--json"))
    assert done["validation"]["rows"] == 20
    mean = json.loads((tmp_path / "t.onnx.schema.json").read_text())["normalise"]["mean"]
    assert not np.allclose(mean, x.mean(0), rtol=1e-5), "measured on sixty rows of the hundred"
    assert said(cairn("eval", "--model", tmp_path / "t.onnx", "--data", tmp_path / "t.csv", "--json"))["rows"] == 100


def test_scaling_that_no_training_measured_is_refused(cairn, tmp_path, flowers):
    table, *_ = flowers
    model = Layers([3, 12, 3]).save(tmp_path / "m.onnx")
    for command in (["eval", "--data"], ["compress", "--out", tmp_path / "c.onnx", "--data"]):
        words = cairn(command[0], "--model", model, *command[1:], table, "--target", "kind", "--normalise", "standard",
                      code=2 if command[0] == "eval" else 3)
        assert "--schema" in words or "256 or more" in words
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 3), np.float32), target=np.zeros(4, np.int64))
    words = cairn("train", "--model", model, "--data", tmp_path / "d.npz", "--normalise", "unit", "--out", tmp_path / "o.onnx", code=2)
    assert "--normalise is for tables and images" in words


@pytest.mark.parametrize("text,words", [
    ("a,b,c,target\n1,2,3,0\n1,,3,1\n", "t.csv, row 2, column 'b': is empty"),
    ("a,b,c,target\n1,2,3,0\n1,NA,3,1\n", "t.csv, row 2, column 'b': 'NA' is not a number"),
    ("a,b,c,target\n1,2,3,0\n1,2,3\n", "t.csv, row 2: has 3 fields, the header has 4"),
    ("a;b;c;target\n1;2;3;0\n", "fields must be separated by commas"),
    ("a,b,c,class\n1,2,3,0\n", "column 'target': the column is missing; the header has a, b, c, class"),
    ("a,b,target\n1,2,0\n", "has 2 features, the input 'x' takes 3"),
    ("a,b,b,target\n1,2,3,0\n", "column 'b': is twice in the header"),
    ("a,b,c,target\n" + "1,2,3,0\n" * 30 + "1,2,3,7\n" + "1,2,3,1\n" * 9, "t.csv, row 31: the class 7 ('7') is outside the 3"),
    ('a,b,c,target\n1,2,"3,0\n', "row 1: a quoted field does not end"),
])
def test_wrong_tables_are_named_by_row_and_column(cairn, tmp_path, text, words):
    model = Layers([3, 12, 3]).save(tmp_path / "m.onnx")
    (tmp_path / "t.csv").write_text(text)
    assert words in cairn("train", "--model", model, "--data", tmp_path / "t.csv", "--out", tmp_path / "o.onnx", code=3)
    assert not (tmp_path / "o.onnx").exists()


def test_text_keeps_its_alphabet(cairn, tmp_path):
    """A language model of two characters at a time; another text must be read with the numbers of the first."""
    from onnx import TensorProto, helper, numpy_helper

    table = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "x"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.INT64, ["N", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, 4])], [numpy_helper.from_array(table, "table")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), tmp_path / "m.onnx")
    (tmp_path / "a.txt").write_text("abcd" * 200)
    cairn("train", "--model", tmp_path / "m.onnx", "--data", tmp_path / "a.txt", "--epochs", 30, "--optimiser",
          "adam lr=0.1 batch=16", "--out", tmp_path / "t.onnx")
    (tmp_path / "b.txt").write_text("bcdbcdbcdbcd"[:11])
    judged = said(cairn("eval", "--model", tmp_path / "t.onnx", "--data", tmp_path / "b.txt", "--json"))
    # b leads to c, c to d; that d leads to b was never seen.
    assert 0.5 < judged["accuracy"] < 0.8
    (tmp_path / "c.txt").write_text("abcz" * 9)
    words = cairn("eval", "--model", tmp_path / "t.onnx", "--data", tmp_path / "c.txt", code=3)
    assert "line 1, column 4: the character 'z'" in words
