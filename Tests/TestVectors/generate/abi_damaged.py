"""Damaged encodings of random types with eth_abi's verdict: the canonical encoding of what it reads, or nothing."""
from eth_abi import decode, encode
from eth_utils import to_checksum_address

from common import hexed, rng, save

source = rng(6)


def blob(n):
    return bytes(source.randrange(256) for _ in range(n))


def make_type(depth):
    kinds = ["uint", "int", "address", "bool", "fixed", "bytes", "string"]
    if depth:
        kinds += ["array", "array", "tuple", "sized"]
    kind = source.choice(kinds)
    if kind in ("uint", "int"):
        return kind + str(8 * source.randrange(1, 33))
    if kind == "fixed":
        return "bytes" + str(source.randrange(1, 33))
    if kind == "array":
        return make_type(depth - 1) + "[]"
    if kind == "sized":
        return make_type(depth - 1) + "[%d]" % source.randrange(1, 4)
    if kind == "tuple":
        return "(" + ",".join(make_type(depth - 1) for _ in range(source.randrange(1, 4))) + ")"
    return kind


def split(text):
    parts, level, start = [], 0, 0
    for i, c in enumerate(text):
        level += (c == "(") - (c == ")")
        if c == "," and level == 0:
            parts.append(text[start:i])
            start = i + 1
    return parts + [text[start:]]


def make_value(kind):
    if kind.endswith("]"):
        base, size = kind[:-1].rsplit("[", 1)
        return [make_value(base) for _ in range(int(size) if size else source.randrange(4))]
    if kind.startswith("("):
        return tuple(make_value(k) for k in split(kind[1:-1]))
    if kind.startswith("uint"):
        return source.getrandbits(source.randrange(1, int(kind[4:]) + 1))
    if kind.startswith("int"):
        return source.getrandbits(int(kind[3:])) - 2 ** (int(kind[3:]) - 1)
    if kind == "address":
        return to_checksum_address(blob(20))
    if kind == "bool":
        return source.random() < 0.5
    if kind == "bytes":
        return blob(source.choice([0, 1, 31, 32, 33, 70]))
    if kind == "string":
        return "".join(source.choice("ab é€𝄞") for _ in range(source.randrange(30)))
    return blob(int(kind[5:]))


damaged = []
while len(damaged) < 300:
    types = [make_type(3) for _ in range(source.randrange(1, 4))]
    data = encode(types, [make_value(k) for k in types])
    if not data or len(data) > 1200:
        continue
    bad = bytearray(data)
    how = source.randrange(4)
    if how == 0:
        bad = bad[: source.randrange(len(bad))]
    elif how == 1:
        bad[source.randrange(len(bad))] ^= 1 << source.randrange(8)
    elif how == 2:
        word = 32 * source.randrange(len(bad) // 32)
        bad[word : word + 32] = source.choice([0, 1, 2, 31, 32, 64, 2**64, 2**255, 2**256 - 1]).to_bytes(32, "big")
    else:
        bad += blob(32)
    try:
        verdict = hexed(encode(types, decode(types, bytes(bad))))
    except Exception:
        verdict = None
    damaged.append({"types": types, "data": hexed(bad), "again": verdict})
save("abi_damaged", damaged)
print(sum(d["again"] is None for d in damaged), "of", len(damaged), "refused")
