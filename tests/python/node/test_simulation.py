"""eth_simulateV1."""

from eth_account import Account

ONE = "0x" + "ab" * 20
TWO = "0x" + "cd" * 20


def simulate(raw, *blocks, **options):
    return raw("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, "latest")


def test_transfers_across_blocks(raw):
    rich = {"stateOverrides": {ONE: {"balance": "0x100"}}}
    height = int(raw("eth_blockNumber"), 16)
    first, second = simulate(
        raw,
        {**rich, "calls": [{"from": ONE, "to": TWO, "value": "0x60"}]},
        {"calls": [{"from": TWO, "to": ONE, "value": "0x10"}, {"from": ONE, "to": TWO, "value": "0xb0"}]},
        traceTransfers=True,
    )
    assert [int(block["number"], 16) for block in (first, second)] == [height + 1, height + 2]
    assert second["parentHash"] == first["hash"]
    assert first["calls"][0]["status"] == "0x1"
    assert first["calls"][0]["gasUsed"] == "0x5208"
    log = first["calls"][0]["logs"][0]
    assert log["address"] == "0x" + "ee" * 20
    assert int(log["data"], 16) == 0x60
    assert second["calls"][0]["status"] == "0x1"
    assert int(raw("eth_blockNumber"), 16) == height


def test_failures_of_calls_stay_in_their_place(raw):
    reverting = "0x60006000fd"
    block = {
        "stateOverrides": {ONE: {"code": reverting}, TWO: {"code": "0xfe"}},
        "calls": [{"to": ONE}, {"to": TWO}, {"to": "0x" + "99" * 20}],
    }
    calls = simulate(raw, block)[0]["calls"]
    assert [call["status"] for call in calls] == ["0x0", "0x0", "0x1"]
    assert calls[0]["error"] == {"code": 3, "message": "execution reverted", "data": "0x"}
    assert calls[1]["error"] == {"code": -32015, "message": "invalid opcode: INVALID"}


def test_refusals(raw):
    def refusal(*blocks, **options):
        return raw.error("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, "latest")

    assert refusal() == {"code": -32602, "message": "empty input"}
    height = int(raw("eth_blockNumber"), 16)
    unordered = [{"blockOverrides": {"number": hex(height + 5)}}, {"blockOverrides": {"number": hex(height + 4)}}]
    assert refusal(*unordered)["code"] == -38020
    poor = {"calls": [{"from": Account.create().address, "to": ONE, "value": "0x1"}]}
    assert refusal(poor)["code"] == -38014
