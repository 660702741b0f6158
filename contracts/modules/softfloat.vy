# pragma version 0.4.3
"""
@title Soft float
@license Apache-2.0
@notice The scalar operations of the canonical arithmetic, version 1, on bit patterns of binary32 (IEEE 754-2019): round
        to nearest even, gradual underflow, and one NaN, 0x7fc00000. Every argument is a pattern below 2^32.
@dev    A finite number is magnitude * 2^(exponent - 600); the offset keeps all exponents above zero.
"""

SIGN: constant(uint256) = 2**31
MAGNITUDE: constant(uint256) = 2**31 - 1
HIDDEN: constant(uint256) = 2**23
FRACTION: constant(uint256) = 2**23 - 1
INFINITY: constant(uint256) = 255 * 2**23
NAN: constant(uint256) = 511 * 2**22
ONE: constant(uint256) = 127 * 2**23

# The exponent of the smallest number above zero, 2^-149.
LEAST: constant(uint256) = 451

# How far operands are shifted to meet; beyond, the smaller one only tells that it is not zero.
WINDOW: constant(uint256) = 100

# The length in bits of the numbers 0 to 15, a nibble each.
LENGTHS: constant(uint256) = 4919131752702878224


@internal
@pure
def _length(magnitude: uint256) -> uint256:
    """
    @notice How many bits the number needs.
    """
    n: uint256 = convert(magnitude > 2**128 - 1, uint256) << 7
    n |= convert((magnitude >> n) > 2**64 - 1, uint256) << 6
    n |= convert((magnitude >> n) > 2**32 - 1, uint256) << 5
    n |= convert((magnitude >> n) > 2**16 - 1, uint256) << 4
    n |= convert((magnitude >> n) > 2**8 - 1, uint256) << 3
    n |= convert((magnitude >> n) > 2**4 - 1, uint256) << 2
    return unsafe_add(n, (LENGTHS >> ((magnitude >> n) << 2)) & 15)


@internal
@pure
def _round(sign: uint256, magnitude: uint256, exponent: uint256, length: uint256) -> uint256:
    """
    @notice The pattern nearest to magnitude * 2^(exponent - 600), ties to even.
    @param  sign   SIGN or 0.
    @param  length The magnitude's, from 1 to 255.
    """
    q: uint256 = max(unsafe_sub(unsafe_add(length, exponent), 24), LEAST)
    significand: uint256 = 0
    if q > exponent:
        cut: uint256 = unsafe_sub(q, exponent)
        half: uint256 = (SIGN << cut) >> 32
        significand = unsafe_add(unsafe_add(magnitude, unsafe_sub(half, 1)), (magnitude >> cut) & 1) >> cut
    else:
        significand = magnitude << unsafe_sub(exponent, q)
    return min(unsafe_add(unsafe_sub(q, LEAST) << 23, significand), INFINITY) | sign


@internal
@pure
def _is_nan(a: uint256) -> bool:
    return a & MAGNITUDE > INFINITY


@internal
@pure
def _fma_special(a: uint256, b: uint256, c: uint256) -> uint256:
    """
    @notice a * b + c where an operand is infinite or no number.
    """
    if self._is_nan(a) or self._is_nan(b) or self._is_nan(c):
        return NAN
    if a & MAGNITUDE == INFINITY or b & MAGNITUDE == INFINITY:
        if a & MAGNITUDE == 0 or b & MAGNITUDE == 0:
            return NAN
        product: uint256 = ((a ^ b) & SIGN) | INFINITY
        if c & MAGNITUDE == INFINITY and c != product:
            return NAN
        return product
    return c


@internal
@pure
def _fma(a: uint256, b: uint256, c: uint256) -> uint256:
    """
    @notice a * b + c, rounded once.
    """
    if (unsafe_add(a & MAGNITUDE, HIDDEN) | unsafe_add(b & MAGNITUDE, HIDDEN) | unsafe_add(c & MAGNITUDE, HIDDEN)) & SIGN != 0:
        return self._fma_special(a, b, c)
    ea: uint256 = (a >> 23) & 255
    eb: uint256 = (b >> 23) & 255
    ec: uint256 = (c >> 23) & 255
    za: uint256 = convert(ea == 0, uint256)
    zb: uint256 = convert(eb == 0, uint256)
    zc: uint256 = convert(ec == 0, uint256)
    p: uint256 = unsafe_mul((a & FRACTION) | (HIDDEN >> (za << 5)), (b & FRACTION) | (HIDDEN >> (zb << 5)))
    k: uint256 = (c & FRACTION) | (HIDDEN >> (zc << 5))
    x: uint256 = unsafe_add(unsafe_add(unsafe_add(ea, eb), unsafe_add(za, zb)), 300)
    exponent: uint256 = unsafe_add(unsafe_add(ec, zc), 450)
    if p == 0:
        x = exponent
    bound: uint256 = 49
    if x >= exponent:
        d: uint256 = unsafe_sub(x, exponent)
        if d > WINDOW:
            d = WINDOW
            k = convert(k > 0, uint256)
            exponent = unsafe_sub(x, WINDOW)
        p = p << d
        bound = unsafe_add(d, 49)
    else:
        d: uint256 = unsafe_sub(exponent, x)
        exponent = x
        if d > WINDOW:
            exponent = unsafe_sub(unsafe_add(x, d), WINDOW)
            d = WINDOW
            p = convert(p > 0, uint256)
        k = k << d
        bound = max(unsafe_add(d, 26), 49)
    sign: uint256 = (a ^ b) & SIGN
    total: uint256 = 0
    if sign == c & SIGN:
        total = unsafe_add(p, k)
    elif p >= k:
        total = unsafe_sub(p, k)
    else:
        total = unsafe_sub(k, p)
        sign ^= SIGN
    if total == 0:
        return (a ^ b) & c & SIGN
    # Most sums have their first bit among the four below the bound.
    bound = unsafe_sub(bound, 4)
    top: uint256 = total >> bound
    if top != 0:
        bound = unsafe_add(bound, (LENGTHS >> (top << 2)) & 15)
    else:
        bound = self._length(total)
    return self._round(sign, total, exponent, bound)


