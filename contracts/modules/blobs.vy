# pragma version 0.4.3
"""
@title Blobs
@license Apache-2.0
@notice Bytes kept as the code of small contracts: a third of the price of storage slots, immutable, and read in
        one call. A blob answers every call with its bytes.
@dev    A blob's code is an 11-byte loader followed by the bytes; its init code is the same loader followed by that
        code, because "return everything behind me" is what both have to do:
        PUSH1 11, CODESIZE, SUB, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN.
"""

# The longest bytes that one pair of blobs holds.
MAX_BYTES: constant(uint256) = 32768

# What one blob holds: the 24,576 bytes of EIP-170 less the loader, in whole words.
CHUNK: constant(uint256) = 24544

LOADER: constant(Bytes[11]) = x"600b380380600b5f395ff3"


struct Blob:
    # The contract with the first 24,544 bytes; zero where there are no bytes.
    head: address
    # The contract with the rest; zero where there is none.
    tail: address


@internal
def _store(data: Bytes[MAX_BYTES]) -> Blob:
    """
    @notice Writes the bytes into at most two new contracts.
    """
    blob: Blob = empty(Blob)
    size: uint256 = len(data)
    if size > CHUNK:
        blob.tail = raw_create(concat(LOADER, LOADER, slice(data, CHUNK, unsafe_sub(size, CHUNK))))
        size = CHUNK
    if size > 0:
        blob.head = raw_create(concat(LOADER, LOADER, slice(data, 0, size)))
    return blob


@internal
@view
def _load(blob: Blob) -> Bytes[MAX_BYTES]:
    """
    @notice The bytes of a blob.
    """
    if blob.head == empty(address):
        return b""
    head: Bytes[CHUNK] = raw_call(blob.head, b"", max_outsize=24544, is_static_call=True)
    if blob.tail == empty(address):
        return head
    return concat(head, raw_call(blob.tail, b"", max_outsize=8224, is_static_call=True))
