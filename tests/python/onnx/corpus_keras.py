"""Networks as Keras users write them, exported by Keras 3 through PyTorch."""

import os
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def cases():
    """(name, built model, example input)."""
    import keras
    import numpy as np
    from keras import layers as L

    keras.utils.set_random_seed(3)
    numbers = np.random.default_rng(5)

    def f(*shape):
        return numbers.normal(size=shape).astype(np.float32)

    def sequential(*layers, shape):
        return keras.Sequential([L.Input(shape), *layers])

    yield "mlp", sequential(L.Dense(8, "relu"), L.Dropout(0.3), L.Dense(3, "softmax"), shape=(6,)), f(4, 6)
    yield "cnn", sequential(
        L.Conv2D(4, 3, padding="same", activation="relu"), L.BatchNormalization(), L.MaxPooling2D(),
        L.Conv2D(6, 3, strides=2, use_bias=False), L.GlobalAveragePooling2D(), L.Dense(3), shape=(12, 12, 3)), f(2, 12, 12, 3)
    yield "separable", sequential(
        L.SeparableConv2D(4, 3, padding="same"), L.DepthwiseConv2D(3), L.ReLU(6.0), L.Flatten(), L.Dense(2),
        shape=(8, 8, 3)), f(2, 8, 8, 3)
    yield "transpose", sequential(L.Conv2DTranspose(4, 3, strides=2, padding="same"), L.UpSampling2D(2), L.Cropping2D(1),
                                  L.ZeroPadding2D(1), shape=(5, 5, 2)), f(2, 5, 5, 2)
    yield "conv1d", sequential(L.Conv1D(4, 3, padding="causal"), L.LeakyReLU(), L.AveragePooling1D(2), L.GlobalMaxPooling1D(),
                               shape=(10, 3)), f(2, 10, 3)
    yield "lstm", sequential(L.LSTM(5, return_sequences=True), L.LSTM(4), L.Dense(2), shape=(6, 3)), f(2, 6, 3)
    yield "gru", sequential(L.Bidirectional(L.GRU(4)), L.Dense(2), shape=(6, 3)), f(2, 6, 3)
    yield "rnn", sequential(L.SimpleRNN(4, return_sequences=True), L.TimeDistributed(L.Dense(2)), shape=(6, 3)), f(2, 6, 3)
    yield "norms", sequential(L.LayerNormalization(), L.UnitNormalization(), L.Dense(4, "gelu"), shape=(6,)), f(4, 6)
    yield "group_norm", sequential(L.GroupNormalization(2), L.Activation("swish"), shape=(4, 4, 6)), f(2, 4, 4, 6)
    x = L.Input((5, 8))
    y = L.MultiHeadAttention(2, 4)(x, x)
    yield "attention", keras.Model(x, L.LayerNormalization()(L.Add()([x, y]))), f(2, 5, 8)
    a = L.Input((6,))
    b = L.Concatenate()([L.Dense(4, "elu")(a), L.Dense(4, "selu")(a), L.Multiply()([a, a])])
    yield "functional", keras.Model(a, [L.Dense(2)(b), L.Dense(1, "sigmoid")(b)]), f(4, 6)
    e = L.Input((7,), dtype="int32")
    yield "embedding", keras.Model(e, L.Dense(3)(L.GlobalAveragePooling1D()(L.Embedding(10, 4)(e)))), numbers.integers(
        0, 10, size=(2, 7)).astype(np.int32)


def exported(model, example):
    model(example)  # the exporter wants a model that was called
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        try:
            model.export(path, format="onnx", verbose=False)
        except Exception:  # its layer normalisation wants sizes that are known
            import keras

            fixed = keras.InputSpec(shape=example.shape, dtype=example.dtype.name)
            model.export(path, format="onnx", verbose=False, input_signature=[fixed])
        return path.read_bytes()
