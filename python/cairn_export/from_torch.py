"""PyTorch modules: the exporter of torch.export, told to fold nothing, with dropout and batch normalisation left as nodes."""

import copy
import io
import warnings

import numpy as np
import onnx
import torch

from .checks import check_outputs, check_weights, notes_on_ends
from .errors import ExportError

DROPOUTS = (torch.nn.Dropout, torch.nn.Dropout1d, torch.nn.Dropout2d, torch.nn.Dropout3d, torch.nn.AlphaDropout)


def export_torch(module, example, path, trainable=True, opset=20, check=True):
    examples = tuple(example) if isinstance(example, (tuple, list)) else (example,)
    was_training = [(each, each.training) for each in module.modules()]
    notes = []
    try:
        module.eval()
        with torch.no_grad():
            wanted = module(*examples)
        if trainable:
            notes += prepare(module)
        model, dynamic = exported(module, examples, opset, trainable)
    finally:
        for each, mode in was_training:
            each.training = mode
    notes += dynamic
    if trainable:
        quiet_dropout(model)
        notes += check_weights(model, {name: value.detach().numpy() for name, value in module.named_parameters()})
        notes += notes_on_ends(model)
    onnx.checker.check_model(model)
    if check:
        outputs = [wanted] if isinstance(wanted, torch.Tensor) else list(wanted)
        feeds = {entry.name: value.numpy() for entry, value in zip(model.graph.input, examples)}
        check_outputs(model, feeds, [value.detach().numpy() for value in outputs])
    onnx.save(model, path)
    return notes


def prepare(module):
    """Keeps dropout in the graph; says what will not be trained as PyTorch would."""
    notes = []
    torch.backends.mha.set_fastpath_enabled(False)
    for name, each in module.named_modules():
        if type(each) is torch.nn.Dropout:
            each.train()
        elif isinstance(each, DROPOUTS):
            notes.append(f"'{name}' drops whole channels ({type(each).__name__}), which the file leaves out")
        elif getattr(each, "dropout", 0) and isinstance(getattr(each, "dropout"), float) and each.dropout > 0:
            notes.append(f"'{name}' ({type(each).__name__}) drops inside itself, which the file leaves out")
        if isinstance(each, torch.nn.modules.batchnorm._BatchNorm) and not each.track_running_stats:
            raise ExportError(f"'{name}' keeps no running statistics, which a file needs: set track_running_stats")
        if isinstance(each, torch.nn.modules.batchnorm._BatchNorm) and each.momentum is None:
            notes.append(f"'{name}' averages its statistics over all batches; training in Cairn moves them by a tenth")
    frozen = [name for name, value in module.named_parameters() if not value.requires_grad]
    if frozen:
        notes.append(f"{len(frozen)} weights are frozen in PyTorch; train the others alone with --trainable: {', '.join(frozen[:5])}")
    return notes


def exported(module, examples, opset, trainable):
    """The model, and notes on axes that could not be left free."""
    # torch.export takes sizes 0 and 1 for fixed ones.
    wide = tuple(value if value.dim() == 0 or value.shape[0] > 1 else torch.cat([value, value]) for value in examples)
    free = tuple({0: torch.export.Dim.DYNAMIC} if value.dim() > 0 else None for value in wide)
    names = ["x"] if len(wide) == 1 else [f"x{index}" for index in range(len(wide))]
    options = dict(
        dynamo=True, opset_version=opset, input_names=names, optimize=not trainable, verbose=False, external_data=False)
    notes = []
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(module, wide, dynamic_shapes=free, **options)
        except Exception as error:
            reason = str(error).strip().splitlines()
            try:
                program = torch.onnx.export(module, wide, **options)
            except Exception as second:
                raise ExportError(f"PyTorch cannot export the module: {str(second).strip().splitlines()[:1]}") from second
            notes.append(f"the batch is fixed to {wide[0].shape[0]}: the module depends on it ({reason[0][:120] if reason else ''})")
    buffer = io.BytesIO()
    program.save(buffer)
    model = onnx.load_from_string(buffer.getvalue())
    for entry in list(model.graph.input) + list(model.graph.output):
        sizes = entry.type.tensor_type.shape.dim
        if not notes and sizes and sizes[0].dim_param:
            sizes[0].dim_param = "N"
    forget_source(model)
    return model, notes


def forget_source(model):
    """Drops where each node came from: PyTorch writes stack traces with the paths of the exporting machine."""
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            del node.metadata_props[:]
    for entry in (*model.graph.value_info, *model.graph.input, *model.graph.output, model.graph, *model.functions):
        del entry.metadata_props[:]


def quiet_dropout(model):
    """Takes dropout out of training mode: a file is asked as it is, and trained when training is asked for."""
    for node in model.graph.node:
        if node.op_type == "Dropout" and len(node.input) > 2:
            del node.input[2:]
