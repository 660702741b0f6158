"""formats.json: files written by NumPy and by the safetensors package, with the values they hold."""
import io

import numpy as np
from safetensors.numpy import save as save_tensors

from common import save as write


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue().hex()


def npz(saver, **arrays):
    buffer = io.BytesIO()
    saver(buffer, **arrays)
    return buffer.getvalue().hex()


floats = np.array([[0.5, -1.25, 3], [np.inf, -0.0, 1e-40]], np.float32)
cases = {
    "f4": floats,
    "f8": floats.astype(np.float64),
    "f2": np.array([1.5, -2.0, 6e-8, 65504, np.inf], np.float16),
    "i4": np.array([[1, -2], [3, 4]], np.int32),
    "i8": np.array([-(2**62), 7], np.int64),
    "i2": np.array([-5, 300], np.int16),
    "u2": np.array([65535], np.uint16),
    "u4": np.array([2**32 - 1], np.uint32),
    "u8": np.array([2**63 - 1], np.uint64),
    "b1": np.array([True, False]),
    "scalar": np.array(2.5, np.float32),
    "empty": np.zeros((0, 4), np.float32),
    "fortran": np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4)),
}
write(
    "formats",
    {
        "npy": [
            {"name": name, "file": npy(array), "shape": list(array.shape), "values": [float(v) if np.isfinite(v) else str(v) for v in array.ravel(order="C")]}
            for name, array in cases.items()
        ],
        "npz": {
            "stored": npz(np.savez, a=cases["i4"], b=floats),
            "deflated": npz(np.savez_compressed, a=cases["i4"], b=floats),
        },
        "objects": npy(np.array([{}], dtype=object)),
        "bigEndian": npy(cases["i4"].astype(">i4")),
        "safetensors": save_tensors({"w": floats, "i": cases["i8"], "h": cases["f2"]}, metadata={"format": "pt"}).hex(),
    },
)
