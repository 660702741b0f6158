"""A running node for the client tests.

CAIRN_RPC_URL names one that runs already; otherwise `cairn chain run` is started from the build folder
(CAIRN_BINARY names another binary) on a free port, with developer methods, and stopped at the end.
"""

import os
import socket
import subprocess
import time

import pytest
import requests
from eth_account import Account
from web3 import HTTPProvider, Web3

# The first account of the mnemonic "test test test test test test test test test test test junk".
KEY = os.environ.get("CAIRN_TEST_KEY", "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        return requests.post(
            url, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}, timeout=2
        ).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="session")
def url(request):
    given = os.environ.get("CAIRN_RPC_URL")
    if given:
        yield given
        return
    program = request.getfixturevalue("program")
    port = free_port()
    process = subprocess.Popen([program, "chain", "run", "--port", str(port), "--developer", "--in-memory"], stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 20
    while not answers(address):
        assert process.poll() is None, "cairn chain run ended at once"
        assert time.monotonic() < deadline, "cairn chain run did not answer within 20 s"
        time.sleep(0.05)
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def key():
    return KEY


@pytest.fixture(scope="session")
def account(key):
    return Account.from_key(key)


@pytest.fixture
def w3(url):
    return Web3(HTTPProvider(url))


class Raw:
    """JSON-RPC without a library in between."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def post(self, body, **headers):
        headers = {"content-type": "application/json", **headers}
        return self.session.post(self.url, data=body, headers=headers)

    def answer(self, method, *parameters):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        return self.session.post(self.url, json=request).json()

    def __call__(self, method, *parameters):
        answer = self.answer(method, *parameters)
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, method, *parameters):
        answer = self.answer(method, *parameters)
        assert "error" in answer, answer
        return answer["error"]


@pytest.fixture
def raw(url):
    return Raw(url)
