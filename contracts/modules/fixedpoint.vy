# pragma version 0.4.3
"""
@title Fixed point
@license Apache-2.0
@notice Vectors of big-endian int32 without gaps, their range, and their weighted mean (FedAvg), in exact integers.
@dev    A word carries eight lanes of 32 bits. Taken alternately they are two words of four lanes of 64 bits, wide
        enough for a sum of up to 2^31 weights; so one multiplication weighs four parameters at once.
"""

from . import blobs

# What a vector may hold at most, in bytes and in words.
MAX_BYTES: constant(uint256) = 32768
MAX_WORDS: constant(uint256) = 1024

# A vector with a word of zeros behind it, so that its last lanes are read like all others.
PADDED: constant(uint256) = MAX_BYTES + 32

# At most this many vectors in one mean.
MAX_PARTS: constant(uint256) = 64

# 1 in every 64-bit lane.
ONES: constant(uint256) = 2**192 + 2**128 + 2**64 + 1

# The 32-bit lanes at even places, counted from the right.
EVEN: constant(uint256) = (2**32 - 1) * ONES

# The sign bits: v XOR 2^31 is v + 2^31, which is never negative.
SIGNS: constant(uint256) = (2**63 + 2**31) * ONES

LANE: constant(uint256) = 2**64 - 1

# With u = v + 2^31: u + ABOVE carries into bit 32 where v >= -2^30, BELOW - u keeps bit 32 where v <= 2^30.
ABOVE: constant(uint256) = (2**32 - 2**30) * ONES
BELOW: constant(uint256) = (2**32 + 2**31 + 2**30) * ONES
CARRIES: constant(uint256) = 2**32 * ONES


struct Part:
    # Where the vector is kept.
    blob: blobs.Blob
    # Its weight.
    rows: uint256


@internal
@pure
def _in_range(data: Bytes[MAX_BYTES]) -> bool:
    """
    @notice Whether every value of the vector lies within plus and minus 2^30.
    """
    padded: Bytes[PADDED] = concat(data, empty(bytes32))
    carries: uint256 = CARRIES
    words: uint256 = unsafe_add(len(data), 31) // 32
    for i: uint256 in range(words, bound=MAX_WORDS):
        word: uint256 = extract32(padded, unsafe_mul(i, 32), output_type=uint256) ^ SIGNS
        even: uint256 = word & EVEN
        odd: uint256 = (word >> 32) & EVEN
        carries = (
            carries
            & unsafe_add(even, ABOVE)
            & unsafe_sub(BELOW, even)
            & unsafe_add(odd, ABOVE)
            & unsafe_sub(BELOW, odd)
        )
    return carries & CARRIES == CARRIES


@internal
@view
def _mean(parts: DynArray[Part, MAX_PARTS], size: uint256) -> Bytes[MAX_BYTES]:
    """
    @notice floor((sum(rows_i * v_i) + floor(N / 2)) / N) with N = sum(rows_i), for every place of the vectors.
    @param  parts Vectors of `size` bytes within the range, with weights above zero that sum to at most 2^31.
    """
    words: uint256 = unsafe_add(size, 31) // 32
    even: uint256[MAX_WORDS] = empty(uint256[MAX_WORDS])
    odd: uint256[MAX_WORDS] = empty(uint256[MAX_WORDS])
    total: uint256 = 0
    for part: Part in parts:
        rows: uint256 = part.rows
        total = unsafe_add(total, rows)
        padded: Bytes[PADDED] = concat(blobs._load(part.blob), empty(bytes32))
        for i: uint256 in range(words, bound=MAX_WORDS):
            word: uint256 = extract32(padded, unsafe_mul(i, 32), output_type=uint256) ^ SIGNS
            even[i] = unsafe_add(even[i], unsafe_mul(word & EVEN, rows))
            odd[i] = unsafe_add(odd[i], unsafe_mul((word >> 32) & EVEN, rows))
    half: uint256 = unsafe_mul(total // 2, ONES)
    for i: uint256 in range(words, bound=MAX_WORDS):
        right: uint256 = unsafe_add(even[i], half)
        left: uint256 = unsafe_add(odd[i], half)
        quotients: uint256 = (
            unsafe_div(right & LANE, total)
            | (unsafe_div((right >> 64) & LANE, total) << 64)
            | (unsafe_div((right >> 128) & LANE, total) << 128)
            | (unsafe_div(right >> 192, total) << 192)
            | (unsafe_div(left & LANE, total) << 32)
            | (unsafe_div((left >> 64) & LANE, total) << 96)
            | (unsafe_div((left >> 128) & LANE, total) << 160)
            | (unsafe_div(left >> 192, total) << 224)
        )
        even[i] = quotients ^ SIGNS
    return slice(abi_encode(even), 0, size)
