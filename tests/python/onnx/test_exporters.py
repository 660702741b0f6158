"""A part of what sweep.py does, on every run: other programs' files give the numbers of ONNX Runtime."""

import pytest

import corpus_classical
import corpus_graphs
import corpus_rewritten
import corpus_torch
import sweep

MODULES = ["bottleneck", "unet", "conv3d", "transpose3d", "causal", "gru", "group_norm", "upsample_bicubic", "fold"]
# torch.export is slow: a part of them.
DYNAMO = ["unet", "causal", "group_norm", "fold", "einsum_heads", "scatter_add", "take_pairs", "integers", "trigonometry"]
FUNCTIONS = ["einsum_heads", "topk", "scatter_add", "take_pairs", "integers", "trigonometry", "grid_sample", "half", "casts"]
ESTIMATORS = {
    "SVC_rbf", "SVC_3_probability", "NuSVR", "KNeighbors_3", "GaussianProcess", "RandomForest_text", "OneHotEncoder",
    "GradientBoosting_3", "GaussianMixture", "Calibrated_isotonic", "ColumnPipeline", "KBins",
}


BOOSTERS = {
    "xgb_binary", "xgb_multi", "xgb_holes", "xgb_regressor", "xgb_base", "xgb_logistic_base", "xgb_poisson", "xgb_hinge", "xgb_forest", "xgb_softmax",
    "lgb_binary", "lgb_multi", "lgb_multi_holes", "lgb_zero_missing", "lgb_regressor", "lgb_tweedie", "lgb_dart", "lgb_forest", "lgb_ova", "lgb_ranker",
    "lgb_categories",
}
REWRITTEN = {
    f"rewritten/{name}" for name in (
        "sentences_extended", "sentences_fused", "sentences_half_kept", "convolutions_operators", "convolutions_pairs", "convolutions_extended",
        "convolutions_dynamic", "mlp_operators_signed", "mlp_four_bits", "mlp_optimised_dynamic", "mlp_constants", "mlp_to_23", "mlp_pairs_wide")
}


def judged(program, folder, name, data, arrays):
    state, detail = sweep.verdict(program, folder / name, name, data, arrays)
    assert state == "right", f"{name}: {state}: {detail}"


@pytest.mark.parametrize("dynamo", [False, True], ids=["torchscript", "dynamo"])
def test_torch(program, tmp_path, dynamo):
    wanted = set(DYNAMO if dynamo else MODULES + FUNCTIONS)
    for name, module, inputs in corpus_torch.cases(wanted):
        try:
            data = corpus_torch.exported(module, inputs, None if dynamo else 18, dynamo, [] if dynamo else [0])
        except Exception:  # what one exporter cannot write, the other can
            assert not dynamo
            continue
        judged(program, tmp_path, name, data, [x.numpy() for x in inputs])


def test_scikit_learn(program, tmp_path):
    seen = set()
    for name, model, example in corpus_classical.estimators():
        if name in ESTIMATORS:
            seen.add(name)
            judged(program, tmp_path, name, corpus_classical.exported(model, example, zipmap=False), [example])
    assert seen == ESTIMATORS


def test_boosters(program, tmp_path):
    seen = set()
    for name, model, example in corpus_classical.boosters(BOOSTERS):
        seen.add(name)
        judged(program, tmp_path, name, corpus_classical.booster_exported(name, model, example), [example])
    assert seen == BOOSTERS


def test_graphs_by_hand(program, tmp_path):
    for name, make, arrays in corpus_graphs.cases():
        judged(program, tmp_path, name, make(), arrays)


def test_what_onnx_runtimes_tools_make_of_models(program, tmp_path):
    seen = set()
    for name, make, arrays in corpus_rewritten.cases({"sentences", "convolutions", "mlp"}):
        if name in REWRITTEN:
            seen.add(name)
            judged(program, tmp_path, name, make(), arrays)
    assert seen == REWRITTEN
