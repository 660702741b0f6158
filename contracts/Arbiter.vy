# pragma version 0.4.3
# pragma evm-version prague
"""
@title Arbiter
@license Apache-2.0
@notice One scalar operation of the canonical arithmetic, version 1, executed by the chain itself: the last move of every
        dispute. Numbers are bit patterns of binary32 in the low 32 bits of a word.
@dev    Stateless; whoever disagrees with a result can call it and see.
"""

from modules import chains
from modules import functions
from modules import softfloat

# The version of the arithmetic that this contract decides.
VERSION: public(constant(uint256)) = 1

# The binary and ternary operations.
ADD: constant(uint256) = 0
SUB: constant(uint256) = 1
MUL: constant(uint256) = 2
DIV: constant(uint256) = 3
MAX: constant(uint256) = 4
MIN: constant(uint256) = 5
LESS: constant(uint256) = 6

# The operations on one number.
SQRT: constant(uint256) = 0
EXP: constant(uint256) = 1
LOG: constant(uint256) = 2
TANH: constant(uint256) = 3
ERF: constant(uint256) = 4
SIGMOID: constant(uint256) = 5
GELU: constant(uint256) = 6
GELU_TANH: constant(uint256) = 7


@external
@pure
def fma(a: uint32, b: uint32, c: uint32) -> uint32:
    """
    @notice a * b + c, rounded once.
    """
    return convert(softfloat._fma(convert(a, uint256), convert(b, uint256), convert(c, uint256)), uint32)


@external
@pure
def binary(operation: uint256, a: uint32, b: uint32) -> uint32:
    """
    @notice a + b, a - b, a * b, a / b, the larger, the smaller, or 1 where a < b, for operations 0 to 6.
    """
    x: uint256 = convert(a, uint256)
    y: uint256 = convert(b, uint256)
    z: uint256 = 0
    if operation == ADD:
        z = softfloat._fma(x, softfloat.ONE, y)
    elif operation == SUB:
        z = softfloat._fma(y, softfloat.MINUS_ONE, x)
    elif operation == MUL:
        z = softfloat._mul(x, y)
    elif operation == DIV:
        z = softfloat._div(x, y)
    elif operation == MAX:
        z = softfloat._maximum(x, y)
    elif operation == MIN:
        z = softfloat._minimum(x, y)
    elif operation == LESS:
        z = convert(softfloat._less(x, y), uint256)
    else:
        raise "operation is unknown"
    return convert(z, uint32)


@external
@pure
def unary(operation: uint256, a: uint32) -> uint32:
    """
    @notice sqrt, exp, log, tanh, erf, sigmoid, gelu or gelu_tanh of a, for operations 0 to 7.
    """
    x: uint256 = convert(a, uint256)
    z: uint256 = 0
    if operation == SQRT:
        z = softfloat._sqrt(x)
    elif operation == EXP:
        z = functions._exp(x)
    elif operation == LOG:
        z = functions._log(x)
    elif operation == TANH:
        z = functions._tanh(x)
    elif operation == ERF:
        z = functions._erf(x)
    elif operation == SIGMOID:
        z = functions._sigmoid(x)
    elif operation == GELU:
        z = functions._gelu(x)
    elif operation == GELU_TANH:
        z = functions._gelu_tanh(x)
    else:
        raise "operation is unknown"
    return convert(z, uint32)


@external
@pure
def fromInteger(i: int64) -> uint32:
    """
    @notice The number nearest to an integer.
    """
    return convert(softfloat._from_int(convert(i, int256)), uint32)


@external
@pure
def toInteger(a: uint32) -> int32:
    """
    @notice The integer nearest to a number, ties to even; the end of int32 for what is beyond, 0 for NaN.
    """
    return convert(softfloat._to_int(convert(a, uint256)), int32)


@external
@pure
def chain(count: uint256, a: DynArray[uint256, 32], b: DynArray[uint256, 32]) -> uint32:
    """
    @notice c = fma(a[k], b[k], c) for k from 0 to count - 1, from +0: one chunk of a contraction.
    @param  a Eight numbers a word, the first one in the highest bits.
    """
    assert count <= 256, "a chain has at most 256 links"
    assert len(a) == (count + 7) // 8 and len(b) == len(a), "operands have the wrong length"
    return convert(chains._chain(count, a, b), uint32)
