# pragma version 0.4.3
"""
@title Functions
@license Apache-2.0
@notice exp, log, tanh, erf, sigmoid and the two gelu of the canonical arithmetic, version 1: straight lines of soft-float
        operations, constant by constant as it defines them.
"""

from . import softfloat

SIGN: constant(uint256) = 2**31
MAGNITUDE: constant(uint256) = 2**31 - 1
INFINITY: constant(uint256) = 255 * 2**23
NAN: constant(uint256) = 511 * 2**22
ONE: constant(uint256) = 1065353216
TWO: constant(uint256) = 1073741824
HALF: constant(uint256) = 1056964608

# 1.5 * 2^23, whose sum with a number has the number's nearest integer in its last bits.
MAGIC: constant(uint256) = 1262485504

EXP: constant(uint256[7]) = [
    984951059,  # 0x1.6a5226p-10
    1007230344,  # 0x1.123b10p-7
    1026206807,  # 0x1.5558aep-5
    1042983496,  # 0x1.555490p-3
    1056964606,  # 0x1.fffffcp-2
    1065353216,  # 0x1p0
    1065353216,  # 0x1p0
]

LOG: constant(uint256[9]) = [
    3187929855,  # -0x1.07e5fep-3
    1041185233,  # 0x1.1e73a2p-3
    3187249211,  # -0x1.f32076p-4
    1041197586,  # 0x1.1ed424p-3
    3190476443,  # -0x1.559d36p-3
    1045227567,  # 0x1.99d05ep-3
    3196059514,  # -0x1.fffef4p-3
    1051372163,  # 0x1.555506p-2
    3204448256,  # -0x1p-1
]

TANH: constant(uint256[5]) = [
    3150745808,  # -0x1.9921a0p-8
    1017934476,  # 0x1.58e518p-6
    3176959807,  # -0x1.b91e7ep-5
    1040746103,  # 0x1.110ceep-3
    3198855845,  # -0x1.55554ap-2
]

ERF_LOW: constant(uint256[7]) = [
    950514607,  # 0x1.4f675ep-14
    3126002967,  # -0x1.a60a2ep-11
    1001006349,  # 0x1.544a1ap-8
    3168534669,  # -0x1.b8011ap-6
    1038554802,  # 0x1.ce2d64p-4
    3200291744,  # -0x1.812740p-2
    1040414164,  # 0x1.06eba8p-3
]

ERF_HIGH: constant(uint256[7]) = [
    3074191516,  # -0x1.78e138p-17
    967393071,  # 0x1.527e5ep-12
    3144595228,  # -0x1.dd6e38p-9
    1019390185,  # 0x1.8551d2p-6
    3185152718,  # -0x1.b3259cp-4
    3206715717,  # -0x1.45328ap-1
    3213916046,  # -0x1.20ef1cp+0
]


@internal
@pure
def _exp(x: uint256) -> uint256:
    if x & MAGNITUDE > INFINITY:
        return NAN
    a: uint256 = x
    if softfloat._less(1118961664, a):  # 89
        a = 1118961664
    if softfloat._less(a, 3268411392):  # -104
        a = 3268411392
    t: uint256 = softfloat._fma(a, 1069066811, MAGIC)  # 0x1.715476p+0
    n: uint256 = softfloat._sub(t, MAGIC)
    r: uint256 = softfloat._fma(n, 3207688704, a)  # -0x1.62e4p-1
    r = softfloat._fma(n, 3049242254, r)  # -0x1.7f7d1cp-20
    p: uint256 = EXP[0]
    for i: uint256 in range(1, 7):
        p = softfloat._fma(p, r, EXP[i])
    i: int256 = convert(t, int256) - 1262485504
    first: int256 = i >> 1
    p = softfloat._mul(p, self._power_of_two(first))
    return softfloat._mul(p, self._power_of_two(i - first))


@internal
@pure
def _power_of_two(i: int256) -> uint256:
    return convert(i + 127, uint256) << 23


