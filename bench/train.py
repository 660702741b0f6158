#!/usr/bin/env python3
"""Training steps beside eager PyTorch: the same architecture, weights, batch, loss and optimiser, timed in turn in the same minutes.

usage: bench/train.py [--threads N] [--rounds N] [--seconds S] [--only TEXT] [--cairn PATH] [--json]

Networks: an MLP 64-128-64-10 on batches of 32, LeNet-5 on 64, ResNet-18 at width 8 on 32 images of 32x32, a GPT of 4 layers (128
wide, 128 tokens) on 8 texts; cross-entropy; SGD, and AdamW for the GPT. PyTorch's step is zero_grad, forward, backward, step in eager
mode (AdamW in the better of its fused and foreach forms). Ours is `cairn bench train` on the network that torch.onnx exported from
the same module: the gradient is our own. Every round times each side on every case; the least time of all rounds counts, since on
a shared machine whatever is slower was disturbed. `loss` compares both sides after the first step's forward pass; a ratio
above 1 means that Cairn is faster.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

import turns  # noqa: E402

options = turns.arguments(__doc__, seconds=1.0)

import numpy  # noqa: E402  (after the number of threads is set)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import networks  # noqa: E402

torch.set_num_threads(options.threads)

# name: maker, shape of the batch, integers below this (0: floats), optimiser as Cairn writes it, torch's forms of it
CASES = {
    "mlp batch 32": (networks.mlp, (32, 64), 0, "sgd lr=0.01", [lambda p: torch.optim.SGD(p, 0.01)]),
    "lenet batch 64": (networks.LeNet, (64, 1, 28, 28), 0, "sgd lr=0.01", [lambda p: torch.optim.SGD(p, 0.01)]),
    "resnet18 w=8 32x32 batch 32": (
        lambda: networks.ResNet18(8, 10), (32, 3, 32, 32), 0, "sgd lr=0.01", [lambda p: torch.optim.SGD(p, 0.01)]),
    "gpt batch 8": (
        networks.GPT, (8, 128), 65, "adamw lr=0.0003 decay=0.01",
        [lambda p: torch.optim.AdamW(p, 0.0003, fused=True), lambda p: torch.optim.AdamW(p, 0.0003, foreach=True)]),
}


def cairn(path, arrays, optimiser):
    command = [options.cairn, "bench", "train", path, "--json", "--threads", str(options.threads),
               "--seconds", str(options.seconds), "--input", arrays, "--optimiser", optimiser]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(output.strip().splitlines()[-1])
    return result["secondsPerRun"], result["firstLoss"]


def peer(make, x, target, below, form):
    network, _ = networks.seeded(make, *x.shape, below=below)
    network.train()
    optimiser = form(network.parameters())

    def body():
        optimiser.zero_grad()
        loss = F.cross_entropy(network(x).flatten(0, -2), target.flatten())
        loss.backward()
        optimiser.step()
        return loss

    first = float(body())
    return turns.least(body, options.seconds), first


def main():
    chosen = {name: case for name, case in CASES.items() if options.only in name}
    best = {name: [float("inf"), float("inf"), 0.0, 0.0] for name in chosen}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for name, (make, shape, below, optimiser, forms) in chosen.items():
                network, x = networks.seeded(make, *shape, below=below)
                with torch.no_grad():
                    y = network.eval()(x)
                target = torch.randint(y.shape[-1], y.shape[:-1])
                networks.export(network, x, f"{folder}/n.onnx", training=True)
                numpy.savez(f"{folder}/n.npz", x=x.numpy(), target=target.numpy())
                row = best[name]
                ours, row[2] = cairn(f"{folder}/n.onnx", f"{folder}/n.npz", f"{optimiser} batch={shape[0]}")
                row[0] = min(row[0], ours)
                for form in forms:
                    theirs, row[3] = peer(make, x, target, below, form)
                    row[1] = min(row[1], theirs)
    rows = [{"name": name, "cairn": a, "torch": b, "ratio": b / a, "cairnLoss": c, "torchLoss": d}
            for name, (a, b, c, d) in best.items()]
    if options.json:
        print(json.dumps({"threads": options.threads, "cases": rows}))
        return
    print(f"{'case':30} {'cairn us':>10} {'torch us':>10} {'torch / cairn':>14} {'first losses':>20}")
    for row in rows:
        print(f"{row['name']:30} {row['cairn'] * 1e6:10.1f} {row['torch'] * 1e6:10.1f} {row['ratio']:14.2f} "
              f"{row['cairnLoss']:10.6f} {row['torchLoss']:.6f}")


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        sys.exit(f"no cairn at {options.cairn}: build it with `swift build -c release`, or give --cairn PATH")
