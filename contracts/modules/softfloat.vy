# pragma version 0.4.3
"""
@title Soft float
@license Apache-2.0
@notice Canonical arithmetic, version 1, on binary32 bit patterns: round to nearest even, gradual underflow, one NaN.
        Every number here is a uint256 that holds the 32 bits of a float; results never have other NaNs than 0x7fc00000.
@dev    One routine rounds: `_accumulate` adds an exact product of up to 48 bits to a float. The sum is an integer of at
        most 230 bits, so no bit is lost before the one rounding; fma, add, mul, div, sqrt and conversions all end in
        it. Arithmetic is unchecked: each expression is bounded as the comments say.
"""

SIGN: constant(uint256) = 2**31
MAGNITUDE: constant(uint256) = 2**31 - 1
# The exponent's bits; also plus infinity.
INF: constant(uint256) = 255 * 2**23
NAN: constant(uint256) = 511 * 2**22
FRACTION: constant(uint256) = 2**23 - 1
HIDDEN: constant(uint256) = 2**23
BIT: constant(uint256) = 1

# Two bits for each of 0 to 15: the place of its highest one.
TOPS: constant(uint256) = 4294945360

# 1 in every 32-bit lane of a word.
LANES: constant(uint256) = 2**224 + 2**192 + 2**160 + 2**128 + 2**96 + 2**64 + 2**32 + 1

# 1 in each of two 64-bit lanes.
PAIR: constant(uint256) = 2**64 + 1

# An exact product p * 2^(e - 300) is told as p and OFFSET - e; a mantissa m of a float with exponent e is m * 2^(e - 150).
OFFSET: constant(uint256) = 1256

# Where the product stands in the sum, and how far left of its own place the other addend may stand.
PLACE: constant(uint256) = 105
FARTHEST: constant(uint256) = 205

# Floats by name.
ONE: constant(uint256) = 1065353216
TWO: constant(uint256) = 1073741824
HALF: constant(uint256) = 1056964608

# Coefficients of the functions, from the highest.
# 0x1.6a5226p-10, 0x1.123b10p-7, 0x1.5558aep-5, 0x1.555490p-3, 0x1.fffffcp-2, 1, 1
EXP: constant(uint256[7]) = [984951059, 1007230344, 1026206807, 1042983496, 1056964606, 1065353216, 1065353216]
# -0x1.07e5fep-3, 0x1.1e73a2p-3, -0x1.f32076p-4, 0x1.1ed424p-3, -0x1.559d36p-3, 0x1.99d05ep-3,
# -0x1.fffef4p-3, 0x1.555506p-2, -0.5
LOG: constant(uint256[9]) = [3187929855, 1041185233, 3187249211, 1041197586, 3190476443, 1045227567, 3196059514, 1051372163, 3204448256]
# -0x1.9921a0p-8, 0x1.58e518p-6, -0x1.b91e7ep-5, 0x1.110ceep-3, -0x1.55554ap-2
TANH: constant(uint256[5]) = [3150745808, 1017934476, 3176959807, 1040746103, 3198855845]
# 0x1.4f675ep-14, -0x1.a60a2ep-11, 0x1.544a1ap-8, -0x1.b8011ap-6, 0x1.ce2d64p-4, -0x1.812740p-2,
# 0x1.06eba8p-3
ERF_LOW: constant(uint256[7]) = [950514607, 3126002967, 1001006349, 3168534669, 1038554802, 3200291744, 1040414164]
# -0x1.78e138p-17, 0x1.527e5ep-12, -0x1.dd6e38p-9, 0x1.8551d2p-6, -0x1.b3259cp-4, -0x1.45328ap-1,
# -0x1.20ef1cp+0
ERF_HIGH: constant(uint256[7]) = [3074191516, 967393071, 3144595228, 1019390185, 3185152718, 3206715717, 3213916046]


# ---------------------------------------------------------------- rounding


