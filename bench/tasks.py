#!/usr/bin/env python3
"""Real tasks to the end beside PyTorch: the same architecture, first weights, rows in the same order, optimiser and epochs.

usage: bench/tasks.py [--only TEXT] [--data FOLDER] [--threads N] [--gpt-steps N] [--cairn PATH] [--json]

Softmax regression and LeNet-5 on all of MNIST (60,000 rows, judged on the 10,000 of the test set), an MLP on the breast cancer data
(a tenth held back), a GPT (4 layers, 128 wide, 128 characters) on tinyshakespeare. torch takes the rows in the order of Cairn's
generator, written here from its definition. `seconds` are of the whole: reading the data, training, judging after every epoch;
PyTorch's without its import. FOLDER has mnist/, breast_cancer.csv and tinyshakespeare.txt (default: $CAIRN_SHARED/data).
"""
import argparse
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="tasks whose name contains this")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CAIRN_SHARED", ROOT.parent / "shared")) / "data")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--gpt-steps", type=int, default=300)
    parser.add_argument("--cairn", default=str(ROOT / ".build/release/cairn"))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


options = arguments()
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CAIRN_THREADS"):
    os.environ[variable] = str(options.threads)
sys.path += [str(ROOT / "bench" / "peers"), str(ROOT / "tests" / "python" / "training")]

import numpy as np  # noqa: E402  (after the number of threads is set)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import networks  # noqa: E402
import randomness  # noqa: E402

torch.set_num_threads(options.threads)
SEED = bytes(32)


def idx(path):
    raw = gzip.open(path).read()
    shape = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def mnist():
    def part(name):
        images = idx(options.data / "mnist" / f"{name}-images-idx3-ubyte.gz")[:, None].astype(np.float32) / np.float32(255)
        return images, idx(options.data / "mnist" / f"{name}-labels-idx1-ubyte.gz").astype(np.int64)

    return part("train"), part("t10k")


def cancer():
    table = np.loadtxt(options.data / "breast_cancer.csv", delimiter=",", skiprows=1, dtype=np.float32)
    x, y = table[:, :-1], table[:, -1].astype(np.int64)
    train, test = randomness.held_out(SEED, len(y))
    mean, spread = x[train].mean(0), x[train].std(0)
    x = (x - mean) / spread
    return (x[train], y[train]), (x[test], y[test])


def shakespeare():
    text = (options.data / "tinyshakespeare.txt").read_text()
    numbers = {character: number for number, character in enumerate(sorted(set(text)))}
    tokens = np.array([numbers[character] for character in text], np.int64)
    rows = 8 * options.gpt_steps
    windows = np.arange(rows + 400)[:, None] * 128 + np.arange(128)
    x, y = tokens[windows], tokens[windows + 1]
    return (x[:rows], y[:rows]), (x[rows:], y[rows:])


# name: data, maker, epochs, optimiser as Cairn writes it, torch's, batch, what must be reached
TASKS = {
    "mnist softmax regression": (
        mnist, lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), 10, "sgd lr=0.2 batch=64",
        lambda p: torch.optim.SGD(p, 0.2), 64, ("accuracy", 0.92)),
    "mnist lenet-5": (
        mnist, networks.LeNet, 10, "adam lr=0.002 batch=64 schedule=linear", lambda p: torch.optim.Adam(p, 0.002),
        64, ("accuracy", 0.99)),
    "breast cancer mlp": (
        cancer, lambda: nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 2)), 30, "adam lr=0.005 batch=32",
        lambda p: torch.optim.Adam(p, 0.005), 32, ("accuracy", 0.95)),
    "char-gpt tinyshakespeare": (
        shakespeare, networks.GPT, 1, "adamw lr=0.001 decay=0.01 batch=8",
        lambda p: torch.optim.AdamW(p, 0.001, weight_decay=0.01), 8, ("loss", 0.01)),
}


