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
        "calls": [{"to": ONE}, {"to": TWO, "gas": "0x186a0"}, {"to": "0x" + "99" * 20}],
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


def test_precompiles_move(raw):
    """SHA-256 at an address of one's own; its old place is an account without code."""
    new = "0x" + "51" * 20
    digest = raw("eth_call", {"to": new, "input": "0x616263"}, "latest", {
        "0x" + "00" * 19 + "02": {"movePrecompileToAddress": new}})
    assert digest == "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    gone = raw("eth_call", {"to": "0x" + "00" * 19 + "02", "input": "0x616263"}, "latest", {
        "0x" + "00" * 19 + "02": {"movePrecompileToAddress": new}})
    assert gone == "0x"
    coded = raw("eth_call", {"to": "0x" + "00" * 19 + "02"}, "latest", {
        "0x" + "00" * 19 + "02": {"code": "0x602a60005260206000f3"}})
    assert int(coded, 16) == 42


def test_block_overrides_of_calls_and_blocks(raw):
    """BLOBBASEFEE, and in simulated blocks withdrawals and the beacon root."""
    fee = "0x4a60005260206000f3"
    assert int(raw("eth_call", {"to": ONE}, "latest", {ONE: {"code": fee}}, {"blobBaseFee": "0x99"}), 16) == 0x99
    root = "0x" + "17" * 32
    block = simulate(raw, {
        "blockOverrides": {"beaconRoot": root, "withdrawals": [
            {"index": "0x0", "validatorIndex": "0x0", "address": TWO, "amount": "0x5"}]}, "calls": []})[0]
    assert block["parentBeaconBlockRoot"] == root and len(block["withdrawals"]) == 1
    # Gwei, and there for the next block.
    balance = "0x" + "73" + TWO[2:] + "3160005260206000f3"
    after = simulate(
        raw, {"blockOverrides": {"withdrawals": [{"address": TWO, "amount": "0x5"}]}},
        {"stateOverrides": {ONE: {"code": balance}}, "calls": [{"to": ONE}]})[1]
    assert int(after["calls"][0]["returnData"], 16) == 5 * 10**9


def test_refusals_of_simulations(raw, account):
    def refusal(*blocks, **options):
        error = raw.error("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, "latest")
        return error["code"], error["message"]

    rich = {ONE: {"balance": "0xde0b6b3a7640000"}}
    fee = {"maxFeePerGas": "0x1", "gas": "0x5208"}
    code, message = refusal({"stateOverrides": rich, "calls": [{"from": ONE, "to": TWO, **fee}]}, validation=True)
    assert code == -32602 and message.startswith("err: max fee per gas less than block base fee") and message.endswith("(supplied gas 21000)")
    assert refusal({"calls": [{"from": ONE, "to": TWO, "gas": "0xffffffffff"}]}) == (
        -38015, "block gas limit reached: 0 >= 60000000")
    assert refusal({"calls": [{"from": ONE, "to": TWO, "value": "0x1"}]})[0] == -38014
    assert refusal({"calls": [{"from": ONE, "to": TWO, "gas": "0x1"}]})[0] == -38013
    assert refusal({"stateOverrides": rich, "calls": [{"from": ONE, "nonce": "0x5", "maxFeePerGas": "0x174876e800"}]}, validation=True)[0] == -38011
    assert refusal({"blockOverrides": {"number": "0x0"}})[0] == -38020
    assert refusal({"blockOverrides": {"time": "0x1"}})[0] == -38021
    assert refusal({"blockOverrides": {"number": "0xffff"}}) == (-38026, "too many blocks")
    assert refusal(*[{}] * 257) == (-38026, "too many blocks")


def test_contracts_may_send_in_every_mode(raw):
    for validation in (False, True):
        block = {"stateOverrides": {ONE: {"code": "0x00", "balance": "0xde0b6b3a7640000"}},
                 "calls": [{"from": ONE, "to": TWO, "value": "0x1", "maxFeePerGas": "0x174876e800", "gas": "0x5208"}]}
        assert simulate(raw, block, validation=validation)[0]["calls"][0]["status"] == "0x1"