@internal
@pure
def _place_of_top_bit(x: uint256) -> uint256:
    """
    @notice The place of the highest one, counted from 0; 0 for zero.
    """
    r: uint256 = convert(x >= 2**128, uint256) << 7
    r |= convert(x >> r >= 2**64, uint256) << 6
    r |= convert(x >> r >= 2**32, uint256) << 5
    r |= convert(x >> r >= 2**16, uint256) << 4
    r |= convert(x >> r >= 2**8, uint256) << 3
    r |= convert(x >> r >= 2**4, uint256) << 2
    return r | ((TOPS >> ((x >> r) << 1)) & 3)


@internal
@pure
def _accumulate(p: uint256, offset: uint256, sign: uint256, c: uint256) -> uint256:
    """
    @notice The product plus the float, rounded once.
    @param  p The product's magnitude, below 2^48; where it is not exact its lowest bit is sticky and below 2^-24 of it.
    @param  offset 1256 less the product's exponent.
    @param  sign The product's sign, at bit 31.
    @param  c A float.
    """
    e: uint256 = (c >> 23) & 255
    m: uint256 = (c & FRACTION) | HIDDEN
    if unsafe_sub(e, 1) > 253:
        if e == 255:
            # An infinite float swallows a finite product.
            return NAN if c & FRACTION != 0 else c
        e = 1
        m ^= HIDDEN
    z: uint256 = offset
    # How far left the float stands where the product stands at PLACE.
    s: uint256 = unsafe_sub(unsafe_add(e, z), 1001)
    if s > FARTHEST:
        if s >= 2**255:
            # The float is below half the product's last place: any lower place says as much.
            s = 0
        else:
            # The product is below half the float's last place: it stays where it is, and the scale moves.
            z = unsafe_sub(z, unsafe_sub(s, FARTHEST))
            s = FARTHEST
    x: uint256 = unsafe_add(p << PLACE, unsafe_mul(m << s, unsafe_sub(1, ((sign ^ c) >> 30) & 2)))
    if x == 0:
        # Zeros of one sign keep it; what cancels is +0.
        return sign & c
    flip: uint256 = 0
    if x >= 2**255:
        x = unsafe_sub(0, x)
        flip = SIGN
    k: uint256 = 151
    if s > 129:
        k = unsafe_add(s, 22)
    # The highest one is at k, k + 1 or k + 2 unless much has cancelled.
    top: uint256 = x >> k
    if top == 0:
        k = unsafe_add(self._place_of_top_bit(x), 977)
    else:
        k = unsafe_add(k, unsafe_add((TOPS >> (top << 1)) & 3, 977))
    # k is 1000 more than the number of bits to round away; z is that number for a subnormal result.
    if z > k:
        k = z
    e = unsafe_sub(k, z) << 23
    k = unsafe_sub(k, 1000)
    # Half a place less one, and one more where the last place is odd; a carry runs into the exponent, as it should.
    up: uint256 = unsafe_add(unsafe_sub(BIT << unsafe_sub(k, 1), 1), (x >> k) & BIT)
    e = unsafe_add(e, unsafe_add(x, up) >> k)
    if e > INF:
        e = INF
    return e | (sign ^ flip)


# ---------------------------------------------------------------- the six operations


@internal
@pure
def _special(a: uint256, b: uint256, c: uint256) -> uint256:
    """
    @notice a * b + c where a or b is no finite number.
    """
    if a & MAGNITUDE > INF or b & MAGNITUDE > INF or c & MAGNITUDE > INF:
        return NAN
    if a & MAGNITUDE == 0 or b & MAGNITUDE == 0:
        return NAN
    product: uint256 = ((a ^ b) & SIGN) | INF
    if c & MAGNITUDE == INF and c != product:
        return NAN
    return product


@internal
@pure
def _fma(a: uint256, b: uint256, c: uint256) -> uint256:
    # Exponents and mantissas of both factors at once, 64 bits apart.
    ab: uint256 = a | (b << 64)
    e: uint256 = (ab >> 23) & (PAIR * 255)
    normal: uint256 = (unsafe_add(e, PAIR * 255) >> 8) & PAIR
    e |= normal ^ PAIR
    if unsafe_add(e, PAIR) & (PAIR * 256) != 0:
        return self._special(a, b, c)
    ab = (ab & (PAIR * FRACTION)) | (normal << 23)
    return self._accumulate(
        unsafe_mul(ab & (2**24 - 1), ab >> 64),
        unsafe_sub(unsafe_sub(OFFSET, e & 255), e >> 64),
        (a ^ b) & SIGN,
        c,
    )


