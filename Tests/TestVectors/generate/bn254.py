"""bn254 sums, multiples and pairing checks from py_ecc."""
from py_ecc.optimized_bn128 import (FQ, FQ2, FQ12, G1, G2, Z1, Z2, add, b2, curve_order, field_modulus, is_on_curve,
                                    multiply, neg, normalize, pairing)

from common import hexed, rng, save

source = rng(9)


def n32(v):
    return int(v).to_bytes(32, "big")


def g1(p):
    if p[2] == FQ.zero():
        return bytes(64)
    x, y = normalize(p)
    return n32(x) + n32(y)


def g2(p):
    if p[2] == FQ2.zero():
        return bytes(128)
    x, y = normalize(p)
    return b"".join(n32(v) for v in (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0]))


def scalar():
    return source.choice([0, 1, 2, 3, curve_order - 1, curve_order, 2**256 - 1] + [source.getrandbits(256)] * 8)


adds, muls, pairs = [], [], []
for _ in range(25):
    a = multiply(G1, source.randrange(curve_order))
    b = source.choice([multiply(G1, source.randrange(curve_order)), a, neg(a), Z1])
    adds.append([hexed(g1(a) + g1(b)), hexed(g1(add(a, b)))])
for _ in range(20):
    a, k = multiply(G1, source.randrange(1, curve_order)), scalar()
    muls.append([hexed(g1(a) + n32(k)), hexed(g1(multiply(a, k % curve_order)))])
for count in [0, 1, 2, 2, 2, 3, 4]:
    data, total = b"", 0
    terms = []
    for i in range(count):
        x, y = source.randrange(1, curve_order), source.randrange(1, curve_order)
        if i == count - 1 and source.random() < 0.7 and count > 1:
            x = -total * pow(y, -1, curve_order) % curve_order
        total = (total + x * y) % curve_order
        terms.append(g1(multiply(G1, x)) + g2(multiply(G2, y)))
    pairs.append([hexed(b"".join(terms)), total == 0])
pairs.append([hexed(g1(Z1) + g2(G2)), True])
pairs.append([hexed(g1(G1) + g2(Z2)), True])
# One pairing check by the oracle itself: e(2 G1, 3 G2) e(-6 G1, G2) is one.
value = pairing(multiply(G2, 3), multiply(G1, 2)) * pairing(G2, neg(multiply(G1, 6)))
assert value == FQ12.one()
pairs.append([hexed(g1(multiply(G1, 2)) + g2(multiply(G2, 3)) + g1(neg(multiply(G1, 6))) + g2(G2)), True])


def root(v):
    """The square root modulo p (p is 3 modulo 4), or None."""
    r = pow(v, (field_modulus + 1) // 4, field_modulus)
    return r if r * r % field_modulus == v % field_modulus else None


def off_subgroup():
    """A point of the twist outside the group of prime order."""
    for n in range(1, 1000):
        x = FQ2([n, 1])
        c0, c1 = (int(c) for c in (x * x * x + b2).coeffs)
        norm = root(c0 * c0 + c1 * c1)
        if norm is None:
            continue
        half = pow(2, -1, field_modulus)
        y0 = root((c0 + norm) * half) or root((c0 - norm) * half)
        if not y0:
            continue
        p = (x, FQ2([y0, c1 * pow(2 * y0, -1, field_modulus)]), FQ2.one())
        if is_on_curve(p, b2) and multiply(p, curve_order)[2] != FQ2.zero():
            return p


invalid = {
    "add": [n32(1) + n32(1) + bytes(64), n32(field_modulus) + n32(0) + bytes(64), bytes(64) + n32(0) + n32(field_modulus)],
    "multiply": [n32(1) + n32(3) + n32(1)],
    "pairing": [
        g1(G1) + g2(G2)[:-1], g1(G1) + n32(1) * 4, n32(1) * 2 + g2(G2), g1(G1) + g2(off_subgroup()),
        bytes(64) + n32(field_modulus) + bytes(96)],
}
save("bn254", {"add": adds, "multiply": muls, "pairing": pairs,
               "invalid": {k: [hexed(v) for v in vs] for k, vs in invalid.items()}})
