"""`cairn chain watch`: news by subscription, over connections that break and peers that send nonsense."""

import json
import queue
import threading

import pytest

from parties import MNEMONIC, Cairn, Chain, eventually
from endpoints import Socket, ask


@pytest.fixture
def mined(program, tmp_path):
    chain = Chain(program, tmp_path / "chain", "--developer", "--no-mining")
    yield chain
    chain.kill()


def mine(chain, count=1):
    for _ in range(count):
        ask(chain.url, {"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []})


class Watcher:
    """A running `cairn chain watch --json`, whose lines can be waited for."""

    def __init__(self, program, folder, url, *words):
        self.process = Cairn(program, folder / "watcher").start("chain", "watch", "--chain", url, "--json", *words)
        self.lines, self.notices = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.hear, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def hear(self):
        for line in self.process.stderr:
            self.notices.append(line)

    def next(self, seconds=20):
        return self.lines.get(timeout=seconds)

    def blocks(self, count):
        return [self.next()["block"] for _ in range(count)]

    def stop(self):
        self.process.kill()
        self.process.wait()


def test_news_come_by_subscription_from_our_own_node(program, tmp_path, mined):
    url = mined.url.replace("http", "ws")
    watcher = Watcher(program, tmp_path, url, "--from", "0")
    try:
        assert watcher.blocks(1) == [0]
        for number in range(1, 6):
            mine(mined)
            assert watcher.blocks(1) == [number]
        # A reorganisation: two blocks go, three others come.
        snapshot = ask(mined.url, {"jsonrpc": "2.0", "id": 1, "method": "evm_snapshot", "params": []})["result"]
        mine(mined, 2)
        old = [watcher.next() for _ in range(2)]
        ask(mined.url, {"jsonrpc": "2.0", "id": 1, "method": "evm_revert", "params": [snapshot]})
        ask(mined.url, {"jsonrpc": "2.0", "id": 1, "method": "evm_increaseTime", "params": [7]})
        mine(mined, 3)
        told = [watcher.next() for _ in range(5)]
        assert [entry.get("removed") for entry in told] == [7, 6, None, None, None]
        assert [entry["hash"] for entry in told[:2]] == [entry["hash"] for entry in reversed(old)]
        assert [entry.get("block") for entry in told[2:]] == [6, 7, 8]
        assert watcher.notices == []
    finally:
        watcher.stop()


def test_a_dropped_connection_leaves_no_gap(program, tmp_path, mined):
    socket = Socket(mined.url)
    watcher = Watcher(program, tmp_path, socket.url, "--from", "0")
    try:
        assert watcher.blocks(1) == [0]
        number = 0
        for _ in range(3):
            before = socket.handshakes
            socket.drop()
            mine(mined, 3)
            assert watcher.blocks(3) == [number + 1, number + 2, number + 3]
            number += 3
            eventually(lambda: socket.handshakes > before)
        assert any("broke" in notice and "until it is there again" in notice for notice in watcher.notices)
        # The subscription stands again: the next block is told of, before the client would have asked.
        mine(mined)
        socket.notify()
        assert watcher.next(seconds=10)["block"] == number + 1
    finally:
        watcher.stop()
        socket.close()


@pytest.mark.parametrize("nonsense", [
    b"\xff\xff\xff\xff", b"\x81\x83\x00\x00\x00\x00abc", b"\x81\x7f" + b"\xff" * 8, b"\x83\x00", b"\x81\x02\xff\xfe",
    b"\x00\x01a", b"\x89\x7e\x00\x7e" + b"p" * 126, Socket.text(b"{not json"), Socket.text(b'{"id":null,"error":{"code":-32700}}'),
    Socket.text(b'{"jsonrpc":"2.0","id":99999,"result":"0x1"}'), Socket.text(b"[]"), Socket.text(b'"text"'),
    Socket.text(b'{"method":"eth_subscription"}'),
], ids=range(13))
def test_malformed_frames_and_messages_cost_at_most_the_connection(program, tmp_path, mined, nonsense):
    socket = Socket(mined.url)
    watcher = Watcher(program, tmp_path, socket.url, "--from", "0")
    try:
        assert watcher.blocks(1) == [0]
        socket.send(nonsense)
        mine(mined, 2)
        socket.notify()
        assert watcher.blocks(2) == [1, 2]
        assert watcher.process.poll() is None
    finally:
        watcher.stop()
        socket.close()


def test_an_endpoint_without_subscriptions_is_asked(program, tmp_path, mined):
    socket = Socket(mined.url)
    socket.subscribes = False
    watcher = Watcher(program, tmp_path, socket.url, "--from", "0", "--count", "3")
    try:
        assert watcher.blocks(1) == [0]
        mine(mined, 2)
        assert watcher.blocks(2) == [1, 2]
        assert watcher.process.wait(timeout=20) == 0
        assert "takes no subscriptions" in watcher.notices[0] and "is asked for news instead" in watcher.notices[0]
        assert len(watcher.notices) == 1
    finally:
        watcher.stop()
        socket.close()


def test_whole_commands_run_over_a_websocket(program, tmp_path, chain):
    (tmp_path / "mnemonic").write_text(MNEMONIC)
    cairn = Cairn(program, tmp_path / "home")
    told = cairn.json(
        "demo", "--chain", chain.url.replace("http", "ws"), "--mnemonic-file", tmp_path / "mnemonic", "--report",
        tmp_path / "report.html", "--rounds", "1", "--epochs", "1")
    assert told["tamperDetected"] is True and told["paidWei"] == told["escrowWei"]


def test_what_is_no_websocket_is_named(program, tmp_path, chain):
    cairn = Cairn(program, tmp_path / "home")
    for url, text in [
        ("ws://127.0.0.1:9", "nothing answers at"), ("ws://", "names no host"),
        (chain.url.replace("http", "wss"), "TLS failed"), (chain.url.replace("http", "ws") + "/a b", "must be escaped"),
    ]:
        _, err = cairn.run("chain", "balance", "0x" + "11" * 20, "--chain", url, code=4)
        assert text in err, err