@internal
@pure
def _add(a: uint256, b: uint256) -> uint256:
    return self._fma(a, ONE, b)


@internal
@pure
def _sub(a: uint256, b: uint256) -> uint256:
    return self._fma(a, ONE, b ^ SIGN)


@internal
@pure
def _mul(a: uint256, b: uint256) -> uint256:
    # A zero of the product's sign changes no product.
    return self._fma(a, b, (a ^ b) & SIGN)


@internal
@pure
def _normal(x: uint256) -> (uint256, uint256):
    """
    @notice A finite float's mantissa with its highest one at bit 23, and 64 more than its exponent; zero's is 0.
    """
    e: uint256 = (x >> 23) & 255
    m: uint256 = x & FRACTION
    if e != 0:
        return m | HIDDEN, unsafe_add(e, 64)
    if m == 0:
        return 0, 0
    left: uint256 = unsafe_sub(23, self._place_of_top_bit(m))
    return m << left, unsafe_sub(65, left)


@internal
@pure
def _div(a: uint256, b: uint256) -> uint256:
    sign: uint256 = (a ^ b) & SIGN
    x: uint256 = a & MAGNITUDE
    y: uint256 = b & MAGNITUDE
    if x > INF or y > INF:
        return NAN
    if x == INF:
        return NAN if y == INF else sign | INF
    if y == INF:
        return sign
    if y == 0:
        return NAN if x == 0 else sign | INF
    ma: uint256 = 0
    ea: uint256 = 0
    mb: uint256 = 0
    eb: uint256 = 0
    ma, ea = self._normal(x)
    mb, eb = self._normal(y)
    # 25 or 26 bits of quotient and one that says whether there is more.
    ma = ma << 25
    q: uint256 = unsafe_div(ma, mb)
    q = (q << 1) | convert(unsafe_mul(q, mb) != ma, uint256)
    # The quotient is q * 2^(ea - eb - 26): its exponent is ea - eb + 274.
    return self._accumulate(q, unsafe_sub(unsafe_add(eb, 982), ea), sign, sign)


@internal
@pure
def _sqrt(a: uint256) -> uint256:
    if a & MAGNITUDE == 0 or a == INF:
        return a
    if a > INF:
        return NAN
    m: uint256 = 0
    e: uint256 = 0
    m, e = self._normal(a)
    # The float is m * 2^(e - 214); an even power of two goes before the root.
    if e & 1 != 0:
        m = m << 1
        e = unsafe_sub(e, 1)
    m = m << 28
    r: uint256 = isqrt(m)
    # The root is r * 2^((e - 214 - 28) / 2), and r << 1 counts half of it: exponent 299 - 121 + e / 2.
    p: uint256 = (r << 1) | convert(unsafe_mul(r, r) != m, uint256)
    return self._accumulate(p, unsafe_sub(1078, e >> 1), 0, 0)


