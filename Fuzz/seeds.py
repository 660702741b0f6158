#!/usr/bin/env python3
"""Writes a small set of seeds from the test vectors: Fuzz/seeds/TARGET/NAME."""
import io
import json
import os
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def vectors(name):
    with open(os.path.join(HERE, "..", "Tests", "TestVectors", "data", name + ".json")) as file:
        return json.load(file)


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


def write(target, items):
    folder = os.path.join(HERE, "seeds", target)
    os.makedirs(folder, exist_ok=True)
    for number, item in enumerate(items):
        with open(os.path.join(folder, "%02d" % number), "wb") as file:
            file.write(item)


write("rlp", [raw(e) for _, e in vectors("rlp") if len(e) < 300][:12])
write("json", [b'{"a":[1,-2.5e3,true,null],"b":{"c":"\\u00e9\\n"}}', b"[]", b'"\\ud834\\udd1e"', b"-0.1e-7"])
abi = [c for c in vectors("abi")["cases"] if len(c["data"]) < 800 and len(c["types"]) == 1][:12]
write("abi", [c["types"][0].encode() + b"\0" + raw(c["data"]) for c in abi])
by_kind = {c["kind"]: raw(c["raw"]) for c in vectors("transactions") if len(c["raw"]) < 900}
write("transaction", [by_kind[k] for k in sorted(by_kind)])
blocks = sorted((raw(b["rlp"]) for b in vectors("blocks")), key=len)
write("block", blocks[:3] + [raw(vectors("receipts")[0]["encoded"])])
write("keystore", [k["file"].encode() for k in vectors("wallet")["keystores"][:3]])
write("trie", [raw(node) for h in vectors("tries") for p in h["proofs"][:1] for node in p[2][:2]][:8])
write("typeddata", [json.dumps(t["data"]).encode() for t in vectors("wallet")["typed"] if len(json.dumps(t)) < 900][:4])
mask = bytes([1, 2, 3, 4])
masked = lambda opcode, text, fin=0x80: bytes([fin | opcode, 0x80 | len(text)]) + mask + bytes(
    byte ^ mask[n & 3] for n, byte in enumerate(text))
write("frames", [
    masked(1, b"hello"), masked(1, b"a", 0) + masked(9, b"p") + masked(0, b"b"), masked(2, bytes(20)),
    masked(8, b"\x03\xe8bye"), masked(10, b""), bytes([0x81, 0xFE, 0, 126]) + mask + bytes(126),
])
accept = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" \
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
write("handshake", [accept, accept + b"\x81\x02hi", b"HTTP/1.1 403 Forbidden\r\n\r\n", accept.replace(b"101", b"200")])
write("jsonstream", [b'{"a":[1,-2.5e3,true,null],"b":{"c":"\\u00e9\\"\\n"}} ', b"[]", b'"x"', b"0", b' {"":[{},[[]],"]"]}'])
ADDRESS = "0x" + "12" * 20
state = '{"accounts":{"%s":{"balance":"0x5","nonce":1,"code":"0x60016000","storage":{"0x0":"0x7","1":"9"}}}' % ADDRESS
write("statefile", [state.encode() + b"}", state.encode() + b',"block":{"number":1,"timestamp":"0x64"},"blocks":[[]]}'])


