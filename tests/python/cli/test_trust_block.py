"""`--trust-block HASH`: reads that an endpoint cannot falsify, against an honest endpoint and one that lies."""

import json

import pytest

from parties import MNEMONIC, Cairn, Chain
from endpoints import Provider, ask

MISFIT = "does not fit the trusted block"


class Liar(Provider):
    """Passes JSON-RPC on and lets `change` alter the result of one method."""

    def __init__(self, url):
        super().__init__(url, self.falsify)
        self.method, self.change = None, None

    def lie(self, method, change):
        self.method, self.change = method, change

    def falsify(self, question, _):
        answer = ask(self.behind, question)
        pairs = zip(question, answer) if isinstance(question, list) else [(question, answer)]
        for asked, given in pairs:
            if asked["method"] == self.method and "result" in given:
                given["result"] = self.change(given["result"])
        return 200, {}, answer


@pytest.fixture(scope="module")
def told(program, tmp_path_factory):
    """A chain on which the story was told; the reader, the block that it trusts, the contracts' file, and a liar."""
    folder = tmp_path_factory.mktemp("trust")
    chain = Chain(program, folder / "chain")
    (folder / "mnemonic").write_text(MNEMONIC)
    cairn = Cairn(program, folder / "home", chain.url)
    cairn.json(
        "demo", "--chain", chain.url, "--mnemonic-file", folder / "mnemonic", "--report", folder / "report.html", "--rounds",
        "1", "--epochs", "1")
    contracts = folder / "home" / "demo" / "contracts.json"
    liar = Liar(chain.url)
    block = cairn.json("chain", "block")["hash"]
    yield cairn, block, contracts, liar
    liar.close()
    chain.kill()


def commands(contracts):
    jobs = json.loads(contracts.read_text())["trainingJobs"]
    return [
        ("chain", "balance", jobs), ("chain", "nonce", jobs), ("chain", "code", jobs), ("chain", "storage", jobs, "0"),
        ("chain", "call", jobs, "--data", "0x" + "13a26ed1"), ("chain", "block"),
        ("job", "show", "1", "--contracts", contracts), ("model", "show", "digits", "--contracts", contracts),
        ("data", "show", "1", "--contracts", contracts),
    ]


def test_an_honest_endpoint_is_believed(told):
    cairn, block, contracts, _ = told
    for words in commands(contracts):
        if words[1] == "call":
            _, plain = cairn.run(*words, code=1)
            _, proved = cairn.run(*words, "--trust-block", block, code=1)
            assert plain == proved
            continue
        assert cairn.json(*words, "--trust-block", block) == cairn.json(*words), words
    assert cairn.json("job", "show", "1", "--contracts", contracts, "--trust-block", block)["phase"] == "finished"
    assert cairn.json("verify", "--contracts", contracts, "--trust-block", block)["sound"]


def test_an_old_block_shows_what_was(told):
    cairn, block, contracts, _ = told
    first = json.loads(contracts.read_text())["block"]
    assert first > 0
    number = cairn.json("chain", "block")["number"]
    early = cairn.json("chain", "block", "--block", number // 2)
    then = cairn.json("job", "show", "1", "--contracts", contracts, "--trust-block", early["hash"])
    assert then["phase"] != "finished" and then["paidWei"] == "0"
    # What lies behind the trusted block does not exist.
    _, err = cairn.run("chain", "balance", "0x" + "11" * 20, "--block", number, "--trust-block", early["hash"], code=4)
    assert "is not the trusted block or one before it" in err


def altered(**members):
    return lambda result: {**result, **members} if isinstance(result, dict) else result


def test_every_kind_of_lie_is_caught(told):
    cairn, block, contracts, liar = told
    jobs = json.loads(contracts.read_text())["trainingJobs"]
    show = ("job", "show", "1", "--contracts", contracts)

    def slot(result):
        return {**result, "storageProof": [{**entry, "value": "0x7"} for entry in result["storageProof"]]}

    lies = [
        (("chain", "balance", jobs), "eth_getProof", altered(balance="0x1")),
        (("chain", "nonce", jobs), "eth_getProof", altered(nonce="0x9")),
        (("chain", "storage", jobs, "1"), "eth_getProof", slot),
        (("chain", "storage", jobs, "1"), "eth_getProof", altered(storageProof=[])),
        (("chain", "code", jobs), "eth_getCode", lambda _: "0x6000"),
        (("chain", "code", jobs), "eth_getProof", altered(codeHash="0x" + "00" * 32)),
        (("chain", "block"), "eth_getBlockByHash", altered(gasUsed="0x1")),
        (("chain", "block"), "eth_getBlockByHash", altered(transactions=[])),
        (("chain", "block", "--block", "1"), "eth_getBlockByNumber", altered(timestamp="0x1")),
        (show, "eth_getProof", slot),
        (show, "eth_getCode", lambda code: code[:-2] + "00"),
        (show, "eth_getTransactionReceipt", altered(logs=[])),
    ]
    for words, method, change in lies:
        liar.lie(method, change)
        _, err = cairn.run(*words, "--chain", liar.url, "--trust-block", block, code=4)
        assert MISFIT in err, (words, method, err)


def test_what_is_not_asked_cannot_be_falsified(told):
    """Calls are executed here and logs read from receipts, so the answers that carry no proof are not asked for."""
    cairn, block, contracts, liar = told
    show = ("job", "show", "1", "--contracts", contracts, "--chain", liar.url)
    liar.lie(None, None)
    truth = cairn.json(*show, "--trust-block", block)
    for method, lie in [("eth_call", lambda _: "0x"), ("eth_getLogs", lambda _: []), ("eth_blockNumber", lambda _: "0x1")]:
        liar.lie(method, lie)
        assert cairn.json(*show, "--trust-block", block) == truth
    liar.lie("eth_getLogs", lambda _: [])
    assert cairn.json(*show)["paidWei"] == "0", "the lie that --trust-block guards against"


def test_an_unknown_block_and_a_wrong_hash_are_named(told):
    cairn, _, contracts, _ = told
    _, err = cairn.run("chain", "balance", "0x" + "11" * 20, "--trust-block", "0x" + "22" * 32, code=4)
    assert "does not know the trusted block" in err
    _, err = cairn.run("chain", "balance", "0x" + "11" * 20, "--trust-block", "0x22", code=2)
    assert "--trust-block is '0x22'" in err
