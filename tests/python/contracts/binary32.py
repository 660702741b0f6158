"""binary32 arithmetic from its definition (IEEE 754-2019, nearest even), in exact fractions of Python integers."""

from fractions import Fraction

NAN, INFINITY, SIGN = 0x7FC00000, 0x7F800000, 0x80000000


def is_nan(a):
    return a & 0x7FFFFFFF > INFINITY


def exact(a):
    """The value of a finite pattern."""
    exponent, fraction = a >> 23 & 255, a & 0x7FFFFF
    magnitude = Fraction(fraction | (exponent > 0) << 23) * Fraction(2) ** (max(exponent, 1) - 150)
    return -magnitude if a & SIGN else magnitude


def rounded(value, zero_sign=0):
    """The pattern nearest to an exact value; `zero_sign` where it is exactly zero."""
    if value == 0:
        return zero_sign
    sign, value = (SIGN, -value) if value < 0 else (0, value)
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    exponent += value >= Fraction(2) ** exponent
    unit = max(exponent - 24, -149)
    scaled = value / Fraction(2) ** unit
    units = round(scaled)  # Python rounds ties to even
    return sign | min(((unit + 149) << 23) + units, INFINITY)


def fma(a, b, c):
    if is_nan(a) or is_nan(b) or is_nan(c):
        return NAN
    sign = (a ^ b) & SIGN
    if INFINITY in (a & 0x7FFFFFFF, b & 0x7FFFFFFF):
        if a & 0x7FFFFFFF == 0 or b & 0x7FFFFFFF == 0 or (c & 0x7FFFFFFF == INFINITY and c & SIGN != sign):
            return NAN
        return sign | INFINITY
    if c & 0x7FFFFFFF == INFINITY:
        return c
    return rounded(exact(a) * exact(b) + exact(c), sign & c)


def chain(a, b):
    c = 0
    for x, y in zip(a, b):
        c = fma(x, y, c)
    return c
