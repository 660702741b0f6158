"""BLS12-381 sums, multiples, pairing checks and maps from py_ecc; KZG proofs from c-kzg."""
import ckzg
from py_ecc.bls.hash_to_curve import clear_cofactor_G1, clear_cofactor_G2, map_to_curve_G1, map_to_curve_G2
from py_ecc.optimized_bls12_381 import (FQ, FQ2, G1, G2, Z1, Z2, add, b, b2, curve_order, field_modulus, is_on_curve,
                                        multiply, neg, normalize)

from common import hexed, rng, save

source = rng(10)


def n64(v):
    return int(v).to_bytes(64, "big")


def g1(p):
    if p[2] == FQ.zero():
        return bytes(128)
    return b"".join(n64(v) for v in normalize(p))


def g2(p):
    if p[2] == FQ2.zero():
        return bytes(256)
    x, y = normalize(p)
    return b"".join(n64(v) for v in (*x.coeffs, *y.coeffs))


def random_scalar():
    return source.choice([0, 1, 2, curve_order - 1, curve_order, 2**256 - 1] + [source.getrandbits(256)] * 8)


def some(generator):
    return multiply(generator, source.randrange(1, curve_order))


out = {"g1Add": [], "g2Add": [], "g1MultiScalar": [], "g2MultiScalar": [], "pairing": [], "mapToG1": [], "mapToG2": [],
       "kzg": []}
for name, generator, write, zero in [("g1", G1, g1, Z1), ("g2", G2, g2, Z2)]:
    for _ in range(10):
        a = some(generator)
        c = source.choice([some(generator), a, neg(a), zero])
        out[name + "Add"].append([hexed(write(a) + write(c)), hexed(write(add(a, c)))])
    for count in [1, 1, 1, 2, 3, 5]:
        total, data = zero, b""
        for _ in range(count):
            p, k = source.choice([some(generator)] * 5 + [zero]), random_scalar()
            data += write(p) + k.to_bytes(32, "big")
            if p[2] != zero[2]:
                total = add(total, multiply(p, k % curve_order))
        out[name + "MultiScalar"].append([hexed(data), hexed(write(total))])
for count in [1, 2, 2, 3]:
    total, data = 0, b""
    for i in range(count):
        x, y = source.randrange(1, curve_order), source.randrange(1, curve_order)
        if i == count - 1 and count > 1 and len(out["pairing"]) != 2:
            x = -total * pow(y, -1, curve_order) % curve_order
        total = (total + x * y) % curve_order
        data += g1(multiply(G1, x)) + g2(multiply(G2, y))
    out["pairing"].append([hexed(data), total == 0])
out["pairing"].append([hexed(g1(Z1) + g2(G2) + g1(G1) + g2(Z2)), True])
for u in [0, 1, field_modulus - 1] + [source.randrange(field_modulus) for _ in range(6)]:
    out["mapToG1"].append([hexed(n64(u)), hexed(g1(clear_cofactor_G1(map_to_curve_G1(FQ(u)))))])
for u in [(0, 0), (1, 0), (0, 1)] + [(source.randrange(field_modulus), source.randrange(field_modulus)) for _ in range(5)]:
    out["mapToG2"].append([hexed(n64(u[0]) + n64(u[1])), hexed(g2(clear_cofactor_G2(map_to_curve_G2(FQ2(u)))))])


def off_subgroup():
    """A point of the curve outside the group of prime order."""
    for x in range(1, 100):
        right = x**3 + 4
        y = pow(right, (field_modulus + 1) // 4, field_modulus)
        p = (FQ(x), FQ(y), FQ.one())
        if y * y % field_modulus == right % field_modulus and multiply(p, curve_order)[2] != FQ.zero():
            assert is_on_curve(p, b)
            return p


p = off_subgroup()
q = map_to_curve_G2(FQ2([7, 9]))
assert is_on_curve(q, b2) and multiply(q, curve_order)[2] != FQ2.zero()
one = (1).to_bytes(32, "big")
out["offSubgroup"] = {"g1Add": hexed(g1(p) + g1(p)), "g1Sum": hexed(g1(add(p, p))), "g2Add": hexed(g2(q) + g2(q)),
                      "g2Sum": hexed(g2(add(q, q)))}
out["invalid"] = {
    "g1Add": [hexed(v) for v in (b"", g1(G1), g1(G1) + g1(G1) + b"\0", n64(1) * 2 + g1(G1), n64(field_modulus) + bytes(192),
                                 b"\1" + bytes(255))],
    "g2Add": [hexed(v) for v in (b"", g2(G2), n64(1) * 4 + g2(G2), bytes(192) + n64(field_modulus) + bytes(256))],
    "g1MultiScalar": [hexed(v) for v in (b"", g1(G1), g1(p) + one, n64(1) * 2 + one)],
    "g2MultiScalar": [hexed(v) for v in (b"", g2(q) + one, n64(1) * 4 + one)],
    "pairing": [hexed(v) for v in (b"", g1(p) + g2(G2), g1(G1) + g2(q), g1(G1) + g2(G2)[:-1], g1(G1) + n64(1) * 4)],
    "mapToG1": [hexed(v) for v in (b"", n64(field_modulus), bytes(63), b"\1" + bytes(63))],
    "mapToG2": [hexed(v) for v in (b"", n64(0) + n64(field_modulus), bytes(127))],
}

setup = ckzg.load_trusted_setup(__import__("sys").argv[1], 0)
for _ in range(3):
    blob = b"".join(b"\0" + bytes(source.randrange(256) for _ in range(31)) for _ in range(4096))
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    z = source.randrange(curve_order).to_bytes(32, "big")
    proof, y = ckzg.compute_kzg_proof(blob, z, setup)
    assert ckzg.verify_kzg_proof(commitment, z, y, proof, setup)
    out["kzg"].append([hexed(v) for v in (z, y, commitment, proof)])
save("bls12", out)
