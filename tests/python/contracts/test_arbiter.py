"""The arbiter against exact fractions, and against the published vectors of the canonical arithmetic."""

import csv
import gzip
import os
import random
import struct
from pathlib import Path

import pytest
from eth_abi import decode, encode
from eth_utils import function_signature_to_4byte_selector as selector

import binary32
from deployed import ROOT, artifact

UNARY = ["sqrt", "exp", "log", "tanh", "erf", "sigmoid", "gelu", "gelu_tanh"]
BINARY = ["add", "sub", "mul", "div", "max", "min", "less"]
CALLER = "0x" + "11" * 20
EDGES = [
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x3F800000, 0xBF800000, 0x7F7FFFFF,
    0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF, 0x34000000, 0x4B800000,
]
SHARED = Path(os.environ.get("CAIRN_SHARED", ROOT.parent / "shared")) / "arithmetic"


class Arbiter:
    def __init__(self, chain):
        self.chain_ = chain
        chain.fund(CALLER, 10**30)
        code = bytes.fromhex(artifact("Arbiter")["bytecode"][2:])
        self.address = chain.send(CALLER, None, code).created

    def ask(self, signature, *values):
        types = signature[signature.index("(") + 1 : -1]
        data = selector(signature) + encode(split(types), values)
        outcome = self.chain_.call(CALLER, self.address, data)
        assert outcome.ok, outcome.reason
        return decode(["uint32"], outcome.output)[0]

    def fma(self, a, b, c):
        return self.ask("fma(uint32,uint32,uint32)", a, b, c)

    def unary(self, name, a):
        return self.ask("unary(uint256,uint32)", UNARY.index(name), a)

    def binary(self, name, a, b):
        return self.ask("binary(uint256,uint32,uint32)", BINARY.index(name), a, b)

    def chain(self, a, b):
        return self.ask("chain(uint256,uint256[],uint256[])", len(a), packed(a), packed(b))


def split(types):
    return types.split(",")


def packed(numbers):
    """Eight patterns a word, the first one highest."""
    words = [numbers[i : i + 8] for i in range(0, len(numbers), 8)]
    return [sum(x << 224 - 32 * j for j, x in enumerate(word)) for word in words]


def bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


@pytest.fixture
def arbiter(revm):
    return Arbiter(revm)


def random_pattern(source):
    """Any pattern, an edge, or one of a size that meets others."""
    return source.choice([source.getrandbits(32), source.choice(EDGES), bits(source.gauss(0, 1)), source.getrandbits(24)])


def test_fma_is_exact(arbiter):
    source = random.Random(11)
    cases = [(a, b, c) for a in EDGES for b in EDGES[::2] for c in EDGES]
    cases += [tuple(random_pattern(source) for _ in range(3)) for _ in range(3000)]
    for a, b, c in cases:
        assert arbiter.fma(a, b, c) == binary32.fma(a, b, c), f"{a:08x} {b:08x} {c:08x}"


def test_near_cancellation_is_exact(arbiter):
    """Products whose sum with c loses almost all bits, and sums that fall between two numbers."""
    source = random.Random(12)
    for _ in range(1500):
        a, b = bits(source.uniform(1, 2)), bits(source.uniform(1, 2))
        c = binary32.fma(a, b, 0) ^ 0x80000000
        c ^= source.choice([0, 0, 1, 3])
        shift = source.choice([0, 0, 23 << 23, 24 << 23, 25 << 23])
        assert arbiter.fma(a, b, c - shift) == binary32.fma(a, b, c - shift), f"{a:08x} {b:08x} {c - shift:08x}"


def test_every_distance_between_product_and_sum_is_exact(arbiter):
    """From a product far above c to one far below; factors below 2^-126 too."""
    source = random.Random(17)
    for exponent in range(255):
        for a in [exponent << 23 | source.getrandbits(23), source.getrandbits(23) >> source.randrange(23)]:
            b = source.choice([0x3F800000, 0x3F7FFFFF, 0x40000001, 0x5F000000 | source.getrandbits(23)])
            c = source.randrange(255) << 23 | source.choice([0, 1, 0x7FFFFF, source.getrandbits(23)])
            c |= source.getrandbits(1) << 31
            assert arbiter.fma(a, b, c) == binary32.fma(a, b, c), f"{a:08x} {b:08x} {c:08x}"