@internal
@pure
def _chain(
    a: DynArray[uint256, 32], b: DynArray[uint256, 32], count: uint256, start: uint256
) -> uint256:
    """
    @notice The links c = fma(a[k], b[k], c) for k from 0, eight floats to a word, the first one leftmost.
    @dev    Both operands are unpacked a word at a time.
    """
    c: uint256 = start
    left: uint256 = count
    for j: uint256 in range(len(a), bound=32):
        wa: uint256 = a[j]
        wb: uint256 = b[j]
        # Exponents in the low bits of each lane, 1 for subnormal numbers, and mantissas with their hidden bits.
        ea: uint256 = (wa >> 23) & (LANES * 255)
        eb: uint256 = (wb >> 23) & (LANES * 255)
        na: uint256 = (unsafe_add(ea, LANES * 255) >> 8) & LANES
        nb: uint256 = (unsafe_add(eb, LANES * 255) >> 8) & LANES
        ea = ea | (na ^ LANES)
        eb = eb | (nb ^ LANES)
        odd: uint256 = (unsafe_add(ea, LANES) | unsafe_add(eb, LANES)) & (LANES * 256)
        ma: uint256 = (wa & (LANES * FRACTION)) | (na << 23)
        mb: uint256 = (wb & (LANES * FRACTION)) | (nb << 23)
        # The last lane's exponents would borrow from the first's.
        z: uint256 = unsafe_sub(LANES * OFFSET, unsafe_add(ea, eb))
        signs: uint256 = wa ^ wb
        lane: uint256 = 256
        for i: uint256 in range(8):
            if left == 0:
                return c
            left = unsafe_sub(left, 1)
            lane = unsafe_sub(lane, 32)
            if odd == 0:
                c = self._accumulate(
                    unsafe_mul((ma >> lane) & 16777215, (mb >> lane) & 16777215),
                    (z >> lane) & 4294967295,
                    (signs >> lane) & SIGN,
                    c,
                )
            else:
                c = self._fma((wa >> lane) & 4294967295, (wb >> lane) & 4294967295, c)
    return c


# ---------------------------------------------------------------- comparison and conversion


@internal
@pure
def _key(x: uint256) -> uint256:
    """
    @notice A number that is ordered as the floats are, -0 below +0.
    """
    return x ^ (SIGN | (MAGNITUDE * (x >> 31)))


@internal
@pure
def _is_nan(x: uint256) -> bool:
    return x & MAGNITUDE > INF


@internal
@pure
def _less(a: uint256, b: uint256) -> bool:
    """
    @notice a < b: false where either is NaN; zeros are equal.
    """
    if self._is_nan(a) or self._is_nan(b) or (a | b) & MAGNITUDE == 0:
        return False
    return self._key(a) < self._key(b)


@internal
@pure
def _equal(a: uint256, b: uint256) -> bool:
    """
    @notice a == b: false where either is NaN; zeros are equal.
    """
    return not self._is_nan(a) and not self._is_nan(b) and (a == b or (a | b) & MAGNITUDE == 0)


@internal
@pure
def _maximum(a: uint256, b: uint256) -> uint256:
    if self._is_nan(a) or self._is_nan(b):
        return NAN
    return a if self._key(a) > self._key(b) else b


@internal
@pure
def _minimum(a: uint256, b: uint256) -> uint256:
    if self._is_nan(a) or self._is_nan(b):
        return NAN
    return a if self._key(a) < self._key(b) else b


@internal
@pure
def _from_int(number: int256) -> uint256:
    """
    @notice The float nearest to an integer of at most 47 bits.
    """
    if number < 0:
        return self._accumulate(convert(-number, uint256), unsafe_sub(OFFSET, 300), SIGN, SIGN)
    return self._accumulate(convert(number, uint256), unsafe_sub(OFFSET, 300), 0, 0)


@internal
@pure
def _to_int(x: uint256, nearest: bool) -> int256:
    """
    @notice The int32 nearest to a float (ties to even), or the float without its fraction; what is beyond int32 gives
            its end, NaN gives 0.
    """
    if self._is_nan(x):
        return 0
    e: uint256 = (x >> 23) & 255
    m: uint256 = (x & FRACTION) | HIDDEN
    size: uint256 = 0
    if e >= 158:
        size = 2**31
    elif e >= 150:
        size = m << unsafe_sub(e, 150)
    elif e >= 126:
        k: uint256 = unsafe_sub(150, e)
        size = m >> k
        if nearest:
            size = unsafe_add(unsafe_add(m, unsafe_sub(BIT << unsafe_sub(k, 1), 1)), size & 1) >> k
    if x >= SIGN:
        return -convert(size, int256)
    return convert(min(size, MAGNITUDE), int256)


# ---------------------------------------------------------------- functions


