"""The four contracts with a cast of parties, and the job's arithmetic in Python integers."""

import struct

from deployed import Deployed
from eth_account import Account
from eth_utils import keccak

ETHER = 10**18


def key(number):
    """The private key of the party with this number."""
    return number.to_bytes(32, "big")


def party(number):
    """The address of the party with this number."""
    return Account.from_key(key(number)).address


INITIATOR, AGGREGATOR, OWNER, CONSUMER, STRANGER = (party(n) for n in range(1, 6))
HOLDERS = [party(100 + n) for n in range(64)]
SERVERS = [party(200 + n) for n in range(16)]
EVERYBODY = [INITIATOR, AGGREGATOR, OWNER, CONSUMER, STRANGER, *HOLDERS, *SERVERS]

SPEC_FIELDS = (
    "modelId program optimiser seed parameterCount scaleBits rule rounds localEpochs minHolders maxHolders maxRows "
    "joinDeadline roundSeconds alpha computeReward aggregatorReward modelReward holderStake aggregatorStake "
    "aggregator allowed"
).split()


def packed(values):
    """int32 values as parameters travel."""
    return struct.pack(f">{len(values)}i", *values)


def unpacked(data):
    return list(struct.unpack(f">{len(data) // 4}i", data))


def fedavg(vectors, weights):
    """The decision's mean, in Python integers."""
    total = sum(weights)
    sums = (sum(n * v for n, v in zip(weights, column)) for column in zip(*vectors))
    return [(s + total // 2) // total for s in sums]


class World:
    """The contracts, deployed, with one registered model and as many data sets as asked for."""

    def __init__(self, chain, holders=3, rows=(10, 20, 30), cast=None):
        self.chain = chain
        for address in EVERYBODY:
            chain.fund(address, 10**6 * ETHER)
        self.models = Deployed.deploy(chain, "ModelRegistry", sender=OWNER)
        self.data = Deployed.deploy(chain, "DataRegistry", sender=OWNER)
        self.jobs = Deployed.deploy(chain, "TrainingJobs", self.models.address, self.data.address, sender=OWNER)
        self.market = Deployed.deploy(chain, "InferenceMarket", self.models.address, sender=OWNER)
        self.program = keccak(text="a program")
        self.models.send(OWNER, "registerModel", "digits", self.program, keccak(text="seed"), b"")
        self.model_id = keccak(text="digits")
        self.holders = cast or HOLDERS[:holders]
        holders = len(self.holders)
        self.rows = [rows[n % len(rows)] for n in range(holders)]
        self.data_ids = [
            self.data.send(holder, "commitData", keccak(text=f"root {n}"), self.rows[n], keccak(text="schema")).value
            for n, holder in enumerate(self.holders)
        ]

    def spec(self, **changes):
        fields = dict(
            modelId=self.model_id, program=self.program, optimiser=keccak(text="sgd"), seed=keccak(text="job seed"),
            parameterCount=4, scaleBits=20, rule=0, rounds=2, localEpochs=5, minHolders=2, maxHolders=3, maxRows=100,
            joinDeadline=self.chain.now + 1000, roundSeconds=600, alpha=7, computeReward=1001, aggregatorReward=503,
            modelReward=9001, holderStake=5000, aggregatorStake=8000, aggregator=AGGREGATOR, allowed=[],
        )
        fields |= changes
        return tuple(fields[name] for name in SPEC_FIELDS)

    def create(self, initial=None, **changes):
        """Creates a job; returns its id. The specification stays in `self.terms`."""
        spec = self.spec(**changes)
        self.terms = dict(zip(SPEC_FIELDS, spec))
        if initial is None:
            count = self.terms["parameterCount"]
            initial = packed([0] * count) if self.terms["rule"] == 0 else keccak(text="initial")
        self.escrow = self.jobs.view("requiredEscrow", spec)
        return self.jobs.send(INITIATOR, "createJob", spec, initial, value=self.escrow).value

    def join(self, job, n, **send):
        value = send.pop("value", self.terms["holderStake"])
        return self.jobs.send(self.holders[n], "join", job, self.data_ids[n], keccak(text=f"salt {n}"), value=value)

    def started(self, holders=3, **changes):
        """A job that runs, with these many holders."""
        job = self.create(**changes)
        for n in range(holders):
            self.join(job, n)
        if self.terms["aggregator"] == AGGREGATOR:
            self.jobs.send(AGGREGATOR, "acceptAggregation", job, value=self.terms["aggregatorStake"])
        if holders < self.terms["maxHolders"]:
            self.chain.warp(self.terms["joinDeadline"] + 1)
        self.jobs.send(STRANGER, "start", job)
        return job

    def late(self, job, seconds=1):
        """Moves the clock behind the round's deadline."""
        self.chain.warp(self.jobs.view("job", job)["deadline"] + seconds)

    def submit_all(self, job, round, vectors):
        for holder, vector in zip(self.holders, vectors):
            self.jobs.send(holder, "submitUpdate", job, round, packed(vector))
