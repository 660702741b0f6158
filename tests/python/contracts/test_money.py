"""Who is paid what, to the wei: an independent model of the rules against the contract, in every end a job can have."""

import random

import pytest
from deployed import Refused
from eth_utils import keccak
from evms import PyEvm, Revm
from puppet import ACCEPT, BOMB, BURN, MODES, REENTER, REFUSE, Puppet
from world import AGGREGATOR, CONSUMER, HOLDERS, INITIATOR, OWNER, STRANGER, World, packed

DATA, COMPUTE, AGGREGATION, MODEL, STAKE, REFUND, FORFEIT = range(7)
ZERO = "0x" + "00" * 20


def address(holder):
    return holder if isinstance(holder, str) else holder.address


def expected(world, terms, accepted, joined, posted, aggregator_in, end, missing):
    """The payments that the decision asks for: {(party, kind): wei}.

    accepted: updates per holder. posted: rounds the aggregator closed. end: finished, cancelled, starved, abandoned,
    unclosed.
    """
    due = {}
    escrow = (
        terms["alpha"] * terms["maxRows"]
        + terms["computeReward"] * terms["rounds"] * terms["maxHolders"]
        + terms["aggregatorReward"] * terms["rounds"]
        + terms["modelReward"]
    )
    forfeit = 0
    for n in joined:
        who = address(world.holders[n])
        due[who, DATA] = terms["alpha"] * world.rows[n] * accepted[n] // terms["rounds"]
        due[who, COMPUTE] = terms["computeReward"] * accepted[n]
        if end == "starved" and n in missing:
            forfeit += terms["holderStake"]
        else:
            due[who, STAKE] = terms["holderStake"]
    if aggregator_in:
        due[AGGREGATOR, AGGREGATION] = terms["aggregatorReward"] * posted
        if end == "abandoned":
            forfeit += terms["aggregatorStake"]
        else:
            due[AGGREGATOR, STAKE] = terms["aggregatorStake"]
    if end == "finished":
        due[OWNER, MODEL] = terms["modelReward"]
    rewards = sum(wei for (_, kind), wei in due.items() if kind != STAKE)
    due[INITIATOR, REFUND] = escrow - rewards
    due[INITIATOR, FORFEIT] = forfeit
    stakes = terms["holderStake"] * len(joined) + (terms["aggregatorStake"] if aggregator_in else 0)
    assert sum(due.values()) == escrow + stakes
    return {key: wei for key, wei in due.items() if wei}


