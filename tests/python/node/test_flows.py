"""What people do with web3.py, unmodified."""

import asyncio

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from web3 import AsyncHTTPProvider, AsyncWeb3, Web3
from web3._utils.contract_sources.contract_data.event_contracts import EVENT_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.math_contract import MATH_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.panic_errors_contract import PANIC_ERRORS_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.payable_tester import PAYABLE_TESTER_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.revert_contract import REVERT_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.storage_contract import STORAGE_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.string_contract import STRING_CONTRACT_DATA
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError, TransactionNotFound
from web3.logs import DISCARD
from web3.middleware import SignAndSendRawMiddlewareBuilder


@pytest.fixture
def signing(w3, account):
    """web3 with a local signer."""
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(account), layer=0)
    w3.eth.default_account = account.address
    return w3


def deploy(w3, data, *arguments):
    """A contract that Solidity compiled, from web3.py's own wheel."""
    contract = w3.eth.contract(abi=data["abi"], bytecode=data["bytecode"])
    receipt = w3.eth.wait_for_transaction_receipt(contract.constructor(*arguments).transact(), timeout=20)
    assert receipt["status"] == 1
    return w3.eth.contract(address=receipt["contractAddress"], abi=data["abi"])


def test_the_node_introduces_itself(w3):
    assert w3.is_connected()
    assert w3.client_version.startswith("cairn/")
    assert w3.net.version == str(w3.eth.chain_id)
    assert w3.net.listening is True
    assert w3.net.peer_count == 0
    assert w3.eth.syncing is False


def test_blocks(w3):
    for tag in ("earliest", "latest", "safe", "finalized", "pending"):
        assert w3.eth.get_block(tag)["gasLimit"] > 0
    latest = w3.eth.get_block("latest")
    assert w3.eth.get_block(latest["hash"]) == latest
    assert w3.eth.get_block(latest["number"], True)["hash"] == latest["hash"]
    if latest["number"]:
        assert latest["parentHash"] == w3.eth.get_block(latest["number"] - 1)["hash"]


def test_fees(w3):
    assert w3.eth.gas_price > 0
    assert w3.eth.max_priority_fee >= 0
    assert w3.eth.blob_base_fee >= 1
    history = w3.eth.fee_history(2, "latest", [10, 90])
    assert len(history["baseFeePerGas"]) == len(history["gasUsedRatio"]) + 1
    assert all(len(rewards) == 2 for rewards in history["reward"])


def test_transfers_of_every_kind(signing, account):
    w3, target = signing, Account.create().address
    price = w3.eth.gas_price * 2
    for number, fields in enumerate(
        [{}, {"gasPrice": price}, {"gasPrice": price, "accessList": [{"address": target, "storageKeys": ["0x" + "01" * 32]}]}]
    ):
        digest = w3.eth.send_transaction({"to": target, "value": 7, **fields})
        receipt = w3.eth.wait_for_transaction_receipt(digest, timeout=20)
        assert receipt["status"] == 1
        assert receipt["type"] == [2, 0, 1][number]
        sent = w3.eth.get_transaction(digest)
        assert (sent["value"], sent["from"], sent["blockHash"]) == (7, account.address, receipt["blockHash"])
        assert sent["gasPrice"] == receipt["effectiveGasPrice"]
        assert w3.eth.get_transaction_by_block(receipt["blockHash"], receipt["transactionIndex"])["hash"] == digest
        assert Web3.keccak(w3.eth.get_raw_transaction(digest)) == digest
    assert w3.eth.get_balance(target) == 21


def test_delegation(signing, account):
    w3 = signing
    chain_id, party = w3.eth.chain_id, Account.create()
    authorization = party.sign_authorization({"chainId": chain_id, "address": "0x" + "77" * 20, "nonce": 0})
    base = w3.eth.get_block("latest")["baseFeePerGas"]
    signed = account.sign_transaction(
        {
            "chainId": chain_id, "nonce": w3.eth.get_transaction_count(account.address), "gas": 200000,
            "maxFeePerGas": 3 * base + 10**9, "maxPriorityFeePerGas": 10**9, "to": party.address, "value": 0,
            "authorizationList": [authorization],
        }
    )
    digest = w3.eth.send_raw_transaction(signed.raw_transaction)
    assert w3.eth.wait_for_transaction_receipt(digest, timeout=20)["status"] == 1
    assert bytes(w3.eth.get_code(party.address)) == b"\xef\x01\x00" + b"\x77" * 20
    assert w3.eth.get_transaction(digest)["authorizationList"][0]["nonce"] == 0


