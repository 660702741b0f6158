#!/usr/bin/env python3
"""Inference beside ONNX Runtime on the same files and inputs, timed in turn in the same minutes.

usage: bench/infer.py [--threads N] [--rounds N] [--seconds S] [--only TEXT] [--cairn PATH] [--json]

Networks: an MLP 64-128-64-10 (batch 1 and 32), LeNet-5 (1 and 64), ResNet-18 at width 8 on 32x32 (1 and 32) and as torchvision has it
on 224x224 (1), a GPT of 4 layers (128 wide, 128 tokens, batch 1), and forests of scikit-learn, XGBoost and LightGBM on 1 and 2000
rows. One run of `cairn bench infer` writes the inputs, runs and reads the outputs; of ONNX Runtime it is session.run from
Python, which does the same. Every round times each side on every case; the least time of all rounds counts, since on a shared machine
whatever is slower was disturbed. `difference` is the largest between the two sides' outputs, relative to the largest output. A ratio
of at least 1 means that Cairn takes no longer.
"""
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

import turns  # noqa: E402

options = turns.arguments(__doc__, seconds=0.5)

import numpy  # noqa: E402  (after the number of threads is set)
import onnxruntime  # noqa: E402

import networks  # noqa: E402


def cases(folder):
    """(name, ONNX file, input) of each case."""
    made = {
        "mlp": (networks.mlp, (32, 64), 0, [1, 32]),
        "lenet": (networks.LeNet, (64, 1, 28, 28), 0, [1, 64]),
        "resnet18 w=8 32x32": (lambda: networks.ResNet18(8, 10), (32, 3, 32, 32), 0, [1, 32]),
        "resnet18 224x224": (networks.ResNet18, (1, 3, 224, 224), 0, [1]),
        "gpt": (networks.GPT, (1, 128), 65, [1]),
    }
    result = []
    for name, (make, shape, below, batches) in made.items():
        if not any(options.only in f"{name} batch {batch}" for batch in batches):
            continue
        network, x = networks.seeded(make, *shape, below=below)
        path = f"{folder}/{name.replace(' ', '-')}.onnx"
        networks.export(network, x, path)
        result += [(f"{name} batch {batch}", path, x[:batch].numpy()) for batch in batches]
    if any(options.only in f"{name} {rows} rows" for name in networks.FORESTS for rows in (1, 2000)):
        paths, x = networks.forests(folder)
        result += [(f"{name} {rows} rows", path, x[:rows]) for name, path in paths.items() for rows in (1, 2000)]
    return [case for case in result if options.only in case[0]]


def cairn(path, x, out):
    command = [options.cairn, "bench", "infer", path, "--json", "--threads", str(options.threads),
               "--seconds", str(options.seconds), "--input", x, "--out", out]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])["secondsPerRun"]


def peer(session, x):
    inputs = {session.get_inputs()[0].name: x}
    body = lambda: session.run(None, inputs)  # noqa: E731
    return turns.least(body, options.seconds), dict(zip([output.name for output in session.get_outputs()], body()))


def difference(ours, theirs):
    """Largest relative difference of the float outputs; integer outputs must be equal."""
    worst = 0.0
    for name, expected in theirs.items():
        if expected.dtype.kind == "f":
            worst = max(worst, float(numpy.abs(ours[name] - expected).max() / max(numpy.abs(expected).max(), 1e-30)))
        elif not (ours[name] == expected).all():
            worst = float("inf")
    return worst


def main():
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = options.threads, 1
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        found = cases(folder)
        best = {name: [float("inf"), float("inf"), 0.0] for name, _, _ in found}
        for _ in range(options.rounds):
            for name, path, x in found:
                numpy.savez(f"{folder}/x.npz", x=x)
                ours = cairn(path, f"{folder}/x.npz", f"{folder}/y.npz")
                session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
                theirs, outputs = peer(session, x)
                row = best[name]
                row[0], row[1] = min(row[0], ours), min(row[1], theirs)
                row[2] = max(row[2], difference(numpy.load(f"{folder}/y.npz"), outputs))
        rows = [{"name": name, "cairn": a, "onnxruntime": b, "ratio": b / a, "difference": d}
                for name, (a, b, d) in best.items()]
    if options.json:
        print(json.dumps({"threads": options.threads, "cases": rows}))
        return
    print(f"{'case':34} {'cairn us':>10} {'ORT us':>10} {'ORT / cairn':>12} {'difference':>11}")
    for row in rows:
        print(f"{row['name']:34} {row['cairn'] * 1e6:10.1f} {row['onnxruntime'] * 1e6:10.1f} {row['ratio']:12.2f} "
              f"{row['difference']:11.1e}")


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        sys.exit(f"no cairn at {options.cairn}: build it with `swift build -c release`, or give --cairn PATH")
