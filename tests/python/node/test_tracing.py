"""debug_trace*, against what the receipts and the state say."""

import pytest
from web3._utils.contract_sources.contract_data.math_contract import MATH_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.revert_contract import REVERT_CONTRACT_DATA

from test_flows import deploy, signing  # noqa: F401


@pytest.fixture
def counted(signing):  # noqa: F811
    contract = deploy(signing, MATH_CONTRACT_DATA)
    digest = contract.get_function_by_signature("incrementCounter()")().transact()
    return contract, signing.eth.wait_for_transaction_receipt(digest, timeout=20)


def test_call_tracer(raw, counted, account):
    contract, receipt = counted
    trace = raw("debug_traceTransaction", receipt["transactionHash"].to_0x_hex(), {"tracer": "callTracer"})
    assert trace["type"] == "CALL"
    assert trace["from"] == account.address.lower()
    assert trace["to"] == contract.address.lower()
    assert int(trace["gasUsed"], 16) == receipt["gasUsed"]
    assert trace["input"] == contract.encode_abi("incrementCounter()")
    assert "error" not in trace


def test_struct_logs_account_for_all_gas(raw, counted):
    _, receipt = counted
    trace = raw("debug_traceTransaction", receipt["transactionHash"].to_0x_hex(), {"enableMemory": True})
    logs = trace["structLogs"]
    assert trace["failed"] is False
    assert trace["gas"] == receipt["gasUsed"]
    assert [log["pc"] for log in logs][:2] == [0, 2]
    assert logs[0]["op"] == "PUSH1"
    for before, after in zip(logs, logs[1:]):
        assert before["gas"] - before["gasCost"] == after["gas"]
    stores = [log for log in logs if log["op"] == "SSTORE"]
    assert len(stores) == 1
    assert list(stores[0]["storage"].values())[0].endswith("1")
    # 21000, the calldata and what the instructions took, less nothing: the first store to a slot earns no refund.
    executed = sum(log["gasCost"] for log in logs)
    assert receipt["gasUsed"] == 21000 + 4 * 16 + executed


def test_prestate_tracer(raw, counted, account):
    contract, receipt = counted
    digest = receipt["transactionHash"].to_0x_hex()
    before = hex(receipt["blockNumber"] - 1)
    state = raw("debug_traceTransaction", digest, {"tracer": "prestateTracer"})
    sender = state[account.address.lower()]
    assert sender["balance"] == raw("eth_getBalance", account.address, before)
    assert sender["nonce"] == int(raw("eth_getTransactionCount", account.address, before), 16)
    assert state[contract.address.lower()]["code"] == raw("eth_getCode", contract.address, before)
    changes = raw("debug_traceTransaction", digest, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
    assert changes["post"][account.address.lower()]["nonce"] == sender["nonce"] + 1
    assert list(changes["post"][contract.address.lower()]["storage"].values())[0].endswith("1")


def test_traced_calls_and_blocks(raw, counted, signing):  # noqa: F811
    contract, receipt = counted
    traces = raw("debug_traceBlockByNumber", hex(receipt["blockNumber"]), {"tracer": "callTracer"})
    assert [trace["txHash"] for trace in traces] == [receipt["transactionHash"].to_0x_hex()]
    assert raw("debug_traceBlockByHash", receipt["blockHash"].to_0x_hex(), {"tracer": "callTracer"}) == traces
    encoded = raw("debug_getRawBlock", hex(receipt["blockNumber"]))
    assert raw("debug_traceBlock", encoded, {"tracer": "callTracer"}) == traces
    reverting = deploy(signing, REVERT_CONTRACT_DATA)
    call = {"to": reverting.address, "data": reverting.encode_abi("revertWithMessage")}
    trace = raw("debug_traceCall", call, "latest", {"tracer": "callTracer"})
    assert trace["error"] == "execution reverted"
    assert trace["revertReason"] == "Function has been reverted."
    assert raw("debug_traceCall", call, "latest", {})["failed"] is True


def test_what_cannot_be_traced(raw):
    unknown = raw.error("debug_traceTransaction", "0x" + "00" * 32)
    assert (unknown["code"], unknown["message"]) == (-32000, "transaction not found")
    assert raw.error("debug_traceBlockByNumber", "0x0")["message"] == "genesis is not traceable"
    assert "not built in" in raw.error("debug_traceTransaction", "0x" + "00" * 32, {"tracer": "{}"})["message"]


def test_raw_forms_hash_to_their_names(raw, w3, counted):
    _, receipt = counted
    number = hex(receipt["blockNumber"])
    assert w3.keccak(hexstr=raw("debug_getRawHeader", number)) == receipt["blockHash"]
    assert w3.keccak(hexstr=raw("debug_getRawTransaction", receipt["transactionHash"].to_0x_hex())) == receipt["transactionHash"]
    assert len(raw("debug_getRawReceipts", number)) == 1


def test_several_tracers_of_one_execution(raw, counted):
    _, receipt = counted
    digest = receipt["transactionHash"].to_0x_hex()
    parts = {"callTracer": {"onlyTopCall": True}, "prestateTracer": {"diffMode": True}, "4byteTracer": None, "noopTracer": {}}
    together = raw("debug_traceTransaction", digest, {"tracer": "muxTracer", "tracerConfig": parts})
    assert together == {
        name: raw("debug_traceTransaction", digest, {"tracer": name, "tracerConfig": options})
        for name, options in parts.items()
    }
    refusal = raw.error("debug_traceTransaction", digest, {"tracer": "muxTracer", "tracerConfig": {"muxTracer": {}}})
    assert "cannot hold another" in refusal["message"]


def test_flat_calls_say_what_the_tree_says(raw):
    """A contract that calls itself once, reverts inside, creates another, calls a precompile and goes away."""
    inner = "0x" + "fd" * 20
    # CALL inner (reverts), CALL identity with nothing, CREATE of empty code, SELFDESTRUCT to inner.
    code = ("0x" + "6000600060006000600073" + inner[2:] + "5af150" + "6000600060006000600060045af150" + "600060006000f050"
            + "73" + inner[2:] + "ff")
    outer = "0x" + "fe" * 20
    options = {"tracer": "flatCallTracer", "stateOverrides": {outer: {"code": code}, inner: {"code": "0x60006000fd"}}}
    flat = raw("debug_traceCall", {"to": outer}, "latest", options)
    assert [(entry["type"], entry["traceAddress"], entry["subtraces"]) for entry in flat] == [
        ("call", [], 3), ("call", [0], 0), ("create", [1], 0), ("suicide", [2], 0)]
    assert flat[1]["error"] == "execution reverted" and "result" not in flat[1]
    assert flat[2]["action"]["creationMethod"] == "create" and flat[2]["result"]["code"] == "0x"
    assert flat[3]["action"]["refundAddress"] == inner and flat[3]["result"] is None
    options["tracerConfig"] = {"convertParityErrors": True, "includePrecompiles": True}
    flat = raw("debug_traceCall", {"to": outer}, "latest", options)
    assert [entry["traceAddress"] for entry in flat] == [[], [0], [1], [2], [3]]
    assert flat[1]["error"] == "Reverted"
