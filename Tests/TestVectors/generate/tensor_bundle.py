"""bundle.json: checkpoints that TensorFlow wrote, and the values in them. Each file is kept by its suffix."""
import glob
import os
import struct
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

from common import save as write


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def snappy(data):
    """A greedy encoder: copies where four bytes were seen before, with offsets of one, two and four bytes; literals elsewhere."""
    out, seen, at, start = varint(len(data)), {}, 0, 0

    def literal(piece):
        if not piece:
            return b""
        n = len(piece) - 1
        return (bytes([n << 2]) if n < 60 else bytes([60 << 2, n]) if n < 256 else bytes([61 << 2]) + struct.pack("<H", n)) + piece

    while at < len(data):
        before = seen.get(data[at:at + 4])
        seen[data[at:at + 4]] = at
        if before is None or at + 4 > len(data):
            at += 1
            continue
        length = 4
        while length < 64 and at + length < len(data) and data[before + length] == data[at + length]:
            length += 1
        out += literal(data[start:at])
        offset = at - before
        if length < 12 and offset < 2048:
            out += bytes([1 | (length - 4) << 2 | offset >> 8 << 5, offset & 255])
        elif at % 3:
            out += bytes([2 | (length - 1) << 2]) + struct.pack("<H", offset)
        else:
            out += bytes([3 | (length - 1) << 2]) + struct.pack("<I", offset)
        at += length
        start = at
    return out + literal(data[start:])


def compressed(index):
    """The same table with its one block of entries compressed."""
    _, at = read_varint(index, len(index) - 48)
    _, at = read_varint(index, at)
    root, at = read_varint(index, at)
    size, _ = read_varint(index, at)
    pointers = index[root:root + size]
    shared, added, value = pointers[:3]
    assert shared == 0 and struct.unpack("<I", pointers[-4:])[0] == 1
    key, handle = pointers[3:3 + added], pointers[3 + added:3 + added + value]
    offset, length = read_varint(handle, 0)[0], read_varint(handle, read_varint(handle, 0)[1])[0]
    assert offset == 0

    def block(content, kind):
        return content + bytes([kind]) + struct.pack("<I", masked(crc32c(content + bytes([kind]))))

    packed = snappy(index[:length])
    out = block(packed, 1)
    places = []
    for content in (b"\0\0\0\0\x01\0\0\0", None):
        if content is None:
            handle = varint(0) + varint(len(packed))
            content = bytes([0, len(key), len(handle)]) + key + handle + b"\0\0\0\0\x01\0\0\0"
        places.append(varint(len(out)) + varint(len(content)))
        out += block(content, 0)
    footer = b"".join(places)
    return out + footer + bytes(40 - len(footer)) + index[-8:]


def files(prefix):
    return {path[len(prefix):]: open(path, "rb").read() for path in sorted(glob.glob(prefix + ".*"))}


def case(prefix, parts):
    """What TensorFlow itself reads from the files."""
    for suffix, content in parts.items():
        with open(prefix + suffix, "wb") as out:
            out.write(content)
    reader = tf.train.load_checkpoint(prefix)
    types, tensors = reader.get_variable_to_dtype_map(), {}
    for name in reader.get_variable_to_shape_map():
        if types[name] == tf.string:
            continue
        value = reader.get_tensor(name)
        tensors[name] = {"shape": list(value.shape), "values": [float(v) for v in np.asarray(value).ravel()]}
    return {"files": {suffix: content.hex() for suffix, content in parts.items()}, "tensors": dict(sorted(tensors.items()))}


with tempfile.TemporaryDirectory() as folder:
    names = ("float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")
    variables = {f"v_{n}": tf.Variable(tf.cast(tf.constant([[1, 0], [3, 4]]), n)) for n in names}
    tf.train.Checkpoint(**variables, step=tf.Variable(7, dtype=tf.int64), empty=tf.Variable(tf.zeros([0, 3]))).write(folder + "/types")
    layers = [tf.Module() for _ in range(3)]
    rng = np.random.default_rng(5)
    for number, layer in enumerate(layers):
        layer.kernel = tf.Variable(rng.normal(size=(3, 2)).astype(np.float32))
        layer.bias = tf.Variable(np.full(2, number, np.float32))
    tf.train.Checkpoint(**{f"layer_{n}": layer for n, layer in enumerate(layers)}).write(folder + "/model")
    prefixes = []
    for number in range(3):
        prefixes.append(f"{folder}/part{number}")
        tf.raw_ops.SaveV2(
            prefix=prefixes[-1], tensor_names=[f"w{number}", f"x{number}"], shape_and_slices=["", ""],
            tensors=[tf.constant([[1.5, -2.0]]) * number, tf.constant([number, 9], tf.int32)])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=folder + "/sharded", delete_old_dirs=False)
    long = tf.reshape(tf.range(280, dtype=tf.float32), [140, 2])
    tf.raw_ops.SaveV2(
        prefix=folder + "/sliced", tensor_names=["w", "w", "w", "plain"],
        shape_and_slices=["140 2 0,70:-", "140 2 70,70:0,1", "140 2 70,70:1,1", ""], tensors=[long[:70], long[70:, :1], long[70:, 1:], long[0]])
    model = files(folder + "/model")
    write(
        "bundle",
        {
            "types": case(folder + "/types2", files(folder + "/types")),
            "model": case(folder + "/model2", model),
            "sharded": case(folder + "/sharded2", files(folder + "/sharded")),
            "sliced": case(folder + "/sliced2", files(folder + "/sliced")),
            "compressed": case(folder + "/compressed", {**model, ".index": compressed(model[".index"])}),
        },
    )
