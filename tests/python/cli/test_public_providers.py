"""The limits of public providers: block ranges, results, bodies, batches, requests a second."""

import gzip
import json
import socket

import pytest

from parties import MNEMONIC, Cairn, Chain, wallets
from endpoints import Provider, ask, error


@pytest.fixture(scope="module")
def told(program, tmp_path_factory):
    """A story told on top of 3,000 blocks of others, with 3,000 more on top of it; the contracts' record."""
    folder = tmp_path_factory.mktemp("provider")
    chain = Chain(program, folder / "chain", "--developer", "--in-memory")
    mine = {"jsonrpc": "2.0", "id": 1, "method": "anvil_mine", "params": ["0xbb8"]}
    ask(chain.url, mine)
    (folder / "mnemonic").write_text(MNEMONIC)
    cairn = Cairn(program, folder / "home", chain.url)
    cairn.json(
        "demo", "--chain", chain.url, "--mnemonic-file", folder / "mnemonic", "--report", folder / "report.html", "--rounds",
        "2", "--epochs", "1")
    ask(chain.url, mine)
    yield cairn, chain, folder / "home" / "demo" / "contracts.json"
    chain.kill()


@pytest.fixture
def behind(told):
    """Starts a provider with a rule in front of the chain; everything is asked through it."""
    cairn, chain, contracts = told
    started = []

    def start(rule):
        started.append(Provider(chain.url, rule))
        return started[-1], lambda *words, **options: cairn.json(
            *words, "--contracts", contracts, "--chain", started[-1].url, **options)

    yield start
    for provider in started:
        provider.close()


def span(question):
    return int(question["params"][0]["toBlock"], 16) - int(question["params"][0]["fromBlock"], 16) + 1


def is_logs(question):
    return isinstance(question, dict) and question["method"] == "eth_getLogs"


@pytest.mark.parametrize("limit, message", [
    (500, "eth_getLogs is limited to a 500 range"), (1000, "block range is too large"),
    (2000, "exceed maximum block range: 2000"), (800, "Max range: 800"),
])
def test_limited_ranges(told, behind, limit, message):
    cairn, _, contracts = told
    first = json.loads(contracts.read_text())["block"]
    provider, show = behind(
        lambda question, _: (200, {}, error(question, -32602, message))
        if is_logs(question) and span(question) > limit else None)
    assert show("job", "show", "1") == cairn.json("job", "show", "1", "--contracts", contracts)
    asked = [int(parameters[0]["fromBlock"], 16) for parameters in provider.asked("eth_getLogs")]
    assert first > 3000 and min(asked) == first, "a search began before the contracts stood"


def test_too_many_results_and_bodies_that_are_too_large(told, behind):
    cairn, _, contracts = told
    truth = cairn.json("verify", "--contracts", contracts)

    def rule(question, provider):
        if is_logs(question):
            answer = ask(provider.behind, question)
            if len(answer["result"]) > 20:
                return 200, {}, error(question, -32005, "query returned more than 20 results")
            if len(json.dumps(answer)) > 20_000:
                return 413, {}, b"Request Entity Too Large"
        return None

    _, run = behind(rule)
    assert run("verify") == truth


def test_patience_that_is_asked_for(told, behind):
    cairn, _, contracts = told
    truth = cairn.json("job", "show", "1", "--contracts", contracts)
    turned_away = []

    def rule(question, provider):
        if len(provider.questions) % 4 == 2:
            turned_away.append(question)
            body = {"code": 429, "message": "Your app has exceeded its compute units per second capacity"}
            return [
                (429, {"Retry-After": "0"}, {"jsonrpc": "2.0", "id": None, "error": body}),
                (429, {}, b"slow down"),
                (200, {}, error(question if isinstance(question, dict) else question[0], -32005, "rate limit exceeded")),
            ][len(turned_away) % 3]
        return None

    _, show = behind(rule)
    assert show("job", "show", "1") == truth
    assert len(turned_away) > 2
    provider, _ = behind(lambda question, provider: (429, {"Retry-After": "3600"}, b"come back in an hour"))
    _, err = cairn.run("job", "show", "1", "--contracts", contracts, "--chain", provider.url, code=4)
    assert "HTTP status 429 (come back in an hour) (after 1 attempts)" in err



