"""What clients that are not installed here send, in their forms: Hardhat, viem, ethers, Foundry, Ganache's, Remix."""

import pytest

ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
# Counts its calls in slot 0 and logs the new number.
COUNTER = "0x600054600101806000556000526020600080a0"
DEPLOY = "0x" + "60" + "%02x" % (len(COUNTER) // 2 - 1) + "80600b6000396000f3" + COUNTER[2:]


@pytest.fixture
def dev(raw):
    if "error" in raw.answer("anvil_nodeInfo"):
        pytest.skip("skipped: this node has no developer methods")
    snapshot = raw("evm_snapshot")
    yield raw
    raw("evm_setAutomine", True)
    raw("evm_revert", snapshot)


@pytest.fixture
def counter(dev):
    """A contract that was called once, and the receipt of the call."""
    address = dev("eth_getTransactionReceipt", dev("eth_sendTransaction", {"from": ALICE, "data": DEPLOY}))["contractAddress"]
    return address, dev("eth_getTransactionReceipt", dev("eth_sendTransaction", {"from": ALICE, "to": address}))


def test_viem_prepares_a_transaction(dev):
    """chainId, nonce, block, fees and gas, then the raw transaction, the receipt and the newest blocks by their tags."""
    assert dev("eth_chainId") == "0x7a69"
    block = dev("eth_getBlockByNumber", "latest", False)
    assert int(dev("eth_maxPriorityFeePerGas"), 16) > 0 and int(block["baseFeePerGas"], 16) > 0
    assert dev("eth_getTransactionCount", ALICE, "pending") == dev("eth_getTransactionCount", ALICE, "latest")
    filled = dev("eth_fillTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
    assert filled["tx"]["gas"] == "0x5208" and filled["raw"].startswith("0x02")
    for tag in ("safe", "finalized", "pending", "earliest"):
        assert dev("eth_getBlockByNumber", tag, False)["number"]
    for name in ("wallet_getCapabilities", "wallet_sendCalls", "wallet_switchEthereumChain"):
        assert dev.error(name, ALICE)["code"] == -32601


def test_foundry_reads_fees_by_percentiles(dev):
    dev("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1", "maxPriorityFeePerGas": "0x7", "maxFeePerGas": "0x77359400"})
    for count in ("0xa", 10, "10"):
        history = dev("eth_feeHistory", count, "latest", [5, 50.5, 95])
        assert history["reward"][-1] == ["0x7"] * 3
        assert len(history["baseFeePerGas"]) == len(history["gasUsedRatio"]) + 1
    pending = dev("eth_feeHistory", "0x1", "pending", [])
    assert int(pending["oldestBlock"], 16) == int(dev("eth_blockNumber"), 16) + 1


def test_hardhat_and_openzeppelin_know_one_run_from_another(dev):
    """The upgrades plugin keeps what it deployed by the instance's id."""
    metadata = dev("hardhat_metadata")
    assert metadata == dev("anvil_metadata")
    assert metadata["chainId"] == 31337 and len(metadata["instanceId"]) == 66


def test_ape_waits_for_receipts_where_blocks_come_by_themselves(dev):
    assert dev("eth_mining") is True
    dev("evm_setAutomine", False)
    assert dev("eth_mining") is False
    dev("miner_start")
    assert dev("eth_mining") is True


def test_ape_goes_back_by_setting_the_head(dev, counter):
    address, receipt = counter
    dev("eth_sendTransaction", {"from": ALICE, "to": address})
    dev("debug_setHead", receipt["blockNumber"])
    assert dev("eth_blockNumber") == receipt["blockNumber"]
    assert dev("eth_getStorageAt", address, "0x0", "latest").endswith("01")
    assert "cannot set head" in dev.error("debug_setHead", "0xffff")["message"]


def test_brownie_unlocks_accounts_as_with_ganache(dev):
    stranger = "0x" + "31" * 20
    dev("evm_setAccountBalance", stranger, "0xde0b6b3a7640000")
    assert dev.error("eth_sendTransaction", {"from": stranger, "to": BOB})["message"] == "unknown account"
    assert dev.error("personal_unlockAccount", stranger, "", 0)["message"] == "no key for given address or file"
    assert dev("evm_unlockUnknownAccount", stranger) is True
    assert dev("personal_unlockAccount", stranger, "", 0) is True
    assert dev("eth_getTransactionReceipt", dev("eth_sendTransaction", {"from": stranger, "to": BOB}))["status"] == "0x1"
    assert dev("evm_lockUnknownAccount", stranger) is True
    assert dev.error("eth_sendTransaction", {"from": stranger, "to": BOB})["message"] == "unknown account"


def test_a_price_of_nothing_is_refused_where_it_would_wait_for_ever(dev):
    error = dev.error("eth_sendTransaction", {"from": ALICE, "to": BOB, "gasPrice": "0x0"})
    assert error == {"code": -32000, "message": "gasPrice must be non-zero after london fork"}
    dev("hardhat_setNextBlockBaseFeePerGas", "0x0")
    sent = dev("eth_sendTransaction", {"from": ALICE, "to": BOB, "gasPrice": "0x0"})
    assert dev("eth_getTransactionReceipt", sent)["effectiveGasPrice"] == "0x0"


def test_mining_in_ganaches_forms(dev):
    start = int(dev("eth_blockNumber"), 16)
    dev("evm_mine", {"blocks": 3})
    later = int(dev("eth_getBlockByNumber", "latest", False)["timestamp"], 16) + 1000
    dev("evm_mine", {"timestamp": hex(later)})
    mined = dev("evm_mine_detailed", {"blocks": 2})
    assert [int(block["number"], 16) for block in mined] == [start + 5, start + 6]
    assert int(dev("eth_getBlockByNumber", hex(start + 4), False)["timestamp"], 16) == later


def test_anvil_reorganises(dev, counter):
    address, receipt = counter
    old = dev("eth_getBlockByNumber", receipt["blockNumber"], False)["hash"]
    dev("anvil_reorg", 1, [[{"from": ALICE, "to": BOB, "value": "0x5", "nonce": dev("eth_getTransactionByHash", receipt["transactionHash"])["nonce"]}, 0]])
    block = dev("eth_getBlockByNumber", receipt["blockNumber"], True)
    assert block["hash"] != old and [entry["to"] for entry in block["transactions"]] == [BOB]
    assert dev("eth_getTransactionReceipt", receipt["transactionHash"]) is None
    assert dev("eth_getStorageAt", address, "0x0", "latest").endswith("00")


def test_explorers_read_flat_traces(dev, counter):
    address, receipt = counter
    (entry,) = dev("trace_transaction", receipt["transactionHash"])
    assert entry["action"] == {
        "callType": "call", "from": ALICE, "gas": entry["action"]["gas"], "input": "0x", "to": address, "value": "0x0"}
    assert entry["type"] == "call" and entry["traceAddress"] == [] and entry["subtraces"] == 0
    assert entry["blockHash"] == receipt["blockHash"] and entry["transactionPosition"] == 0
    assert entry["result"] == {"gasUsed": receipt["gasUsed"], "output": "0x"}
    assert dev("trace_block", receipt["blockNumber"]) == [entry]
    assert dev("trace_transaction", "0x" + "00" * 32) is None
    for name in ("ots_getApiLevel", "erigon_getHeaderByNumber", "parity_pendingTransactions", "trace_filter"):
        assert dev.error(name)["code"] == -32601
