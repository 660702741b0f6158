"""The limits of public providers: block ranges, results, bodies, batches, requests a second."""

import json

import pytest

from parties import MNEMONIC, Cairn, Chain
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
