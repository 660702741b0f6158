"""Graphs written by hand: operators that exporters seldom write, fused ones, control flow, sequences, functions."""

import numpy as np
import onnx.parser

numbers = np.random.default_rng(11)


def f(*shape):
    return numbers.normal(size=shape).astype(np.float32)


def i(high, *shape, dtype=np.int64):
    return numbers.integers(0, high, size=shape).astype(dtype)


def u8(*shape):
    return i(256, *shape, dtype=np.uint8)


def s(*values):
    return np.array(values[0] if len(values) == 1 else values, np.float32)


def z(value):
    return np.array(value, np.uint8)


TYPES = {"float32": "float", "int64": "int64", "int32": "int32", "uint8": "uint8", "int8": "int8", "bool": "bool", "float16": "float16"}


def graph(body, outputs, *arrays, version=21, functions="", inside=()):
    """A model of text whose inputs are a, b, c...; `outputs` are 'type name'. Those in `inside` are weights of the file."""
    names = [chr(97 + k) for k in range(len(arrays))]
    types = [f"{TYPES[x.dtype.name]}[{','.join(map(str, x.shape))}] {name}" for name, x in zip(names, arrays)]
    given = ", ".join(t for t, name in zip(types, names) if name not in inside)
    results = ", ".join(outputs.split(", "))
    opsets = f'"" : {version}, "com.microsoft" : 1, "local" : 1'
    text = f'<ir_version: 10, opset_import: [{opsets}]> main ({given}) => ({results}) {{ {body} }} {functions}'
    model = onnx.parser.parse_model(text)
    for name, x in zip(names, arrays):
        if name in inside:
            model.graph.initializer.append(onnx.numpy_helper.from_array(x, name))
    return model.SerializeToString(), [x for name, x in zip(names, arrays) if name not in inside]


MS = "com.microsoft."
LOCAL = '<opset_import: ["" : 21, "local" : 1], domain: "local">'


