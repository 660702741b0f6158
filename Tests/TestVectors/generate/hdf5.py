"""hdf5.json: files that h5py and Keras wrote, and the values in them."""
import io
import os
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np

from common import save as write


def content(body, **options):
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(folder + "/made.h5", "w", **options) as out:
            body(out)
        with open(folder + "/made.h5", "rb") as made:
            return made.read()


def file(body, **options):
    made, tensors = content(body, **options), {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiub" and item.shape is not None:
            tensors[name] = {"shape": list(item.shape), "values": [float(v) for v in np.asarray(item[()]).ravel()]}

    with h5py.File(io.BytesIO(made)) as again:
        again.visititems(visit)
    return {"file": made.hex(), "tensors": tensors}


ramp = np.arange(35, dtype=np.float32).reshape(5, 7)


def types(out):
    for code in ("<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", ">f4", ">f8", ">i2"):
        out["g/" + code.replace("<", "l").replace(">", "b").replace("|", "")] = np.array([[1, 2], [3, 100]], code)
    out["flags"] = np.array([True, False, True])
    out["scalar"] = np.float32(2.5)
    out["empty"] = np.zeros((0, 3), np.float32)
    out["text"] = "left out"
    out["texts"] = np.array([b"a", b"bc"])
    out.attrs["name"] = "left aside"
    out["g"].attrs["list"] = ["a", "b"]


def storages(out):
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    made = h5py.h5d.create(out.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((5, 7)), compact)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp)
    out.create_dataset("chunked", data=ramp, chunks=(2, 3))
    out.create_dataset("deflated", data=ramp, chunks=(3, 4), compression="gzip", shuffle=True)
    out.create_dataset("checked", data=ramp, chunks=(5, 7), fletcher32=True, shuffle=True)
    out.create_dataset("unwritten", (2, 2), np.float32, fillvalue=1.5)
    partly = out.create_dataset("partly", (4, 4), np.float32, chunks=(2, 2), fillvalue=-1)
    partly[2:, 1] = 3
    loop = out.create_group("loop")
    loop["soft"] = h5py.SoftLink("/chunked")
    loop["external"] = h5py.ExternalLink("/etc/passwd", "/x")
    loop["back"] = out["/"]


def links(out):
    vars = out.create_group("layers/dense/vars")
    vars["0"] = ramp
    vars["1"] = ramp[0]


def latest(out):
    """Chunks in each of the ways that newer HDF5 has for data that do not grow."""
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((2, 7))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    made = h5py.h5d.create(out.id, b"implicit", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((5, 7)), early)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp)
    out.create_dataset("list", data=ramp, chunks=(2, 3))
    out.create_dataset("packed", data=ramp, chunks=(2, 3), compression="gzip", shuffle=True, fletcher32=True)
    out.create_dataset("one", data=ramp, chunks=(5, 7))
    out.create_dataset("one_packed", data=ramp, chunks=(5, 7), compression="gzip")


def pages(out):
    """Lists of chunks so long that they are cut into pages, of which one is not there."""
    partly = out.create_dataset("partly", (1030,), np.int8, chunks=(1,), fillvalue=3)
    partly[7] = 1
    out.create_dataset("pages", data=np.arange(1030, dtype=np.int16), chunks=(1,))


def many(out):
    """So many links that their heap has rows of blocks, and their tree has levels."""
    for number in range(120):
        out[f"w{number}" + "x" * (number % 40)] = np.float32(number)


keras.utils.set_random_seed(1)
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(2, dtype="bfloat16", name="b")])
with tempfile.TemporaryDirectory() as folder:
    model.save_weights(folder + "/m.weights.h5")
    saved = open(folder + "/m.weights.h5", "rb").read()
weights = {"layers/dense/vars/0": model.get_layer("a").kernel, "layers/dense/vars/1": model.get_layer("a").bias,
           "layers/dense_1/vars/0": model.get_layer("b").kernel, "layers/dense_1/vars/1": model.get_layer("b").bias}

external = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
external.set_external(b"../../etc/passwd", 0, 140)


def outside(out):
    h5py.h5d.create(out.id, b"w", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((5, 7)), external)


write(
    "hdf5",
    {
        "files": {
            "types": file(types), "storages": file(storages), "links": file(links, libver="latest"),
            "latest": file(latest, libver="latest"), "pages": file(pages, libver="latest"), "many": file(many, libver="latest"),
            "some": file(lambda out: [out.create_dataset(f"w{n}", data=np.float32(n)) for n in range(9)], libver="v108", track_order=True),
            "ordered": file(links, track_order=True), "v108": file(links, libver="v108"),
            "keras": {
                "file": saved.hex(),
                "tensors": {
                    n: {"shape": list(w.shape), "values": np.asarray(w.numpy(), np.float64).ravel().tolist()} for n, w in weights.items()
                },
            },
        },
        "refused": {
            "outside": content(outside).hex(),
            "growing": content(lambda out: out.create_dataset("c", data=ramp, chunks=(2, 2), maxshape=(None, 7)), libver="latest").hex(),
            "lzf": content(lambda out: out.create_dataset("c", data=ramp, chunks=(2, 2), compression="lzf")).hex(),
        },
    },
)
