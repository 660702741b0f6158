"""python -m cairn_export torch MODULE:FUNCTION --input-shape 1,28,28 --out FILE
python -m cairn_export keras MODEL.keras --out FILE
"""

import argparse
import importlib
import sys

from . import ExportError, export

TYPES = ("float32", "int64", "int32", "bool")


def arguments(words):
    parser = argparse.ArgumentParser(prog="python -m cairn_export", description="Write an ONNX file that Cairn can train.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    torch = kinds.add_parser("torch", help="a torch.nn.Module that a function makes")
    torch.add_argument("source", metavar="MODULE:FUNCTION", help="what makes the module, such as nets:LeNet")
    torch.add_argument("--input-shape", action="append", required=True, metavar="N,N", help="one input without its batch; again for more")
    torch.add_argument("--input-type", action="append", choices=TYPES, help="its element type (default float32)")
    torch.add_argument("--weights", metavar="FILE", help="a state dict to load first (torch.load, weights_only)")
    torch.add_argument("--inference", action="store_true", help="PyTorch's own inference graph instead of a trainable one")
    keras = kinds.add_parser("keras", help="a model that Keras saved")
    keras.add_argument("source", metavar="FILE.keras")
    for each in (torch, keras):
        each.add_argument("--out", required=True, metavar="FILE.onnx")
        each.add_argument("--opset", type=int, default=20, choices=range(18, 24))
        each.add_argument("--no-check", action="store_true", help="do not run the file to compare it")
    return parser.parse_args(words)


def torch_module(options):
    import torch

    place, _, name = options.source.partition(":")
    if not name:
        raise ExportError(f"'{options.source}' names no function: write MODULE:FUNCTION")
    sys.path.insert(0, "")
    try:
        make = getattr(importlib.import_module(place), name)
    except (ImportError, AttributeError) as error:
        raise ExportError(f"'{options.source}' cannot be imported: {error}") from error
    module = make() if callable(make) and not isinstance(make, torch.nn.Module) else make
    if options.weights:
        module.load_state_dict(torch.load(options.weights, weights_only=True, map_location="cpu"))
    kinds = options.input_type or []
    examples = []
    for index, text in enumerate(options.input_shape):
        try:
            shape = [int(size) for size in text.split(",") if size]
        except ValueError:
            raise ExportError(f"--input-shape '{text}' is no list of sizes") from None
        kind = getattr(torch, kinds[index] if index < len(kinds) else "float32")
        examples.append(torch.randn(2, *shape) if kind == torch.float32 else torch.zeros(2, *shape, dtype=kind))
    return module, tuple(examples)


def main(words=None):
    options = arguments(words)
    try:
        if options.kind == "torch":
            module, example = torch_module(options)
            notes = export(module, example, options.out, not options.inference, options.opset, not options.no_check)
        else:
            import keras

            model = keras.saving.load_model(options.source, compile=False)
            notes = export(model, None, options.out, True, options.opset, not options.no_check)
    except (ExportError, OSError, ValueError) as error:
        print(f"cairn_export: {error}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}")
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
