"""Anvil's state JSON: `chain export --anvil`, `chain import --anvil`, and the options of `chain run` that anvil has."""

import json

import pytest

from parties import Cairn, Chain
from endpoints import ask

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
ZERO = "0x" + "00" * 32


def word(number):
    return f"0x{number:064x}"


# As anvil 1.x writes it, with blocks that are passed over; and as older ones did.
NEW = {
    "block": {
        "number": "0x5", "beneficiary": "0x" + "00" * 20, "timestamp": "0x7b000000", "gas_limit": 30000000,
        "basefee": 1000000000, "difficulty": "0x0", "prevrandao": ZERO,
        "blob_excess_gas_and_price": {"excess_blob_gas": 0, "blob_gasprice": 1}},
    "accounts": {
        ALICE: {"nonce": 3, "balance": "0xde0b6b3a7640000", "code": "0x", "storage": {}},
        BOB: {"nonce": 1, "balance": "0x0", "code": "0x5f545f5260205ff3", "storage": {word(0): word(42), word(7): word(9)}}},
    "best_block_number": 5, "blocks": [{"header": {"number": "0x5", "x": [1, {"y": "}\\\""}]}, "transactions": []}],
    "transactions": [], "historical_states": None,
}
OLD = {
    "block": {"number": "0x5", "coinbase": "0x" + "00" * 20, "timestamp": "0x7b000000", "gas_limit": "0x1c9c380"},
    "accounts": {
        BOB: {"storage": {"0x0": "0x2a", "0x7": "0x9"}, "code": "0x5f545f5260205ff3", "balance": "0", "nonce": "0x1"},
        ALICE: {"nonce": 3, "balance": "1000000000000000000"}},
    "best_block_number": "0x5",
}


def rpc(url, method, *params):
    return ask(url, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})["result"]


def check(url):
    assert int(rpc(url, "eth_getBalance", ALICE, "latest"), 16) == 10**18
    assert int(rpc(url, "eth_getTransactionCount", ALICE, "latest"), 16) == 3
    assert rpc(url, "eth_getStorageAt", BOB, "0x7", "latest") == word(9)
    assert rpc(url, "eth_call", {"to": BOB}, "latest") == word(42)


@pytest.mark.parametrize("state", [NEW, OLD], ids=["new", "old"])
def test_what_anvil_dumped_is_loaded_and_written_again(program, tmp_path, state):
    cairn, file = Cairn(program, tmp_path / "chain"), tmp_path / "state.json"
    file.write_text(json.dumps(state, indent=1))
    assert cairn.json("chain", "import", "--anvil", file)["accounts"] == 2
    chain = Chain(program, tmp_path / "other", "--load-state", file)
    check(chain.url)
    chain.kill()
    out = tmp_path / "out.json"
    count = cairn.json("chain", "export", "--anvil", out)["accounts"]
    written = json.loads(out.read_text())
    assert len(written["accounts"]) == count
    assert written["accounts"][BOB] == {
        "nonce": 1, "balance": "0x0", "code": "0x5f545f5260205ff3", "storage": {word(0): word(42), word(7): word(9)}}
    assert isinstance(written["best_block_number"], int) and written["blocks"] == [] and written["transactions"] == []
    # What was written is read again to the same bytes, by another chain, and that chain is sound.
    other = Cairn(program, tmp_path / "again")
    other.json("chain", "import", "--anvil", out)
    other.json("chain", "export", "--anvil", tmp_path / "twice.json")
    assert json.loads((tmp_path / "twice.json").read_text())["accounts"] == written["accounts"]
    assert other.json("chain", "verify")["fault"] is None