def test_strings_and_storage(signing):
    contract = deploy(signing, STRING_CONTRACT_DATA, "Caqalai")
    assert contract.functions.getValue().call() == "Caqalai"
    signing.eth.wait_for_transaction_receipt(contract.functions.setValue("ölçüm " * 20).transact(), timeout=20)
    assert contract.caller.getValue() == "ölçüm " * 20
    storage = deploy(signing, STORAGE_CONTRACT_DATA)
    assert len(signing.eth.get_storage_at(storage.address, 0)) == 32
    assert len(signing.eth.get_code(storage.address)) > 100


def test_arithmetic_counts_and_history(signing):
    w3, contract = signing, deploy(signing, MATH_CONTRACT_DATA)
    assert contract.functions.add(3, 4).call() == 7
    assert contract.functions.multiply7(6).call() == 42
    before = w3.eth.block_number
    for _ in range(3):
        w3.eth.wait_for_transaction_receipt(contract.get_function_by_signature("incrementCounter()")().transact(), timeout=20)
    assert contract.functions.counter().call() == 3
    assert contract.functions.counter().call(block_identifier=before) == 0
    assert contract.functions.counter().call(block_identifier=before + 1) == 1


def test_reverts_panics_and_custom_errors(signing):
    contract = deploy(signing, REVERT_CONTRACT_DATA)
    assert contract.functions.normalFunction().call() is True
    with pytest.raises(ContractLogicError, match="execution reverted: Function has been reverted"):
        contract.functions.revertWithMessage().call()
    with pytest.raises(ContractLogicError, match="execution reverted"):
        contract.functions.revertWithoutMessage().call()
    with pytest.raises(ContractLogicError, match="execution reverted: Function has been reverted"):
        contract.functions.revertWithMessage().transact()
    with pytest.raises(ContractCustomError):
        contract.functions.customErrorWithMessage().call()
    panics = deploy(signing, PANIC_ERRORS_CONTRACT_DATA)
    with pytest.raises(ContractPanicError, match="0x11"):
        panics.functions.errorCode11().call()
    with pytest.raises(ContractPanicError, match="0x32"):
        panics.functions.errorCode32().call()


def test_a_failed_transaction_has_a_receipt(signing):
    contract = deploy(signing, REVERT_CONTRACT_DATA)
    digest = contract.functions.revertWithMessage().transact({"gas": 100000})
    receipt = signing.eth.wait_for_transaction_receipt(digest, timeout=20)
    assert receipt["status"] == 0
    assert receipt["gasUsed"] < 100000
    assert receipt["logs"] == []


def test_payable(signing):
    contract = deploy(signing, PAYABLE_TESTER_CONTRACT_DATA)
    digest = contract.functions.doNoValueCall().transact()
    assert signing.eth.wait_for_transaction_receipt(digest, timeout=20)["status"] == 1
    assert contract.functions.wasCalled().call() is True


def test_events_logs_and_filters(signing):
    w3 = signing
    contract = deploy(w3, EVENT_CONTRACT_DATA)
    event = contract.events.LogSingleArg
    installed = event.create_filter(from_block="latest")
    blocks, pending = w3.eth.filter("latest"), w3.eth.filter("pending")
    receipts = [
        w3.eth.wait_for_transaction_receipt(contract.functions.logTwoEvents(value).transact(), timeout=20)
        for value in (11, 12)
    ]
    assert [entry["args"]["arg0"] for entry in event().process_receipt(receipts[0], errors=DISCARD)] == [11]
    assert [entry["args"]["arg0"] for entry in installed.get_new_entries()] == [11, 12]
    assert installed.get_new_entries() == []
    # All entries of a filter from "latest" on are those of the newest block, as geth has it.
    assert [entry["args"]["arg0"] for entry in installed.get_all_entries()] == [12]
    assert blocks.get_new_entries()[-1] == receipts[1]["blockHash"]
    assert receipts[0]["transactionHash"] in pending.get_new_entries()
    found = event.get_logs(from_block=receipts[0]["blockNumber"])
    assert [entry["args"]["arg0"] for entry in found] == [11, 12]
    by_hash = w3.eth.get_logs({"blockHash": receipts[1]["blockHash"], "address": contract.address})
    assert len(by_hash) == 2
    assert by_hash[0]["logIndex"] == 0 and by_hash[1]["logIndex"] == 1
    for each in (installed, blocks, pending):
        assert w3.eth.uninstall_filter(each.filter_id)
    assert w3.eth.get_block_receipts(receipts[0]["blockNumber"])[0]["transactionHash"] == receipts[0]["transactionHash"]


def test_batches(signing, account):
    contract = deploy(signing, MATH_CONTRACT_DATA)
    with signing.batch_requests() as batch:
        batch.add(signing.eth.get_block("latest"))
        batch.add(contract.functions.add(1, 2))
        batch.add(signing.eth.get_balance(account.address))
        block, total, balance = batch.execute()
    assert block["number"] == signing.eth.block_number
    assert total == 3
    assert balance == signing.eth.get_balance(account.address)