def play(chain, seed):
    """One random job from its creation to its end; returns how it ended."""
    rng = random.Random(seed)
    count = rng.randint(1, 6)
    cast = []
    for n in range(count):
        if rng.random() < 0.4:
            puppet = Puppet(chain, HOLDERS[n])
            puppet.mode = rng.choice([ACCEPT, REFUSE, REENTER, BURN, BOMB])
            cast.append(puppet)
        else:
            cast.append(HOLDERS[n])
    for keeper in HOLDERS[:count]:
        chain.fund(keeper, 10**24)
    world = World(chain, cast=cast, rows=[rng.randint(1, 500) for _ in range(count)])
    jobs = world.jobs
    rule = rng.randint(0, 1)
    manned = rule == 1 or rng.random() < 0.6
    wei = lambda: rng.choice([0, 1, rng.randint(1, 10**6), rng.randint(1, 10**18)])  # noqa: E731
    rounds = rng.randint(1, 4)
    job = world.create(
        rule=rule, rounds=rounds, minHolders=rng.randint(1, count), maxHolders=count, maxRows=sum(world.rows),
        alpha=wei(), computeReward=wei(), aggregatorReward=wei() if manned else 0, modelReward=wei(),
        holderStake=wei(), aggregatorStake=wei() if manned else 0, aggregator=AGGREGATOR if manned else ZERO,
    )
    terms = world.terms
    parties = [INITIATOR, AGGREGATOR, OWNER, *map(address, cast)]
    before = {party: chain.balance(party) for party in parties}
    held = chain.balance(jobs.address)
    assert held == world.escrow

    joined = [n for n in range(count) if rng.random() < 0.9]
    for n in joined:
        world.join(job, n)
        if not isinstance(cast[n], str):
            payload = jobs.calldata(*rng.choice([("settle", job), ("withdraw",), ("closeRound", job)]))
            cast[n].behave(cast[n].mode, jobs.address, payload)
    aggregator_in = manned and rng.random() < 0.9
    if aggregator_in:
        jobs.send(AGGREGATOR, "acceptAggregation", job, value=terms["aggregatorStake"])
    stakes = terms["holderStake"] * len(joined) + (terms["aggregatorStake"] if aggregator_in else 0)
    if len(joined) < count or rng.random() < 0.2 or manned != aggregator_in:
        chain.warp(terms["joinDeadline"] + 1)

    accepted, posted, end, missing = [0] * count, 0, "finished", set()
    stale = rng.random() < 0.05
    if stale:
        chain.warp(terms["joinDeadline"] + 86401)
    if len(joined) < terms["minHolders"] or manned != aggregator_in or stale:
        end = "cancelled"
    else:
        jobs.send(STRANGER, "start", job)
        for round in range(1, rounds + 1):
            there = [n for n in joined if rng.random() < 0.9]
            for n in there:
                update = packed([rng.randint(-(2**30), 2**30) for _ in range(4)])
                if rule == 0:
                    jobs.send(cast[n], "submitUpdate", job, round, update)
                else:
                    jobs.send(cast[n], "commitUpdate", job, round, keccak(update))
                accepted[n] += 1
            if len(there) < len(joined):
                world.late(job)
            if len(there) < terms["minHolders"]:
                end, missing = "starved", set(joined) - set(there)
                break
            if rng.random() < 0.15:
                world.late(job, terms["roundSeconds"] + 1 if rule == 1 else 86401)
                end = "abandoned" if rule == 1 else "unclosed"
                break
            if rule == 1:
                jobs.send(AGGREGATOR, "postAggregate", job, round, keccak(text=f"{round}"))
                posted += 1
            elif manned and rng.random() < 0.7:
                jobs.send(AGGREGATOR, "closeRound", job)
                posted += 1
            else:
                if manned:
                    world.late(job)
                jobs.send(STRANGER, "closeRound", job)

    settled = jobs.send(STRANGER, "settle", job)
    by_name = {name: [e.args for e in settled.events if e.name == name] for name in ("Paid", "JobFailed", "Credited")}
    lower = {party.lower(): party for party in parties}
    paid = {(lower[e["party"]], e["kind"]): e["amount"] for e in by_name["Paid"]}
    assert len(paid) == len(by_name["Paid"])
    assert paid == expected(world, terms, accepted, joined, posted, aggregator_in, end, missing)
    assert sum(paid.values()) == world.escrow + stakes
    reasons = {
        "cancelled": {"too few holders joined", "aggregation was not accepted", "nobody started the job"},
        "starved": {"too few updates"}, "abandoned": {"aggregate was not posted"}, "unclosed": {"nobody closed the round"},
    }
    assert {e["reason"] for e in by_name["JobFailed"]} <= reasons.get(end, set())
    assert bool(by_name["JobFailed"]) == (end != "finished")

    # Every party has, in its account or as credit, exactly what the events say; the contract keeps the credit alone.
    credit = {party: jobs.view("creditOf", party) for party in parties}
    for party in parties:
        gained = sum(wei for (who, _), wei in paid.items() if who == party)
        put_in = terms["holderStake"] if party in [address(cast[n]) for n in joined] else 0
        put_in += terms["aggregatorStake"] if party == AGGREGATOR and aggregator_in else 0
        assert chain.balance(party) + credit[party] - before[party] == gained - put_in
    assert chain.balance(jobs.address) == sum(credit.values())
    assert {lower[e["party"]]: e["amount"] for e in by_name["Credited"]} == {p: c for p, c in credit.items() if c}
    for n in joined:
        if not isinstance(cast[n], str):
            assert not cast[n].wallet.view("broke")
            if credit[cast[n].address]:
                assert cast[n].mode in (REFUSE, BURN, BOMB, REENTER)
                jobs.send(cast[n], "withdraw", CONSUMER)
    assert chain.balance(jobs.address) == 0
    return end


@pytest.mark.parametrize("batch", range(10))
def test_random_jobs_pay_to_the_wei(batch):
    ends = {play(Revm(), 1000 * batch + n) for n in range(15)}
    assert len(ends) >= 3


