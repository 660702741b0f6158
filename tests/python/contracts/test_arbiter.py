"""The soft-float contract against exact rationals, and against the vectors of the canonical arithmetic."""

import gzip
import os
import random
from pathlib import Path

import float32
import pytest
from deployed import ROOT, Deployed, Refused
from evms import PyEvm, Revm
from world import OWNER

SHARED = Path(os.environ.get("CAIRN_SHARED", ROOT.parent / "shared")) / "arithmetic"
EDGES = [
    0, 1, 2, 0x3FFFFF, 0x400000, 0x7FFFFF, 0x800000, 0x800001, 0xFFFFFF, 0x1000000, 0x33800000, 0x34000000, 0x3F000000,
    0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x40000000, 0x4B000000, 0x4B7FFFFF, 0x4B800000, 0x5F000000, 0x7E800000,
    0x7F000000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x7F800001, 0x7FFFFFFF,
]
EDGES += [x | 0x80000000 for x in EDGES]
ARITY = {"fma": 3, "add": 2, "sub": 2, "mul": 2, "div": 2, "sqrt": 1, "maximum": 2, "minimum": 2}


def deployed(chain):
    chain.fund(OWNER, 10**18)
    return Deployed.deploy(chain, "Arbiter", sender=OWNER)


@pytest.fixture(scope="module")
def arbiter():
    return deployed(Revm())


def anything(rng):
    """A float of any kind: edges, numbers near each other, all bit patterns."""
    return rng.choice([
        rng.choice(EDGES), rng.getrandbits(32), rng.randint(0x3F000000, 0x40FFFFFF) | rng.getrandbits(1) << 31,
        rng.getrandbits(24) | rng.getrandbits(1) << 31, 0x3F800000 + rng.randint(-3, 3),
    ])


@pytest.mark.parametrize("operation", [name for name, arity in ARITY.items() if arity < 3])
def test_all_pairs_of_edges(arbiter, operation):
    others = EDGES if ARITY[operation] == 2 else [None]
    for a in EDGES:
        for b in others:
            args = (a,) if b is None else (a, b)
            assert arbiter.view(operation, *args) == getattr(float32, operation)(*args), [hex(x) for x in args]


def test_fma_on_triples_of_edges(arbiter):
    rng = random.Random(3)
    for a in EDGES:
        for b in EDGES:
            c = rng.choice(EDGES)
            assert arbiter.view("fma", a, b, c) == float32.fma(a, b, c), (hex(a), hex(b), hex(c))


@pytest.mark.parametrize("operation", ARITY)
def test_random_operands(arbiter, operation):
    rng = random.Random(operation)
    for _ in range(1000):
        args = [anything(rng) for _ in range(ARITY[operation])]
        assert arbiter.view(operation, *args) == getattr(float32, operation)(*args), [hex(x) for x in args]


def test_fma_with_cancellation_and_ties(arbiter):
    """Products that meet their own negative, a little off: where one rounding differs from two."""
    rng = random.Random(7)
    for _ in range(2000):
        a, b = (rng.randint(0x30000000, 0x4F000000) for _ in range(2))
        if rng.random() < 0.5:
            a, b = a & 0xFFFFF000, b & 0xFFFFF000
        near = (float32.mul(a, b) ^ 0x80000000) + rng.choice([-2, -1, 0, 0, 1, 2])
        assert arbiter.view("fma", a, b, near) == float32.fma(a, b, near), (hex(a), hex(b), hex(near))


def test_fma_at_every_distance_of_exponents(arbiter):
    rng = random.Random(11)
    for exponent in range(255):
        for _ in range(6):
            a, b = (rng.getrandbits(23) | rng.choice([1, 100, 127, 150, 200]) << 23 for _ in range(2))
            c = rng.choice([0, 1, 0x7FFFFF, rng.getrandbits(23)]) | exponent << 23 | rng.getrandbits(1) << 31
            assert arbiter.view("fma", a, b, c) == float32.fma(a, b, c), (hex(a), hex(b), hex(c))


def test_comparisons(arbiter):
    rng = random.Random(5)
    pairs = [(a, b) for a in EDGES[::3] for b in EDGES] + [(anything(rng), anything(rng)) for _ in range(300)]
    for a, b in pairs:
        assert arbiter.view("less", a, b) == float32.less(a, b), (hex(a), hex(b))
        assert arbiter.view("equal", a, b) == float32.equal(a, b), (hex(a), hex(b))


def test_conversions(arbiter):
    rng = random.Random(13)
    numbers = [0, 1, -1, 2**24, 2**24 + 1, 2**24 + 3, -(2**24) - 1, 2**31 - 1, -(2**31), 2**31 - 64, 2**31 - 65]
    numbers += [rng.randint(-(2**31), 2**31 - 1) >> rng.randint(0, 31) for _ in range(300)]
    for number in numbers:
        assert arbiter.view("fromInt", number) == float32.nearest(float32.Fraction(number)), number
    halves = [0x3F000000, 0x3FC00000, 0x40200000, 0x4A800001, 0x4AFFFFFF, 0x4EFFFFFF, 0x4F000000, 0xCF000000, 0xCF000001]
    for x in EDGES + halves + [rng.randint(0x3E000000, 0x50000000) | rng.getrandbits(1) << 31 for _ in range(300)]:
        assert arbiter.view("toInt", x) == float32.to_int(x, True), hex(x)
        assert arbiter.view("truncate", x) == float32.to_int(x, False), hex(x)


