"""DataRegistry: every function, every refusal, proofs for every row of small trees."""

import pytest
from deployed import Refused
from eth_utils import keccak
from world import HOLDERS, World

ROOT, SCHEMA = keccak(text="root"), keccak(text="schema")


def levels(rows):
    """The decision's Merkle tree from its leaves up."""
    level = [keccak(b"\0" + row) for row in rows]
    while len(level) & (len(level) - 1):
        level.append(bytes(32))
    tree = [level]
    while len(level) > 1:
        level = [keccak(b"\1" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
        tree.append(level)
    return tree


def proof(tree, index):
    return [level[(index >> depth) ^ 1] for depth, level in enumerate(tree[:-1])]


def test_commitments_are_numbered_recorded_and_announced(chain):
    data = World(chain, holders=0).data
    for n in (1, 2):
        sent = data.send(HOLDERS[n], "commitData", ROOT, 10 * n, SCHEMA)
        assert sent.value == n == data.view("dataCount")
        (event,) = sent.events
        assert event.name == "DataCommitted"
        record = {"holder": HOLDERS[n].lower(), "root": ROOT, "rows": 10 * n, "schema": SCHEMA}
        assert event.args == {"id": n, **record}
        assert data.view("dataSet", n) == {**record, "revoked": False}


def test_revocation(chain):
    data = World(chain, holders=0).data
    data.send(HOLDERS[0], "commitData", ROOT, 5, SCHEMA)
    with pytest.raises(Refused, match="^not your data$"):
        data.send(HOLDERS[1], "revokeData", 1)
    (event,) = data.send(HOLDERS[0], "revokeData", 1).events
    assert (event.name, event.args) == ("DataRevoked", {"id": 1, "holder": HOLDERS[0].lower()})
    assert data.view("dataSet", 1)["revoked"]
    with pytest.raises(Refused, match="^data was revoked$"):
        data.send(HOLDERS[0], "revokeData", 1)


def test_refusals(chain):
    data = World(chain, holders=0).data
    for args, reason in [
        ((bytes(32), 1, SCHEMA), "root is empty"),
        ((ROOT, 0, SCHEMA), "rows are out of bounds"),
        ((ROOT, 2**32 + 1, SCHEMA), "rows are out of bounds"),
    ]:
        with pytest.raises(Refused, match=f"^{reason}$"):
            data.send(HOLDERS[0], "commitData", *args)
    for call in [("revokeData", 1), ("dataSet", 1), ("dataSet", 0), ("verifyRow", 1, 0, b"", [])]:
        with pytest.raises(Refused, match="^data set is unknown$"):
            data.view(*call)


@pytest.mark.parametrize("count", range(1, 10))
def test_every_row_is_proved_and_nothing_else(revm, count):
    data = World(revm, holders=0).data
    rows = [bytes([n]) * 12 for n in range(count)]
    tree = levels(rows)
    data.send(HOLDERS[0], "commitData", tree[-1][0], count, SCHEMA)
    for index, row in enumerate(rows):
        siblings = proof(tree, index)
        assert data.view("verifyRow", 1, index, row, siblings)
        assert not data.view("verifyRow", 1, index, row + b"\0", siblings)
        assert not data.view("verifyRow", 1, count, row, siblings)
        assert not data.view("verifyRow", 1, index, row, siblings + [bytes(32)])
        if count > 1:
            assert not data.view("verifyRow", 1, (index + 1) % count, row, siblings)
            assert not data.view("verifyRow", 1, index, row, siblings[:-1])
            assert not data.view("verifyRow", 1, index, row, [keccak(text="other")] + siblings[1:])