def test_a_speck_breaks_a_tie(arbiter):
    """Products halfway between two numbers, and a c of any size below them."""
    for exponent in range(127, 254, 7):
        for odd in (1, 3, 5, 0x2AAAAB):
            a, b = exponent << 23 | odd, bits(1.5)
            for c in [0, *(e << 23 for e in range(1, exponent - 24, 5)), 1]:
                for sign in (0, 0x80000000):
                    assert arbiter.fma(a, b, c | sign) == binary32.fma(a, b, c | sign), f"{a:08x} {c | sign:08x}"


def test_what_the_smallest_numbers_give_is_exact(arbiter):
    """Products, quotients and roots of numbers below 2^-126, and products and quotients that fall there."""
    source = random.Random(18)
    small = lambda: source.getrandbits(24) >> source.randrange(24) or 1  # noqa: E731
    for _ in range(150):
        a, b = small() | source.getrandbits(1) << 31, source.randrange(1, 0x7F800000)
        for x, y in [(a, b), (b, a), (a, small()), (b, 0x00800000 + source.getrandbits(27))]:
            sign = (x ^ y) & 0x80000000
            assert arbiter.binary("mul", x, y) == binary32.fma(x, y, sign), f"{x:08x} * {y:08x}"
            want = binary32.rounded(binary32.exact(x) / binary32.exact(y), sign)
            assert arbiter.binary("div", x, y) == want, f"{x:08x} / {y:08x}"
        root = arbiter.unary("sqrt", a & 0x7FFFFFFF)
        value = binary32.exact(a & 0x7FFFFFFF)
        low, middle, high = (binary32.exact(root + k) for k in (-1, 0, 1))
        assert (low + middle) ** 2 < 4 * value < (middle + high) ** 2


def test_addition_subtraction_and_product_follow(arbiter):
    source = random.Random(13)
    for _ in range(600):
        a, b = random_pattern(source), random_pattern(source)
        assert arbiter.binary("add", a, b) == binary32.fma(a, 0x3F800000, b)
        assert arbiter.binary("sub", a, b) == binary32.fma(b, 0xBF800000, a)
        product = arbiter.binary("mul", a, b)
        assert product == binary32.fma(a, b, (a ^ b) & 0x80000000)


def test_division_and_root_are_exact(arbiter):
    source = random.Random(14)
    for _ in range(800):
        a, b = random_pattern(source), random_pattern(source)
        finite = all(x & 0x7FFFFFFF < binary32.INFINITY for x in (a, b))
        if finite and b & 0x7FFFFFFF:
            want = binary32.rounded(binary32.exact(a) / binary32.exact(b), (a ^ b) & 0x80000000)
            assert arbiter.binary("div", a, b) == want, f"{a:08x} / {b:08x}"
        if finite and not a & 0x80000000:
            root = arbiter.unary("sqrt", a)
            # Nearest: the square lies between those of the midpoints to the neighbours.
            if root:
                value = binary32.exact(a)
                low = (binary32.exact(root - 1) + binary32.exact(root)) / 2
                high = (binary32.exact(root) + binary32.exact(root + 1)) / 2
                assert low**2 <= value <= high**2
    nan, infinity = binary32.NAN, binary32.INFINITY
    assert [arbiter.binary("div", a, b) for a, b in [(0, 0), (infinity, infinity), (bits(1), 0), (0, infinity)]] == [
        nan, nan, infinity, 0,
    ]
    assert [arbiter.unary("sqrt", a) for a in [0x80000000, infinity, bits(-1.0), nan]] == [
        0x80000000, infinity, nan, nan,
    ]


