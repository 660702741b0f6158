#!/usr/bin/env python3
"""Measures what the contracts cost, on py-evm.

    contracts/gas.py          writes contracts/gas.json (a story, transaction by transaction) and docs/gas.md
    contracts/gas.py --check  writes nothing; exits 1 where either differs
"""

import json
import random
import struct
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "python" / "contracts"))

import story  # noqa: E402
from deployed import Deployed  # noqa: E402
from evms import GAS_CAP, PyEvm, Revm  # noqa: E402
from world import AGGREGATOR, HOLDERS, INITIATOR, OWNER, STRANGER, World, packed  # noqa: E402

RECORD = HERE / "gas.json"
TABLE = HERE.parent / "docs" / "gas.md"

# Parameters and holders of the rounds in the second table.
SIZES = [(8, 3), (2410, 5), (2410, 54), (8192, 16)]


@cache
def record():
    """The story's steps as JSON, a step a line."""
    steps = [json.dumps(step) for step in story.tell(PyEvm())]
    return "[\n" + ",\n".join(steps) + "\n]\n"


def round_gas(count, holders):
    """Gas of one job of this size: its creation, an update, the closing of the round, the settlement."""
    world = World(PyEvm(), holders=holders)
    rng = random.Random(count)
    vector = lambda: packed([round(rng.gauss(0, 0.2) * 2**20) for _ in range(count)])  # noqa: E731
    spec = world.spec(parameterCount=count, maxHolders=holders, maxRows=10**6, rounds=1)
    escrow = world.jobs.view("requiredEscrow", spec)
    created = world.jobs.send(INITIATOR, "createJob", spec, vector(), value=escrow)
    world.terms = {"holderStake": 5000}
    for n in range(holders):
        world.join(created.value, n)
    world.jobs.send(AGGREGATOR, "acceptAggregation", created.value, value=8000)
    world.jobs.send(STRANGER, "start", created.value)
    for holder in HOLDERS[:holders]:
        update = world.jobs.send(holder, "submitUpdate", created.value, 1, vector())
    closed = world.jobs.send(AGGREGATOR, "closeRound", created.value)
    settled = world.jobs.send(STRANGER, "settle", created.value)
    return [created.gas, update.gas, closed.gas, settled.gas]


def executed(gas, data):
    """What a transaction spent on executing the contract: its own 21,000 and its calldata apart."""
    return gas - 21_000 - sum(16 if byte else 4 for byte in data)


def chain_link():
    """Gas of one fused multiply-add in a chain of 256."""
    step = next(step for step in json.loads(record()) if step["call"] == "chain")
    return executed(step["gas"], bytes.fromhex(step["data"])) / 256


def bits(value):
    return struct.unpack(">I", struct.pack(">f", value))[0]


def operations():
    """Rows of the arbiter's table: what is computed, on which numbers, and 200 calls' least, mean and most gas."""
    chain, rng = Revm(), random.Random(256)
    chain.fund(OWNER, 10**18)
    arbiter = Deployed.deploy(chain, "Arbiter", sender=OWNER)
    normal = lambda: bits(rng.gauss(0, 1))  # noqa: E731
    tiny = lambda: rng.getrandbits(23) | rng.getrandbits(1) << 31  # noqa: E731

    def cancelling():
        """A sum of which one last bit, or none, is left."""
        a, b = normal(), normal()
        return a, b, arbiter.view("fma", a, b, 0) ^ 1 << 31 ^ rng.getrandbits(1)

    cases = [
        ("`fma`", "around one", "fma", lambda: (normal(), normal(), normal())),
        ("`fma`", "from +0, a chain's first link", "fma", lambda: (normal(), normal(), 0)),
        ("`fma`", "with a product of zero", "fma", lambda: (0, normal(), normal())),
        ("`fma`", "that nearly cancel", "fma", cancelling),
        ("`fma`", "whose sum is below 2^-126", "fma", lambda: (bits(1e-25), bits(rng.gauss(0, 1e-15)), tiny())),
        ("`fma`", "one factor below 2^-126", "fma", lambda: (tiny(), normal(), normal())),
        ("`fma`", "infinite, or no number", "fma", lambda: (rng.choice([0x7F800000, 0x7FC00000]), normal(), normal())),
    ]
    for code, name in enumerate(["+", "-", "*", "/", "max", "min", "<"]):
        cases.append((f"`{name}`", "around one", "binary", lambda code=code: (code, normal(), normal())))
    for code, name in enumerate(["sqrt", "exp", "log", "tanh", "erf", "sigmoid", "gelu", "gelu_tanh"]):
        cases.append((f"`{name}`", "around one", "unary", lambda code=code: (code, normal() & (2**31 - 1))))
    for name, numbers, call, arguments in cases:
        spent = []
        for _ in range(200):
            values = arguments()
            gas = arbiter.send(OWNER, call, *values).gas
            spent.append(executed(gas, arbiter.calldata(call, *values)))
        yield name, numbers, min(spent), sum(spent) / len(spent), max(spent)


def table():
    """The page of gas."""
    lines = [
        "# What the contracts cost",
        "",
        "Gas of whole transactions (intrinsic gas, calldata and refunds in it) under the Prague rules, measured on py-evm by",
        f"`contracts/gas.py`. A transaction may carry {GAS_CAP:,} (EIP-7825).",
        "",
        "## A story with the digits model (2,410 parameters)",
        "",
        "| contract | call | gas | calldata bytes | |",
        "|---|---|---:|---:|---|",
    ]
    for step in json.loads(record()):
        size = len(step["data"]) // 2
        note = "" if step["ok"] else f"refused: {step['reason']}"
        lines.append(f"| {step['contract']} | `{step['call']}` | {step['gas']:,} | {size:,} | {note} |")
    lines += [
        "",
        "## One operation of the arbiter",
        "",
        "Gas that the contract executes, from the first byte of its code to the return: dispatch, decoding and the answer are in it, the",
        "transaction's 21,000 and its calldata are not, nor what a calling contract pays for its `CALL` (100, the first time 2,600).",
        "Least, mean and most of 200 calls.",
        "",
        "| operation | on numbers | least | mean | most |",
        "|---|---|---:|---:|---:|",
    ]
    for name, numbers, least, mean, most in operations():
        lines.append(f"| {name} | {numbers} | {least:,} | {mean:,.0f} | {most:,} |")
    lines += [
        "",
        f"A chain of 256 links costs {256 * chain_link():,.0f} counted so, {chain_link():,.0f} a link.",
        "",
        "## Rounds by size",
        "",
        "| parameters | holders | `createJob` | `submitUpdate` | `closeRound` | `settle` |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for count, holders in SIZES:
        cells = " | ".join(f"{gas:,}" for gas in round_gas(count, holders))
        lines.append(f"| {count:,} | {holders} | {cells} |")
    return "\n".join(lines) + "\n"


def main():
    files = {RECORD: record(), TABLE: table()}
    if "--check" in sys.argv[1:]:
        wrong = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
        for path in wrong:
            print(f"differs from a fresh measurement: {path.relative_to(HERE.parent)}", file=sys.stderr)
        sys.exit(1 if wrong else 0)
    for path, text in files.items():
        path.write_text(text)
    print(files[TABLE], end="")


if __name__ == "__main__":
    main()
