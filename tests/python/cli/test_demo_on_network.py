"""`cairn demo --chain URL`: the story on a network that is not its own, by JSON-RPC alone."""

import json
import threading
import urllib.request

import pytest

from parties import MNEMONIC, Cairn, Chain

FEW = ["--rounds", "2", "--epochs", "1"]


def rpc(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=30))["result"]


class Told:
    """A teller of stories on one network, with the development mnemonic's first account as its purse."""

    def __init__(self, program, folder, url):
        self.cairn, self.folder, self.url = Cairn(program, folder / "home"), folder, url
        (folder / "mnemonic").write_text(MNEMONIC)

    def tell(self, *words):
        return self.cairn.json(
            "demo", "--chain", self.url, "--mnemonic-file", self.folder / "mnemonic", "--report",
            self.folder / "report.html", *FEW, *words)


@pytest.fixture(scope="module")
def embedded(program, tmp_path_factory):
    """What the same story gives on an embedded chain."""
    folder = tmp_path_factory.mktemp("embedded")
    return Cairn(program, folder / "home").json("demo", "--port", "0", "--report", folder / "report.html", *FEW)


def check(told, embedded):
    assert told["modelHash"] == embedded["modelHash"]
    assert told["paidWei"] == told["escrowWei"] == embedded["escrowWei"]
    assert told["accuracy"] == embedded["accuracy"] and told["tamperDetected"] is True


def test_the_same_model_on_a_chain_that_mines_at_once_twice(program, tmp_path, chain, embedded):
    teller = Told(program, tmp_path, chain.url)
    purse = rpc(chain.url, "eth_accounts")[0]
    before = int(rpc(chain.url, "eth_getBalance", purse, "latest"), 16)
    first = teller.tell()
    check(first, embedded)
    spent = before - int(rpc(chain.url, "eth_getBalance", purse, "latest"), 16)
    assert 0 < spent < 10**18, "what was lent did not come back"
    page = (tmp_path / "report.html").read_text()
    assert f"the Ethereum network at {chain.url}" in page
    # Other contracts, the same wallets: the story can be told again, and verified alone.
    check(teller.tell(), embedded)


def test_the_same_model_where_blocks_come_at_their_own_pace(program, tmp_path, embedded):
    """Somebody else makes the blocks, and the chain's clock runs ahead of ours by seconds a block."""
    chain = Chain(program, tmp_path / "chain", "--developer", "--no-mining")
    done = threading.Event()

    def mine():
        while not done.wait(0.1):
            rpc(chain.url, "evm_increaseTime", 12)
            rpc(chain.url, "evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        check(Told(program, tmp_path, chain.url).tell(), embedded)
        counts = [
            len(rpc(chain.url, "eth_getBlockByNumber", hex(n), False)["transactions"])
            for n in range(int(rpc(chain.url, "eth_blockNumber"), 16))
        ]
        assert max(counts) >= 5, "the holders' updates did not share a block"
    finally:
        done.set()
        miner.join()
        chain.kill()


def test_what_is_missing_is_named(program, tmp_path, chain):
    cairn = Cairn(program, tmp_path / "home")
    key = tmp_path / "key"
    key.write_text("11" * 32)
    report = ["--report", tmp_path / "report.html"]
    _, err = cairn.run("demo", "--chain", chain.url, *report, code=2)
    assert "--chain needs one account with funds" in err
    _, err = cairn.run("demo", "--private-key-file", key, *report, code=2)
    assert "is for --chain" in err
    _, err = cairn.run("demo", "--chain", chain.url, "--private-key-file", key, *report, code=4)
    assert "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A has 0.00000; fund it" in err
    _, err = cairn.run("demo", "--chain", "http://127.0.0.1:9", "--private-key-file", key, *report, code=4)
    assert "127.0.0.1:9" in err
    height = int(rpc(chain.url, "eth_blockNumber"), 16)
    assert height == 0, "something was sent before the purse was looked into"
