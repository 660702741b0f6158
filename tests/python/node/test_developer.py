"""The methods of development chains, under the names that anvil, Hardhat and Ganache gave them."""

import pytest
from eth_account import Account


@pytest.fixture
def dev(raw):
    if "error" in raw.answer("anvil_nodeInfo"):
        pytest.skip("skipped: this node has no developer methods")
    snapshot = raw("evm_snapshot")
    yield raw
    raw("evm_setAutomine", True)
    raw("evm_revert", snapshot)


def height(raw):
    return int(raw("eth_blockNumber"), 16)


@pytest.mark.parametrize("prefix", ["hardhat", "anvil"])
def test_state_is_set(dev, prefix):
    address = Account.create().address
    dev(f"{prefix}_setBalance", address, "0x1234")
    dev(f"{prefix}_setNonce", address, "0x7")
    dev(f"{prefix}_setCode", address, "0x60005460005260206000f3")
    dev(f"{prefix}_setStorageAt", address, "0x0", "0x" + "00" * 31 + "2a")
    assert dev("eth_getBalance", address, "latest") == "0x1234"
    assert dev("eth_getTransactionCount", address, "latest") == "0x7"
    assert dev("eth_getCode", address, "latest") == "0x60005460005260206000f3"
    assert dev("eth_getStorageAt", address, "0x0", "latest") == "0x" + "00" * 31 + "2a"
    assert dev("eth_call", {"to": address}, "latest") == "0x" + "00" * 31 + "2a"


def test_blocks_are_mined_on_demand(dev):
    start = height(dev)
    dev("evm_mine")
    dev("hardhat_mine", "0x5")
    dev("anvil_mine", 3)
    assert height(dev) == start + 9


def test_snapshots_go_back(dev):
    start, snapshot = height(dev), dev("evm_snapshot")
    address = Account.create().address
    dev("hardhat_setBalance", address, "0x1")
    dev("hardhat_mine", "0x3")
    assert dev("evm_revert", snapshot) is True
    assert height(dev) == start
    assert dev("eth_getBalance", address, "latest") == "0x0"
    assert dev("evm_revert", snapshot) is False


def test_filters_see_what_replaces_reverted_blocks(dev):
    blocks, snapshot = dev("eth_newBlockFilter"), dev("evm_snapshot")
    dev("hardhat_mine", "0x3")
    assert len(dev("eth_getFilterChanges", blocks)) == 3
    dev("evm_revert", snapshot)
    dev("evm_mine")
    latest = dev("eth_getBlockByNumber", "latest", False)
    assert dev("eth_getFilterChanges", blocks)[-1] == latest["hash"]


def test_time(dev):
    now = int(dev("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    dev("evm_setNextBlockTimestamp", now + 1000)
    dev("evm_mine")
    assert int(dev("eth_getBlockByNumber", "latest", False)["timestamp"], 16) == now + 1000
    dev("evm_increaseTime", 500)
    dev("evm_mine")
    assert int(dev("eth_getBlockByNumber", "latest", False)["timestamp"], 16) >= now + 1500


def test_impersonation(dev, account):
    stranger, target = Account.create().address, Account.create().address
    dev("hardhat_setBalance", stranger, hex(10**18))
    dev("hardhat_impersonateAccount", stranger)
    digest = dev("eth_sendTransaction", {"from": stranger, "to": target, "value": "0x5"})
    assert dev("eth_getTransactionReceipt", digest)["from"].lower() == stranger.lower()
    assert dev("eth_getBalance", target, "latest") == "0x5"
    dev("hardhat_stopImpersonatingAccount", stranger)
    assert dev.error("eth_sendTransaction", {"from": stranger, "to": target})["message"] == "unknown account"


def test_manual_mining_and_the_pool(dev, account, w3):
    dev("evm_setAutomine", False)
    nonce = w3.eth.get_transaction_count(account.address)
    price = w3.eth.gas_price * 2
    digests = []
    for offset in (0, 1, 4):
        signed = account.sign_transaction(
            {"chainId": w3.eth.chain_id, "nonce": nonce + offset, "gas": 21000, "gasPrice": price,
             "to": "0x" + "11" * 20, "value": 1}
        )
        digests.append(dev("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))
    assert dev("txpool_status") == {"pending": "0x2", "queued": "0x1"}
    assert dev("eth_getTransactionCount", account.address, "pending") == hex(nonce + 2)
    assert dev("eth_getTransactionByHash", digests[0])["blockNumber"] is None
    assert list(dev("txpool_content")["queued"][account.address]) == [str(nonce + 4)]
    assert dev("hardhat_dropTransaction", digests[2]) is True
    dev("evm_mine")
    assert dev("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    assert dev("eth_getTransactionReceipt", digests[1])["status"] == "0x1"


def test_next_block_settings(dev):
    dev("hardhat_setNextBlockBaseFeePerGas", "0x77")
    dev("anvil_setNextBlockPrevRandao", "0x" + "ab" * 32)
    dev("evm_mine")
    block = dev("eth_getBlockByNumber", "latest", False)
    assert block["baseFeePerGas"] == "0x77"
    assert block["mixHash"] == "0x" + "ab" * 32


def test_state_is_dumped_and_loaded(dev):
    address = Account.create().address
    dev("hardhat_setBalance", address, "0x1234")
    dumped = dev("anvil_dumpState")
    assert dumped.startswith("0x1f8b")
    dev("hardhat_setBalance", address, "0x1")
    assert dev("anvil_loadState", dumped) is True
    assert dev("eth_getBalance", address, "latest") == "0x1234"
    assert "not JSON" in dev.error("anvil_loadState", "0x7b")["message"]
