"""binary32 in Python's exact rationals: the oracle for the arbiter, written from the definition of the format alone."""

from fractions import Fraction
from math import isqrt

NAN, INF, SIGN = 0x7FC00000, 0x7F800000, 0x80000000


def is_nan(x):
    return x & 0x7FFFFFFF > INF


def is_inf(x):
    return x & 0x7FFFFFFF == INF


def value(x):
    """The exact value of a finite float."""
    exponent, fraction = (x >> 23) & 255, x & 0x7FFFFF
    mantissa = fraction | (0x800000 if exponent else 0)
    size = Fraction(mantissa) * Fraction(2) ** (max(exponent, 1) - 150)
    return -size if x & SIGN else size


def nearest(q, zero_sign=0, sticky=False):
    """The float nearest to a rational, ties to even; `sticky` says that the true value is a little larger in size."""
    if q == 0 and not sticky:
        return zero_sign
    sign, q = (SIGN, -q) if q < 0 else (0, q)
    exponent = max(q.numerator.bit_length() - q.denominator.bit_length() - 24, -149)
    while q / Fraction(2) ** exponent >= 2**24:
        exponent += 1
    scaled = q / Fraction(2) ** exponent
    whole, rest = divmod(scaled, 1)
    if rest > Fraction(1, 2) or rest == Fraction(1, 2) and (sticky or whole % 2):
        whole += 1
    bits = ((exponent + 149) << 23) + int(whole)
    return sign | min(bits, INF)


def fma(a, b, c):
    if is_nan(a) or is_nan(b) or is_nan(c):
        return NAN
    sign = (a ^ b) & SIGN
    if is_inf(a) or is_inf(b):
        if a & ~SIGN == 0 or b & ~SIGN == 0 or is_inf(c) and c & SIGN != sign:
            return NAN
        return sign | INF
    if is_inf(c):
        return c
    product, addend = value(a) * value(b), value(c)
    zero = sign & c if product == 0 and addend == 0 else 0
    return nearest(product + addend, zero)


def add(a, b):
    return fma(a, 0x3F800000, b)


def sub(a, b):
    return fma(a, 0x3F800000, b ^ SIGN)


def mul(a, b):
    return fma(a, b, (a ^ b) & SIGN)


def div(a, b):
    sign = (a ^ b) & SIGN
    if is_nan(a) or is_nan(b) or is_inf(a) and is_inf(b) or value_is_zero(a) and value_is_zero(b):
        return NAN
    if is_inf(a) or value_is_zero(b):
        return sign | INF
    if is_inf(b):
        return sign
    return nearest(value(a) / value(b), sign)


def value_is_zero(x):
    return x & ~SIGN == 0


def sqrt(a):
    if is_nan(a) or a & SIGN and not value_is_zero(a):
        return NAN
    if is_inf(a) or value_is_zero(a):
        return a
    q = value(a) * Fraction(2) ** 400
    root = isqrt(q.numerator)
    return nearest(Fraction(root) / Fraction(2) ** 200, sticky=root * root != q.numerator)


def ordered(x):
    """A key in the total order of bit patterns."""
    return x ^ 0xFFFFFFFF if x & SIGN else x ^ SIGN


def maximum(a, b):
    return NAN if is_nan(a) or is_nan(b) else max(a, b, key=ordered)


def minimum(a, b):
    return NAN if is_nan(a) or is_nan(b) else min(a, b, key=ordered)


def less(a, b):
    if is_nan(a) or is_nan(b):
        return False
    real = lambda x: (1 if x < SIGN else -1) * Fraction(2) ** 200 if is_inf(x) else value(x)  # noqa: E731
    return real(a) < real(b)


def equal(a, b):
    return not is_nan(a) and not is_nan(b) and (a == b or value_is_zero(a) and value_is_zero(b))


def to_int(x, tie_to_even):
    if is_nan(x):
        return 0
    if is_inf(x):
        return -(2**31) if x & SIGN else 2**31 - 1
    q = value(x)
    number = round(q) if tie_to_even else int(q)
    return max(-(2**31), min(2**31 - 1, number))
