"""Keras' and h5py's files: read, written back, opened again by Keras and h5py."""

import zipfile

import numpy as np
import pytest

h5py = pytest.importorskip("h5py", reason="skipped: h5py is not installed (requirements-frameworks.txt)")
keras = pytest.importorskip("keras", reason="skipped: Keras is not installed (requirements-frameworks.txt)")
pytest.importorskip("tensorflow", reason="skipped: TensorFlow is not installed (requirements-frameworks.txt)")


def network(seed):
    keras.backend.clear_session()  # the same names every time
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.layers.Input((6, 6, 1)), keras.layers.Conv2D(2, 3, name="conv"), keras.layers.BatchNormalization(),
        keras.layers.Flatten(), keras.layers.Dense(4, name="hidden"), keras.layers.Dense(3, dtype="float16", name="out")])
    model.compile("adam", "mse")
    return model


def paths(path):
    """Every data set of numbers of an HDF5 file, as h5py reads it."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiub":
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
def test_weights_move_from_one_model_to_another(cairn, tmp_path, ending):
    source, target = network(1), network(2)
    a, b, out = (tmp_path / (name + ending) for name in "abc")
    for model, path in ((source, a), (target, b)):
        model.save_weights(path) if ending == ".weights.h5" else model.save(path)
    cairn("convert", a, tmp_path / "weights.npz")
    told = cairn("convert", tmp_path / "weights.npz", out, "--into", b)
    assert len(told["tensors"]) >= len(source.weights)
    if ending == ".weights.h5":
        again = network(3)
        again.load_weights(out)
    else:
        again = keras.models.load_model(out, compile=False)
    for mine, theirs in zip(again.weights, source.weights):
        assert np.array_equal(mine.numpy(), theirs.numpy()), theirs.path
    x = np.random.default_rng(1).normal(size=(2, 6, 6, 1)).astype(np.float32)
    assert np.array_equal(again(x), source(x))
    assert out.stat().st_size == b.stat().st_size
    if ending == ".keras":
        with zipfile.ZipFile(b) as before, zipfile.ZipFile(out) as after:
            assert after.testzip() is None
            changed = [n for n in before.namelist() if before.read(n) != after.read(n)]
            assert changed == ["model.weights.h5"]


@pytest.mark.parametrize("version", [None, "latest", ("v108", "v110")], ids=["usual", "latest", "v108"])
def test_every_number_is_read_as_h5py_reads_it(cairn, tmp_path, version):
    """Groups with hundreds of members have trees of several levels, and newer ones heaps of blocks in blocks."""
    path = tmp_path / "many.h5"
    rng = np.random.default_rng(2)
    with h5py.File(path, "w", libver=version) as file:
        for number in range(700 if version is None else 3000):
            file[f"group/w{number}"] = rng.normal(size=(number % 3, 2)).astype("f4")
        big = rng.normal(size=(200, 90))
        file.create_dataset("chunks", data=big, chunks=(7, 11), compression="gzip", shuffle=True)
        if version is None:
            file.create_dataset("resizable", data=big[:5], maxshape=(None, 90))
        file["names"] = ["left", "out"]
    cairn("convert", path, tmp_path / "all.npz")
    arrays, wanted = np.load(tmp_path / "all.npz"), paths(path)
    assert set(arrays.files) == set(wanted)
    for name, value in wanted.items():
        assert np.array_equal(arrays[name], value.astype(np.float32)), name


def test_torch_weights_go_into_keras(cairn, tmp_path):
    torch = pytest.importorskip("torch", reason="skipped: PyTorch is not installed (requirements-frameworks.txt)")
    torch.manual_seed(1)
    theirs = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(32, 3))
    torch.save(theirs.state_dict(), tmp_path / "torch.pt")
    ours = keras.Sequential([keras.layers.Input((6, 6, 1)), keras.layers.Conv2D(2, 3, activation="relu"),
                             keras.layers.Permute((3, 1, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
    ours.save(tmp_path / "mine.keras")
    (tmp_path / "names.txt").write_text(
        "0.weight -> layers/conv2d/vars/0 permuted 2,3,1,0\n0.bias -> layers/conv2d/vars/1\n"
        "3.weight -> layers/dense/vars/0 transposed\n3.bias -> layers/dense/vars/1\n")
    cairn("convert", tmp_path / "torch.pt", tmp_path / "out.keras", "--into", tmp_path / "mine.keras", "--map", tmp_path / "names.txt")
    again = keras.models.load_model(tmp_path / "out.keras")
    x = np.random.default_rng(1).normal(size=(2, 6, 6, 1)).astype(np.float32)
    want = theirs(torch.tensor(x).permute(0, 3, 1, 2)).detach().numpy()
    np.testing.assert_allclose(np.asarray(again(x)), want, rtol=1e-5, atol=1e-6)


def chunked(path, rng):
    """Data sets in chunks: through every filter that h5py has by itself, whole and ragged, one that compresses to almost nothing."""
    with h5py.File(path, "w") as file:
        file.create_dataset("a/zeros", data=np.zeros((40, 30), "f4"), chunks=(16, 16), compression="gzip")
        file.create_dataset("a/all", data=rng.normal(size=(50, 7)), chunks=(9, 4), compression="gzip", shuffle=True, fletcher32=True)
        file.create_dataset("plain", data=rng.normal(size=(20, 20)).astype("f2"), chunks=(7, 20))
        file.create_dataset("long", data=np.arange(3000, dtype="i4"), chunks=(11,), compression="gzip", compression_opts=9)
        file["beside"] = rng.normal(size=(5, 5))
        file.attrs["kept"] = "yes"


def test_chunks_are_compressed_again(cairn, tmp_path):
    rng = np.random.default_rng(3)
    path, out = tmp_path / "c.h5", tmp_path / "out.h5"
    chunked(path, rng)
    old = paths(path)
    cairn("convert", path, tmp_path / "same.npz")
    cairn("convert", tmp_path / "same.npz", out, "--into", path)
    assert out.read_bytes() == path.read_bytes(), "equal values give the same file"
    new = {name: rng.normal(size=value.shape).astype(np.float32) if value.dtype.kind == "f" else value[::-1] for name, value in old.items()}
    del new["beside"]
    np.savez(tmp_path / "new.npz", **new)
    cairn("convert", tmp_path / "new.npz", out, "--into", path)
    again = paths(out)
    for name, value in again.items():
        assert np.array_equal(value, new.get(name, old[name]).astype(value.dtype)), name
    with h5py.File(out, "r+") as file:
        assert file.attrs["kept"] == "yes" and file["a/all"].fletcher32 and file["a/zeros"].compression == "gzip"
        file.create_dataset("later", data=np.ones(1000), chunks=(10,), compression="gzip")  # the end of the file is where it says
    assert set(paths(out)) == set(old) | {"later"}
    cairn("convert", out, tmp_path / "twice.npz")
    assert np.array_equal(np.load(tmp_path / "twice.npz")["a/zeros"], new["a/zeros"])


def test_a_compressed_keras_archive_is_written_back(cairn, tmp_path):
    source, target = network(1), network(2)
    source.save(tmp_path / "a.keras")
    target.save(tmp_path / "b.keras")
    with zipfile.ZipFile(tmp_path / "b.keras") as stored, zipfile.ZipFile(tmp_path / "packed.keras", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in stored.namelist():
            packed.writestr(name, stored.read(name))
    cairn("convert", tmp_path / "a.keras", tmp_path / "weights.npz")
    cairn("convert", tmp_path / "weights.npz", tmp_path / "out.keras", "--into", tmp_path / "packed.keras")
    with zipfile.ZipFile(tmp_path / "out.keras") as file:
        assert file.testzip() is None and all(info.compress_type == zipfile.ZIP_DEFLATED for info in file.infolist())
    again = keras.models.load_model(tmp_path / "out.keras", compile=False)
    for mine, theirs in zip(again.weights, source.weights):
        assert np.array_equal(mine.numpy(), theirs.numpy()), theirs.path


def test_what_cannot_be_overwritten_is_said_before_anything_is_written(cairn, tmp_path):
    path, out = tmp_path / "c.h5", tmp_path / "out.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("w", shape=(4, 4), dtype="f4", chunks=(2, 2), compression="gzip")[0, 0] = 1
    before = paths(path)["w"]
    np.savez(tmp_path / "same.npz", w=before)
    cairn("convert", tmp_path / "same.npz", out, "--into", path)
    assert out.read_bytes() == path.read_bytes()
    out.unlink()
    np.savez(tmp_path / "new.npz", w=before + 1)
    said = cairn("convert", tmp_path / "new.npz", out, "--into", path, code=3)
    assert "has chunks that were never written" in said and not out.exists()
