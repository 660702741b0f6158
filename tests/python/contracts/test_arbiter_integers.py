"""Numbers to integers on the arbiter, against exact fractions."""

import random

import binary32
from deployed import Deployed
from world import OWNER


def nearest(a):
    """The decision: nearest int32, ties to even, clamped; NaN is 0."""
    if binary32.is_nan(a):
        return 0
    infinite = a & 0x7FFFFFFF == binary32.INFINITY
    value = (2**40 if a < binary32.SIGN else -(2**40)) if infinite else round(binary32.exact(a))
    return max(-(2**31), min(2**31 - 1, value))


def test_edges_and_random_numbers(chain):
    chain.fund(OWNER, 10**18)
    arbiter = Deployed.deploy(chain, "Arbiter", sender=OWNER)
    source = random.Random(19)
    edges = [0, 1, 0x3EFFFFFF, 0x3F000000, 0x3F000001, 0x3FC00000, 0x40200000, 0x4AFFFFFF, 0x4B000001, 0x4EFFFFFF]
    edges += [0x4F000000, 0x4F000001, 0x7F7FFFFF, 0x7F800000, 0x7FC00000]
    numbers = [edge | sign for edge in edges for sign in (0, binary32.SIGN)]
    numbers += [source.randint(0x3E000000, 0x4F800000) | source.getrandbits(1) << 31 for _ in range(300)]
    for a in numbers:
        assert arbiter.view("toInteger", a) == nearest(a), hex(a)
