"""Networks of Keras on TensorFlow, exported by tf2onnx (`pip install tf2onnx --no-deps`), which few machines have."""

import os
import warnings
from functools import partial

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def models():
    """(name, what takes arrays, example arrays)"""
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers as L

    import corpus_keras

    for name, model, example in corpus_keras.cases():
        yield name, model, [example]
    numbers = np.random.default_rng(5)

    def f(*shape):
        return numbers.normal(size=shape).astype(np.float32)

    for name, layers, shape in [
        ("conv3d", [L.Conv3D(3, 2), L.MaxPooling3D(2), L.Flatten(), L.Dense(2)], (6, 6, 6, 2)),
        ("transpose3d", [L.Conv3DTranspose(2, 2, strides=2)], (3, 3, 3, 2)),
        ("locally", [L.ZeroPadding1D(2), L.Conv1D(4, 3, dilation_rate=2), L.MaxPooling1D(2, padding="same"), L.Permute((2, 1)), L.Reshape((-1,))], (11, 3)),
        ("same_strided", [L.Conv2D(4, 5, strides=3, padding="same"), L.AveragePooling2D(3, strides=2, padding="same"), L.GlobalMaxPooling2D()], (17, 13, 2)),
        ("upsampled", [L.UpSampling2D(2, interpolation="bilinear"), L.UpSampling2D((1, 3)), L.Resizing(9, 7)], (5, 4, 2)),
        ("activations", [L.PReLU(shared_axes=[1]), L.ELU(), L.Activation("hard_sigmoid"), L.Activation("softsign"), L.Activation("mish"), L.Softmax(axis=1)], (5, 4)),
        ("normalised", [L.BatchNormalization(axis=1), L.LayerNormalization(axis=[1, 2]), L.RMSNormalization()], (5, 4)),
        ("stacked", [L.LSTM(4, return_sequences=True, go_backwards=True), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.GRU(4, reset_after=False)], (6, 3)),
        ("repeated", [L.Dense(4), L.RepeatVector(3), L.SimpleRNN(4), L.GaussianNoise(0.1), L.Dense(2, "log_softmax")], (5,)),
        ("conv_lstm", [L.ConvLSTM1D(3, 2)], (4, 6, 2)),
        ("scaled", [L.Rescaling(1 / 255.0, -0.5), L.Cropping2D(((1, 0), (0, 2))), L.DepthwiseConv2D(3, depth_multiplier=2), L.Lambda(lambda x: tf.reduce_mean(x, [1, 2]))], (7, 8, 3)),
    ]:
        model = keras.Sequential([L.Input(shape), *layers])
        yield name, model, [f(2, *shape)]
    ids = keras.Input((7,), dtype="int32")
    x = L.Embedding(10, 8, mask_zero=True)(ids)
    yield "masked", keras.Model(ids, L.LSTM(4)(x)), [numbers.integers(0, 10, size=(2, 7)).astype(np.int32)]
    functions = {
        "gathers": lambda a: (tf.gather(a, [2, 0], axis=1), tf.strided_slice(a, [0, 1], [2, 5], [1, 2]), tf.one_hot(tf.argmax(a, 1), 6)),
        "reductions": lambda a: (tf.reduce_logsumexp(a, 1), tf.math.reduce_std(a, 0), tf.math.top_k(a, 2).values, tf.cumsum(a, 1), tf.sort(a, 1)),
        "arithmetic": lambda a: (tf.math.floormod(a, 0.7), tf.math.squared_difference(a, 1.0), tf.nn.leaky_relu(a), tf.math.erf(a), tf.where(a > 0, a, -a), tf.sin(a), tf.atan2(a, a + 2)),
        "shapes": lambda a: (tf.reshape(a, [-1, tf.shape(a)[1] // 2]), tf.tile(a, [2, 1]), tf.pad(a, [[1, 0], [0, 2]], "REFLECT"), tf.stack([a, a], 1), *tf.split(a, 3, 1)),
        "einsum": lambda a: (tf.einsum("ij,kj->ik", a, a), tf.linalg.matmul(a, a, transpose_b=True), tf.linalg.band_part(a, 1, 0)),
        "loop": lambda a: tf.while_loop(lambda k, y: k < 3, lambda k, y: (k + 1, y * 1.5), [tf.constant(0), a])[1],
        "scatter": lambda a: (tf.tensor_scatter_nd_update(a, [[0], [1]], a[:2] * 2), tf.scatter_nd([[1], [3]], a[:2], [5, 6]), tf.math.segment_sum(a, [0, 0, 1])),
        "fourier": lambda a: (tf.math.real(tf.signal.rfft(a)), tf.abs(tf.signal.rfft(a))),
        "quantised": lambda a: tf.quantization.fake_quant_with_min_max_args(a, -1.0, 1.0),
    }
    for name, function in functions.items():
        yield name, function, [f(3, 6)]


def exported(model, arrays, opset):
    import keras
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec([None, *x.shape[1:]] if isinstance(model, keras.Model) else x.shape, x.dtype, name=f"in{k}")
                 for k, x in enumerate(arrays)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = tf.function(lambda *inputs: model(*inputs), input_signature=signature)
        proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=opset)
    return proto.SerializeToString()


def cases():
    """(name, what makes the file's bytes, arrays)"""
    for name, model, arrays in models():
        for opset in (13, 17):
            yield f"tensorflow/{name}_{opset}", partial(exported, model, arrays, opset), arrays