def test_overrides(w3):
    target = "0x" + "88" * 20
    code = "0x60005460005260206000f3"  # returns slot 0
    overrides = {target: {"code": code, "stateDiff": {"0x" + "00" * 32: "0x" + "00" * 31 + "2a"}}}
    assert int.from_bytes(w3.eth.call({"to": target}, "latest", overrides), "big") == 42
    assert w3.eth.call({"to": target}) == b""


def test_access_lists(signing):
    contract = deploy(signing, MATH_CONTRACT_DATA)
    transaction = {"to": contract.address, "data": contract.encode_abi("incrementCounter()"), "from": signing.eth.default_account}
    made = signing.eth.create_access_list(transaction)
    assert [entry["address"] for entry in made["accessList"]] == [contract.address]
    assert len(made["accessList"][0]["storageKeys"]) == 1


def test_proofs_lead_to_the_state_root(signing):
    """Walks the proof with py-trie's rules written out: hashes from the root down."""
    rlp = pytest.importorskip("rlp")
    contract = deploy(signing, MATH_CONTRACT_DATA)
    proof = signing.eth.get_proof(contract.address, [0, 5], "latest")
    root = signing.eth.get_block("latest")["stateRoot"]
    account = walk(rlp, root, Web3.keccak(hexstr=contract.address), proof["accountProof"])
    nonce, balance, storage, code = rlp.decode(account)
    assert int.from_bytes(nonce, "big") == proof["nonce"]
    assert storage == proof["storageHash"]
    assert code == proof["codeHash"]


def walk(rlp, root, key, nodes):
    nibbles, expected, position = key.hex().removeprefix("0x"), bytes(root), 0
    for index, raw in enumerate(nodes):
        assert Web3.keccak(raw) == expected
        node = rlp.decode(bytes(raw))
        if len(node) == 17:
            expected = node[int(nibbles[position], 16)]
            position += 1
            continue
        path = node[0].hex()
        path = path[1:] if int(path[0], 16) & 1 else path[2:]
        assert nibbles[position:].startswith(path)
        position += len(path)
        if node[0][0] >= 0x20:
            assert index == len(nodes) - 1
            return node[1]
        expected = node[1]
    raise AssertionError("the proof ends before the account")


def test_transaction_pool(signing, account, w3):
    assert set(w3.geth.txpool.status()) == {"pending", "queued"}
    assert set(w3.geth.txpool.content()) == {"pending", "queued"}
    assert set(w3.geth.txpool.inspect()) == {"pending", "queued"}
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction("0x" + "00" * 32)


def test_accounts_of_the_node_sign(w3):
    accounts = w3.eth.accounts
    if not accounts:
        pytest.skip("skipped: this node holds no accounts")
    sender = accounts[0]
    digest = w3.eth.send_transaction({"from": sender, "to": accounts[-1], "value": 3})
    assert w3.eth.wait_for_transaction_receipt(digest, timeout=20)["status"] == 1
    signature = w3.eth.sign(sender, text="hello")
    assert Account.recover_message(encode_defunct(text="hello"), signature=signature) == sender
    typed = {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
            "Mail": [
                {"name": "from", "type": "Person"}, {"name": "to", "type": "Person[]"},
                {"name": "contents", "type": "string"}, {"name": "delta", "type": "int64"},
                {"name": "tag", "type": "bytes4"}, {"name": "raw", "type": "bytes"}, {"name": "flag", "type": "bool"},
            ],
        },
        "primaryType": "Mail",
        "domain": {"name": "Ether Mail", "chainId": 1},
        "message": {
            "from": {"name": "Cow", "wallet": "0x" + "cd" * 20},
            "to": [{"name": "Bob", "wallet": "0x" + "bb" * 20}, {"name": "Eve", "wallet": "0x" + "ee" * 20}],
            "contents": "Hello, Bob!", "delta": -5, "tag": "0x01020304", "raw": "0xdeadbeef00", "flag": True,
        },
    }
    signature = w3.eth.sign_typed_data(sender, typed)
    assert Account.recover_message(encode_typed_data(full_message=typed), signature=signature) == sender


def test_the_asynchronous_client(url, account):
    async def run():
        w3 = AsyncWeb3(AsyncHTTPProvider(url))
        heights = await asyncio.gather(*[w3.eth.block_number for _ in range(50)])
        assert len(set(heights)) == 1
        balance = await w3.eth.get_balance(account.address)
        await w3.provider.disconnect()
        return balance

    assert asyncio.run(run()) > 0
