"""torch.json: files that torch.save wrote, the values in them, and hostile ones that pickle would run."""
import io
import os
import pickle
import zipfile

import torch

from common import save as write


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def listed(tensors):
    return {
        name: {"shape": list(t.shape), "values": [float(v) for v in t.detach().reshape(-1).tolist()]}
        for name, t in tensors.items()
    }


base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4
types = {
    str(t).removeprefix("torch."): torch.tensor([[1, 0], [3, 4]]).to(t)
    for t in (
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.int16, torch.int32,
        torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.bool,
    )
}
views = {"base": base, "turned": base.t(), "corner": base[1:, 1:], "column": base[:, 2], "expanded": base[0, 1].expand(3)}
weight = torch.nn.Parameter(torch.tensor([[0.5, -1.25], [3.0, 4.0]]))
optimiser = torch.optim.Adam([weight], lr=0.125)
(weight * weight).sum().backward()
optimiser.step()
nested = {"model": {"fc.weight": weight, "tied": weight}, "optimizer": optimiser.state_dict(), "epoch": 3, "size": torch.Size([1, 2]),
          "scalar": torch.tensor(2.5)}


class Evil:
    def __reduce__(self):
        return os.system, ("echo owned > /tmp/owned",)


def archive(record, **entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr(zipfile.ZipInfo("a/data.pkl"), record)
        for name, content in entries.items():
            out.writestr(zipfile.ZipInfo("a/" + name.replace("__", "/")), content)
    return buffer.getvalue()


def repacked(content, order=None, method=zipfile.ZIP_STORED):
    """The archive written by Python's zipfile instead; with another byte order, the storages (float32) swapped."""
    source, buffer = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        for entry in source.infolist():
            data = source.read(entry)
            if order and entry.filename.endswith("/byteorder"):
                data = order.encode()
            elif order and "/data/" in entry.filename:
                data = b"".join(data[n:n + 4][::-1] for n in range(0, len(data), 4))
            out.writestr(zipfile.ZipInfo(entry.filename), data, compress_type=method)
    return buffer.getvalue()


# A pickle in which a dictionary contains itself; one of a hundred thousand nested tuples; one with a tensor too large.
cycle = b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."
deep = b"\x80\x02)" + b"\x85" * 100_000 + b"."
huge = pickle.dumps(0)
record = zipfile.ZipFile(io.BytesIO(saved({"w": base}))).read("archive/data.pkl")
assert record.count(b"K\x03K\x04\x86") == 1
huge = record.replace(b"K\x03K\x04\x86", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86")
spread = record.replace(b"K\x04K\x01\x86", b"K\x00K\x00\x86").replace(b"K\x03K\x04\x86", b"J\xff\xff\xff\x0fK\x04\x86")
storage = base.numpy().tobytes()

write(
    "torch",
    {
        "files": {
            "types": {"file": saved(types).hex(), "tensors": listed(types)},
            "views": {"file": saved(views).hex(), "tensors": listed(views)},
            "nested": {
                "file": saved(nested).hex(),
                "tensors": listed({
                    "model.fc.weight": weight, "model.tied": weight,
                    **{f"optimizer.state.0.{k}": v for k, v in optimiser.state_dict()["state"][0].items()},
                    "scalar": nested["scalar"],
                }),
            },
            "old": {"file": saved(views, _use_new_zipfile_serialization=False).hex(), "tensors": listed(views)},
            "bigEndian": {"file": repacked(saved(views), "big").hex(), "tensors": listed(views)},
        },
        "hostile": {
            "code": archive(pickle.dumps({"w": Evil()}, 2)).hex(),
            "code4": archive(pickle.dumps({"w": Evil()}, 4)).hex(),
            "model": saved(torch.nn.Linear(1, 1)).hex(),
            "cycle": archive(cycle).hex(),
            "deep": repacked(archive(deep), method=zipfile.ZIP_DEFLATED).hex(),
            "huge": archive(huge, data__0=storage).hex(),
            "spread": archive(spread, data__0=storage).hex(),
            "short": archive(record, data__0=storage[:-1]).hex(),
            "missing": archive(record).hex(),
            "compressed": repacked(saved(views), method=zipfile.ZIP_DEFLATED).hex(),
        },
    },
)