def test_state_is_kept_from_run_to_run(program, tmp_path):
    file = tmp_path / "state.json"
    for run in range(2):
        chain = Chain(program, tmp_path / f"chain{run}", "--in-memory", "--developer", "--state", file)
        if run == 0:
            rpc(chain.url, "anvil_setBalance", ALICE, hex(10**18))
            rpc(chain.url, "anvil_setNonce", ALICE, "0x3")
            rpc(chain.url, "anvil_setCode", BOB, NEW["accounts"][BOB]["code"])
            rpc(chain.url, "anvil_setStorageAt", BOB, "0x0", word(42))
            rpc(chain.url, "anvil_setStorageAt", BOB, "0x7", word(9))
        check(chain.url)
        chain.stop()
    folder = tmp_path / "folder"
    folder.mkdir()
    chain = Chain(program, tmp_path / "last", "--load-state", file, "--dump-state", folder, "--in-memory")
    check(chain.url)
    chain.stop()
    assert (folder / "state.json").exists()


def test_a_contract_with_much_storage_comes_in_pieces(program, tmp_path):
    slots = {word(n * n): word(n + 1) for n in range(20_000)}
    file = tmp_path / "state.json"
    # The storage first, so that what follows it is not known when the first piece is stored.
    file.write_text(json.dumps({"accounts": {BOB: {"storage": slots, "code": "0x00", "nonce": 7, "balance": "0x5"}}}))
    cairn = Cairn(program, tmp_path / "chain")
    cairn.json("chain", "import", "--anvil", file)
    cairn.json("chain", "export", "--anvil", tmp_path / "out.json")
    found = json.loads((tmp_path / "out.json").read_text())["accounts"][BOB]
    assert found == {"nonce": 7, "balance": "0x5", "code": "0x00", "storage": found["storage"]}
    assert found["storage"] == slots
    assert cairn.json("chain", "verify")["fault"] is None


@pytest.mark.parametrize("text, words", [
    ("", "ends in the middle"), ("{", "ends in the middle"), ("[]", "not the JSON of a state"), ("{}", "has no accounts"),
    ('"0x1f8b08"', "unpack it first"), ("\x1f\x8b", "unpack it first"), ('{"accounts":{"0x12":{}}}', "is no address"),
    ('{"accounts":{"%s":{"balance":"many"}}}' % ALICE, "balance is no number"),
    ('{"accounts":{"%s":{"nonce":"0x10000000000000000"}}}' % ALICE, "does not fit into 64 bits"),
    ('{"accounts":{"%s":{"code":"0x1"}}}' % ALICE, "is no hexadecimal"),
    ('{"accounts":{"%s":{"storage":{"x":"0x1"}}}}' % ALICE, "is no slot"),
    ('{"accounts":{}} x', "something follows"), ('{"blocks":' + "[" * 200, "nested too deeply"), ('{"a":,}', "want a value"),
    ('{"accounts":{"%s":{"code":"0x%s' % (ALICE, "00" * 9_000_000), "is longer than"),
])
def test_damaged_files_are_refused_with_the_place(program, tmp_path, text, words):
    file = tmp_path / "state.json"
    file.write_text(text)
    _, err = Cairn(program, tmp_path / "chain").run("chain", "import", "--anvil", file, code=4)
    assert words in err and f"{file}, byte " in err, err


def test_options_of_other_nodes(program, tmp_path):
    chain = Chain(
        program, tmp_path / "chain", "--in-memory", "--hardfork", "cancun", "--block-base-fee-per-gas", "7", "--silent",
        "--timestamp", "1600000000", "--chain-id", "99", "--balance", "3")
    block = rpc(chain.url, "eth_getBlockByNumber", "0x0", False)
    assert int(block["baseFeePerGas"], 16) == 7 and int(block["timestamp"], 16) == 1_600_000_000
    assert "requestsHash" not in block and rpc(chain.url, "eth_chainId") == "0x63"
    chain.kill()
    cairn = Cairn(program, tmp_path / "other")
    for words, text in [
        (["--hardfork", "london"], "take cancun, prague or osaka"), (["--state", "a", "--dump-state", "b"], "give it alone"),
        (["--fork-url", "http://x"], "no fork"), (["--http"], "always"), (["--http.port", "1"], "--port"),
        (["--datadir", "x"], "--home"), (["--dev"], "development"), (["--http.addr", "x"], "--host"),
    ]:
        _, err = cairn.run("chain", "run", *words, code=2)
        assert text in err, (words, err)