def graphs():
    """(name, (bytes, arrays))"""
    yield "gelus", graph(f"p = {MS}Gelu(a) q = {MS}FastGelu(a, b) r = {MS}BiasGelu(a, b) y = {MS}QuickGelu<alpha = 1.5>(r) t = {MS}FastGelu(p)",
                         "float p, float q, float y, float t", f(2, 3, 4), f(4))
    yield "fused_conv", graph(f'p = {MS}FusedConv<activation = "LeakyRelu", activation_params = [0.2], pads = [1, 1, 1, 1]>(a, b, c) '
                              f'q = {MS}FusedConv<activation = "Clip", activation_params = [-0.5, 0.5]>(a, b) '
                              f'r = {MS}FusedConv<activation = "Relu", pads = [1, 1, 1, 1]>(a, b, c, p) '
                              f't = {MS}FusedConv<activation = "HardSigmoid", activation_params = [0.3, 0.4]>(a, b)',
                              "float p, float q, float r, float t", f(1, 3, 5, 5), f(2, 3, 3, 3), f(2))
    yield "fused_gemm", graph(f'p = {MS}FusedGemm<activation = "Relu", transB = 1, alpha = 0.5>(a, b, c) '
                              f'q = {MS}FusedGemm<activation = "LeakyRelu", activation_alpha = 0.3, transB = 1>(a, b, c)', "float p, float q", f(3, 4), f(5, 4), f(5))
    yield "fused_products", graph(f"p = {MS}FusedMatMul<alpha = 0.5, transA = 1>(a, a) q = {MS}FusedMatMul<transB = 1>(a, a) "
                                  f"r = {MS}FusedMatMul<transBatchA = 1, transBatchB = 1>(b, c)", "float p, float q, float r", f(2, 3, 4), f(3, 2, 4), f(4, 2, 5))
    yield "skip_norm", graph(f"p, q, r, t = {MS}SkipLayerNormalization<epsilon = 0.001>(a, b, c, d, e)", "float p, float t", f(2, 3, 8), f(2, 3, 8), f(8), f(8), f(8))
    yield "skip_norm_plain", graph(f"p = {MS}SkipLayerNormalization<epsilon = 0.001>(a, b, c)", "float p", f(2, 3, 8), f(2, 3, 8), f(8))
    yield "skip_simplified", graph(f"p, q, r, t = {MS}SkipSimplifiedLayerNormalization<epsilon = 0.001>(a, b, c)", "float p, float t", f(2, 3, 8), f(2, 3, 8), f(8))
    yield "simplified", graph("p = SimplifiedLayerNormalization<epsilon = 0.001, axis = -1>(a, b)", "float p", f(2, 3, 8), f(8))
    yield "embedded", graph(f"p, q, r = {MS}EmbedLayerNormalization<epsilon = 0.001>(a, b, c, d, e, f, g, h)", "float p, int32 q, float r",
                            i(9, 2, 5, dtype=np.int32), i(2, 2, 5, dtype=np.int32), f(9, 8), f(6, 8), f(2, 8), f(8), f(8), np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32))
    yield "embedded_plain", graph(f"p, q = {MS}EmbedLayerNormalization<epsilon = 0.001>(a, , b, c, , d, e)", "float p",
                                  i(9, 2, 5, dtype=np.int32), f(9, 8), f(6, 8), f(8), f(8))
    x, w, b = f(2, 5, 8), f(8, 24) * 0.3, f(24)
    yield "attention", graph(f"p = {MS}Attention<num_heads = 2>(a, b, c)", "float p", x, w, b)
    yield "attention_causal", graph(f"p = {MS}Attention<num_heads = 2, unidirectional = 1, scale = 0.4>(a, b, c)", "float p", x, w, b)
    yield "attention_lengths", graph(f"p = {MS}Attention<num_heads = 2>(a, b, c, d)", "float p", x, w, b, np.array([3, 5], np.int32))
    yield "attention_mask", graph(f"p = {MS}Attention<num_heads = 2>(a, b, c, d)", "float p", x, w, b, np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], np.int32))
    yield "attention_past", graph(f"p, q = {MS}Attention<num_heads = 2, unidirectional = 1>(a, b, c, , d)", "float p, float q", x, w, b, f(2, 2, 2, 3, 4))
    yield "attention_uneven", graph(f"p = {MS}Attention<num_heads = 2, qkv_hidden_sizes = [8, 8, 12]>(a, b, c)", "float p", x, f(8, 28) * 0.3, f(28))
    q, k, v = f(2, 4, 8), f(2, 6, 8), f(2, 6, 8)
    yield "heads", graph(f"p = {MS}MultiHeadAttention<num_heads = 2>(a, b, c, d)", "float p", q, k, v, f(24))
    yield "heads_plain", graph(f"p = {MS}MultiHeadAttention<num_heads = 4, scale = 0.3>(a, b, c)", "float p", q, k, v)
    yield "heads_mask", graph(f"p = {MS}MultiHeadAttention<num_heads = 2>(a, b, c, , d, e)", "float p", q, k, v,
                              np.array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]], np.int32), f(1, 2, 4, 6))
    yield "heads_past", graph(f"p, q, r = {MS}MultiHeadAttention<num_heads = 2, unidirectional = 1>(a, b, c, , , , d, e)", "float p, float q, float r",
                              q, f(2, 4, 8), f(2, 4, 8), f(2, 2, 3, 4), f(2, 2, 3, 4))
    turns = np.outer(np.arange(16), 1.0 / 100 ** (np.arange(0, 8, 2) / 8)).astype(np.float32)
    cos, sin = np.cos(turns), np.sin(turns)
    wide = np.outer(np.arange(16), 1.0 / 100 ** (np.arange(0, 16, 2) / 16)).astype(np.float32)
    yield "rotary", graph(f"p = {MS}RotaryEmbedding(a, b, c, d)", "float p", f(2, 5, 16), np.arange(10, dtype=np.int64).reshape(2, 5), cos, sin, inside=("c", "d"))
    yield "rotary_offset", graph(f"p = {MS}RotaryEmbedding<interleaved = 1>(a, b, c, d)", "float p", f(2, 3, 5, 8), np.array([4], np.int64), cos, sin, inside=("c", "d"))
    yield "group_query", graph(f"p, q, r = {MS}GroupQueryAttention<num_heads = 4, kv_num_heads = 2>(a, b, c, , , d, e)", "float p, float q, float r",
                               f(2, 3, 64), f(2, 3, 32), f(2, 3, 32), np.array([2, 2], np.int32), np.array(3, np.int32))
    yield "group_query_past", graph(f"p, q, r = {MS}GroupQueryAttention<num_heads = 4, kv_num_heads = 2, do_rotary = 1>(a, b, c, d, e, f, g, h, i)",
                                    "float p, float q, float r", f(1, 1, 64), f(1, 1, 32), f(1, 1, 32), f(1, 2, 4, 16), f(1, 2, 4, 16),
                                    np.array([4], np.int32), np.array(5, np.int32), np.cos(wide), np.sin(wide), inside=("h", "i"))
    yield "group_query_window", graph(f"p, q, r = {MS}GroupQueryAttention<num_heads = 4, kv_num_heads = 2, local_window_size = 2, do_rotary = 1, rotary_interleaved = 1>"
                                      "(a, , , , , b, c, d, e)", "float p, float q, float r", f(2, 5, 128), np.array([4, 4], np.int32), np.array(5, np.int32), np.cos(wide), np.sin(wide), inside=("d", "e"))
    yield "distances", graph(f'p = {MS}CDist<metric = "euclidean">(a, b) q = {MS}CDist<metric = "sqeuclidean">(a, b)', "float p, float q", f(4, 3), f(5, 3))
    one, two = s(0.02), s(0.05)
    yield "q_add", graph(f"p = {MS}QLinearAdd(a, b, c, d, e, f, g, h) q = {MS}QLinearMul(a, b, c, d, e, f, g, h)", "uint8 p, uint8 q",
                         u8(3, 4), one, z(120), u8(4), two, z(10), s(0.07), z(90), inside="bcefgh")
    yield "q_unary", graph(f"p = {MS}QLinearSigmoid(a, b, c, d, e) q = {MS}QLinearLeakyRelu<alpha = 0.2>(a, b, c, f, c) r = {MS}QLinearSoftmax<axis = 1, opset = 13>(a, b, c, d, e)",
                           "uint8 p, uint8 q, uint8 r", u8(3, 4), s(0.03), z(128), s(0.004), z(0), s(0.035), inside="bcdef")
    yield "q_pools", graph(f"p = {MS}QLinearGlobalAveragePool(a, b, c, d, e) q = {MS}QLinearAveragePool<kernel_shape = [2, 2], strides = [2, 2]>(a, b, c, d, e) "
                           f"r = {MS}QLinearGlobalAveragePool<channels_last = 1>(a, b, c, d, e)", "uint8 p, uint8 q, uint8 r",
                           u8(1, 4, 4, 4), one, z(120), s(0.011), z(77), inside="bcde")
    yield "q_concat", graph(f"p = {MS}QLinearConcat<axis = 1>(a, b, c, d, e, f, g, h)", "uint8 p", s(0.05), z(100), u8(2, 3), one, z(120), u8(2, 2), s(0.04), z(3), inside="abdegh")
    yield "q_gemm", graph(f"p = {MS}QGemm<transB = 1>(a, b, c, d, e, f, g, h, i) q = {MS}QGemm<transB = 1>(a, b, c, d, e, f, g)", "uint8 p, float q",
                          u8(3, 4), one, z(120), u8(5, 4), two, z(130), i(200, 5, dtype=np.int32), s(0.3), z(128), inside="bcdefghi")
    yield "integers_to_floats", graph(f"p = {MS}MatMulIntegerToFloat(a, b, c, d, e, f, g)", "float p", u8(3, 4), u8(4, 5), one, two, z(120), z(130), f(5), inside="bcdefg")
    yield "dynamic_product", graph(f"p = {MS}DynamicQuantizeMatMul(a, b, c, d, e)", "float p", f(3, 4), u8(4, 5), two, z(130), f(5), inside="bcde")
    yield "packed_zeros", graph(f"p = {MS}MatMulNBits<K = 40, N = 3, bits = 4, block_size = 16>(a, b, c, d)", "float p", f(2, 40), u8(3, 3, 8), f(9), u8(6), inside="bcd")
    yield "packed_plain", graph(f"p = {MS}MatMulNBits<K = 32, N = 3, bits = 4, block_size = 32>(a, b, c)", "float p", f(2, 32), u8(3, 1, 16), f(3), inside="bc")
    yield "packed_bytes", graph(f"p = {MS}MatMulNBits<K = 32, N = 3, bits = 8, block_size = 16>(a, b, c)", "float p", f(2, 32), u8(3, 2, 16), f(6), inside="bc")

    yield "pool_places", graph("p, q = MaxPool<kernel_shape = [2, 3], strides = [2, 1], pads = [1, 0, 0, 1], storage_order = 1>(a) "
                               "r, t = MaxPool<kernel_shape = [3, 3], ceil_mode = 1, strides = [2, 2], dilations = [1, 2]>(a)", "float p, int64 q, float r, int64 t", f(2, 2, 6, 8))
    yield "unpool", graph("p, q = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a) y = MaxUnpool<kernel_shape = [2, 2], strides = [2, 2]>(p, q)", "float y", f(2, 2, 6, 8))
    yield "unpool_overlapping", graph("p, q = MaxPool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]>(a) "
                                      "y = MaxUnpool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]>(p, q)", "float y", f(1, 2, 7, 7))
    yield "fourier", graph("n = Constant<value_ints = [-2]>() k = Constant<value_int = 1>() p = DFT(a, , k) q = DFT<onesided = 1>(a, , k) r = DFT<inverse = 1>(p, , k)",
                           "float p, float q, float r", f(2, 10, 1))
    yield "fourier_complex", graph("k = Constant<value_int = 2>() n = Constant<value_int = 12>() m = Constant<value_int = 5>() p = DFT(a, n, k) q = DFT(a, m, k)",
                                   "float p, float q", f(2, 3, 9, 2))
    yield "fourier_old", graph("p = DFT<axis = 1>(a) q = DFT<axis = 2, inverse = 1>(a)", "float p, float q", f(2, 6, 7, 2), version=17)
    yield "short_time", graph("n = Constant<value_int = 4>() p = STFT<onesided = 1>(a, n, b) l = Constant<value_int = 8>() q = STFT<onesided = 0>(a, n, , l)",
                              "float p, float q", f(2, 30, 1), f(8))
    yield "mel", graph("b = Constant<value_int = 8>() c = Constant<value_int = 64>() d = Constant<value_int = 8000>() e = Constant<value_float = 20.0>() "
                       "f = Constant<value_float = 3800.0>() m = MelWeightMatrix(b, c, d, e, f) p = MatMul(a, m)", "float p", f(2, 33))
    yield "affine", graph("n = Constant<value_ints = [2, 1, 4, 5]>() p = AffineGrid(a, n) q = AffineGrid<align_corners = 1>(a, n)", "float p, float q", f(2, 2, 3), version=20)
    yield "affine_3d", graph("n = Constant<value_ints = [2, 1, 3, 4, 5]>() p = AffineGrid(a, n)", "float p", f(2, 3, 4), version=20)

    yield "sequence", graph("n = Constant<value_ints = [2, 1, 3]>() q = SplitToSequence<axis = 1>(a, n) k = Constant<value_int = -1>() last = SequenceAt(q, k) "
                            "e = SequenceErase(q, k) m = SequenceInsert(e, a) y = ConcatFromSequence<axis = 1>(m) l = SequenceLength(m)", "float last, float y, int64 l", f(2, 6))
    yield "sequence_rows", graph("q = SplitToSequence<axis = 0, keepdims = 0>(a) y = ConcatFromSequence<axis = 1, new_axis = 1>(q) two = Constant<value_int = 2>() "
                                 "p = SplitToSequence<axis = 1>(a, two) z = Constant<value_int = 1>() t = SequenceAt(p, z)", "float y, float t", f(3, 5))
    yield "sequence_loop", graph(
        "n = Constant<value_int = 3>() t = Constant<value = bool {1}>() s = SequenceEmpty() "
        "q = Loop(n, t, s) <body = turn (int64 k, bool go, seq(float[2, 3]) old) => (bool on, seq(float[2, 3]) new) "
        "{ on = Identity(go) w = Cast<to = 1>(k) x = Mul(a, w) new = SequenceInsert(old, x) }> y = ConcatFromSequence<axis = 0>(q)", "float y", f(2, 3))
    yield "sequence_map", graph("q = SequenceConstruct(a, b) r = SequenceMap(q, c) <body = each (float[2, 3] x, float[3] w) => (float[2, 3] y) { y = Mul(x, w) }> "
                                "y = ConcatFromSequence<axis = 0>(r)", "float y", f(2, 3), f(2, 3), f(3))
    yield "optional", graph("o = Optional(a) h = OptionalHasElement(o) y = If(h) <then_branch = yes () => (float[2, 3] p) { p = OptionalGetElement(o) }, "
                            "else_branch = no () => (float[2, 3] q) { q = Neg(a) }>", "float y", f(2, 3))
    yield "branch_known", graph("z = Constant<value_ints = [0]>() o = Constant<value_ints = [1]>() two = Constant<value_ints = [2]>() n = Shape(a) m = Slice(n, z, o) "
                                "e = Equal(m, two) g = Squeeze(e) y = If(g) <then_branch = yes () => (float[2, 3] p) { p = Relu(a) }, "
                                "else_branch = no () => (float[3] q) { q = ReduceSum<keepdims = 0>(a, z) }>", "float y", f(2, 3))
    yield "branch_by_data", graph("t = ReduceSum<keepdims = 0>(a) z = Constant<value_float = 0.0>() g = Greater(t, z) "
                                  "y = If(g) <then_branch = yes () => (float[2, 3] p) { p = Relu(a) }, else_branch = no () => (float[2, 3] q) { q = Exp(a) }>", "float y", f(2, 3))
    yield "branch_of_shapes", graph("t = ReduceSum<keepdims = 0>(a) z = Constant<value_float = 0.0>() g = Greater(t, z) o = Constant<value_ints = [0]>() "
                                    "y = If(g) <then_branch = yes () => (float p) { p = Relu(a) }, else_branch = no () => (float q) { q = ReduceSum<keepdims = 0>(a, o) }>", "float y", f(2, 3))
    yield "scan", graph("y, w = Scan(b, a) <num_scan_inputs = 1, body = turn (float[3] h, float[3] x) => (float[3] n, float[3] o) { t = Mul(h, x) n = Tanh(t) o = Neg(n) }>",
                        "float y, float w", f(4, 3), f(3))
    yield "loop_by_data", graph("t = Constant<value = bool {1}>() y = Loop(a, t, b) <body = turn (int64 k, bool go, float[3] h) => (bool on, float[3] n) { on = Identity(go) n = Add(h, h) }>",
                                "float y", np.array(3, np.int64), f(3))
    yield "nonzero_by_data", graph("p = NonZero(a) m = Constant<value = bool[2] {1, 0}>() c = Compress<axis = 0>(b, m)",
                                   "int64 p, float c", np.array([[0, 1, 2], [3, 0, 0]], np.float32), f(2, 3))
    yield "topk_by_input", graph("p, q = TopK(a, b)", "float p, int64 q", f(3, 6), np.array([2], np.int64))
    yield "reshape_by_input", graph("p = Reshape(a, b) q = Expand(c, d)", "float p, float q", f(3, 6), np.array([2, 9], np.int64), f(1, 3), np.array([4, 3], np.int64))
    yield "functions", graph("p = local.twice<alpha = 0.3>(a) q = local.twice(p)", "float p, float q", f(2, 3),
                             functions=f"{LOCAL} twice <alpha: float = 0.1>(x) => (y) {{ t = LeakyRelu<alpha: float = @alpha>(x) y = local.half(t) }} "
                                       f"{LOCAL} half (x) => (y) {{ c = Constant<value_float = 0.5>() y = Mul(x, c) }}")
    yield "scatter_by_data", graph('p = ScatterElements<axis = 0, reduction = "max">(a, b, c) q = ScatterElements<axis = 0, reduction = "mul">(a, b, c) '
                                   'r = ScatterElements<axis = 0>(d, b, e) t = ScatterND(d, f, g)', "float p, float q, int64 r, int64 t",
                                   f(4, 3), i(4, 2, 3), f(2, 3), i(9, 4, 3), i(9, 2, 3), np.array([[2], [0]], np.int64), i(9, 2, 3))
    yield "halves", graph("p = Cast<to = 10>(a) q = Cast<to = 10>(b) m = MatMul(p, q) y = Cast<to = 1>(m)", "float y", f(2, 3), f(3, 4))
    yield "grid_microsoft", graph(f'p = {MS}GridSample<mode = "bilinear", padding_mode = "zeros">(a, b)', "float p", f(1, 2, 5, 5), np.tanh(f(1, 4, 4, 2)))
    yield "aliases", graph(f'm = Constant<value_ints = [0, 1, 2, 0]>() p = {MS}Pad<mode = "reflect">(a, m) x = Constant<value_float = 1.0>() y = Constant<value_float = 7.5>() '
                           f"z = Constant<value_float = 2.0>() r = {MS}Range(x, y, z) q = Add(a, r) t = {MS}GatherND(a, b) e = Constant<value = int32 {{1}}>() "
                           f"w = {MS}ExpandDims(a, e) v = {MS}TransposeMatMul<transA = 1, alpha = 0.5>(a, a)", "float p, float q, float t, float w, float v",
                           f(3, 4), np.array([[0, 1], [2, 3]], np.int64))
    yield "q_aliases", graph(f"p = {MS}QuantizeLinear(a, b, c) q = {MS}DequantizeLinear(p, b, c)", "uint8 p, float q", f(2, 3), s(0.02), z(120), inside="bc")
    yield "q_where", graph(f"p = {MS}QLinearWhere(a, b, c, d, e, f, g, h, i)", "uint8 p", np.array([[True, False, True]]), u8(2, 3), s(0.02), z(120), u8(2, 3),
                           s(0.05), z(3), s(0.04), z(80), inside="cdfghi")
    yield "determinants", graph("p = Det(a) q = Det(b) r = Det(c)", "float p, float q, float r", f(2, 3, 3), f(5, 5), f(2, 1, 1, 1))
    yield "cache", graph('p = TensorScatter(a, b, c) q = TensorScatter<mode = "circular">(a, b, d)', "float p, float q", f(2, 1, 5, 4), f(2, 1, 2, 4),
                         np.array([1, 2], np.int64), np.array([4, 3], np.int64), version=24)
    yield "distinct", graph("p, q, r, t = Unique(a) u, v, w, x = Unique<sorted = 0>(b)", "float p, int64 q, int64 r, int64 t, int64 u, int64 v, int64 w, int64 x",
                            np.array([2.0, -1.0, 0.0, 2.0, -3.0, -0.0], np.float32), i(4, 7))
    yield "distinct_rows", graph("p, q, r, t = Unique<axis = 1>(a)", "float p, int64 q, int64 r, int64 t", np.array([[1, 0, 1, -2], [2, 3, 2, 1]], np.float32))
    yield "upper", graph(f"p = {MS}Trilu<upper = 0>(a)", "float p", f(3, 4))
    yield "grams", graph('p = TfIdfVectorizer<max_gram_length = 2, max_skip_count = 1, min_gram_length = 1, mode = "TF", ngram_counts = [0, 3], ngram_indexes = [0, 1, 2, 3, 4], '
                         "pool_int64s = [2, 3, 5, 2, 3, 5, 2]>(a)", "float p", np.array([[2, 3, 3, 5], [5, 2, 2, 3]], np.int64))


def cases():
    """(name, what makes the file's bytes, arrays)"""
    for name, (data, arrays) in graphs():
        yield f"graphs/{name}", lambda data=data: data, arrays
