# pragma version 0.4.3
# pragma evm-version prague
"""
@title DataRegistry
@license Apache-2.0
@notice Commitments to data sets that nobody shows: a Merkle root over the rows, their number and the schema.
        The holder may revoke; what was promised before stays on record.
"""

# A row's bytes, at most.
MAX_ROW: constant(uint256) = 16384

# A proof's length, at most: trees of up to 2^32 leaves.
MAX_PROOF: constant(uint256) = 32


struct DataSet:
    holder: address
    root: bytes32
    rows: uint256
    # The content hash of the text that names the columns.
    schema: bytes32
    revoked: bool


event DataCommitted:
    id: indexed(uint256)
    holder: indexed(address)
    root: bytes32
    rows: uint256
    schema: bytes32


event DataRevoked:
    id: indexed(uint256)
    holder: indexed(address)


# How many data sets there are; the newest one's id.
dataCount: public(uint256)
_sets: HashMap[uint256, DataSet]


@external
def commitData(root: bytes32, rows: uint256, schema: bytes32) -> uint256:
    """
    @notice Records the sender's commitment; returns its id, counted from 1.
    """
    assert root != empty(bytes32), "root is empty"
    assert rows > 0 and rows <= 2**32, "rows are out of bounds"
    id: uint256 = self.dataCount + 1
    self.dataCount = id
    self._sets[id] = DataSet(holder=msg.sender, root=root, rows=rows, schema=schema, revoked=False)
    log DataCommitted(id=id, holder=msg.sender, root=root, rows=rows, schema=schema)
    return id


@external
def revokeData(id: uint256):
    """
    @notice Withdraws the sender's data set: no job takes it or an update made from it any more.
    """
    assert self._sets[id].holder != empty(address), "data set is unknown"
    assert self._sets[id].holder == msg.sender, "not your data"
    assert not self._sets[id].revoked, "data was revoked"
    self._sets[id].revoked = True
    log DataRevoked(id=id, holder=msg.sender)


@external
@view
def dataSet(id: uint256) -> DataSet:
    """
    @notice A data set's record.
    """
    assert self._sets[id].holder != empty(address), "data set is unknown"
    return self._sets[id]


@external
@view
def verifyRow(id: uint256, index: uint256, row: Bytes[MAX_ROW], proof: DynArray[bytes32, MAX_PROOF]) -> bool:
    """
    @notice Whether the bytes are the data set's row at the index.
    @param  proof The siblings from the leaf up.
    """
    assert self._sets[id].holder != empty(address), "data set is unknown"
    rows: uint256 = self._sets[id].rows
    if index >= rows or (1 << len(proof)) < rows or (len(proof) > 0 and (1 << (len(proof) - 1)) >= rows):
        return False
    node: bytes32 = keccak256(concat(x"00", row))
    place: uint256 = index
    for sibling: bytes32 in proof:
        if place & 1 == 0:
            node = keccak256(concat(x"01", node, sibling))
        else:
            node = keccak256(concat(x"01", sibling, node))
        place >>= 1
    return node == self._sets[id].root