@internal
@pure
def _log(x: uint256) -> uint256:
    if x & MAGNITUDE > INFINITY:
        return NAN
    if x & MAGNITUDE == 0:
        return SIGN | INFINITY
    if x >= SIGN:
        return NAN
    if x == INFINITY:
        return x
    a: uint256 = x
    small: int256 = 0
    if x < 2**23:
        a = softfloat._mul(x, 1258291200)  # 2^23
        small = 23
    e: uint256 = unsafe_sub(a, 1059760811) & 4286578688
    m: uint256 = unsafe_sub(a, e) & (2**32 - 1)
    whole: int256 = convert(e >> 23, int256)
    if whole > 255:
        whole -= 512
    n: uint256 = softfloat._from_int(whole - small)
    f: uint256 = softfloat._sub(m, ONE)
    p: uint256 = LOG[0]
    for i: uint256 in range(1, 9):
        p = softfloat._fma(p, f, LOG[i])
    r: uint256 = softfloat._fma(p, softfloat._mul(f, f), f)
    return softfloat._fma(n, 1060205080, r)  # 0x1.62e430p-1


@internal
@pure
def _tanh(x: uint256) -> uint256:
    if x & MAGNITUDE > INFINITY:
        return NAN
    a: uint256 = x & MAGNITUDE
    y: uint256 = 0
    if softfloat._less(a, 1057803469):  # 0.55
        s: uint256 = softfloat._mul(x, x)
        p: uint256 = TANH[0]
        for i: uint256 in range(1, 5):
            p = softfloat._fma(p, s, TANH[i])
        y = softfloat._fma(softfloat._mul(p, s), a, a)
    else:
        b: uint256 = min(a, 1092616192)  # 10
        d: uint256 = softfloat._add(self._exp(softfloat._add(b, b)), ONE)
        y = softfloat._sub(ONE, softfloat._div(TWO, d))
    return (y & MAGNITUDE) | (x & SIGN)


@internal
@pure
def _erf(x: uint256) -> uint256:
    if x & MAGNITUDE > INFINITY:
        return NAN
    a: uint256 = x & MAGNITUDE
    y: uint256 = 0
    if softfloat._less(a, 1064178811):  # 0.93
        s: uint256 = softfloat._mul(x, x)
        p: uint256 = ERF_LOW[0]
        for i: uint256 in range(1, 7):
            p = softfloat._fma(p, s, ERF_LOW[i])
        y = softfloat._fma(p, a, a)
    else:
        t: uint256 = min(a, 1082130432)  # 4
        q: uint256 = ERF_HIGH[0]
        for i: uint256 in range(1, 7):
            q = softfloat._fma(q, t, ERF_HIGH[i])
        y = softfloat._sub(ONE, self._exp(softfloat._mul(q, t)))
    return (y & MAGNITUDE) | (x & SIGN)


@internal
@pure
def _sigmoid(x: uint256) -> uint256:
    if x & MAGNITUDE > INFINITY:
        return NAN
    t: uint256 = self._exp(x | SIGN)
    return softfloat._div(t if softfloat._less(x, 0) else ONE, softfloat._add(ONE, t))


@internal
@pure
def _gelu(x: uint256) -> uint256:
    half: uint256 = softfloat._mul(HALF, x)
    e: uint256 = self._erf(softfloat._mul(x, 1060439283))  # 0x1.6a09e6p-1
    return softfloat._mul(half, softfloat._add(ONE, e))


@internal
@pure
def _gelu_tanh(x: uint256) -> uint256:
    half: uint256 = softfloat._mul(HALF, x)
    cubic: uint256 = softfloat._mul(x, 1027024659)  # 0x1.6e4e26p-5
    inner: uint256 = softfloat._fma(softfloat._mul(x, x), cubic, x)
    t: uint256 = self._tanh(softfloat._mul(inner, 1061962282))  # 0x1.988454p-1
    return softfloat._mul(half, softfloat._add(ONE, t))
