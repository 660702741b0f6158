#!/usr/bin/env python3
"""Blocks as the Ethereum execution specification (EELS, PyPI ethereum-execution) makes them, for DevchainTests.

Writes devchain_blocks.json: for each fork a genesis, and blocks with their transactions and the hashes and roots that
the specification computes. Run from the package root: .venv/bin/python Tests/TestVectors/generate/devchain_blocks.py
"""

import importlib
import json
import pathlib

from eth_account import Account
from ethereum.crypto.hash import keccak256
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes, Bytes8, Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint

START = 1_800_000_000
SEED = bytes(32)
ETHER = 10**18
GAS_LIMIT = 60_000_000
SYSTEM = {
    "cancun": ["000f3df6d732807ef1319fb7b8bb8522d0beac02"],
    "prague": [
        "000f3df6d732807ef1319fb7b8bb8522d0beac02",
        "0000f90827f1c53a10cb7a02335b175320002935",
        "00000961ef480eb55e80d19ad83579a64c007002",
        "0000bbddc7ce488642fb579f8b00f3a590007251",
    ],
}
SYSTEM["osaka"] = SYSTEM["prague"]
# Adds one to slot 0, logs the new value under topic 0x2a and returns it.
COUNTER = bytes.fromhex("5f54600101805f555f52602a60205fa160205ff3")
# Stores the block hash of the parent, prevrandao, the base fee, the timestamp and the blob base fee in the slots 1 to 5.
CONTEXT = bytes.fromhex("60014303406001554460025548600355426004554a60055500")
REVERT = bytes.fromhex("60aa5f5260205ffd")


def deploying(runtime):
    size = len(runtime).to_bytes(2, "big").hex()
    return bytes.fromhex(f"61{size}600d5f3961{size}5ff300") + runtime


def wallet(index):
    return Account.from_key(keccak256(b"wallet %d" % index))


def system_code(address):
    text = (pathlib.Path("Sources/EVM/Blocks/SystemContracts.swift")).read_text()
    start = text.index("0x" + address)
    parts = text[start : text.index(")", start)].split('"')[1:]
    return bytes.fromhex("".join(part for part in parts[1:] if all(c in "0123456789abcdef" for c in part)))


def transactions(fork):
    """Blocks of signed transactions; a fixed story that uses every kind there is."""
    counter = keccak256(rlp.encode([bytes.fromhex(wallet(0).address[2:]), b""]))[12:]
    nonces = [0, 0, 0]

    def sign(index, **fields):
        tx = {"chainId": 31337, "nonce": nonces[index], "gas": 300_000, "to": counter.hex(), "value": 0, "data": b""}
        if "gasPrice" not in fields:
            tx |= {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9 + index}
        tx |= fields
        tx["to"] = bytes.fromhex(tx["to"]) if tx["to"] else b""
        nonces[index] += 1
        return bytes(wallet(index).sign_transaction(tx).raw_transaction)

    blocks = [
        [sign(0, to="", data=deploying(COUNTER))],
        [sign(1), sign(2, gasPrice=3 * 10**9), sign(1, value=5, to="00" * 18 + "beef")],
        [],
        [sign(0, to="", data=deploying(CONTEXT)), sign(2, to="", data=deploying(REVERT))],
        [sign(0, to=keccak256(rlp.encode([bytes.fromhex(wallet(0).address[2:]), b"\x01"]))[12:].hex())],
        [sign(2, to=keccak256(rlp.encode([bytes.fromhex(wallet(2).address[2:]), b"\x01"]))[12:].hex())],
        [
            sign(1, gasPrice=4 * 10**9, accessList=[{"address": "0x" + counter.hex(), "storageKeys": ["0x" + "00" * 32]}]),
            sign(0, data=b"\x01" * 3000),
        ],
    ]
    if fork != "cancun":
        permission = wallet(2).sign_authorization({"chainId": 31337, "address": "0x" + counter.hex(), "nonce": nonces[2]})
        blocks.append([sign(0, to=wallet(2).address[2:], authorizationList=[permission], gas=400_000)])
        blocks.append([sign(1, to=wallet(2).address[2:])])
    return blocks