def rlp(item):
    if isinstance(item, list):
        body, base = b"".join(map(rlp, item)), 0xc0
    else:
        body, base = item, 0x80
        if len(body) == 1 and body[0] < 0x80:
            return body
    if len(body) < 56:
        return bytes([base + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size + body


account = [bytes(20), b"\x05", b"", b"\x60\x01", [b"\x01", b"\x07"]]
opening = [b"cairn-chain", b"\x01", [b"\x05", bytes([13]), b"\x01" * 4, bytes(20), b"\x07", b"\x64", bytes(32), [account]]]
change = lambda *items: rlp([rlp(list(items))])
changes = change(b"", bytes(20), b"\x05") + change(b"\x04", [account]) + change(b"\x06", bytes(20), [b"\x01", b"\x02"])
write("chainfile", [rlp(opening), rlp(opening) + blocks[0] + changes + change(b"\x05", b"\x09") + rlp([bytes(32)] * 2)])

formats, torch, hdf5, bundle, png = (vectors(name) for name in ("formats", "torch", "hdf5", "bundle", "png"))
small = lambda files: [raw(f["file"]) for f in files if len(f["file"]) < 16000]
write("weights", small(list(torch["files"].values())) + [raw(formats["npz"]["stored"]), raw(formats["safetensors"])])
write("zip", [raw(formats["npz"]["stored"]), raw(formats["npz"]["deflated"]), raw(torch["hostile"]["code"])])
write("npy", [raw(c["file"]) for c in formats["npy"][:14]])
write("safetensors", [raw(formats["safetensors"])])
write("hdf5", sorted((raw(f["file"]) for f in hdf5["files"].values()), key=len)[:6])
pickles = [zipfile.ZipFile(io.BytesIO(raw(f["file"]))) for name, f in torch["files"].items() if name != "old"]
write("pickle", [z.read(next(n for n in z.namelist() if n.endswith("data.pkl"))) for z in pickles])
# The one block of entries lies before the metaindex block, whose place the footer names first.
blocks = [raw(bundle[n]["files"][".index"]) for n in ("types", "model", "sharded", "sliced", "compressed")]


def varint(data, at):
    value = shift = 0
    while True:
        value, shift, at = value | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return value


write("bundle", [bytes([i[varint(i, len(i) - 48) - 5]]) + i[:varint(i, len(i) - 48) - 5] for i in blocks])
images = [raw(c["file"]) for c in png["images"].values()]
lines = lambda i: zlib.decompress(b"".join(i[n + 4:n + 4 + int.from_bytes(i[n - 4:n], "big")] for n in range(12, len(i)) if i[n:n + 4] == b"IDAT"))
write("png", images[:6] + [i[16:29] + bytes([3]) + bytes(range(15)) + lines(i) for i in images[::3]])
write("idx", [bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 5, 6]), bytes([0, 0, 13, 1, 0, 0, 0, 1, 63, 128, 0, 0])])
write("csv", [b'a,"b ""c""",target\n1,-2.5e3,0\n0x1p-3,4,2\n', b"x,target\r\n1,cat\r\n2,dog"])
write("names", [b"a -> b transposed\nmodel.* -> *\n# x\n", b'{"a":{"to":"b","permuted":[1,0]}}', b'{"target":"t","classes":["a"],"normalise":{"mean":[1],"std":[2]},"split":[0.5,0.5,0],"imageSize":[3,4],"channels":1}'])
# seeds/program is from ProgramBuilder: a layer with its loss, its training step, a convolution with its gradients, movement, a forest.

try:
    import numpy as np
    import onnx
    import onnx.parser
except ImportError:
    print("onnx is not installed: its seeds stay as they are")
else:
    folder = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "node")
    names = """if loop11 scan9_sum einsum_batch_matmul top_k_negative_axis resize_upsample_scales_linear lstm_with_peepholes scatternd_add qlinearconv
        gather_elements_0 averagepool_2d_ceil convtranspose_pads ai_onnx_ml_tree_ensemble_single_tree
        ai_onnx_ml_label_encoder_tensor_mapping attention_4d_causal reversesequence_time range_int32_type_negative_delta_expanded
        slice_neg_steps constant_pad_axes dequantizelinear_blocked maxpool_3d_default batchnorm_example_training_mode
        maxunpool_export_without_output_shape dft_axis stft_with_window tfidfvectorizer_tf_batch_uniandbigrams_skip5 unique_sorted_with_axis det_nd
        affine_grid_2d tensorscatter_circular gridsample_bicubic sequence_map_add_2_sequences_expanded gridsample_bilinear col2im cumsum_2d_axis_1 castlike_FLOAT_to_FLOAT16_expanded""".split()
    models = [open(os.path.join(folder, "test_" + name, "model.onnx"), "rb").read() for name in names]
    fused = """y = com.microsoft.Attention<num_heads = 2, unidirectional = 1>(x, w, b)
        y, m, v, s = com.microsoft.SkipLayerNormalization<epsilon = 0.001>(x, x, b)
        y = com.microsoft.FusedMatMul<alpha = 0.5, transA = 1>(x, x)
        q = SplitToSequence<axis = 1, keepdims = 0>(x) y = ConcatFromSequence<axis = 1, new_axis = 1>(q)
        y = com.microsoft.MatMulNBits<K = 8, N = 3, bits = 4, block_size = 16>(x, p, b)
        y = com.microsoft.GroupQueryAttention<num_heads = 4, kv_num_heads = 2>(x, , , , , n, n)""".split("\n")
    for line in fused:
        model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g (float[2, 3, 8] x) => (float y) {{ {line} }}')
        for name, values in (("w", np.ones((8, 24), np.float32)), ("b", np.ones(24, np.float32)), ("p", np.zeros((3, 1, 8), np.uint8)), ("n", np.array([2, 2], np.int32))):
            model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
        models.append(model.SerializeToString())
    write("onnx", [model for model in models if len(model) < 4000])
    write("onnxnodes", [b"\x0d" + onnx.load_from_string(model).graph.SerializeToString() for model in models if len(model) < 4000])
