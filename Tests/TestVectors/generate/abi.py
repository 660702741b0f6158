"""abi.json: values encoded by eth_abi, function selectors and event topics by eth_utils."""
from eth_abi import encode
from eth_utils import event_signature_to_log_topic, function_signature_to_4byte_selector

from common import rng, save

random = rng(5)


def value(kind):
    """A random value of a type and how it is written in the vectors."""
    if kind.endswith("]"):
        element, _, size = kind[:-1].rpartition("[")
        return [value(element) for _ in range(int(size) if size else random.randrange(4))]
    if kind.startswith("("):
        return tuple(value(member) for member in members(kind))
    if kind.startswith("uint"):
        return random.getrandbits(int(kind[4:]))
    if kind.startswith("int"):
        bits = int(kind[3:])
        return random.getrandbits(bits) - (1 << (bits - 1))
    if kind == "address":
        return "0x" + random.randbytes(20).hex()
    if kind == "bool":
        return bool(random.getrandbits(1))
    if kind == "bytes":
        return random.randbytes(random.randrange(70))
    if kind.startswith("bytes"):
        return random.randbytes(int(kind[5:]))
    return "".join(random.choice("añ字x ") for _ in range(random.randrange(40)))


def members(kind):
    """The types inside a tuple's parentheses."""
    depth, start, found = 0, 1, []
    for index, character in enumerate(kind):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        if (character == "," and depth == 1) or (character == ")" and depth == 0):
            if kind[start:index]:
                found.append(kind[start:index])
            start = index + 1
    return found


def written(item):
    if isinstance(item, bool):
        return item
    if isinstance(item, int):
        return str(item)
    if isinstance(item, bytes):
        return "0x" + item.hex()
    if isinstance(item, (list, tuple)):
        return [written(one) for one in item]
    return item if item.startswith("0x") and len(item) == 42 else "'" + item


KINDS = [
    "uint8", "uint256", "int8", "int256", "int64", "address", "bool", "bytes1", "bytes20", "bytes32", "bytes", "string",
    "uint256[]", "bytes[]", "string[2]", "uint16[3]", "(uint8,bytes)", "(uint8,address)[]", "(string,(bool,int16[2])[])[2]",
    "bytes32[2][]", "uint256[][2]",
]
cases = []
for _ in range(120):
    kinds = [random.choice(KINDS) for _ in range(random.randrange(1, 5))]
    values = [value(kind) for kind in kinds]
    cases.append({"types": kinds, "values": [written(v) for v in values], "data": encode(kinds, values).hex()})
for kind in KINDS:
    item = value(kind)
    cases.append({"types": [kind], "values": [written(item)], "data": encode([kind], [item]).hex()})
signatures = ["transfer(address,uint256)", "createJob((bytes32,uint256[]),bytes)", "f()"]
save(
    "abi",
    {
        "cases": cases,
        "selectors": {s: function_signature_to_4byte_selector(s).hex() for s in signatures},
        "topics": {s: event_signature_to_log_topic(s).hex() for s in signatures},
    },
)
