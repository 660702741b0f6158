"""Random types and values encoded by eth_abi; damaged encodings with eth_abi's verdict; selectors and topics."""
from eth_abi import decode, encode
from eth_utils import function_signature_to_4byte_selector as selector
from eth_utils import keccak, to_checksum_address

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
    """A Python value for eth_abi and the same in the JSON of the test."""
    if kind.endswith("]"):
        base, size = kind[:-1].rsplit("[", 1)
        items = [make_value(base) for _ in range(int(size) if size else source.randrange(4))]
        return [i[0] for i in items], {"array": [i[1] for i in items]}
    if kind.startswith("("):
        items = [make_value(k) for k in split(kind[1:-1])]
        return tuple(i[0] for i in items), {"tuple": [i[1] for i in items]}
    if kind.startswith("uint"):
        n = source.getrandbits(source.randrange(1, int(kind[4:]) + 1))
        return n, {"uint": str(n)}
    if kind.startswith("int"):
        bits = int(kind[3:])
        n = source.choice([0, -1, 2 ** (bits - 1) - 1, -2 ** (bits - 1), source.getrandbits(bits) - 2 ** (bits - 1)])
        return n, {"int": str(n % 2**256)}
    if kind == "address":
        a = blob(20)
        return to_checksum_address(a), {"address": hexed(a)}
    if kind == "bool":
        b = source.random() < 0.5
        return b, {"bool": b}
    if kind == "bytes":
        b = blob(source.choice([0, 1, 31, 32, 33, 70]))
        return b, {"bytes": hexed(b)}
    if kind == "string":
        s = "".join(source.choice("ab é€𝄞") for _ in range(source.randrange(30)))
        return s, {"string": s}
    b = blob(int(kind[5:]))
    return b, {"fixed": hexed(b)}


cases, damaged = [], []
for _ in range(130):
    types = [make_type(3) for _ in range(source.randrange(1, 4))]
    made = [make_value(k) for k in types]
    data = encode(types, [m[0] for m in made])
    if len(data) > 3000:
        continue
    cases.append({"types": types, "values": [m[1] for m in made], "data": hexed(data)})
    for _ in range(2):
        if not data:
            continue
        bad = bytearray(data)
        how = source.randrange(3)
        if how == 0:
            bad = bad[: source.randrange(len(bad))]
        elif how == 1:
            bad[source.randrange(len(bad))] ^= 1 << source.randrange(8)
        else:
            word = 32 * source.randrange(len(bad) // 32)
            bad[word : word + 32] = source.choice([0, 1, 2, 31, 32, 64, 2**64, 2**255, 2**256 - 1]).to_bytes(32, "big")
        try:
            verdict = hexed(encode(types, decode(types, bytes(bad))))
        except Exception:
            verdict = None
        damaged.append({"types": types, "data": hexed(bad), "again": verdict})
signatures = ["transfer(address,uint256)", "f()", "g((uint256,(bool,bytes)[2])[],int8)", "h(bytes32[4][],string)"]
save("abi", {
    "cases": cases, "damaged": damaged,
    "signatures": [[s, hexed(selector(s)), hexed(keccak(text=s))] for s in signatures]})
print(len(cases), len(damaged), sum(d["again"] is None for d in damaged))
