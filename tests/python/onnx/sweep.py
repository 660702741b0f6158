"""Exports many models with the libraries that people use and compares Cairn's outputs with ONNX Runtime's.

    python tests/python/onnx/sweep.py --cairn .build/release/cairn [--only KIND,...] [--keep FOLDER]

`tensorflow` (Keras on TensorFlow through tf2onnx) goes in a run of its own, since Keras takes one backend a process.
Every model is either right, or refused by a message; the table at the end names what is neither.
"""

import argparse
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-4
# ONNX Runtime rounds after every step, Cairn where the file says so.
HALF_TOLERANCE = 2e-3
# Its kernels on eight bits cut where the definition rounds to nearest: steps of 1/128 that later layers add up.
STEPS_TOLERANCE = 0.03
# Where ONNX Runtime differs from the library that made the model, which is right.
DEVIATIONS = {
    "sklearn/Normalizer_max": "divides by the greatest element instead of the greatest absolute value",
    "boosters/xgb_targets": "leaves out the base value of a target that has no tree",
}


OPSETS = ("mlp", "bottleneck", "unet", "encoder_layer", "gru", "powers", "slices")


def cases(kinds):
    """(name, what makes the file's bytes, arrays) of every model of the corpora that are asked for."""
    if {"torch", "dynamo", "opsets", "shapes"} & set(kinds):
        import corpus_torch

        for name, module, inputs in corpus_torch.cases():
            arrays = [x.numpy() for x in inputs]
            if "torch" in kinds:
                yield f"torch/{name}", partial(corpus_torch.exported, module, inputs, 17, False, [0]), arrays
            if "dynamo" in kinds:
                yield f"dynamo/{name}", partial(corpus_torch.exported, module, inputs, None, True), arrays
            if "opsets" in kinds and name in OPSETS:
                for opset in range(9, 21):
                    yield f"torch{opset}/{name}", partial(corpus_torch.exported, module, inputs, opset, False, [0]), arrays
                for opset in range(18, 24):
                    yield f"dynamo{opset}/{name}", partial(corpus_torch.exported, module, inputs, opset, True), arrays
            if "shapes" in kinds and name in corpus_torch.FREE:
                axes, others = corpus_torch.FREE[name]
                arrays = [x.numpy() for x in others()]
                yield f"shapes/{name}_torch", partial(corpus_torch.exported, module, inputs, 17, False, axes), arrays
                yield f"shapes/{name}_dynamo", partial(corpus_torch.exported, module, inputs, None, True, axes), arrays
    if "keras" in kinds:
        import corpus_keras

        for name, model, example in corpus_keras.cases():
            yield f"keras/{name}", partial(corpus_keras.exported, model, example), [example]
    if "sklearn" in kinds:
        import corpus_classical

        for name, model, example in corpus_classical.estimators():
            yield f"sklearn/{name}", partial(corpus_classical.exported, model, example, zipmap=False), [example]
            if name in ("SVC_rbf", "KNeighbors_3", "GradientBoosting_3", "ColumnTransformer_mixed", "MLPClassifier_3", "GaussianProcess") and "opsets" in kinds:
                for opset in range(9, 22):
                    yield f"sklearn{opset}/{name}", partial(corpus_classical.exported, model, example, opset, zipmap=False), [example]
    if "boosters" in kinds:
        import corpus_classical

        for name, model, example in corpus_classical.boosters():
            yield f"boosters/{name}", partial(corpus_classical.booster_exported, name, model, example), [example]
    if "rewritten" in kinds:
        import corpus_rewritten

        yield from corpus_rewritten.cases()
    if "tensorflow" in kinds:
        import corpus_tensorflow

        yield from corpus_tensorflow.cases()
    if "graphs" in kinds:
        import corpus_graphs

        yield from corpus_graphs.cases()


