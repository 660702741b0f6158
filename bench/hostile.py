#!/usr/bin/env python3
"""How long one client waits while others ask for as much as they can, and what memory that takes.

usage: bench/hostile.py [--seconds N] [--clients N] [ATTACK...]

Starts a chain in memory on a free port. For each attack, N clients (4) do their worst for N seconds (6) while one more
sends a transaction, reads the height and makes a small call every 20 ms on one connection. Printed are its waiting times
and the process's resident memory before, at most, and two seconds after. The clients are Python and share the processors.
"""
import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
TARGET = "0x" + "77" * 20
GAS = hex(2**60)
# JUMPDEST PUSH1 0 JUMP; the same with a call in it; SLOAD of ever new slots; 300 logs.
LOOP, CALLS = "0x5b600056", "0x5b60006000600060006000305af150600056"
LOADS = "0x60005b805450600101600256"
LOGS = "0x61012c5b60006000a0600190038060035700"


def over(code):
    return {TARGET: {"code": code}}


def trace(code, **options):
    return "debug_traceCall", [{"to": TARGET, "gas": GAS}, "latest", {"stateOverrides": over(code), **options}]


def call(code):
    return "eth_call", [{"to": TARGET, "gas": GAS}, "latest", over(code)]


BURN = {"stateOverrides": over(LOOP), "calls": [{"to": TARGET}]}
ATTACKS = {
    "nothing": [],
    "calls": [call(LOOP)],
    "cold reads": [call(LOADS)],
    "batches of calls": [call(LOOP)] * 100,
    "estimates": [("eth_estimateGas", [{"to": TARGET}, "latest", over(LOADS)])],
    "access lists": [("eth_createAccessList", [{"to": TARGET, "gas": GAS}, "latest", over(LOADS)])],
    "struct logs": [trace(LOOP)],
    "call traces": [trace(CALLS, tracer="callTracer")],
    "simulations": [("eth_simulateV1", [{"blockStateCalls": [BURN] * 256}, "latest"])],
    "all logs, 100 times": [("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}])] * 100,
    "wide JSON": b"[" + b"{}," * 5_000_000 + b"{}]",
    "deep JSON": b"[" * 1_000_000,
    "churn, half of it half open": None,
}


class Client:
    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def post(self, body):
        self.http.request("POST", "/", body, {"content-type": "application/json"})
        return self.http.getresponse().read()

    def ask(self, method, *parameters):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        return json.loads(self.post(json.dumps(body)))


def churn(port, stop, kept):
    head = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 63\r\n\r\n"
    body = b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
    while time.monotonic() < stop:
        try:
            peer = socket.create_connection(("127.0.0.1", port), timeout=5)
            peer.send(random.choice([head[:20], head, head + body[:9], head + body]))
        except OSError:
            continue
        if random.random() < 0.5 and len(kept) < 600:
            kept.append(peer)
        else:
            peer.close()


def attack(port, stop, questions):
    body = questions
    if not isinstance(questions, bytes):
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(questions)
        ]
        body = json.dumps(batch if len(batch) > 1 else batch[0])
    while time.monotonic() < stop:
        try:
            client = Client(port)
            while time.monotonic() < stop:
                client.post(body)
        except (OSError, http.client.HTTPException):
            continue


def resident(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


def measure(name, questions, process, port, clients, seconds):
    stop, waits, kept, before = time.monotonic() + seconds, {"send": [], "height": [], "call": []}, [], resident(process)
    peak = before
    target = (churn, (port, stop, kept)) if questions is None else (attack, (port, stop, questions))
    threads = [threading.Thread(target=target[0], args=target[1], daemon=True) for _ in range(clients if questions != [] else 0)]
    victim = Client(port)
    for thread in threads:
        thread.start()
    while time.monotonic() < stop:
        for key, question in (
            ("send", ("eth_sendTransaction", {"from": ALICE, "to": ALICE, "value": "0x1"})),
            ("height", ("eth_blockNumber",)), ("call", ("eth_call", {"to": ALICE}, "latest")),
        ):
            started = time.perf_counter()
            victim.ask(*question)
            waits[key].append(1000 * (time.perf_counter() - started))
        peak = max(peak, resident(process))
        time.sleep(0.02)
    for thread in threads:
        thread.join(60)
    for peer in kept:
        peer.close()
    time.sleep(2)
    columns = []
    for values in waits.values():
        values.sort()
        columns.append(f"{values[len(values) // 2]:7.1f} {values[int(len(values) * 0.95)]:7.1f} {values[-1]:7.0f}")
    print(f"{name:28s} {' |'.join(columns)} | {before:5d} {peak:5d} {resident(process):5d}", flush=True)


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--seconds", type=float, default=6)
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("attacks", nargs="*")
    given = options.parse_args()
    unknown = [name for name in given.attacks if name not in ATTACKS]
    if unknown:
        sys.exit(f"no attack is called {unknown[0]!r}; there are: {', '.join(ATTACKS)}")
    program = os.environ.get("CAIRN_BINARY", ROOT / ".build" / "release" / "cairn")
    process = subprocess.Popen(
        [program, "chain", "run", "--port", "0", "--in-memory", "--developer", "--silent"], stdout=subprocess.PIPE, text=True)
    port = int(next(line for line in process.stdout if "listening" in line).rsplit(":", 1)[1])
    client = Client(port)
    client.ask("anvil_setCode", "0x" + "78" * 20, LOGS)
    for _ in range(100):
        client.ask("eth_sendTransaction", {"from": ALICE, "to": "0x" + "78" * 20, "gas": "0x1c9c380"})
    print(f"{len(client.ask('eth_getLogs', {'fromBlock': '0x0'})['result'])} logs on the chain")
    print(f"{'':28s} {'send ms p50, p95, max':>23s} |{'height':>23s} |{'small call':>23s} |  MiB before, most, after")
    try:
        for name in given.attacks or ATTACKS:
            measure(name, ATTACKS[name], process, port, given.clients, given.seconds)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
