"""Makes ONNX files that Cairn can train: every weight by the name that the framework gives it, nothing folded, the first axis free.

    import cairn_export
    for note in cairn_export.export(module, torch.randn(1, 1, 28, 28), "lenet.onnx"):
        print(note)

or `python -m cairn_export torch package.module:function --input-shape 1,28,28 --out lenet.onnx`.
"""

from .errors import ExportError

__all__ = ["ExportError", "export"]


def export(model, example, path, trainable=True, opset=20, check=True):
    """Writes `model`, a torch.nn.Module or a Keras model, as an ONNX file at `path`.

    `example` is an input (or a tuple of inputs) whose first axis is the batch; for Keras it may be None. With `trainable`, dropout and
    batch normalisation stay nodes of their own and weights keep their names and layouts, so that training in Cairn is training in the
    framework, and trained weights go back by name. Without, the framework's own inference graph is written.

    Returns notes for a person. Raises ExportError when the file would not be what the model is.
    """
    kind = f"{type(model).__module__}.{type(model).__name__}"
    bases = {f"{base.__module__}".split(".")[0] for base in type(model).__mro__}
    if "keras" in bases:
        from .from_keras import export_keras

        return export_keras(model, example, path, opset=opset, check=check)
    if "torch" in bases:
        from .from_torch import export_torch

        return export_torch(model, example, path, trainable=trainable, opset=opset, check=check)
    raise ExportError(f"{kind} is neither a torch.nn.Module nor a Keras model")