def test_order(arbiter):
    def place(a):
        return 0xFFFFFFFF - a if a & 0x80000000 else a | 0x80000000

    for a in EDGES:
        for b in EDGES:
            if binary32.is_nan(a) or binary32.is_nan(b):
                assert arbiter.binary("max", a, b) == arbiter.binary("min", a, b) == binary32.NAN
                assert arbiter.binary("less", a, b) == 0
                continue
            assert arbiter.binary("max", a, b) == max(a, b, key=place)
            assert arbiter.binary("min", a, b) == min(a, b, key=place)
            as_float = [struct.unpack("<f", struct.pack("<I", x))[0] for x in (a, b)]
            assert arbiter.binary("less", a, b) == (as_float[0] < as_float[1])


def test_integers_become_numbers(arbiter):
    for i in [0, 1, -1, 2**24 + 1, 2**24 + 3, -(2**63), 2**63 - 1, 123456789]:
        assert arbiter.ask("fromInteger(int64)", i) == binary32.rounded(binary32.Fraction(i))


def test_chains_of_every_length(arbiter):
    source = random.Random(15)
    for count in [0, 1, 7, 8, 9, 63, 255, 256]:
        a, b = ([bits(source.gauss(0, 1)) for _ in range(count)] for _ in range(2))
        assert arbiter.chain(a, b) == binary32.chain(a, b)
    for _ in range(25):
        a, b = ([random_pattern(source) for _ in range(24)] for _ in range(2))
        assert arbiter.chain(a, b) == binary32.chain(a, b)
        finite = [[x & 0x7F7FFFFF | x & 0x80000000 for x in side] for side in (a, b)]
        assert arbiter.chain(*finite) == binary32.chain(*finite)


def test_an_infinite_sum_stays_until_a_special_operand(arbiter):
    big, one = 0x7F7FFFFF, bits(1.0)
    tail = [one] * 14
    assert arbiter.chain([big, big] + tail, [big, big] + tail) == binary32.INFINITY
    assert arbiter.chain([big, big] + tail, [big, big] + tail[:-1] + [0xFF800000]) == binary32.NAN
    assert arbiter.chain([0x80000000], [one]) == binary32.chain([0x80000000], [one]) == 0


def test_operands_of_the_wrong_length_are_refused(arbiter):
    data = selector("chain(uint256,uint256[],uint256[])")
    for count, a, b, reason in [
        (257, [0] * 32, [0] * 32, "a chain has at most 256 links"),
        (9, [0], [0], "operands have the wrong length"),
        (8, [0], [], "operands have the wrong length"),
    ]:
        call = data + encode(["uint256", "uint256[]", "uint256[]"], [count, a, b])
        assert arbiter.chain_.call(CALLER, arbiter.address, call).reason == reason


def test_both_machines_agree_on_a_chain(chain):
    source = random.Random(16)
    a, b = ([bits(source.gauss(0, 1)) for _ in range(256)] for _ in range(2))
    arbiter = Arbiter(chain)
    assert arbiter.chain(a, b) == binary32.chain(a, b)
    data = encode(["uint256", "uint256[]", "uint256[]"], [256, packed(a), packed(b)])
    gas = chain.call(CALLER, arbiter.address, selector("chain(uint256,uint256[],uint256[])") + data).gas
    assert gas < 320_000


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published vectors (../shared/arithmetic) are absent")
def test_published_vectors(arbiter):
    with gzip.open(SHARED / "scalar.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        a, b, c = (int(row[k] or "0", 16) for k in "abc")
        if row["op"] == "fma":
            got = arbiter.fma(a, b, c)
        elif row["op"] == "sqrt":
            got = arbiter.unary("sqrt", a)
        else:
            got = arbiter.binary(row["op"], a, b)
        assert got == int(row["result"], 16), row
    with gzip.open(SHARED / "functions.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in UNARY[1:]:
            assert arbiter.unary(name, int(row["x"], 16)) == int(row[name], 16), (name, row)