@pytest.mark.parametrize("seed", range(5))
def test_random_jobs_on_the_other_machine(seed):
    play(PyEvm(), seed)


@pytest.mark.parametrize("mode", MODES)
def test_no_recipient_stops_or_robs_the_others(chain, mode):
    puppet = Puppet(chain, HOLDERS[0])
    world = World(chain, cast=[puppet, HOLDERS[1], HOLDERS[2]])
    job = world.started(rounds=1)
    world.submit_all(job, 1, [[1, 2, 3, 4]] * 3)
    world.jobs.send(AGGREGATOR, "closeRound", job)
    puppet.behave(MODES[mode], world.jobs.address, world.jobs.calldata("settle", job))
    due = 7 * 10 + 1001 + 5000
    before = chain.balance(puppet.address)
    settled = world.jobs.send(STRANGER, "settle", job)
    assert settled.gas < 400_000
    credited = [e.args for e in settled.events if e.name == "Credited"]
    if mode in ("accept", "re-enter"):
        assert credited == [] and chain.balance(puppet.address) == before + due
        assert not puppet.wallet.view("broke")
        assert puppet.wallet.view("tries") == (1 if mode == "re-enter" else 0)
        return
    assert credited == [{"party": puppet.address.lower(), "amount": due}]
    assert world.jobs.view("creditOf", puppet.address) == due
    with pytest.raises(Refused, match="^recipient refuses ether$"):
        world.jobs.send(puppet, "withdraw")
    with pytest.raises(Refused, match="^nothing to withdraw$"):
        world.jobs.send(STRANGER, "withdraw")
    before = chain.balance(CONSUMER)
    (event,) = world.jobs.send(puppet, "withdraw", CONSUMER).events
    assert event.args == {"party": puppet.address.lower(), "to": CONSUMER.lower(), "amount": due}
    assert chain.balance(CONSUMER) == before + due
    assert chain.balance(world.jobs.address) == 0
    with pytest.raises(Refused, match="^nothing to withdraw$"):
        world.jobs.send(puppet, "withdraw", CONSUMER)


def test_withdrawal_is_paid_once_even_when_re_entered(chain):
    puppet = Puppet(chain, HOLDERS[0])
    world = World(chain, cast=[puppet, HOLDERS[1], HOLDERS[2]])
    job = world.started(rounds=1)
    world.submit_all(job, 1, [[0, 0, 0, 0]] * 3)
    world.jobs.send(AGGREGATOR, "closeRound", job)
    puppet.behave(REFUSE)
    world.jobs.send(STRANGER, "settle", job)
    credit = world.jobs.view("creditOf", puppet.address)
    other = world.create()  # leaves ether of another job in the contract
    puppet.behave(REENTER, world.jobs.address, world.jobs.calldata("withdraw"))
    before = chain.balance(puppet.address)
    world.jobs.send(puppet, "withdraw")
    assert chain.balance(puppet.address) == before + credit
    assert puppet.wallet.view("tries") == 1 and not puppet.wallet.view("broke")
    assert chain.balance(world.jobs.address) == world.jobs.view("job", other)["escrow"]


def test_settling_with_too_little_gas_loses_nothing(revm):
    """A caller that leaves recipients too little gas can turn payments into credit, not make them vanish."""
    puppet = Puppet(revm, HOLDERS[0])
    world = World(revm, cast=[puppet, HOLDERS[1], HOLDERS[2]])
    job = world.started(rounds=1)
    world.submit_all(job, 1, [[0, 0, 0, 0]] * 3)
    world.jobs.send(AGGREGATOR, "closeRound", job)
    puppet.behave(REENTER, world.jobs.address, world.jobs.calldata("withdraw"))
    data = world.jobs.calldata("settle", job)
    parties = [INITIATOR, AGGREGATOR, OWNER, puppet.address, *HOLDERS[1:3]]
    held = revm.balance(world.jobs.address)
    for gas in range(60_000, 260_000, 4_000):
        snapshot = revm.evm.snapshot()
        before = sum(map(revm.balance, parties))
        outcome = revm.send(STRANGER, world.jobs.address, data, gas=gas)
        credit = sum(world.jobs.view("creditOf", party) for party in parties)
        gained = sum(map(revm.balance, parties)) - before
        assert gained + credit == (held if outcome.ok else 0)
        revm.evm.revert(snapshot)
