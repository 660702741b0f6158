"""The EVM's word operations from Python's integers; limbs of all ones and zeros are frequent, which is where they err."""
from common import rng, save

source = rng(21)
M = 2**256
#: Moduli of curves, whose highest limb is set: normalised or shifted by one to three bits.
PRIMES = [
    2**256 - 2**32 - 977, 2**255 - 19, 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47,
    2**256 - 2**224 + 2**192 + 2**96 - 1,
]


def number():
    style = source.randrange(6)
    if style == 0:
        return source.getrandbits(source.randrange(1, 257))
    if style == 1:
        return (source.choice(PRIMES) + source.randrange(-2, 3)) % M
    limbs = [source.choice([0, 1, 2**63, 2**63 - 1, 2**64 - 1, 2**64 - 2, source.getrandbits(64)]) for _ in range(4)]
    value = sum(l << (64 * i) for i, l in enumerate(limbs))
    return value >> source.choice([0, 0, 64, 128, 192, source.randrange(256)])


def count():
    return source.choice([source.randrange(260), source.choice([0, 63, 64, 65, 127, 128, 191, 192, 255, 256]), number()])


def signed(x):
    return x - M if x >> 255 else x


def truncated(a, b):
    """Quotient and remainder towards zero."""
    q = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return q, a - q * b


def extended(index, word):
    if index > 30:
        return word
    bits = 8 * (index + 1)
    word &= 2**bits - 1
    return word - 2**bits if word >> (bits - 1) else word


OPERATIONS = {
    "04": lambda a, b: a // b if b else 0,
    "05": lambda a, b: truncated(signed(a), signed(b))[0] if b else 0,
    "06": lambda a, b: a % b if b else 0,
    "07": lambda a, b: truncated(signed(a), signed(b))[1] if b else 0,
    "02": lambda a, b: a * b,
    "0a": lambda a, b: pow(a, b, M),
    "08": lambda a, b, m: (a + b) % m if m else 0,
    "09": lambda a, b, m: (a * b) % m if m else 0,
    "0b": extended,
    "1a": lambda i, w: w >> (8 * (31 - i)) & 255 if i < 32 else 0,
    "1b": lambda n, w: w << n if n < 256 else 0,
    "1c": lambda n, w: w >> n if n < 256 else 0,
    "1d": lambda n, w: signed(w) >> min(n, 255),
    "12": lambda a, b: int(signed(a) < signed(b)),
    "1e": lambda a: 256 - a.bit_length(),
}
cases = []
for opcode, operation in OPERATIONS.items():
    arity = operation.__code__.co_argcount
    for _ in range({"09": 600, "0a": 150}.get(opcode, 120)):
        operands = [count() if opcode in ("0b", "1a", "1b", "1c", "1d") else number()]
        operands += [number() for _ in range(arity - 1)]
        cases.append([opcode, [hex(v) for v in operands], hex(operation(*operands) % M)])
save("evm_words", cases)
