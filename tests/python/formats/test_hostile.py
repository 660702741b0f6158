"""Files made to harm: refused with words, within a fixed limit of memory, nothing written."""

import gzip
import io
import resource
import struct
import subprocess
import zipfile
import zlib

import numpy as np
import pytest

# Address space; the program itself, its libraries and thread stacks included.
LIMIT = 1 << 30


def npz(shape, content, method=zipfile.ZIP_DEFLATED):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=1) as out:
        with out.open("w.npy", "w") as entry:
            entry.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode())
            for piece in content:
                entry.write(piece)
    return buffer.getvalue()


def zeros(count):
    piece = bytes(1 << 20)
    return (piece for _ in range(count >> 20))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixels):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b""))


def hdf5(shape):
    h5py = pytest.importorskip("h5py", reason="skipped: h5py is not installed (requirements-frameworks.txt)")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("w", shape, np.float32, chunks=(1000,))
    return buffer.getvalue()


FILES = {
    "bomb.npz": lambda: npz((1 << 27,), zeros(1 << 29)),
    "liar.npz": lambda: npz((1 << 40,), [bytes(64)]),
    "overflow.npz": lambda: npz((1 << 62, 1 << 62, 0), []),
    "vast.h5": lambda: hdf5((1 << 40,)),
    "long.safetensors": lambda: struct.pack("<Q", 1 << 62) + b"{",
    "wide.safetensors": lambda: struct.pack("<Q", 78) + b'{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}'.ljust(78),
    "empty.pt": lambda: b"",
    "cut.pt": lambda: b"PK\x03\x04" + bytes(40),
    "deep.safetensors": lambda: struct.pack("<Q", 200_000) + b'{"a":' * 40_000,
}


@pytest.mark.parametrize("name", FILES)
def test_weights_that_would_fill_the_memory_are_refused(cairn, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    said = limited(cairn, "convert", path, tmp_path / "out.npz")
    assert name in said and not (tmp_path / "out.npz").exists()


def test_data_that_would_fill_the_memory_are_refused(cairn, tmp_path):
    images = tmp_path / "images"
    (images / "a").mkdir(parents=True)
    for width, height, pixels in ((1 << 30, 1 << 30, b""), (16, 16, bytes(1 << 24))):
        (images / "a" / "1.png").write_bytes(png(width, height, pixels))
        assert "1.png" in limited(cairn, "predict", "--model", model(tmp_path), "--input", images)
    bomb = tmp_path / "train-images-idx3-ubyte.gz"
    bomb.write_bytes(gzip.compress(struct.pack(">IIII", 0x803, 3 << 17, 32, 32) + bytes(3 << 27), 1))
    assert bomb.name in limited(cairn, "predict", "--model", model(tmp_path), "--input", bomb)
    table = tmp_path / "t.csv.gz"
    table.write_bytes(gzip.compress(b"x" * (3 << 27), 1))
    assert table.name in limited(cairn, "predict", "--model", model(tmp_path), "--input", table)


def limited(cairn, *words):
    """What the program says under the limit; it must end by itself."""
    done = subprocess.run(
        [cairn.program, *map(str, words)], env=cairn.environment, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)))
    assert done.returncode == 3, f"{words}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stderr


def model(folder):
    onnx = pytest.importorskip("onnx", reason="skipped: onnx is not installed (requirements-frameworks.txt)")
    from onnx import TensorProto, helper

    path = folder / "m.onnx"
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value("x")], [value("y")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path