def judged(network, x, y):
    network.eval()
    right, loss = 0, 0.0
    with torch.no_grad():
        for start in range(0, len(y), 128):
            rows, target = torch.from_numpy(x[start : start + 128]), torch.from_numpy(y[start : start + 128])
            logits = network(rows).flatten(0, -2)
            loss += F.cross_entropy(logits, target.flatten(), reduction="sum").item()
            right += (logits.argmax(1) == target.flatten()).sum().item()
    network.train()
    return {"accuracy": right / y.size, "loss": loss / y.size}


def torch_side(network, train, test, epochs, optimiser, batch, is_linear):
    x, y = train
    optimiser = optimiser(network.parameters())
    all_steps = epochs * -(-len(y) // batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / all_steps if is_linear else 1)
    network.train()
    for epoch in range(epochs):
        order = randomness.epoch_order(SEED, len(y), epoch)
        total, steps = 0.0, 0
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            optimiser.zero_grad()
            logits = network(torch.from_numpy(x[rows])).flatten(0, -2)
            loss = F.cross_entropy(logits, torch.from_numpy(y[rows]).flatten())
            loss.backward()
            optimiser.step()
            schedule.step()
            total, steps = total + loss.item(), steps + 1
        result = judged(network, *test)
    return {**result, "training loss": total / steps}


def cairn_side(folder, epochs, optimiser):
    out = subprocess.run(
        [options.cairn, "train", "--model", folder / "m.onnx", "--data", folder / "train.npz", "--validation",
         folder / "test.npz", "--epochs", str(epochs), "--optimiser", optimiser, "--threads", str(options.threads),
         "--out", folder / "out.onnx", "--json"],
        capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(out.stderr)
    said = json.loads(out.stdout.strip().splitlines()[-1])
    return {
        "accuracy": said["validation"]["accuracy"], "loss": said["validation"]["loss"], "training loss": said["loss"]}


def warm_up():
    """What torch loads with its first step is no part of a task."""
    layer = nn.Linear(2, 2)
    layer(torch.ones(1, 2)).sum().backward()
    torch.optim.Adam(layer.parameters()).step()


def main():
    results = []
    warm_up()
    for name, (data, make, epochs, ours, theirs, batch, goal) in TASKS.items():
        if options.only not in name:
            continue
        train, test = data()
        torch.manual_seed(1)
        network = make()
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            networks.export(network, torch.from_numpy(train[0][:2]), str(folder / "m.onnx"), training=True)
            np.savez(folder / "train.npz", x=train[0], target=train[1])
            np.savez(folder / "test.npz", x=test[0], target=test[1])
            started = time.perf_counter()
            mine = cairn_side(folder, epochs, ours)
            middle = time.perf_counter()
            peer = torch_side(network, train, test, epochs, theirs, batch, "schedule=linear" in ours)
            ended = time.perf_counter()
        times = {"seconds": middle - started, "torch seconds": ended - middle}
        apart = abs(mine["training loss"] / peer["training loss"] - 1)
        reached = mine["accuracy"] >= goal[1] if goal[0] == "accuracy" else apart <= goal[1]
        results.append({"task": name, "cairn": mine, "torch": peer, **times, "goal": goal, "reached": reached})
        if options.json:
            continue
        if len(results) == 1:
            print(f"{'':26}{'accuracy':>18}{'loss held back':>20}{'training loss':>20}{'seconds':>16}  ratio  goal")
            print(" " * 26 + "     torch    cairn" + "     torch     cairn" * 2 + "   torch   cairn")
        row = f"{name:26}"
        for key, width, digits in (("accuracy", 9, 4), ("loss", 10, 5), ("training loss", 10, 5)):
            row += f"{peer[key]:{width}.{digits}f}{mine[key]:{width}.{digits}f}"
        row += f"{times['torch seconds']:8.1f}{times['seconds']:8.1f}{times['torch seconds'] / times['seconds']:7.2f}"
        print(row + f"  {goal[0]} {'>=' if goal[0] == 'accuracy' else 'within'} {goal[1]}: {'yes' if reached else 'NO'}", flush=True)
    if options.json:
        print(json.dumps(results))
    sys.exit(0 if results and all(result["reached"] for result in results) else 1)


if __name__ == "__main__":
    main()
