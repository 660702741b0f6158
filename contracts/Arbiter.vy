# pragma version 0.4.3
# pragma evm-version prague
"""
@title Arbiter
@license Apache-2.0
@notice Executes one disputed scalar operation of the canonical arithmetic, version 1: a binary32 operation, a chain of
        at most 256 fused multiply-adds, or a function. Floats travel as their 32 bits.
"""

from modules import softfloat

# The definition of the arithmetic that this contract executes.
VERSION: constant(uint256) = 1


@external
@pure
def version() -> uint256:
    """
    @notice The version of the canonical arithmetic.
    """
    return VERSION


@external
@pure
def chain(a: DynArray[uint256, 32], b: DynArray[uint256, 32], count: uint256, start: uint32) -> uint32:
    """
    @notice c = fma(a[k], b[k], c) for k from 0 to count - 1, from c = start.
    @param  a Eight floats to a word, the first one leftmost; the words of as many leaves.
    """
    assert len(a) == len(b), "operands differ in length"
    assert count <= 8 * len(a), "too few operands"
    return convert(softfloat._chain(a, b, count, convert(start, uint256)), uint32)


@external
@pure
def fma(a: uint32, b: uint32, c: uint32) -> uint32:
    """
    @notice a * b + c, rounded once.
    """
    return convert(softfloat._fma(convert(a, uint256), convert(b, uint256), convert(c, uint256)), uint32)


@external
@pure
def add(a: uint32, b: uint32) -> uint32:
    """
    @notice a + b.
    """
    return convert(softfloat._add(convert(a, uint256), convert(b, uint256)), uint32)


@external
@pure
def sub(a: uint32, b: uint32) -> uint32:
    """
    @notice a - b.
    """
    return convert(softfloat._sub(convert(a, uint256), convert(b, uint256)), uint32)


@external
@pure
def mul(a: uint32, b: uint32) -> uint32:
    """
    @notice a * b.
    """
    return convert(softfloat._mul(convert(a, uint256), convert(b, uint256)), uint32)


@external
@pure
def div(a: uint32, b: uint32) -> uint32:
    """
    @notice a / b.
    """
    return convert(softfloat._div(convert(a, uint256), convert(b, uint256)), uint32)


@external
@pure
def sqrt(x: uint32) -> uint32:
    """
    @notice The square root.
    """
    return convert(softfloat._sqrt(convert(x, uint256)), uint32)


@external
@pure
def maximum(a: uint32, b: uint32) -> uint32:
    """
    @notice The larger in the total order of bit patterns (-0 below +0); NaN if either is.
    """
    return convert(softfloat._maximum(convert(a, uint256), convert(b, uint256)), uint32)


@external
@pure
def minimum(a: uint32, b: uint32) -> uint32:
    """
    @notice The smaller in the total order of bit patterns; NaN if either is.
    """
    return convert(softfloat._minimum(convert(a, uint256), convert(b, uint256)), uint32)


@external
@pure
def exp(x: uint32) -> uint32:
    """
    @notice exp(x).
    """
    return convert(softfloat._exp(convert(x, uint256)), uint32)


@external
@pure
def ln(x: uint32) -> uint32:
    """
    @notice The natural logarithm.
    """
    return convert(softfloat._log(convert(x, uint256)), uint32)


@external
@pure
def tanh(x: uint32) -> uint32:
    """
    @notice tanh(x).
    """
    return convert(softfloat._tanh(convert(x, uint256)), uint32)


@external
@pure
def erf(x: uint32) -> uint32:
    """
    @notice erf(x).
    """
    return convert(softfloat._erf(convert(x, uint256)), uint32)


@external
@pure
def sigmoid(x: uint32) -> uint32:
    """
    @notice 1 / (1 + exp(-x)).
    """
    return convert(softfloat._sigmoid(convert(x, uint256)), uint32)


@external
@pure
def gelu(x: uint32) -> uint32:
    """
    @notice GELU by erf.
    """
    return convert(softfloat._gelu(convert(x, uint256)), uint32)


@external
@pure
def geluTanh(x: uint32) -> uint32:
    """
    @notice GELU by tanh.
    """
    return convert(softfloat._gelu_tanh(convert(x, uint256)), uint32)


@external
@pure
def less(a: uint32, b: uint32) -> bool:
    """
    @notice a < b; false where either is NaN.
    """
    return softfloat._less(convert(a, uint256), convert(b, uint256))


@external
@pure
def equal(a: uint32, b: uint32) -> bool:
    """
    @notice a == b; false where either is NaN.
    """
    return softfloat._equal(convert(a, uint256), convert(b, uint256))


@external
@pure
def fromInt(number: int32) -> uint32:
    """
    @notice The float nearest to an integer.
    """
    return convert(softfloat._from_int(convert(number, int256)), uint32)


@external
@pure
def toInt(x: uint32) -> int32:
    """
    @notice The integer nearest to a float, ties to even; beyond int32 its end, NaN gives 0.
    """
    return convert(softfloat._to_int(convert(x, uint256), True), int32)


@external
@pure
def truncate(x: uint32) -> int32:
    """
    @notice The float without its fraction; beyond int32 its end, NaN gives 0.
    """
    return convert(softfloat._to_int(convert(x, uint256), False), int32)
