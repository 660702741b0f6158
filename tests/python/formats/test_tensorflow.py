"""TensorFlow checkpoints: read, written back, opened again by TensorFlow."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow", reason="skipped: TensorFlow is not installed (requirements-frameworks.txt)")


class Network(tf.Module):
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.layers = [tf.Module() for _ in range(3)]
        for layer in self.layers:
            layer.kernel = tf.Variable(rng.normal(size=(40, 30)).astype(np.float32))
            layer.bias = tf.Variable(rng.normal(size=30).astype(np.float16))

    def checkpoint(self):
        return tf.train.Checkpoint(model=self, step=tf.Variable(3, dtype=tf.int64))


def numbers(prefix):
    reader = tf.train.load_checkpoint(str(prefix))
    kinds = reader.get_variable_to_dtype_map()
    return {name: reader.get_tensor(name) for name in kinds if kinds[name] != tf.string}


def test_every_tensor_comes_out_as_tensorflow_has_it(cairn, tmp_path):
    Network(1).checkpoint().write(tmp_path / "ck")
    cairn("convert", tmp_path / "ck", tmp_path / "all.npz")
    arrays, wanted = np.load(tmp_path / "all.npz"), numbers(tmp_path / "ck")
    assert set(arrays.files) == set(wanted)
    for name, value in wanted.items():
        assert np.array_equal(arrays[name], value.astype(arrays[name].dtype)), name
    listed = cairn("model", "inspect", tmp_path / "ck.index")
    assert listed["format"] == "TensorFlow checkpoint" and set(listed["tensors"]) == set(wanted)


def test_weights_of_one_checkpoint_go_into_another(cairn, tmp_path):
    first, second = Network(1), Network(2)
    a, b = (model.checkpoint().save(str(tmp_path / name)) for name, model in (("a", first), ("b", second)))
    cairn("convert", a, tmp_path / "out", "--into", b)
    assert {name: value.tobytes() for name, value in numbers(tmp_path / "out").items()} == {
        name: value.tobytes() for name, value in numbers(a).items()}
    third = Network(3)
    third.checkpoint().restore(str(tmp_path / "out")).assert_consumed()
    for mine, theirs in zip(third.layers, first.layers):
        assert np.array_equal(mine.kernel, theirs.kernel) and np.array_equal(mine.bias, theirs.bias)


def test_a_saved_models_variables_are_a_checkpoint(cairn, tmp_path):
    model = Network(4)
    tf.saved_model.save(model, str(tmp_path / "saved"))
    prefix = tmp_path / "saved" / "variables" / "variables"
    name = next(n for n, v in numbers(prefix).items() if v.shape == (40, 30))
    fresh = np.random.default_rng(5).normal(size=(40, 30)).astype(np.float32)
    np.savez(tmp_path / "new.npz", **{name: fresh})
    cairn("convert", tmp_path / "new.npz", prefix, "--into", prefix)
    again = tf.saved_model.load(str(tmp_path / "saved"))
    assert any(np.array_equal(layer.kernel, fresh) for layer in again.layers)


def test_several_data_files(cairn, tmp_path):
    prefixes = []
    for number in range(3):
        prefixes.append(str(tmp_path / f"part{number}"))
        tf.raw_ops.SaveV2(prefix=prefixes[-1], tensor_names=[f"w{number}"], shape_and_slices=[""], tensors=[tf.fill([2, 3], float(number))])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=str(tmp_path / "ck"), delete_old_dirs=False)
    np.savez(tmp_path / "new.npz", w1=np.full((2, 3), 7, np.float32))
    cairn("convert", tmp_path / "new.npz", tmp_path / "out", "--into", tmp_path / "ck")
    assert {name: value[0, 0] for name, value in numbers(tmp_path / "out").items()} == {"w0": 0, "w1": 7, "w2": 2}


def test_partitioned_variables_are_one_tensor(cairn, tmp_path):
    """Slices along both axes, some of them long, in two data files."""
    rng = np.random.default_rng(6)
    whole, rows = rng.normal(size=(300, 8)).astype(np.float32), rng.normal(size=(5, 3))
    for number, (start, end) in enumerate([(0, 70), (70, 300)]):
        names, places, parts = [], [], []
        for left, right in [(0, 3), (3, 8)]:
            names.append("model/w")
            places.append(f"300 8 {start},{end - start}:{left},{right - left}")
            parts.append(whole[start:end, left:right])
        if number == 0:
            names.append("rows"), places.append("5 3 0,2:-"), parts.append(rows[:2])
        else:
            names.append("rows"), places.append("5 3 2,3:-"), parts.append(rows[2:])
            names.append("whole"), places.append(""), parts.append(np.arange(4.0))
        tf.raw_ops.SaveV2(prefix=str(tmp_path / f"part{number}"), tensor_names=names, shape_and_slices=places,
                          tensors=[tf.constant(part) for part in parts])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[str(tmp_path / f"part{n}") for n in range(2)],
                                  destination_prefix=str(tmp_path / "ck"), delete_old_dirs=False)
    cairn("convert", tmp_path / "ck", tmp_path / "all.npz")
    arrays = np.load(tmp_path / "all.npz")
    assert set(arrays.files) == {"model/w", "rows", "whole"}
    assert np.array_equal(arrays["model/w"], whole) and np.array_equal(arrays["rows"], rows.astype(np.float32))
    np.savez(tmp_path / "new.npz", **{"model/w": whole[::-1] * 2, "rows": rows.astype(np.float32)})
    cairn("convert", tmp_path / "new.npz", tmp_path / "out", "--into", tmp_path / "ck")
    again = numbers(tmp_path / "out")
    assert np.array_equal(again["model/w"], whole[::-1] * 2) and np.array_equal(again["rows"], rows)


def test_a_damaged_data_file_is_noticed(cairn, tmp_path):
    Network(1).checkpoint().write(tmp_path / "ck")
    data = tmp_path / "ck.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    assert "its checksum is wrong" in cairn("convert", tmp_path / "ck", tmp_path / "x.npz", code=3)