def expected(data, arrays):
    """Outputs of ONNX Runtime by name, and the inputs by name."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # What the file says: fusions of quantised layers round elsewhere.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    feed = {entry.name: array.astype(np.float16) if "float16" in entry.type else array
            for entry, array in zip(session.get_inputs(), arrays)}
    names = [entry.name for entry in session.get_outputs()]
    return dict(zip(names, session.run(names, feed))), feed


def difference(got, wanted):
    """The greatest difference relative to the size of the numbers; None when they cannot be compared."""
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        wanted = np.array([list(row.values()) for row in wanted])
    wanted = np.asarray(wanted)
    if wanted.dtype.kind in "OUS":
        return 0.0
    if got.shape != wanted.shape:
        return f"shape {got.shape} for {wanted.shape}"
    if wanted.dtype.kind in "iub" or got.dtype.kind in "iub":
        wrong = int((got.astype(np.int64) != wanted.astype(np.int64)).sum())
        return f"{wrong} of {wanted.size} whole numbers differ" if wrong else 0.0
    wanted, got = wanted.astype(np.float64), got.astype(np.float64)
    finite = np.isfinite(wanted)
    if not np.array_equal(finite, np.isfinite(got)):
        return "infinities differ"
    if not finite.any():
        return 0.0
    scale = max(1e-6, float(np.abs(wanted[finite]).max()))
    return float(np.abs(wanted[finite] - got[finite]).max()) / scale


def tolerance(name):
    return STEPS_TOLERANCE if name.endswith("optimised_pairs") else HALF_TOLERANCE if "hal" in name else TOLERANCE


def verdict(cairn, folder, name, data, arrays):
    """('right' | 'refused' | 'WRONG' | 'CRASHED' | 'not comparable', detail)."""
    try:
        wanted, feed = expected(data, arrays)
    except Exception as error:
        return "not comparable", f"ONNX Runtime: {str(error).splitlines()[0][:120]}"
    folder.mkdir(parents=True, exist_ok=True)
    model, given, out = folder / "model.onnx", folder / "in.npz", folder / "out.npz"
    model.write_bytes(data)
    np.savez(given, **feed)
    out.unlink(missing_ok=True)
    run = subprocess.run([cairn, "predict", "--model", model, "--input", given, "--out", out], capture_output=True,
                         text=True, timeout=120)
    if run.returncode != 0 or not out.exists():
        words = (run.stderr.strip().splitlines() or ["no message"])[-1]
        return ("refused" if run.returncode in (1, 2, 3, 64, 65) else "CRASHED"), words
    with np.load(out) as results:
        got = {key: results[key] for key in results.files}
    for key, value in wanted.items():
        if key not in got:
            return "WRONG", f"no output {key}"
        distance = difference(got[key], value)
        if isinstance(distance, str) or not distance <= tolerance(name):
            return "WRONG", f"{key}: {distance}"
    return "right", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True)
    parser.add_argument("--only", default="torch,dynamo,keras,sklearn,boosters,opsets,shapes,rewritten,graphs")
    parser.add_argument("--match", default="", help="names that hold this text")
    parser.add_argument("--keep", help="keep models and arrays in this folder")
    arguments = parser.parse_args()
    root = Path(arguments.keep or tempfile.mkdtemp(prefix="cairn-sweep-"))
    counts, told = {}, []
    for name, exported, arrays in cases(arguments.only.split(",")):
        if arguments.match not in name or name in DEVIATIONS:
            continue
        try:
            data = exported()
        except Exception as error:  # an exporter's own limits are no concern here
            state, detail = "not exported", (str(error).strip().splitlines() or [repr(error)])[0][:100]
        else:
            state, detail = verdict(arguments.cairn, root / name.replace("/", "_"), name, data, arrays)
        counts[state] = counts.get(state, 0) + 1
        if state != "right":
            told.append((state, name, detail))
            print(f"{state:15} {name}: {detail}", flush=True)
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    return 1 if any(state in ("WRONG", "CRASHED") for state, _, _ in told) else 0


if __name__ == "__main__":
    sys.exit(main())