@internal
@pure
def _exp(x: uint256) -> uint256:
    if self._is_nan(x):
        return NAN
    a: uint256 = x
    if a < SIGN:
        a = min(a, 1118961664)  # 89
    else:
        a = min(a, 3268411392)  # -104
    t: uint256 = self._fma(a, 1069066811, 1262485504)
    n: uint256 = self._sub(t, 1262485504)
    r: uint256 = self._fma(n, 3207688704, a)
    r = self._fma(n, 3049242254, r)
    p: uint256 = EXP[0]
    for i: uint256 in range(1, 7):
        p = self._fma(p, r, EXP[i])
    # 1024 more than the integer, so that nothing is negative.
    power: uint256 = unsafe_sub(unsafe_add(t, 1024), 1262485504)
    half: uint256 = power >> 1
    p = self._mul(p, unsafe_sub(half, 385) << 23)
    return self._mul(p, unsafe_sub(unsafe_sub(power, half), 385) << 23)


@internal
@pure
def _log(x: uint256) -> uint256:
    if x & MAGNITUDE == 0:
        return SIGN | INF
    if x > INF:
        return NAN
    if x == INF:
        return INF
    a: uint256 = x
    extra: int256 = 0
    if x < HIDDEN:
        a = self._mul(x, 1258291200)  # 2^23
        extra = 23
    # The exponent that leaves a mantissa between 2/3 and 4/3.
    e: uint256 = (unsafe_sub(a, 1059760811) & (2**32 - 1)) >> 23
    f: uint256 = self._sub(unsafe_sub(a, e << 23) & (2**32 - 1), ONE)
    exponent: int256 = convert(e, int256)
    if exponent >= 256:
        exponent -= 512
    n: uint256 = self._from_int(exponent - extra)
    p: uint256 = LOG[0]
    for i: uint256 in range(1, 9):
        p = self._fma(p, f, LOG[i])
    r: uint256 = self._fma(p, self._mul(f, f), f)
    return self._fma(n, 1060205080, r)


@internal
@pure
def _signed(y: uint256, x: uint256) -> uint256:
    """
    @notice y with the sign of x.
    """
    return (y & MAGNITUDE) | (x & SIGN)


@internal
@pure
def _tanh(x: uint256) -> uint256:
    a: uint256 = x & MAGNITUDE
    if a > INF:
        return NAN
    if a < 1057803469:  # 0.55
        s: uint256 = self._mul(x, x)
        p: uint256 = TANH[0]
        for i: uint256 in range(1, 5):
            p = self._fma(p, s, TANH[i])
        return self._signed(self._fma(self._mul(p, s), a, a), x)
    a = min(a, 1092616192)  # 10
    e: uint256 = self._exp(self._add(a, a))
    return self._signed(self._sub(ONE, self._div(TWO, self._add(e, ONE))), x)


@internal
@pure
def _erf(x: uint256) -> uint256:
    a: uint256 = x & MAGNITUDE
    if a > INF:
        return NAN
    if a < 1064178811:  # 0.93
        s: uint256 = self._mul(x, x)
        p: uint256 = ERF_LOW[0]
        for i: uint256 in range(1, 7):
            p = self._fma(p, s, ERF_LOW[i])
        return self._signed(self._fma(p, a, a), x)
    a = min(a, 1082130432)  # 4
    q: uint256 = ERF_HIGH[0]
    for i: uint256 in range(1, 7):
        q = self._fma(q, a, ERF_HIGH[i])
    return self._signed(self._sub(ONE, self._exp(self._mul(q, a))), x)


@internal
@pure
def _sigmoid(x: uint256) -> uint256:
    if self._is_nan(x):
        return NAN
    t: uint256 = self._exp(x | SIGN)
    top: uint256 = ONE
    if x > SIGN:
        top = t
    return self._div(top, self._add(ONE, t))


@internal
@pure
def _gelu(x: uint256) -> uint256:
    y: uint256 = self._erf(self._mul(x, 1060439283))
    return self._mul(self._mul(HALF, x), self._add(ONE, y))


@internal
@pure
def _gelu_tanh(x: uint256) -> uint256:
    y: uint256 = self._fma(self._mul(x, x), self._mul(x, 1027024659), x)
    y = self._tanh(self._mul(y, 1061962282))
    return self._mul(self._mul(HALF, x), self._add(ONE, y))
