"""Whatever is called in whatever order: the contracts hold what was put in and not yet paid, and all of it can come back.

Random calls on revm, many of which are refused; what succeeds is booked in a ledger of a few lines. At the end of every run the
parties do only what anybody may do once time has passed, and nothing stays behind.
"""

import random
from collections import Counter

from deployed import Refused
from eth_utils import keccak
from evms import Revm
from puppet import ACCEPT, REENTER, REFUSE, Puppet
from world import AGGREGATOR, CONSUMER, HOLDERS, INITIATOR, OWNER, SERVERS, SPEC_FIELDS, STRANGER, World, packed

ZERO = "0x" + "00" * 20
WEI = [0, 1, 999, 10**18]
WHO = [(0, 1, 2), (2, 1, 0), (0, 2), (1,)]
# Longer than everything that a specification or a request may ask for together.
AGES = 800 * 86400
FINISHED, OPEN_REQUEST = 4, 1
SILENT = bytes(32)


class Play:
    """Three holders (one a contract that may refuse or re-enter), three servers, some jobs and requests."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.seen = Counter()
        self.chain = Revm()
        self.chain.fund(HOLDERS[2], 10**24)
        self.puppet = Puppet(self.chain, HOLDERS[2])
        self.world = World(self.chain, cast=[*HOLDERS[:2], self.puppet])
        self.world.models.send(OWNER, "deploy", "digits", 1)
        self.jobs, self.market = self.world.jobs, self.world.market
        # What must be there: of each job its escrow and stakes, of each request its fee, of each server its stake.
        self.terms, self.locked, self.fees, self.stakes = {}, {}, {}, dict.fromkeys(SERVERS[:3], 0)
        self.answers = {}

    def send(self, contract, sender, *call, value=0):
        """The outcome, or None where the contract refused."""
        try:
            outcome = contract.send(sender, *call, value=value)
        except Refused as refused:
            assert str(refused), f"{call[0]} was refused without a word"
            return None
        for event in outcome.events:
            self.seen[event.args.get("reason", event.name)] += 1
        return outcome

    def job(self):
        """One of the two newest jobs."""
        return self.rng.choice(sorted(self.terms)[-2:]) if self.terms else self.create()

    def request(self):
        return self.rng.choice(sorted(self.fees)[-2:]) if self.fees else self.ask()

    def wait(self):
        self.chain.warp(self.chain.now + self.rng.choice(3 * [1, 59, 60, 61, 101, 201] + [86400, 86401]))

    def change_mind(self):
        self.send(self.jobs, self.puppet, "withdraw")
        target = self.jobs.calldata("settle", max(self.terms, default=1))
        self.puppet.behave(self.rng.choice([ACCEPT, REFUSE, REENTER]), self.jobs.address, target)

    def create(self):
        rule, manned = self.rng.choice([(0, False), (0, True), (1, True)])
        alpha, compute, aggregation, model, stake, bond = (self.rng.choice(WEI) for _ in range(6))
        spec = self.world.spec(
            rule=rule, rounds=self.rng.randint(1, 2), minHolders=self.rng.randint(1, 3), maxHolders=3, alpha=alpha,
            computeReward=compute, aggregatorReward=aggregation if manned else 0, modelReward=model,
            holderStake=stake, aggregatorStake=bond if manned else 0, aggregator=AGGREGATOR if manned else ZERO,
            joinDeadline=self.chain.now + self.rng.choice([0, 100]), roundSeconds=100,
        )
        initial = keccak(text="initial") if rule else packed([0] * 4)
        escrow = self.jobs.view("requiredEscrow", spec)
        job = self.jobs.send(INITIATOR, "createJob", spec, initial, value=escrow).value
        self.terms[job], self.locked[job] = dict(zip(SPEC_FIELDS, spec)), escrow
        return job

    def recruit(self):
        job = self.job()
        for n in self.rng.choice(WHO):
            call = ("join", job, self.world.data_ids[n], keccak(text=f"{n}"))
            stake = self.terms[job]["holderStake"]
            if self.send(self.jobs, self.world.holders[n], *call, value=stake):
                self.locked[job] += stake
        stake = self.terms[job]["aggregatorStake"]
        if self.rng.random() < 0.8 and self.send(self.jobs, AGGREGATOR, "acceptAggregation", job, value=stake):
            self.locked[job] += stake

    def start(self):
        self.send(self.jobs, STRANGER, "start", self.job())

    def update(self):
        job = self.job()
        round = self.jobs.view("job", job)["round"]
        for n in self.rng.choice(WHO):
            call = ("commitUpdate", keccak(text="update")) if self.terms[job]["rule"] else ("submitUpdate", packed([n] * 4))
            self.send(self.jobs, self.world.holders[n], call[0], job, round, call[1])

    def close(self):
        job = self.job()
        post = ("postAggregate", job, self.jobs.view("job", job)["round"], keccak(text="mean"))
        by = self.rng.choice([AGGREGATOR, AGGREGATOR, STRANGER])
        self.send(self.jobs, by, *(post if self.terms[job]["rule"] else ("closeRound", job)))

    def settle(self):
        job = self.job()
        if settled := self.send(self.jobs, STRANGER, "settle", job):
            paid = sum(event.args["amount"] for event in settled.events if event.name == "Paid")
            assert paid == self.locked[job]
            self.locked[job] = 0

    def revoke(self):
        """Revokes a data set; its holder commits to other data."""
        n = self.rng.randrange(3)
        holder, ids = self.world.holders[n], self.world.data_ids
        self.world.data.send(holder, "revokeData", ids[n])
        ids[n] = self.world.data.send(holder, "commitData", keccak(text=f"{ids}"), self.world.rows[n], bytes(32)).value

    def register(self):
        server, amount = self.rng.choice(SERVERS[:3]), self.rng.choice([1, 1000, 5000])
        if self.send(self.market, server, "registerServer", value=amount):
            self.stakes[server] += amount

    def leave(self):
        server = self.rng.choice(SERVERS[:3])
        if left := self.send(self.market, server, "withdrawServer"):
            self.stakes[server] -= left.events[0].args["amount"]

    def ask(self):
        share, fee = self.rng.choice([0, 3333, 10000]), self.rng.choice([0, 1, 500, 1001])
        self.market.send(OWNER, "setTerms", self.world.model_id, 0, share, False)
        call = ("request", self.world.model_id, 1, b"input", self.rng.randint(1, 3), [], 100, 60)
        id = self.market.send(CONSUMER, *call, value=fee).value
        self.fees[id] = fee
        return id

    def commit(self):
        id = self.request()
        for n in self.rng.choice(WHO):
            answer = self.rng.choice([b"one", b"one", b"two"])
            opening = id.to_bytes(32, "big") + bytes.fromhex(SERVERS[n][2:]) + bytes(32) + answer
            if self.send(self.market, SERVERS[n], "commit", id, keccak(opening)):
                self.answers[id, SERVERS[n]] = answer

    def reveal(self):
        id = self.request()
        for n in self.rng.choice(WHO):
            self.send(self.market, SERVERS[n], "reveal", id, self.answers.get((id, SERVERS[n]), b""), bytes(32))

    def deliver(self, id=None):
        id = id or self.request()
        if delivered := self.send(self.market, STRANGER, "deliver", id):
            committed = [server for server in SERVERS[:3] if (id, server) in self.answers]
            silent = [server for server in committed if self.market.view("revealed", id, server) == SILENT]
            for server in silent:
                self.stakes[server] -= self.fees[id]
            paid = sum(event.args["amount"] for event in delivered.events if event.name == "FeePaid")
            assert paid == self.fees[id] * (1 + len(silent))
            self.fees[id] = 0

    def check(self):
        """What always holds."""
        credit = self.jobs.view("creditOf", self.puppet.address)
        assert self.chain.balance(self.jobs.address) == sum(self.locked.values()) + credit
        assert self.chain.balance(self.market.address) == sum(self.fees.values()) + sum(self.stakes.values())
        assert not self.puppet.wallet.view("broke")

    def end(self):
        """Time passes; anybody ends everything; nothing is left."""
        self.chain.warp(self.chain.now + AGES)
        for job in self.terms:
            if self.jobs.view("job", job)["state"] < FINISHED:
                assert self.send(self.jobs, STRANGER, "settle", job), f"job {job} keeps its money"
        self.puppet.behave(ACCEPT)
        self.send(self.jobs, self.puppet, "withdraw")
        assert self.chain.balance(self.jobs.address) == 0
        for id in self.fees:
            if self.market.view("requestOf", id)["status"] == OPEN_REQUEST:
                self.deliver(id)
        for server in SERVERS[:3]:
            self.send(self.market, server, "withdrawServer")
        assert self.chain.balance(self.market.address) == 0


JOBS = ["create"] + 3 * ["recruit"] + 3 * ["start"] + 6 * ["update"] + 4 * ["close"] + 2 * ["settle"] + ["revoke", "change_mind"]
REQUESTS = 2 * ["ask"] + ["register", "leave"] + 3 * ["commit"] + 3 * ["reveal"] + 2 * ["deliver"]
# Every end that a job or a request can have.
ENDS = {
    "JobFinished", "too few holders joined", "aggregation was not accepted", "nobody started the job", "too few updates",
    "aggregate was not posted", "nobody closed the round", "InferenceDelivered", "InferenceFailed", "Credited", "Withdrawn",
}


def test_money_in_is_money_held_and_can_come_out():
    seen = Counter()
    for seed in range(100):
        play = Play(seed)
        for _ in range(150):
            getattr(play, play.rng.choice(JOBS + REQUESTS + 4 * ["wait"]))()
            play.check()
        play.end()
        seen += play.seen
    assert ENDS <= seen.keys(), ENDS - seen.keys()