def chain(fork):
    module = importlib.import_module(f"ethereum.forks.{fork}.fork")
    blocks_module = importlib.import_module(f"ethereum.forks.{fork}.blocks")
    state_module = importlib.import_module(f"ethereum.forks.{fork}.state")
    types = importlib.import_module(f"ethereum.forks.{fork}.fork_types")
    trie = importlib.import_module(f"ethereum.forks.{fork}.trie")
    bloom = importlib.import_module(f"ethereum.forks.{fork}.bloom")
    vm = importlib.import_module(f"ethereum.forks.{fork}.vm")
    gas = importlib.import_module(f"ethereum.forks.{fork}.vm.gas")
    tx_module = importlib.import_module(f"ethereum.forks.{fork}.transactions")

    state = state_module.State()
    funded = {}
    for index in range(3):
        address = bytes.fromhex(wallet(index).address[2:])
        funded[address] = types.Account(nonce=Uint(0), balance=U256(1000 * ETHER), code=Bytes(b""))
    for text in SYSTEM[fork]:
        funded[bytes.fromhex(text)] = types.Account(nonce=Uint(1), balance=U256(0), code=Bytes(system_code(text)))
    for address, account in funded.items():
        state_module.set_account(state, Bytes20(address), account)

    def randao(number):
        return keccak256(SEED + number.to_bytes(32, "big"))

    empty = trie.root(trie.Trie(secured=False, default=None))
    common = dict(
        ommers_hash=module.EMPTY_OMMER_HASH, coinbase=Bytes20(bytes(20)), difficulty=Uint(0),
        gas_limit=Uint(GAS_LIMIT), extra_data=Bytes(b""), nonce=Bytes8(bytes(8)),
        parent_beacon_block_root=Bytes32(bytes(32)),
    )
    if fork != "cancun":
        requests = importlib.import_module(f"ethereum.forks.{fork}.requests")
        common["requests_hash"] = requests.compute_requests_hash([])
    header = blocks_module.Header(
        parent_hash=Bytes32(bytes(32)), state_root=state_module.state_root(state), transactions_root=empty,
        receipt_root=empty, bloom=bloom.logs_bloom(()), number=Uint(0), gas_used=Uint(0), timestamp=U256(START),
        prev_randao=randao(0), base_fee_per_gas=Uint(10**9), withdrawals_root=empty, blob_gas_used=U64(0),
        excess_blob_gas=U64(0), **common,
    )
    genesis = blocks_module.Block(header=header, transactions=(), ommers=(), withdrawals=())
    history = module.BlockChain(blocks=[genesis], state=state, chain_id=U64(31337))
    result = {"fork": fork, "genesis": "0x" + keccak256(rlp.encode(header)).hex(), "blocks": []}
    for number, raws in enumerate(transactions(fork), start=1):
        parent = history.blocks[-1].header
        timestamp = START + 12 * number
        base_fee = module.calculate_base_fee_per_gas(
            Uint(GAS_LIMIT), parent.gas_limit, parent.gas_used, parent.base_fee_per_gas
        )
        env = vm.BlockEnvironment(
            chain_id=U64(31337), state=history.state, block_gas_limit=Uint(GAS_LIMIT),
            block_hashes=module.get_last_256_block_hashes(history), coinbase=Bytes20(bytes(20)), number=Uint(number),
            base_fee_per_gas=base_fee, time=U256(timestamp), prev_randao=randao(number),
            excess_blob_gas=gas.calculate_excess_blob_gas(parent), parent_beacon_block_root=Bytes32(bytes(32)),
        )
        # A legacy transaction stands as a value, the others as bytes.
        decoded = tuple(
            tx_module.decode_transaction(Bytes(raw)) if raw[0] < 0x7F
            else rlp.decode_to(tx_module.LegacyTransaction, raw)
            for raw in raws
        )
        encoded = tuple(Bytes(raw) if raw[0] < 0x7F else tx for raw, tx in zip(raws, decoded))
        output = module.apply_body(block_env=env, transactions=encoded, withdrawals=())
        values = dict(common)
        if fork != "cancun":
            values["requests_hash"] = requests.compute_requests_hash(output.requests)
        header = blocks_module.Header(
            parent_hash=keccak256(rlp.encode(parent)), state_root=state_module.state_root(env.state),
            transactions_root=trie.root(output.transactions_trie), receipt_root=trie.root(output.receipts_trie),
            bloom=bloom.logs_bloom(output.block_logs), number=Uint(number), gas_used=output.block_gas_used,
            timestamp=U256(timestamp), prev_randao=randao(number), base_fee_per_gas=base_fee,
            withdrawals_root=trie.root(output.withdrawals_trie), blob_gas_used=output.blob_gas_used,
            excess_blob_gas=env.excess_blob_gas, **values,
        )
        history.blocks.append(blocks_module.Block(header=header, transactions=encoded, ommers=(), withdrawals=()))
        result["blocks"].append({
            "timestamp": timestamp, "transactions": ["0x" + raw.hex() for raw in raws],
            "hash": "0x" + keccak256(rlp.encode(header)).hex(), "stateRoot": "0x" + header.state_root.hex(),
            "transactionsRoot": "0x" + header.transactions_root.hex(), "receiptsRoot": "0x" + header.receipt_root.hex(),
            "gasUsed": int(header.gas_used), "baseFee": int(header.base_fee_per_gas), "header": "0x" + rlp.encode(header).hex(),
        })
    return result


if __name__ == "__main__":
    target = pathlib.Path("Tests/TestVectors/data/devchain_blocks.json")
    target.write_text(json.dumps([chain(fork) for fork in ("cancun", "prague", "osaka")], indent=1) + "\n")
    print(f"{target}: {target.stat().st_size} bytes")
