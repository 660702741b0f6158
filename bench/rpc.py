#!/usr/bin/env python3
"""Latency and throughput of `cairn chain run` over JSON-RPC.

usage: bench/rpc.py [--count N] [--burst N] [--memory N] [--url URL --key KEY] [--peer URL --peer-key KEY]

Starts a chain on disk (every receipt durable) on a free port, unless --url names one that runs. One keep-alive
connection unless stated; the client is Python, which costs about 0.06 ms of each request. With --peer the same is
asked of another node right after each measurement, and the last column is the peer's time over ours.
  --count N    requests per latency row (2000)
  --burst N    signed ERC-20 transfers in each burst (5000)
  --memory N   transfers before resident memory is read (0: skip)
"""
import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from eth_account import Account

ROOT = Path(__file__).resolve().parent.parent
# The first account of the development mnemonic.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


class Connection:
    def __init__(self, url):
        place = urllib.parse.urlparse(url)
        self.http = http.client.HTTPConnection(place.hostname, place.port)
        self.http.connect()
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def raw(self, body):
        self.http.request("POST", "/", body, {"content-type": "application/json"})
        return self.http.getresponse().read()

    def __call__(self, method, *parameters):
        answer = json.loads(self.raw(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})))
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]


class Subject:
    """A node with a token on it and a wallet that signs transfers."""

    def __init__(self, url, key):
        self.url, self.account, self.call = url, Account.from_key(key), Connection(url)
        self.chain_id = int(self.call("eth_chainId"), 16)
        self.price = int(self.call("eth_gasPrice"), 16) * 3
        self.nonce = int(self.call("eth_getTransactionCount", self.account.address, "latest"), 16)
        receipt = self.wait(self.call("eth_sendRawTransaction", self.sign(data=token_code(), gas=2_000_000)))
        self.token = receipt["contractAddress"]
        self.balance = "0x70a08231" + self.account.address[2:].lower().rjust(64, "0")
        self.transfer = "0xa9059cbb" + "cafe".rjust(64, "0") + "1".rjust(64, "0")

    def sign(self, gas=100_000, **fields):
        transaction = dict(
            chainId=self.chain_id, nonce=self.nonce, gas=gas, maxFeePerGas=self.price,
            maxPriorityFeePerGas=min(10**9, self.price), value=0, **fields,
        )
        self.nonce += 1
        return "0x" + self.account.sign_transaction(transaction).raw_transaction.hex()

    def sign_transfer(self):
        from eth_utils import to_checksum_address

        return self.sign(to=to_checksum_address(self.token), data=self.transfer)

    def wait(self, digest):
        while True:
            receipt = self.call("eth_getTransactionReceipt", digest)
            if receipt:
                return receipt
            time.sleep(0.0005)


