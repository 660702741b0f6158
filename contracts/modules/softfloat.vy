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
MINUS_ONE: constant(uint256) = ONE | SIGN

# The exponent of the smallest number above zero, 2^-149.
LEAST: constant(uint256) = 451

# How far operands are shifted to meet; beyond, the smaller one only tells that it is not zero.
WINDOW: constant(uint256) = 100

# The length in bits of the numbers 0 to 63, a nibble each.
LENGTHS: constant(uint256) = 46316835694926478169428394003475163141285308375128163051550912179731267002896

# A pattern has one of these bits, once HIDDEN is added, where it is a normal number.
NORMAL: constant(uint256) = 127 * 2**24


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
def _significand(a: uint256) -> uint256:
    """
    @notice A finite number's significand, with its hidden bit where it has one.
    """
    return a & FRACTION if a & INFINITY == 0 else (a & FRACTION) | HIDDEN


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
    @dev    The sum is taken in fixed point: c stands 64 bits above the lowest one, the product where it then belongs. The
            rounding is written out, because a call costs as much as twenty operations.
    """
    # c is k * 2^(y - 214), the product p * 2^(rise + y - 214).
    y: uint256 = (c >> 23) & 255
    k: uint256 = ((c & FRACTION) | HIDDEN) << 64
    if y == 0:
        y = 1
        k = (c & FRACTION) << 64
    p: uint256 = unsafe_mul((a & FRACTION) | HIDDEN, (b & FRACTION) | HIDDEN)
    rise: uint256 = unsafe_sub(unsafe_add((a >> 23) & 255, (b >> 23) & 255), unsafe_add(y, 86))
    # A factor of this is 0 where a or b is not normal, or c is infinite or no number.
    if unsafe_mul(unsafe_mul(unsafe_add(a, HIDDEN) & NORMAL, unsafe_add(b, HIDDEN) & NORMAL), ~c & INFINITY) == 0:
        if max(max(a & MAGNITUDE, b & MAGNITUDE), c & MAGNITUDE) >= INFINITY:
            return self._fma_special(a, b, c)
        p = unsafe_mul(self._significand(a), self._significand(b))
        if p == 0:
            return c if c & MAGNITUDE != 0 else (a ^ b) & c
        # The product of two normal numbers has 47 bits or 48; this one is given as many.
        lift: uint256 = unsafe_sub(47, self._length(p))
        p = p << lift
        rise = unsafe_sub(rise, lift)
        rise = unsafe_add(rise, convert(a & INFINITY == 0, uint256))
        rise = unsafe_add(rise, convert(b & INFINITY == 0, uint256))
    # The sum's first bit is among the six above this many, unless much of it cancels.
    length: uint256 = 83
    if rise > 40:
        if rise > 200:
            # One of the two is too small to tell more than that it is not zero.
            if rise < 512:
                y = unsafe_add(y, unsafe_sub(rise, 200))
                k = convert(k > 0, uint256)
                rise = 200
            else:
                p = 1
                rise = 40
        length = unsafe_add(rise, 43)
    sign: uint256 = (a ^ b) & SIGN
    if sign == c & SIGN:
        p = unsafe_add(p << rise, k)
    else:
        p = unsafe_sub(p << rise, k)
        if p > 2**255 - 1:
            p = unsafe_sub(0, p)
            sign ^= SIGN
    if p >> length == 0:
        if p == 0:
            return 0
        # What remains of two numbers that nearly cancel has more than 38 bits; smaller sums are cut at 2^-149 anyhow.
        length = unsafe_add(unsafe_mul(unsafe_add(
            convert(p > 2**50 - 1, uint256), unsafe_add(convert(p > 2**62 - 1, uint256), convert(p > 2**74 - 1, uint256))
        ), 12), 38)
        length = unsafe_add(unsafe_mul(convert((p >> length) > 2**6 - 1, uint256), 6), length)
    cut: uint256 = unsafe_add(unsafe_sub(length, 24), (LENGTHS >> ((p >> length) << 2)) & 15)
    q: uint256 = unsafe_sub(unsafe_add(cut, y), 65)
    if q > 253:
        if q < 512:
            return INFINITY | sign
        q = 0
        cut = unsafe_sub(65, y)
    return unsafe_add(
        q << 23, unsafe_add(unsafe_add(p, max_value(uint256) >> unsafe_sub(257, cut)), (p >> cut) & 1) >> cut
    ) | sign


@internal
@pure
def _add(a: uint256, b: uint256) -> uint256:
    return self._fma(a, ONE, b)


@internal
@pure
def _sub(a: uint256, b: uint256) -> uint256:
    return self._fma(b, MINUS_ONE, a)


@internal
@pure
def _mul(a: uint256, b: uint256) -> uint256:
    """
    @notice a * b.
    """
    sign: uint256 = (a ^ b) & SIGN
    p: uint256 = unsafe_mul((a & FRACTION) | HIDDEN, (b & FRACTION) | HIDDEN)
    cut: uint256 = unsafe_add(23, p >> 47)
    q: uint256 = unsafe_sub(unsafe_add(unsafe_add((a >> 23) & 255, (b >> 23) & 255), cut), 151)
    # Numbers that are not normal, and results that are not, take the long way.
    if q > 252 or unsafe_mul(unsafe_add(a, HIDDEN) & NORMAL, unsafe_add(b, HIDDEN) & NORMAL) == 0:
        return self._fma(a, b, sign)
    return unsafe_add(
        q << 23, unsafe_add(unsafe_add(p, (HIDDEN << cut) >> 24), unsafe_sub((p >> cut) & 1, 1)) >> cut
    ) | sign


@internal
@pure
def _div(a: uint256, b: uint256) -> uint256:
    """
    @notice a / b.
    """
    sign: uint256 = (a ^ b) & SIGN
    n: uint256 = (a & FRACTION) | HIDDEN
    d: uint256 = (b & FRACTION) | HIDDEN
    exponent: uint256 = unsafe_sub(unsafe_add((a >> 23) & 255, 573), (b >> 23) & 255)
    # A factor of this is 0 where a number is not normal.
    if unsafe_mul(unsafe_add(a, HIDDEN) & NORMAL, unsafe_add(b, HIDDEN) & NORMAL) == 0:
        n = a & MAGNITUDE
        d = b & MAGNITUDE
        if n > INFINITY or d > INFINITY or (n == d and (n == 0 or n == INFINITY)):
            return NAN
        if n == INFINITY or d == 0:
            return sign | INFINITY
        if d == INFINITY or n == 0:
            return sign
        n = self._significand(a)
        d = self._significand(b)
        lift: uint256 = unsafe_sub(24, self._length(n))
        exponent = unsafe_add(exponent, unsafe_sub(convert(a & INFINITY == 0, uint256), lift))
        n = n << lift
        lift = unsafe_sub(24, self._length(d))
        exponent = unsafe_sub(exponent, unsafe_sub(convert(b & INFINITY == 0, uint256), lift))
        d = d << lift
    n = n << 26
    quotient: uint256 = unsafe_div(n, d)
    # Of 26 bits or 27, and one that tells whether something is left.
    return self._round(
        sign,
        (quotient << 1) | convert(unsafe_mul(quotient, d) != n, uint256),
        exponent,
        unsafe_add(27, quotient >> 26),
    )


@internal
@pure
def _sqrt(a: uint256) -> uint256:
    """
    @notice The square root.
    @dev    25 bits of it decide, because no root lies halfway between two numbers of 24.
    """
    # The number is significand * 2^(e - 278); the offset keeps e above zero.
    e: uint256 = unsafe_add(a >> 23, 128)
    significand: uint256 = (a & FRACTION) | HIDDEN
    if unsafe_add(a, HIDDEN) & NORMAL == 0 or a >= SIGN:
        if a & MAGNITUDE == 0 or a == INFINITY:
            return a
        if a > INFINITY:
            return NAN
        lift: uint256 = unsafe_sub(24, self._length(a))
        significand = a << lift
        e = unsafe_sub(129, lift)
    even: uint256 = unsafe_sub(26, e & 1)
    root: uint256 = isqrt(significand << even)
    return unsafe_add(unsafe_add(unsafe_sub(e, even) >> 1, 11) << 23, unsafe_add(root, 1) >> 1)


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