def words(values):
    """Eight floats to a word, the last one filled up with zeros."""
    padded = list(values) + [0] * (-len(values) % 8)
    lanes = [b"".join(x.to_bytes(4, "big") for x in padded[n:n + 8]) for n in range(0, len(padded), 8)]
    return [int.from_bytes(word, "big") for word in lanes]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 31, 255, 256])
@pytest.mark.parametrize("kind", ["ordinary", "anything"])
def test_chains(arbiter, count, kind):
    rng = random.Random(f"{count}{kind}")
    pick = anything if kind == "anything" else lambda r: float32.nearest(float32.Fraction(r.gauss(0, 1)))
    a, b = ([pick(rng) for _ in range(count)] for _ in range(2))
    start = 0 if kind == "ordinary" else anything(rng)
    c = start
    for x, y in zip(a, b):
        c = float32.fma(x, y, c)
    assert arbiter.view("chain", words(a), words(b), count, start) == c


def test_chains_that_are_refused(arbiter):
    with pytest.raises(Refused, match="^operands differ in length$"):
        arbiter.view("chain", [1], [1, 2], 8, 0)
    with pytest.raises(Refused, match="^too few operands$"):
        arbiter.view("chain", [1], [1], 9, 0)


def ordinary_chain():
    rng = random.Random(256)
    pick = lambda: float32.nearest(float32.Fraction(rng.gauss(0, 1)))  # noqa: E731
    return words([pick() for _ in range(256)]), words([pick() for _ in range(256)])


def test_gas(chain):
    """The aims: 320,000 for a chain of 256, whole transactions apart; an fma is a link of it."""
    arbiter = deployed(chain)
    a, b = ordinary_chain()
    data = arbiter.calldata("chain", a, b, 256, 0)
    outcome = chain.send(OWNER, arbiter.address, data)
    intrinsic = 21_000 + sum(16 if byte else 4 for byte in data)
    assert outcome.gas - intrinsic <= 320_000
    assert (outcome.gas - intrinsic) / 256 <= 1_200
    assert arbiter.view("version") == 1


def rows(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path.name} of the canonical arithmetic's vectors is absent")
    return [line.split(",") for line in gzip.open(path, "rt").read().split()]


def test_vectors_of_the_scalar_operations(arbiter):
    for operation, *operands, result in rows("scalar.csv.gz")[1:]:
        args = [int(x, 16) for x in operands if x]
        assert arbiter.view(operation, *args) == int(result, 16), (operation, operands)


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "erf", "gelu", "gelu_tanh", "sigmoid"])
def test_vectors_of_the_functions(arbiter, name):
    header, *table = rows("functions.csv.gz")
    column = header.index(name)
    function = {"log": "ln", "gelu_tanh": "geluTanh"}.get(name, name)
    for row in table:
        assert arbiter.view(function, int(row[0], 16)) == int(row[column], 16), row[0]


@pytest.mark.parametrize("name", ["exp", "ln", "tanh", "erf", "gelu", "geluTanh", "sigmoid"])
def test_functions_at_the_edges(arbiter, name):
    at = lambda x: arbiter.view(name, x)  # noqa: E731
    assert at(0x7FC00000) == at(0xFFC00000) == at(0x7F800001) == 0x7FC00000
    known = {
        "exp": {0: 0x3F800000, 0x7F800000: 0x7F800000, 0xFF800000: 0},
        "ln": {0: 0xFF800000, 0x80000000: 0xFF800000, 0x3F800000: 0, 0x7F800000: 0x7F800000, 0xBF800000: 0x7FC00000},
        "tanh": {0: 0, 0x80000000: 0x80000000, 0x7F800000: 0x3F800000, 0xFF800000: 0xBF800000},
        "erf": {0: 0, 0x80000000: 0x80000000, 0x7F800000: 0x3F800000, 0xFF800000: 0xBF800000},
        "gelu": {0: 0, 0x80000000: 0x80000000, 0x7F800000: 0x7F800000},
        "geluTanh": {0: 0, 0x80000000: 0x80000000, 0x7F800000: 0x7F800000},
        "sigmoid": {0: 0x3F000000, 0x7F800000: 0x3F800000},
    }
    for x, y in known[name].items():
        assert at(x) == y, hex(x)


def test_the_other_machine():
    arbiter = deployed(PyEvm())
    rng = random.Random(17)
    for operation, arity in ARITY.items():
        for _ in range(20):
            args = [anything(rng) for _ in range(arity)]
            assert arbiter.view(operation, *args) == getattr(float32, operation)(*args)