def encoded(answer):
    """Compressed and in chunks, as content delivery networks send it."""
    def send(handler):
        body = gzip.compress(json.dumps(answer).encode())
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (body[:7], body[7:]):
            handler.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")
    return send


def cut(answer, announced):
    """The connection ends in the middle of the answer, or before it."""
    def send(handler):
        body = json.dumps(answer).encode()
        if announced:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[:-5])
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
    return send


def test_connections_that_break_and_answers_in_other_forms(told, behind):
    cairn, _, contracts = told
    truth = cairn.json("job", "show", "1", "--contracts", contracts)

    def rule(question, provider):
        answer = ask(provider.behind, question)
        return [encoded(answer), cut(answer, True), encoded(answer), cut(answer, False), None][len(provider.questions) % 5]

    provider, show = behind(rule)
    assert show("job", "show", "1") == truth
    assert len(provider.questions) > 5


def test_a_transaction_whose_answer_was_lost_is_sent_once(told, behind, program, tmp_path):
    """The node has it, the connection breaks, and the second attempt is told that its nonce is too low."""
    _, chain, _ = told
    lost = []

    def rule(question, provider):
        if isinstance(question, dict) and question["method"] == "eth_sendRawTransaction" and question["params"] not in lost:
            lost.append(question["params"])
            return cut(ask(provider.behind, question), False)
        return None

    provider, _ = behind(rule)
    height = lambda: int(ask(chain.url, {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []})["result"], 16)
    party, before = wallets(program, tmp_path, chain)("deployer"), height()
    record = party.json("deploy", "--chain", provider.url)
    assert record["block"] == before + 1
    assert len(lost) == 4 and height() == before + 4, "a transaction was sent twice"


def test_the_first_block_of_contracts_is_found(told, behind, tmp_path):
    """A record without its block, on a chain longer than searches cover at once."""
    cairn, chain, contracts = told
    mine = {"jsonrpc": "2.0", "id": 1, "method": "anvil_mine", "params": ["0x1f40"]}
    ask(chain.url, mine)
    record = json.loads(contracts.read_text())
    first = record.pop("block")
    bare = tmp_path / "contracts.json"
    bare.write_text(json.dumps(record))
    provider, _ = behind(lambda question, _: None)
    truth = cairn.json("job", "show", "1", "--contracts", contracts)
    assert cairn.json("job", "show", "1", "--contracts", bare, "--chain", provider.url) == truth
    assert min(int(parameters[0]["fromBlock"], 16) for parameters in provider.asked("eth_getLogs")) == first
    assert len(provider.asked("eth_getCode")) < 30
    # A node without old states: searches begin at the beginning.
    pruned, _ = behind(
        lambda question, _: (200, {}, error(question, -32000, "missing trie node"))
        if isinstance(question, dict) and question["method"] == "eth_getCode" and question["params"][1] != "latest" else None)
    assert cairn.json("job", "show", "1", "--contracts", bare, "--chain", pruned.url) == truth
    assert min(int(parameters[0]["fromBlock"], 16) for parameters in pruned.asked("eth_getLogs")) == 0


@pytest.mark.parametrize("refusal", [
    lambda question: (413, {}, b""),
    lambda question: (400, {}, b"batch too large"),
    lambda question: (200, {}, [error(one, -32600, "batch too large") for one in question]),
    lambda question: (200, {}, {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch size is over the limit"}}),
    lambda question: (200, {}, {"jsonrpc": "2.0", "id": None, "error": {"code": -32005, "message": "batch limit exceeded"}}),
])
def test_limited_batches(told, behind, refusal):
    cairn, _, contracts = told
    story = json.loads(contracts.read_text())["block"] + 40
    block = cairn.json("chain", "block", "--block", story)["hash"]
    truth = cairn.json("job", "show", "1", "--contracts", contracts, "--trust-block", block)
    provider, show = behind(
        lambda question, _: refusal(question) if isinstance(question, list) and len(question) > 10 else None)
    assert show("job", "show", "1", "--trust-block", block) == truth
    sizes = [len(question) for question in provider.questions if isinstance(question, list)]
    assert max(sizes) > 10, "the batches were never too large"
    assert sum(1 for size in sizes if size > 10) <= 3, "the limit was not learnt"
    assert any(1 < size <= 10 for size in sizes), "batches were given up"
