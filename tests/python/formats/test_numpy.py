"""NumPy's archives: compressed ones are written back, too."""

import zipfile

import numpy as np
import pytest


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_new_values_go_into_the_users_own_archive(cairn, tmp_path, save):
    rng = np.random.default_rng(4)
    arrays = {"zeros": np.zeros((60, 50), np.float32), "w": rng.normal(size=(7, 9)), "turned": np.asfortranarray(rng.normal(size=(4, 6)).astype(np.float16)),
              "count": np.arange(5)}
    path, out = tmp_path / "mine.npz", tmp_path / "out.npz"
    save(path, **arrays)
    cairn("convert", path, tmp_path / "same.safetensors")
    cairn("convert", tmp_path / "same.safetensors", out, "--into", path)
    assert out.read_bytes() == path.read_bytes(), "equal values give the same file"
    fresh = {"zeros": rng.normal(size=(60, 50)).astype(np.float32), "turned": rng.normal(size=(4, 6)).astype(np.float32)}
    np.savez(tmp_path / "new.npz", **fresh)
    cairn("convert", tmp_path / "new.npz", out, "--into", path)
    with zipfile.ZipFile(out) as after, zipfile.ZipFile(path) as before:
        assert after.testzip() is None
        assert [entry.compress_type for entry in after.infolist()] == [entry.compress_type for entry in before.infolist()]
    with np.load(out) as again:
        assert again.files == list(arrays)
        for name, value in arrays.items():
            assert again[name].dtype == value.dtype and np.array_equal(again[name], fresh.get(name, value).astype(value.dtype)), name
        assert again["turned"].flags.f_contiguous


def test_an_archive_written_as_a_stream_is_written_back(cairn, tmp_path):
    """Sizes and checksums then stand behind the data."""
    path, out = tmp_path / "mine.npz", tmp_path / "out.npz"

    class Pipe:
        def __init__(self, file):
            self.write, self.flush = file.write, file.flush

    with open(path, "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a", "b"):
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, np.zeros((30, 30), np.float32))
    fresh = np.random.default_rng(1).normal(size=(30, 30)).astype(np.float32)
    np.savez(tmp_path / "new.npz", a=fresh)
    cairn("convert", tmp_path / "new.npz", out, "--into", path)
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
    with np.load(out) as again:
        assert np.array_equal(again["a"], fresh) and not again["b"].any()
