"""One story through all contracts, recorded step by step: what each transaction was and what it cost.

The record (contracts/gas.json) is replayed by the Swift tests, which must come to the same gas, addresses, reasons and logs.
"""

import random
import struct

from deployed import Deployed, Refused, artifact, spelled
from eth_utils import keccak
from world import (
    AGGREGATOR, CONSUMER, HOLDERS, INITIATOR, OWNER, SERVERS, STRANGER, World, key, packed, party,
)

# The digits model: 64-32-10.
PARAMETERS = 2410
KEYS = {party(n): key(n) for n in [*range(1, 6), *range(100, 164), *range(200, 216)]}


class Recorder:
    """A machine that writes down what runs on it."""

    def __init__(self, chain):
        self.chain, self.steps, self.contracts = chain, [], {}
        names = ("ModelRegistry", "DataRegistry", "TrainingJobs", "InferenceMarket", "Arbiter")
        self.codes = {name: bytes.fromhex(artifact(name)["bytecode"][2:]) for name in names}
        self.selectors = {}
        for name in names:
            for entry in artifact(name)["abi"]:
                if entry["type"] == "function":
                    self.selectors[name, selector(entry)] = entry["name"]

    def __getattr__(self, name):
        return getattr(self.chain, name)

    def send(self, sender, to, data, value=0, **options):
        self.chain.warp(self.chain.now + 1)
        outcome = self.chain.send(sender, to, data, value, **options)
        step = {"time": self.chain.now, "from": sender, "key": KEYS[sender].hex()}
        if to is None:
            name = next(name for name, code in self.codes.items() if data.startswith(code))
            self.contracts[outcome.created] = name
            step |= {"contract": name, "call": "deploy", "to": outcome.created}
            step |= {"data": data[len(self.codes[name]):].hex()}
        else:
            name = self.contracts[to]
            step |= {"contract": name, "call": self.selectors[name, data[:4]], "to": to, "data": data.hex()}
        step |= {
            "value": str(value), "ok": outcome.ok, "gas": outcome.gas, "reason": outcome.reason,
            "logs": len(outcome.logs), "logsHash": digest(outcome.logs),
        }
        if step["contract"] == "Arbiter" and step["call"] != "deploy" and step["ok"]:
            step["output"] = outcome.output.hex()
        self.steps.append(step)
        return outcome


def selector(entry):
    return keccak(text=f"{entry['name']}({','.join(map(spelled, entry['inputs']))})")[:4]


def digest(logs):
    """keccak256 over the logs' addresses, topics and data in order."""
    return keccak(b"".join(bytes.fromhex(at[2:]) + b"".join(topics) + data for at, topics, data in logs)).hex()


def weights(rng):
    """What trained parameters look like in fixed point, scale 2^20."""
    return packed([round(rng.gauss(0, 0.2) * 2**20) for _ in range(PARAMETERS)])


def tell(chain):
    """Runs the story; returns its steps."""
    rng = random.Random(2410)
    recorder = Recorder(chain)
    recorder.fund(OWNER, 10**24)
    arbiter = Deployed.deploy(recorder, "Arbiter", sender=OWNER)
    world = World(recorder, holders=3, rows=(301, 402, 503))
    jobs, market, models = world.jobs, world.market, world.models
    initial = weights(rng)
    models.send(INITIATOR, "registerModel", "digits 64-32-10", world.program, keccak(text="seed"), initial)
    world.model_id = keccak(text="digits 64-32-10")
    spec = world.spec(parameterCount=PARAMETERS, rounds=1, maxRows=2000, joinDeadline=chain.now + 3600)
    world.terms = {"holderStake": 5000}
    escrow = jobs.view("requiredEscrow", spec)
    refused(jobs, INITIATOR, "createJob", spec, initial, value=escrow - 1)
    job = jobs.send(INITIATOR, "createJob", spec, initial, value=escrow).value
    refused(jobs, STRANGER, "join", job, 1, bytes(32), value=5000)
    for n in range(3):
        world.join(job, n)
    jobs.send(AGGREGATOR, "acceptAggregation", job, value=8000)
    jobs.send(STRANGER, "start", job)
    for n in range(3):
        jobs.send(HOLDERS[n], "submitUpdate", job, 1, weights(rng))
    refused(jobs, HOLDERS[0], "submitUpdate", job, 1, initial)
    jobs.send(AGGREGATOR, "closeRound", job)
    jobs.send(STRANGER, "settle", job)
    refused(models, INITIATOR, "adoptJob", "digits 64-32-10", jobs.address, job + 1)
    models.send(INITIATOR, "adoptJob", "digits 64-32-10", jobs.address, job)
    models.send(INITIATOR, "deploy", "digits 64-32-10", 2)

    market.send(INITIATOR, "setTerms", world.model_id, 900, 2500, True)
    market.send(INITIATOR, "setAllowed", world.model_id, CONSUMER, True)
    for server in SERVERS[:3]:
        market.send(server, "registerServer", value=5000)
    image = bytes(rng.randrange(17) for _ in range(256))
    refused(market, STRANGER, "request", world.model_id, 2, image, 3, [], 60, 60, value=900)
    id = market.send(CONSUMER, "request", world.model_id, 2, image, 3, [], 60, 60, value=1000).value
    result, salt = bytes(rng.randrange(256) for _ in range(40)), keccak(text="salt")
    for server in SERVERS[:3]:
        opening = id.to_bytes(32, "big") + bytes.fromhex(server[2:]) + salt + result
        market.send(server, "commit", id, keccak(opening))
    for server in SERVERS[:3]:
        market.send(server, "reveal", id, result, salt)
    market.send(STRANGER, "deliver", id)
    market.send(SERVERS[0], "withdrawServer")

    for call in [("set_model", b"weights"), ("trainModel",), ("deployModel",), ("set_predictions", b"seven")]:
        models.send(OWNER, *call)
    models.send(CONSUMER, "inferModel", image)
    models.send(STRANGER, "submitModel", "a name", b"weights")
    world.data.send(HOLDERS[0], "revokeData", 1)
    arbitrate(arbiter, rng)
    return recorder.steps


def arbitrate(arbiter, rng):
    """Every call of the arbiter, with ordinary numbers."""
    number = lambda: int.from_bytes(struct.pack(">f", rng.gauss(0, 1)), "big")  # noqa: E731
    arbiter.send(STRANGER, "fma", number(), number(), number())
    for operation in range(7):
        arbiter.send(STRANGER, "binary", operation, number(), number())
    for operation in range(8):
        arbiter.send(STRANGER, "unary", operation, number() & 0x7FFFFFFF)
    arbiter.send(STRANGER, "fromInteger", -1_000_000_007)
    arbiter.send(STRANGER, "toInteger", 0x40D80000)
    word = lambda: int.from_bytes(b"".join(number().to_bytes(4, "big") for _ in range(8)), "big")  # noqa: E731
    arbiter.send(STRANGER, "chain", 256, [word() for _ in range(32)], [word() for _ in range(32)])
    refused(arbiter, STRANGER, "unary", 8, 0)


def refused(contract, sender, name, *args, value=0):
    try:
        contract.send(sender, name, *args, value=value)
    except Refused:
        return
    raise AssertionError(f"{name} was not refused")