def token_code():
    compiler = Path(sys.executable).parent / "vyper"
    result = subprocess.run([compiler, "-f", "bytecode", ROOT / "bench" / "token.vy"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"vyper 0.4.3 is needed (pip install -r requirements.txt): {result.stderr.strip()}")
    return result.stdout.strip() + (10**24).to_bytes(32, "big").hex()


def latency(action, count):
    action()
    times = []
    for _ in range(count):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    times.sort()
    return {"p50": times[count // 2] * 1e3, "p99": times[int(count * 0.99)] * 1e3, "best": times[0] * 1e3}


def rows(subject, count):
    call, message = subject.call, {"to": subject.token, "data": subject.balance}
    sender = subject.account.address
    batch = json.dumps(
        [{"jsonrpc": "2.0", "id": n, "method": "eth_call", "params": [message, "latest"]} for n in range(100)]
    )
    return [
        ("eth_chainId", lambda: call("eth_chainId"), count),
        ("eth_blockNumber", lambda: call("eth_blockNumber"), count),
        ("eth_getBalance", lambda: call("eth_getBalance", sender, "latest"), count),
        ("eth_getBlockByNumber", lambda: call("eth_getBlockByNumber", "latest", False), count),
        ("eth_call balanceOf", lambda: call("eth_call", message, "latest"), count),
        (
            "eth_estimateGas transfer",
            lambda: call("eth_estimateGas", {"from": sender, "to": subject.token, "data": subject.transfer}),
            count // 2,
        ),
        (
            "eth_getLogs of the token",
            lambda: call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": subject.token}),
            count // 10,
        ),
        ("batch of 100 eth_call", lambda: call.raw(batch), count // 20),
        (
            "send to receipt",
            lambda: subject.wait(call("eth_sendRawTransaction", subject.sign_transfer())),
            count // 10,
        ),
    ]


def burst(subject, count, connections=1, batch=1):
    """Transactions a second from the first request to the last receipt."""
    raws = [subject.sign_transfer() for _ in range(count)]
    digests = []
    started = time.perf_counter()
    if batch > 1:
        for first in range(0, count, batch):
            part = [
                {"jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": [raw]}
                for n, raw in enumerate(raws[first : first + batch])
            ]
            digests += [answer["result"] for answer in json.loads(subject.call.raw(json.dumps(part)))]
    else:
        shares = [raws[start::connections] for start in range(connections)]

        def work(share):
            own = Connection(subject.url)
            for raw in share:
                digests.append(own("eth_sendRawTransaction", raw))

        threads = [threading.Thread(target=work, args=(share,)) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    subject.wait(digests[-1])
    seconds = time.perf_counter() - started
    assert all(subject.wait(digest)["status"] == "0x1" for digest in digests[:: max(1, count // 50)])
    return count / seconds


def resident(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def start(home):
    binary = Path(os.environ.get("CAIRN_BINARY", ROOT / ".build" / "release" / "cairn"))
    if not binary.exists():
        sys.exit(f"{binary} is not there: run `swift build -c release`, or set CAIRN_BINARY")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [binary, "chain", "run", "--port", str(port), "--home", home], stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(400):
        try:
            Connection(url)("eth_chainId")
            return process, url
        except OSError:
            if process.poll() is not None:
                sys.exit("cairn chain run ended at once")
            time.sleep(0.05)
    sys.exit("cairn chain run did not answer within 20 s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--count", 2000), ("--burst", 5000), ("--memory", 0)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--url")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--peer")
    parser.add_argument("--peer-key", default=KEY)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        process, url = (None, options.url) if options.url else start(home)
        try:
            measure(options, url, process)
        finally:
            if process:
                process.terminate()
                process.wait(timeout=30)


def measure(options, url, process):
    ours = Subject(url, options.key)
    peer = Subject(options.peer, options.peer_key) if options.peer else None
    result = {"latency": {}, "burst": {}}
    print(f"{'':28}{'best':>9}{'p50':>9}{'p99':>9}  ms{'':8}{'peer p50':>10}{'ratio':>8}")
    theirs = rows(peer, options.count) if peer else None
    for index, (name, action, count) in enumerate(rows(ours, options.count)):
        found = latency(action, max(20, count))
        line = f"{name:28}{found['best']:9.3f}{found['p50']:9.3f}{found['p99']:9.3f}"
        if theirs:
            found["peer"] = latency(theirs[index][1], max(20, count))["p50"]
            line += f"{'':12}{found['peer']:10.3f}{found['peer'] / found['p50']:8.1f}"
        result["latency"][name] = found
        print(line, flush=True)
    print(f"\n{'burst of ' + str(options.burst) + ' transfers':28}{'tx/s':>9}")
    for name, arguments in (
        ("one connection", {}), ("8 connections", {"connections": 8}), ("batches of 100", {"batch": 100}),
    ):
        found = burst(ours, options.burst, **arguments)
        line = f"{name:28}{found:9.0f}"
        result["burst"][name] = {"perSecond": found}
        if peer:
            other = burst(peer, options.burst, **arguments)
            result["burst"][name]["peer"] = other
            line += f"{'':30}{other:10.0f}{found / other:8.1f}"
        print(line, flush=True)
    if options.memory and process:
        before = resident(process.pid)
        for _ in range(0, options.memory, 1000):
            burst(ours, 1000, batch=100)
        result["memory"] = {"before": before, "after": resident(process.pid)}
        print(f"\nresident memory: {before:.0f} MiB, after {options.memory} more transfers {result['memory']['after']:.0f} MiB")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