@internal
@pure
def _add(a: uint256, b: uint256) -> uint256:
    return self._fma(a, ONE, b)


@internal
@pure
def _sub(a: uint256, b: uint256) -> uint256:
    return self._fma(b, ONE | SIGN, a)


@internal
@pure
def _mul(a: uint256, b: uint256) -> uint256:
    return self._fma(a, b, ((a ^ b) & SIGN))


@internal
@pure
def _div(a: uint256, b: uint256) -> uint256:
    """
    @notice a / b.
    """
    sign: uint256 = (a ^ b) & SIGN
    n: uint256 = a & MAGNITUDE
    d: uint256 = b & MAGNITUDE
    if n > INFINITY or d > INFINITY or (n == d and (n == 0 or n == INFINITY)):
        return NAN
    if n == INFINITY or d == 0:
        return sign | INFINITY
    if d == INFINITY or n == 0:
        return sign
    en: uint256 = n >> 23
    ed: uint256 = d >> 23
    zn: uint256 = convert(en == 0, uint256)
    zd: uint256 = convert(ed == 0, uint256)
    dividend: uint256 = ((n & FRACTION) | (HIDDEN >> (zn << 5))) << WINDOW
    divisor: uint256 = (d & FRACTION) | (HIDDEN >> (zd << 5))
    quotient: uint256 = unsafe_div(dividend, divisor)
    quotient |= convert(unsafe_mul(quotient, divisor) != dividend, uint256)
    exponent: uint256 = unsafe_sub(unsafe_add(unsafe_add(en, zn), 500), unsafe_add(ed, zd))
    return self._round(sign, quotient, exponent, self._length(quotient))


@internal
@pure
def _sqrt(a: uint256) -> uint256:
    """
    @notice The square root.
    """
    if a & MAGNITUDE == 0 or a == INFINITY:
        return a
    if a >= SIGN or a > INFINITY:
        return NAN
    e: uint256 = a >> 23
    zero: uint256 = convert(e == 0, uint256)
    e = unsafe_add(e, zero)
    square: uint256 = ((a & FRACTION) | (HIDDEN >> (zero << 5))) << unsafe_add(80, e & 1)
    root: uint256 = isqrt(square)
    inexact: uint256 = convert(unsafe_mul(root, root) != square, uint256)
    exponent: uint256 = unsafe_add(484, e >> 1)
    return self._round(0, (root << 1) | inexact, exponent, self._length((root << 1) | inexact))


@internal
@pure
def _less(a: uint256, b: uint256) -> bool:
    """
    @notice a < b as numbers: false where one is none, and for -0 and +0.
    """
    if self._is_nan(a) or self._is_nan(b) or (a | b) & MAGNITUDE == 0:
        return False
    return self._place(a) < self._place(b)


@internal
@pure
def _place(a: uint256) -> uint256:
    """
    @notice The pattern's place in the total order, in which -0 stands below +0.
    """
    if a >= SIGN:
        return unsafe_sub(2**32 - 1, a)
    return a | SIGN


@internal
@pure
def _maximum(a: uint256, b: uint256) -> uint256:
    """
    @notice The larger by the total order; NaN where one is.
    """
    if self._is_nan(a) or self._is_nan(b):
        return NAN
    return b if self._place(a) < self._place(b) else a


@internal
@pure
def _minimum(a: uint256, b: uint256) -> uint256:
    """
    @notice The smaller by the total order; NaN where one is.
    """
    if self._is_nan(a) or self._is_nan(b):
        return NAN
    return b if self._place(b) < self._place(a) else a


@internal
@pure
def _from_int(i: int256) -> uint256:
    """
    @notice The number nearest to the integer, which lies within 64 bits.
    """
    if i == 0:
        return 0
    magnitude: uint256 = convert(abs(i), uint256)
    sign: uint256 = SIGN if i < 0 else 0
    return self._round(sign, magnitude, 600, self._length(magnitude))


@internal
@pure
def _to_int(a: uint256) -> int256:
    """
    @notice The int32 nearest to the number, ties to even; the end of int32 for what is beyond, 0 for NaN.
    """
    if self._is_nan(a):
        return 0
    exponent: uint256 = (a >> 23) & 255
    magnitude: uint256 = 0
    if exponent > 157:
        # At least 2^31.
        magnitude = SIGN
    elif exponent > 149:
        magnitude = ((a & FRACTION) | HIDDEN) << unsafe_sub(exponent, 150)
    elif exponent > 125:
        cut: uint256 = unsafe_sub(150, exponent)
        half: uint256 = (SIGN << cut) >> 32
        significand: uint256 = (a & FRACTION) | HIDDEN
        magnitude = unsafe_add(unsafe_add(significand, unsafe_sub(half, 1)), (significand >> cut) & 1) >> cut
    if a >= SIGN:
        return -convert(magnitude, int256)
    return convert(min(magnitude, MAGNITUDE), int256)
