"""`.pt` files of torch.save: read, written back, opened again by torch."""

import zipfile

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="skipped: PyTorch is not installed (requirements-frameworks.txt)")


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3))


def checkpoint(model):
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    model(torch.ones(2, 1, 4, 4)).sum().backward()
    optimiser.step()
    return {"state_dict": model.state_dict(), "optimizer": optimiser.state_dict(), "epoch": 3, "note": "kept"}


@pytest.mark.parametrize("old_format", [False, True])
def test_every_tensor_comes_out_as_torch_has_it(cairn, tmp_path, old_format):
    path = tmp_path / "model.pt"
    state = network().state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=not old_format)
    listed = cairn("model", "inspect", path)["tensors"]
    assert {name: entry["shape"] for name, entry in listed.items()} == {n: list(t.shape) for n, t in state.items()}
    cairn("convert", path, tmp_path / "out.npz")
    arrays = np.load(tmp_path / "out.npz")
    assert set(arrays.files) == set(state)
    for name, tensor in state.items():
        assert arrays[name].tobytes() == tensor.numpy().tobytes(), name


@pytest.mark.parametrize("old_format", [False, True])
def test_new_weights_go_into_the_users_own_checkpoint(cairn, tmp_path, old_format):
    model = network()
    saved = checkpoint(model)
    path, out = tmp_path / "mine.pt", tmp_path / "new.pt"
    torch.save(saved, path, _use_new_zipfile_serialization=not old_format)
    fresh = {f"state_dict.{n}": np.random.default_rng(1).normal(size=t.shape).astype(np.float32)
             for n, t in saved["state_dict"].items() if t.dtype == torch.float32}
    np.savez(tmp_path / "new.npz", **fresh)
    cairn("convert", tmp_path / "new.npz", out, "--into", path)
    again = torch.load(out, weights_only=True)
    assert again["epoch"] == 3 and again["note"] == "kept"
    for name, tensor in again["state_dict"].items():
        want = fresh.get(f"state_dict.{name}")
        assert np.array_equal(tensor.numpy(), saved["state_dict"][name].numpy() if want is None else want), name
    for number, state in again["optimizer"]["state"].items():
        for key, tensor in state.items():
            assert torch.equal(tensor, saved["optimizer"]["state"][number][key])
    network().load_state_dict(again["state_dict"])
    if not old_format:
        with zipfile.ZipFile(path) as before, zipfile.ZipFile(out) as after:
            assert after.testzip() is None, "every checksum is right"
            names = before.namelist()
            assert after.namelist() == names
            changed = [name for name in names if before.read(name) != after.read(name)]
            assert changed and all("/data/" in name for name in changed)
        assert path.stat().st_size == out.stat().st_size


def test_all_types_and_views_come_back_unchanged(cairn, tmp_path):
    base = torch.arange(24.0).reshape(4, 6)
    tensors = {
        "f16": base.half(), "bf16": base.bfloat16(), "f64": base.double() / 3, "i16": base.short(), "u8": base.byte(),
        "flags": base > 3, "view": base.t(), "slice": base[1:3, ::2], "scalar": torch.tensor(1.5), "empty": torch.zeros(0, 3),
        "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    }
    path, out = tmp_path / "types.pt", tmp_path / "again.pt"
    torch.save(tensors, path)
    cairn("convert", path, tmp_path / "all.safetensors")
    cairn("convert", tmp_path / "all.safetensors", out, "--into", path)
    assert out.read_bytes() == path.read_bytes(), "values that did not change keep their bits, float64 included"
    loaded = torch.load(out, weights_only=True)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_sixteen_bits_take_new_weights(cairn, tmp_path, kind, ending):
    """Rounded to nearest, ties to even, as torch rounds; from float32 and from bfloat16."""
    safetensors = pytest.importorskip("safetensors.torch", reason="skipped: safetensors is not installed (requirements-frameworks.txt)")
    path, out, fresh = tmp_path / f"mine{ending}", tmp_path / f"out{ending}", tmp_path / "fresh.safetensors"
    state = {"w": torch.zeros(3, 50, dtype=kind), "kept": torch.ones(4, dtype=kind)}
    torch.save(state, path) if ending == ".pt" else safetensors.save_file(state, path)
    torch.manual_seed(3)
    ties = torch.tensor([1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-8, 1 + 3 * 2**-8, 70000.0, -1e-8, 2.0**-25, float("inf")])
    for new in (torch.cat([torch.randn(142) * 3, ties]).reshape(3, 50), torch.randn(3, 50).bfloat16()):
        safetensors.save_file({"w": new}, fresh)
        cairn("convert", fresh, out, "--into", path)
        again = torch.load(out, weights_only=True) if ending == ".pt" else safetensors.load_file(out)
        assert again["w"].dtype == kind and torch.equal(again["w"], new.float().to(kind)) and torch.equal(again["kept"], state["kept"])


def test_names_of_a_map_lead_one_file_to_another(cairn, tmp_path):
    linear = torch.nn.Linear(3, 2)
    torch.save({"model": linear.state_dict()}, tmp_path / "a.pt")
    other = {"kernel": torch.zeros(3, 2), "bias": torch.zeros(2)}
    torch.save(other, tmp_path / "b.pt")
    (tmp_path / "map.txt").write_text("model.weight -> kernel transposed\nmodel.* -> *\n")
    cairn("convert", tmp_path / "a.pt", tmp_path / "c.pt", "--into", tmp_path / "b.pt", "--map", tmp_path / "map.txt")
    loaded = torch.load(tmp_path / "c.pt", weights_only=True)
    assert torch.equal(loaded["kernel"], linear.weight.T) and torch.equal(loaded["bias"], linear.bias)


def test_a_pickled_model_is_refused_and_nothing_runs(cairn, tmp_path):
    class Evil:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'owned')!r}, 'w')",)

    torch.save({"w": Evil()}, tmp_path / "evil.pt")
    said = cairn("convert", tmp_path / "evil.pt", tmp_path / "x.npz", code=3)
    assert "exec" in said and "nothing was run" in said and not (tmp_path / "owned").exists()
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pt")
    said = cairn("convert", tmp_path / "model.pt", tmp_path / "x.npz", code=3)
    assert "torch.nn.modules.linear.Linear" in said and "state_dict()" in said
    assert not (tmp_path / "x.npz").exists()
