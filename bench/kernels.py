#!/usr/bin/env python3
"""The kernels beside numpy (OpenBLAS) and PyTorch (MKL, oneDNN), timed in turn in the same minutes.

usage: bench/kernels.py [--threads N] [--rounds N] [--seconds S] [--only TEXT] [--cairn PATH] [--json]

Every round times each library on every case; the least time of all rounds counts, since on a shared machine whatever is slower
was disturbed. Cases, with their names and sizes, come from `cairn bench kernels --json`. A ratio above 1 means that Cairn
is faster. Without PyTorch (pip install torch==2.13.0+cpu) its column stays empty.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

import turns  # noqa: E402

options = turns.arguments(__doc__, seconds=0.1)

import numpy  # noqa: E402  (after the number of threads is set)

try:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
except ImportError:
    torch = None


def cairn():
    command = [options.cairn, "bench", "kernels", "--json", "--threads", str(options.threads),
               "--seconds", str(options.seconds), "--only", options.only]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {case["name"]: case["seconds"] for case in json.loads(output.strip().splitlines()[-1])["cases"]}


def values(*shape):
    count = int(numpy.prod(shape))
    return ((numpy.arange(count) * 7919 % 1021 + 1) * 2.0**-12).astype(numpy.float32).reshape(shape)


def peers(name):
    """The bodies that do what a case does: {"numpy": ..., "torch": ...}."""
    bodies = {}
    if match := re.fullmatch(r"matmul (\d+)x(\d+)x(\d+) (nn|tn|nt)", name):
        m, n, k = map(int, match.groups()[:3])
        a = values(k, m).T if match[4] == "tn" else values(m, k)
        b = values(n, k).T if match[4] == "nt" else values(k, n)
        c = numpy.empty((m, n), numpy.float32)
        bodies["numpy"] = lambda: numpy.matmul(a, b, out=c)
        if torch:
            ta, tb, tc = torch.from_numpy(a), torch.from_numpy(b), torch.empty(m, n)
            bodies["torch"] = lambda: torch.mm(ta, tb, out=tc)
    elif match := re.fullmatch(
        r"conv (\w+) (\d+)x(\d+)x(\d+)x(\d+) to (\d+) kernel (\d+) stride (\d+) pad (\d+)(?: groups (\d+))?", name
    ):
        if torch:
            batch, channels, height, width, out, kernel, stride, pad, groups = (int(n or 1) for n in match.groups()[1:])
            x = torch.from_numpy(values(batch, channels, height, width))
            w = torch.from_numpy(values(out, channels // groups, kernel, kernel))
            y = F.conv2d(x, w, None, stride, pad, 1, groups)
            which = [match[1] == "input", match[1] == "weights", False]
            settings = (None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], groups, which)
            if match[1] == "forward":
                bodies["torch"] = lambda: F.conv2d(x, w, None, stride, pad, 1, groups)
            else:
                bodies["torch"] = lambda: torch.ops.aten.convolution_backward(y, x, w, *settings)
    else:
        operation, size = name.rsplit(" ", 1)
        extents = [int(extent) for extent in size.split("x")]
        x = values(*extents)
        in_numpy = {
            "exp": numpy.exp, "log": numpy.log, "tanh": numpy.tanh, "sqrt": numpy.sqrt, "negate": numpy.negative,
            "abs": numpy.abs, "reciprocal": numpy.reciprocal, "square": numpy.square, "sum": numpy.sum,
            "sum columns": lambda x: numpy.sum(x, 0), "relu": lambda x: numpy.maximum(x, 0), "copy": numpy.copy,
        }
        if operation in in_numpy:
            bodies["numpy"] = lambda: in_numpy[operation](x)
        if torch:
            t = torch.from_numpy(x)
            gamma, beta = torch.ones(extents[-1]), torch.zeros(extents[-1])
            m, v, g = t.clone(), t.clone(), t.clone()
            p = torch.nn.Parameter(t.clone())
            optimiser = torch.optim.Adam([p], fused=True)
            p.grad = g
            in_torch = {
                "exp": torch.exp, "log": torch.log, "tanh": torch.tanh, "erf": torch.erf, "sigmoid": torch.sigmoid,
                "gelu": F.gelu, "geluTanh": lambda t: F.gelu(t, approximate="tanh"), "relu": torch.relu,
                "negate": torch.neg, "abs": torch.abs, "sqrt": torch.sqrt, "reciprocal": torch.reciprocal,
                "square": torch.square, "copy": torch.clone, "softmax": lambda t: torch.softmax(t, 1),
                "layernorm": lambda t: F.layer_norm(t, t.shape[1:], gamma, beta), "sum": torch.sum,
                "sum columns": lambda t: torch.sum(t, 0), "adam": lambda t: optimiser.step(),
            }
            if operation in in_torch:
                bodies["torch"] = lambda: in_torch[operation](t)
    return bodies


def main():
    best = {}

    def record(name, library, seconds):
        row = best.setdefault(name, {})
        row[library] = min(seconds, row.get(library, float("inf")))

    for _ in range(options.rounds):
        for name, seconds in cairn().items():
            record(name, "cairn", seconds)
        for name in list(best):
            for library, body in peers(name).items():
                record(name, library, turns.least(body, options.seconds))
    rows = []
    for name, row in best.items():
        rivals = [row[library] for library in ("numpy", "torch") if library in row]
        rows.append({"name": name, **row, "ratio": min(rivals) / row["cairn"] if rivals else None})
    if options.json:
        print(json.dumps({"threads": options.threads, "cases": rows}))
        return
    print(f"{'case':58} {'cairn us':>10} {'numpy us':>10} {'torch us':>10} {'best peer / cairn':>18}")
    for row in rows:
        times = [f"{row[library] * 1e6:10.1f}" if library in row else " " * 10 for library in ("cairn", "numpy", "torch")]
        print(f"{row['name']:58} {' '.join(times)} {row['ratio']:18.2f}" if row["ratio"] else f"{row['name']:58} {times[0]}")


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        sys.exit(f"no cairn at {options.cairn}: build it with `swift build -c release`, or give --cairn PATH")
