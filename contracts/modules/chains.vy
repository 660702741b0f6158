# pragma version 0.4.3
"""
@title Chains
@license Apache-2.0
@notice The innermost loop of every contraction: c = fma(a[k], b[k], c) from +0, at most 256 links.
@dev    Eight lanes of a word are taken apart at once, and the running sum stays apart (sign, significand, exponent as in
        `softfloat`) from link to link. Only the largest sums overflow; a chain of finite operands that did stays infinite.
"""

from . import softfloat

INFINITY: constant(uint256) = 255 * 2**23
SIGN: constant(uint256) = 2**31
LEAST: constant(uint256) = 451
WINDOW: constant(uint256) = 100
LENGTHS: constant(uint256) = 4919131752702878224

LANE: constant(uint256) = 2**32 - 1

# 1 in every 32-bit lane.
ONES: constant(uint256) = max_value(uint256) // (2**32 - 1)
FRACTIONS: constant(uint256) = (2**23 - 1) * ONES
EXPONENTS: constant(uint256) = 255 * ONES
SPECIALS: constant(uint256) = 256 * ONES
OFFSETS: constant(uint256) = 302 * ONES


@internal
@pure
def _chain(count: uint256, a: DynArray[uint256, 32], b: DynArray[uint256, 32]) -> uint256:
    """
    @notice The chain over the first `count` lanes of the words, from +0.
    """
    negative: uint256 = 0
    k: uint256 = 0
    x: uint256 = LEAST
    for i: uint256 in range(unsafe_add(count, 7) >> 3, bound=32):
        u: uint256 = a[i]
        w: uint256 = b[i]
        eu: uint256 = (u >> 23) & EXPONENTS
        ew: uint256 = (w >> 23) & EXPONENTS
        if (unsafe_add(eu, ONES) | unsafe_add(ew, ONES)) & SPECIALS != 0:
            return self._careful_chain(count, a, b)
        # 1 where the number is normal and has its hidden bit.
        nu: uint256 = (unsafe_add(eu, EXPONENTS) >> 8) & ONES
        nw: uint256 = (unsafe_add(ew, EXPONENTS) >> 8) & ONES
        mu: uint256 = (u & FRACTIONS) | (nu << 23)
        mw: uint256 = (w & FRACTIONS) | (nw << 23)
        # The product's exponent in the low 16 bits of each lane, its sign above them.
        products: uint256 = unsafe_sub(unsafe_add(unsafe_add(eu, ew), OFFSETS), unsafe_add(nu, nw))
        products |= (((u ^ w) >> 31) & ONES) << 16
        s: uint256 = 256
        for j: uint256 in range(min(8, unsafe_sub(count, i << 3)), bound=8):
            s = unsafe_sub(s, 32)
            p: uint256 = unsafe_mul((mu >> s) & LANE, (mw >> s) & LANE)
            y: uint256 = (products >> s) & LANE
            sign: uint256 = y >> 16
            y &= 65535
            if p == 0:
                y = x
            bound: uint256 = 45
            if y >= x:
                d: uint256 = unsafe_sub(y, x)
                if d > WINDOW:
                    d = WINDOW
                    k = convert(k > 0, uint256)
                    x = unsafe_sub(y, WINDOW)
                p = p << d
                bound = unsafe_add(d, 45)
            else:
                d: uint256 = unsafe_sub(x, y)
                if d > WINDOW:
                    y = unsafe_sub(x, WINDOW)
                    d = WINDOW
                    p = convert(p > 0, uint256)
                x = y
                k = k << d
                if d > 23:
                    bound = unsafe_add(d, 22)
            if sign == negative:
                p = unsafe_add(p, k)
            elif p >= k:
                p = unsafe_sub(p, k)
            else:
                p = unsafe_sub(k, p)
                sign = negative
            if p == 0:
                negative &= sign
                k = 0
                x = LEAST
                continue
            negative = sign
            top: uint256 = p >> bound
            if top != 0:
                bound = unsafe_add(bound, (LENGTHS >> (top << 2)) & 15)
            else:
                bound = softfloat._length(p)
            q: uint256 = unsafe_sub(unsafe_add(bound, x), 24)
            if q < LEAST:
                q = LEAST
            if q > x:
                d: uint256 = unsafe_sub(q, x)
                k = unsafe_add(unsafe_add(p, unsafe_sub((SIGN << d) >> 32, 1)), (p >> d) & 1) >> d
            else:
                k = p << unsafe_sub(x, q)
            x = q
            if unsafe_add(q, k >> 24) > 704:
                return self._overflowed(count, i, a, b, negative)
    return (negative << 31) | unsafe_add(unsafe_sub(x, LEAST) << 23, k)


@internal
@pure
def _overflowed(
    count: uint256, i: uint256, a: DynArray[uint256, 32], b: DynArray[uint256, 32], negative: uint256
) -> uint256:
    """
    @notice The end of a chain whose sum has become infinite in word i; only a special operand can still change it.
    """
    for j: uint256 in range(i, 32, bound=32):
        if j << 3 < count and (unsafe_add((a[j] >> 23) & EXPONENTS, ONES) | unsafe_add((b[j] >> 23) & EXPONENTS, ONES)) & SPECIALS != 0:
            return self._careful_chain(count, a, b)
    return (negative << 31) | INFINITY


@internal
@pure
def _careful_chain(count: uint256, a: DynArray[uint256, 32], b: DynArray[uint256, 32]) -> uint256:
    """
    @notice The chain link by link, for operands that are infinite or no number.
    """
    c: uint256 = 0
    for i: uint256 in range(count, bound=256):
        s: uint256 = unsafe_mul(unsafe_sub(7, i & 7), 32)
        c = softfloat._fma((a[i >> 3] >> s) & LANE, (b[i >> 3] >> s) & LANE, c)
    return c
