"""The networks that bench/infer.py and bench/train.py measure, in PyTorch, with seeded weights, and as ONNX files."""
import warnings

import numpy
import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    """LeNet-5 with ReLU and maxima, on 28x28."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.f1, self.f2, self.f3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2).flatten(1)
        return self.f3(F.relu(self.f2(F.relu(self.f1(x)))))


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm, and a shortcut."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.short = None
        if stride != 1 or inputs != outputs:
            self.short = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.short is None else self.short(x)))


class ResNet18(nn.Module):
    """The architecture of He et al. as torchvision has it: 11.7 million parameters at width 64 and 1000 classes."""

    def __init__(self, width=64, classes=1000):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        layers, inputs = [], width
        for stage in range(4):
            outputs = width << stage
            layers += [Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)]
            inputs = outputs
        self.layers, self.fc = nn.Sequential(*layers), nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(F.adaptive_avg_pool2d(self.layers(x), 1).flatten(1))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(width, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(batch, length, width))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.ln2, self.m1, self.m2 = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.ln1(x))
        return x + self.m2(F.gelu(self.m1(self.ln2(x))))


class GPT(nn.Module):
    """A decoder in the manner of GPT-2, small."""

    def __init__(self, vocabulary=65, width=128, layers=4, heads=4, context=128):
        super().__init__()
        self.te, self.pe = nn.Embedding(vocabulary, width), nn.Parameter(0.02 * torch.randn(context, width))
        self.layers = nn.Sequential(*[Layer(width, heads) for _ in range(layers)])
        self.ln, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        return self.head(self.ln(self.layers(self.te(x) + self.pe[: x.shape[1]])))


def mlp():
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def seeded(make, *shape, below=0):
    """A network and a batch for it; integers below `below` when that is given."""
    torch.manual_seed(1)
    network = make()
    return network, torch.randint(below, shape) if below else torch.rand(*shape)


def export(network, x, path, training=False):
    """Writes the network as ONNX for batches of the shape of x; `training` keeps batch norm and names as they are."""
    mode = torch.onnx.TrainingMode.TRAINING if training else torch.onnx.TrainingMode.EVAL
    network.train(training)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (x,), path, input_names=["x"], output_names=["y"], opset_version=18, dynamo=False, training=mode,
            do_constant_folding=not training, dynamic_axes={"x": {0: "N"}, "y": {0: "N"}})


FORESTS = ["forest classifier", "forest regressor", "xgboost", "lightgbm"]


def forests(folder, columns=20, rows=2000):
    """Tree ensembles of scikit-learn, XGBoost and LightGBM on made-up data: {name: path}, and the rows."""
    from lightgbm import LGBMClassifier
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as Columns
    from skl2onnx import to_onnx
    from sklearn.datasets import make_classification, make_regression
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from xgboost import XGBClassifier

    x, classes = make_classification(rows, columns, n_informative=10, n_classes=3, random_state=1)
    x = x.astype(numpy.float32)
    _, values = make_regression(rows, columns, random_state=1)
    forest = RandomForestClassifier(100, random_state=1, n_jobs=2).fit(x, classes)
    regressor = RandomForestRegressor(100, max_depth=10, random_state=1, n_jobs=2).fit(x, values)
    boosted = XGBClassifier(n_estimators=100, max_depth=6, random_state=1, n_jobs=2).fit(x, classes)
    light = LGBMClassifier(n_estimators=100, random_state=1, n_jobs=2, verbose=-1).fit(x, classes)
    kind = [("x", Columns([None, columns]))]
    models = [
        to_onnx(forest, x[:1], options={"zipmap": False}), to_onnx(regressor, x[:1]),
        convert_xgboost(boosted, initial_types=kind), convert_lightgbm(light, initial_types=kind, zipmap=False),
    ]
    paths = {}
    for name, model in zip(FORESTS, models):
        paths[name] = f"{folder}/{name.replace(' ', '-')}.onnx"
        with open(paths[name], "wb") as file:
            file.write(model.SerializeToString())
    return paths, x
