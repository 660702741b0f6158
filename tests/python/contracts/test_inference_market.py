"""InferenceMarket: commit and reveal, majorities, fees and bonds to the wei, every refusal."""

import random

import pytest
from deployed import Refused
from eth_utils import keccak
from evms import PyEvm, Revm
from puppet import BOMB, BURN, REENTER, REFUSE, Puppet
from world import CONSUMER, OWNER, SERVERS, STRANGER, World

OPEN, DELIVERED, FAILED = 1, 2, 3
TO_OWNER, TO_SERVER, REFUND, FORFEIT = range(4)
INPUT = b"an image"


def refuses(reason):
    return pytest.raises(Refused, match=f"^{reason}$")


class Market(World):
    """The market with a deployed model and registered servers."""

    def __init__(self, chain, servers=3, fee=1000, share=2500, restricted=False, cast=None):
        super().__init__(chain, holders=0)
        self.servers = cast or SERVERS[:servers]
        self.models.send(OWNER, "deploy", "digits", 1)
        self.market.send(OWNER, "setTerms", self.model_id, fee, share, restricted)
        for server in self.servers:
            self.market.send(server, "registerServer", value=50_000)

    def ask(self, sender=CONSUMER, value=1000, version=1, wanted=3, listed=(), commit=60, reveal=60, model=None):
        return self.market.send(
            sender, "request", model or self.model_id, version, INPUT, wanted, list(listed), commit, reveal,
            value=value,
        )

    def address(self, n):
        return self.servers[n] if isinstance(self.servers[n], str) else self.servers[n].address

    def commitment(self, id, n, result, salt=b"\7" * 32):
        return keccak(id.to_bytes(32, "big") + bytes.fromhex(self.address(n)[2:]) + salt + result)

    def commit(self, id, n, result):
        return self.market.send(self.servers[n], "commit", id, self.commitment(id, n, result))

    def reveal(self, id, n, result, salt=b"\7" * 32):
        return self.market.send(self.servers[n], "reveal", id, result, salt)

    def deliver(self, id):
        return self.market.send(STRANGER, "deliver", id)

    def paid(self, outcome):
        """{(party, kind): wei} of the outcome's payments."""
        events = [e.args for e in outcome.events if e.name == "FeePaid"]
        paid = {(e["party"], e["kind"]): e["amount"] for e in events}
        assert len(paid) == len(events)
        return paid


def test_three_agree(chain):
    world = Market(chain)
    sent = world.ask()
    id = sent.value
    assert id == world.market.view("requestCount") == 1
    assert sent.events[0].args == {
        "id": 1, "modelId": world.model_id, "consumer": CONSUMER.lower(), "version": 1, "fee": 1000, "input": INPUT
    }
    for n in range(3):
        (event,) = world.commit(id, n, b"seven").events
        assert event.args == {
            "id": 1, "server": SERVERS[n].lower(), "commitment": world.commitment(id, n, b"seven")
        }
        assert world.market.view("server", SERVERS[n]) == {"registered": True, "stake": 50_000, "bound": 1000}
        assert world.market.view("commitment", id, SERVERS[n]) == world.commitment(id, n, b"seven")
    assert world.market.view("committed", id) == [server.lower() for server in SERVERS[:3]]
    for n in range(3):
        (event,) = world.reveal(id, n, b"seven").events
        assert event.args == {"id": 1, "server": SERVERS[n].lower(), "resultHash": keccak(b"seven")}
        assert world.market.view("revealed", id, SERVERS[n]) == keccak(b"seven")
    assert world.market.view("result", id) == (OPEN, b"")
    done = world.deliver(id)
    assert done.events[0].name == "InferenceDelivered"
    assert done.events[0].args == {"id": 1, "resultHash": keccak(b"seven"), "result": b"seven"}
    assert world.paid(done) == {
        (OWNER.lower(), TO_OWNER): 250, **{(s.lower(), TO_SERVER): 250 for s in SERVERS[:3]}
    }
    assert world.market.view("result", id) == (DELIVERED, b"seven")
    request = world.market.view("requestOf", id)
    assert (request["status"], request["resultHash"], request["reveals"]) == (DELIVERED, keccak(b"seven"), 3)
    assert request["inputHash"] == keccak(INPUT)
    for server in SERVERS[:3]:
        assert world.market.view("server", server)["bound"] == 0
    with refuses("request is over"):
        world.deliver(id)


def test_two_against_one(chain):
    world = Market(chain, fee=1001)
    id = world.ask(value=1001).value
    answers = [b"seven", b"one", b"seven"]
    for n, answer in enumerate(answers):
        world.commit(id, n, answer)
    for n, answer in enumerate(answers):
        world.reveal(id, n, answer)
    done = world.deliver(id)
    # 1001 * 2500 // 10000 = 250 to the owner; 751 // 2 = 375 to each that agrees; 1 is left.
    assert world.paid(done) == {
        (OWNER.lower(), TO_OWNER): 250, (SERVERS[0].lower(), TO_SERVER): 375, (SERVERS[2].lower(), TO_SERVER): 375,
        (CONSUMER.lower(), REFUND): 1,
    }
    assert world.market.view("server", SERVERS[1]) == {"registered": True, "stake": 50_000, "bound": 0}
    assert world.market.view("result", id) == (DELIVERED, b"seven")


def test_no_majority(chain):
    world = Market(chain)
    id = world.ask().value
    for n in range(3):
        world.commit(id, n, b"%d" % n)
    for n in range(3):
        world.reveal(id, n, b"%d" % n)
    done = world.deliver(id)
    assert done.events[0].name == "InferenceFailed"
    assert done.events[0].args == {"id": 1, "commits": 3, "reveals": 3}
    assert world.paid(done) == {(CONSUMER.lower(), REFUND): 1000}
    assert world.market.view("result", id) == (FAILED, b"")


def test_a_missing_reveal_costs_the_bond(chain):
    world = Market(chain)
    id = world.ask().value
    for n in range(3):
        world.commit(id, n, b"seven")
    for n in range(2):
        world.reveal(id, n, b"seven")
    with refuses("time to reveal is not over"):
        world.deliver(id)
    chain.warp(chain.now + 121)
    with refuses("time to reveal is over"):
        world.reveal(id, 2, b"seven")
    done = world.deliver(id)
    assert world.paid(done) == {
        (OWNER.lower(), TO_OWNER): 250, (SERVERS[0].lower(), TO_SERVER): 375, (SERVERS[1].lower(), TO_SERVER): 375,
        (CONSUMER.lower(), FORFEIT): 1000,
    }
    assert world.market.view("server", SERVERS[2]) == {"registered": True, "stake": 49_000, "bound": 0}


def test_a_majority_is_of_the_wanted_servers(chain):
    """One answer of three wanted is no majority, though it is unanimous."""
    world = Market(chain)
    id = world.ask().value
    world.commit(id, 0, b"seven")
    with refuses("time to commit is not over"):
        world.reveal(id, 0, b"seven")
    with refuses("time to commit is not over"):
        world.deliver(id)
    chain.warp(chain.now + 61)
    with refuses("time to commit is over"):
        world.commit(id, 1, b"seven")
    with refuses("time to reveal is not over"):
        world.deliver(id)
    world.reveal(id, 0, b"seven")
    done = world.deliver(id)
    assert world.paid(done) == {(CONSUMER.lower(), REFUND): 1000}


def test_nobody_answers(chain):
    world = Market(chain)
    id = world.ask().value
    chain.warp(chain.now + 61)
    done = world.deliver(id)
    assert done.events[0].args == {"id": 1, "commits": 0, "reveals": 0}
    assert world.paid(done) == {(CONSUMER.lower(), REFUND): 1000}


def test_a_free_model_needs_no_stake_beyond_registration(chain):
    world = Market(chain, fee=0)
    id = world.ask(value=0, wanted=1).value
    world.commit(id, 0, b"")
    world.reveal(id, 0, b"")
    assert world.paid(world.deliver(id)) == {}
    assert world.market.view("result", id) == (DELIVERED, b"")


def test_requests_are_refused(chain):
    world = Market(chain, restricted=True)
    for changes, reason in [
        ({"model": keccak(text="unknown")}, "model is not registered"),
        ({"version": 0}, "version is not deployed"),
        ({"version": 2}, "version is not deployed"),
        ({"value": 999}, "fee is too low"),
        ({"sender": STRANGER}, "consumer is not allowed"),
    ]:
        with refuses(reason):
            world.ask(**changes)
    world.market.send(OWNER, "setAllowed", world.model_id, CONSUMER, True)
    assert world.market.view("isAllowed", world.model_id, CONSUMER)
    assert not world.market.view("isAllowed", world.model_id, STRANGER)
    for changes, reason in [
        ({"wanted": 0}, "servers are out of bounds"),
        ({"wanted": 17}, "servers are out of bounds"),
        ({"listed": SERVERS[:2]}, "too few servers on the list"),
        ({"commit": 0}, "commit seconds are out of bounds"),
        ({"commit": 30 * 86400 + 1}, "commit seconds are out of bounds"),
        ({"reveal": 59}, "reveal seconds are out of bounds"),
        ({"reveal": 30 * 86400 + 1}, "reveal seconds are out of bounds"),
        ({"reveal": 2**256 - 1}, "reveal seconds are out of bounds"),
    ]:
        with refuses(reason):
            world.ask(**changes)
    assert world.ask().value == 1
    world.market.send(OWNER, "setAllowed", world.model_id, CONSUMER, False)
    with refuses("consumer is not allowed"):
        world.ask()
    world.models.send(STRANGER, "submitModel", "undeployed", b"")
    with refuses("version is not deployed"):
        world.ask(model=keccak(text="undeployed"), version=0)


def test_terms_belong_to_the_owner_and_do_not_change_open_requests(chain):
    world = Market(chain)
    for call in [("setTerms", world.model_id, 0, 0, False), ("setAllowed", world.model_id, STRANGER, True)]:
        with refuses("caller is not the model's owner"):
            world.market.send(STRANGER, *call)
    with refuses("model is not registered"):
        world.market.send(STRANGER, "setTerms", keccak(text="unknown"), 0, 0, False)
    with refuses("share is out of bounds"):
        world.market.send(OWNER, "setTerms", world.model_id, 0, 10001, False)
    with refuses("amount is out of bounds"):
        world.market.send(OWNER, "setTerms", world.model_id, 2**128, 0, False)
    id = world.ask(wanted=1).value
    world.market.send(OWNER, "setTerms", world.model_id, 5, 10000, True)
    assert world.market.view("terms", world.model_id) == {"fee": 5, "ownerShareBps": 10000, "restricted": True}
    world.commit(id, 0, b"x")
    world.reveal(id, 0, b"x")
    assert world.paid(world.deliver(id)) == {(OWNER.lower(), TO_OWNER): 250, (SERVERS[0].lower(), TO_SERVER): 750}


def test_commitments_and_reveals_are_refused(chain):
    world = Market(chain, servers=4)
    for call in [("commit", 1, b"\1" * 32), ("reveal", 1, b"", bytes(32)), ("deliver", 1)]:
        with refuses("request is unknown"):
            world.market.send(SERVERS[0], *call)
    with refuses("request is unknown"):
        world.market.view("requestOf", 1)
    id = world.ask(listed=SERVERS[1:4]).value
    assert world.market.view("welcome", id) == [server.lower() for server in SERVERS[1:4]]
    with refuses("server is not registered"):
        world.market.send(STRANGER, "commit", id, b"\1" * 32)
    with refuses("server is not on the list"):
        world.commit(id, 0, b"seven")
    with refuses("commitment is empty"):
        world.market.send(SERVERS[1], "commit", id, bytes(32))
    world.commit(id, 1, b"seven")
    with refuses("already committed"):
        world.commit(id, 1, b"seven")
    with refuses("server did not commit"):
        world.reveal(id, 2, b"seven")
    world.commit(id, 2, b"seven")
    world.market.send(SERVERS[3], "commit", id, world.commitment(id, 2, b"seven"))
    for result, salt in [(b"one", b"\7" * 32), (b"seven", b"\10" * 32)]:
        with refuses("result differs from the commitment"):
            world.reveal(id, 1, result, salt)
    with refuses("result differs from the commitment"):
        world.reveal(id, 3, b"seven")  # copied another server's commitment
    world.reveal(id, 1, b"seven")
    with refuses("already revealed"):
        world.reveal(id, 1, b"seven")
    open_to_all = world.ask(wanted=1).value
    world.commit(open_to_all, 0, b"x")
    with refuses("request has its servers"):
        world.commit(open_to_all, 1, b"x")


def test_stakes(chain):
    world = Market(chain)
    with refuses("stake is wrong"):
        world.market.send(STRANGER, "registerServer")
    with refuses("server is not registered"):
        world.market.send(STRANGER, "withdrawServer")
    (event,) = world.market.send(SERVERS[0], "registerServer", value=1).events
    assert event.args == {"server": SERVERS[0].lower(), "stake": 50_001}
    large = world.ask(value=50_002, wanted=1).value
    with refuses("stake is too small"):
        world.commit(large, 0, b"x")
    id = world.ask(wanted=1).value
    world.commit(id, 0, b"x")
    before = chain.balance(SERVERS[0])
    (event,) = world.market.send(SERVERS[0], "withdrawServer").events
    assert event.args == {"server": SERVERS[0].lower(), "amount": 49_001}
    assert world.market.view("server", SERVERS[0]) == {"registered": True, "stake": 1000, "bound": 1000}
    with refuses("stake is bound to open requests"):
        world.market.send(SERVERS[0], "withdrawServer")
    world.reveal(id, 0, b"x")
    world.deliver(id)
    (event,) = world.market.send(SERVERS[0], "withdrawServer").events
    assert event.args == {"server": SERVERS[0].lower(), "amount": 1000}
    assert chain.balance(SERVERS[0]) == before + 50_001 + 750
    with refuses("server is not registered"):
        world.commit(large, 0, b"x")


def test_a_result_of_thirty_two_kilobytes(revm):
    world = Market(revm)
    id = world.ask(wanted=1).value
    result = bytes(n % 251 for n in range(32768))
    world.commit(id, 0, result)
    world.reveal(id, 0, result)
    assert world.deliver(id).events[0].args["result"] == result
    assert world.market.view("result", id) == (DELIVERED, result)


def play(chain, seed):
    """Several overlapping requests with random answers, silence and bad recipients; checks every wei."""
    rng = random.Random(seed)
    cast = []
    for n in range(5):
        if rng.random() < 0.4:
            puppet = Puppet(chain, SERVERS[n])
            puppet.mode = rng.choice([REFUSE, REENTER, BURN, BOMB])
            cast.append(puppet)
        else:
            cast.append(SERVERS[n])
    for server in SERVERS:
        chain.fund(server, 10**24)
    fee = rng.randint(0, 10_000)
    world = Market(chain, fee=fee, share=rng.choice([0, 3333, 10_000]), cast=cast)
    market = world.market
    stakes = {world.address(n): 50_000 for n in range(5)}
    credit_of = lambda party: market.view("creditOf", party)  # noqa: E731
    escrow = 0
    for n, server in enumerate(cast):
        if not isinstance(server, str):
            payload = market.calldata(*rng.choice([("withdrawServer",), ("withdraw",), ("deliver", 1)]))
            server.behave(server.mode, market.address, payload)
    for _ in range(3):
        value = fee + rng.randint(0, 3)
        wanted = rng.randint(1, 5)
        id = world.ask(value=value, wanted=wanted).value
        answers = {n: rng.choice([b"a", b"a", b"b"]) for n in range(5) if rng.random() < 0.8}
        answers = dict(list(answers.items())[:wanted])
        for n, answer in answers.items():
            world.commit(id, n, answer)
        if len(answers) < wanted:
            chain.warp(chain.now + 61)
        said = {n: answer for n, answer in answers.items() if rng.random() < 0.85}
        for n, answer in said.items():
            world.reveal(id, n, answer)
        if len(said) < len(answers):
            chain.warp(chain.now + 200)
        parties = [OWNER, CONSUMER, *map(world.address, range(5))]
        before = {party: chain.balance(party) + credit_of(party) for party in parties}
        done = world.deliver(id)

        due = {party: 0 for party in parties}
        counts = {answer: sum(a == answer for a in said.values()) for answer in (b"a", b"b")}
        winner = next((answer for answer, count in counts.items() if 2 * count > wanted), None)
        rest = value
        if winner:
            share = value * world.market.view("requestOf", id)["ownerShareBps"] // 10_000
            each = (value - share) // counts[winner]
            due[OWNER] += share
            rest -= share
            for n, answer in said.items():
                if answer == winner:
                    due[world.address(n)] += each
                    rest -= each
        due[CONSUMER] += rest
        for n in answers:
            if n not in said:
                due[CONSUMER] += value
                stakes[world.address(n)] -= value
        assert market.view("result", id) == ((DELIVERED, winner) if winner else (FAILED, b""))
        assert {p: chain.balance(p) + credit_of(p) - before[p] for p in parties} == due
        assert sum(world.paid(done).values()) == sum(due.values())
        escrow = sum(stakes.values()) + sum(map(credit_of, parties))
        assert chain.balance(market.address) == escrow
        for n, server in enumerate(cast):
            assert market.view("server", world.address(n)) == {
                "registered": True, "stake": stakes[world.address(n)], "bound": 0
            }
            assert isinstance(server, str) or not server.wallet.view("broke")


@pytest.mark.parametrize("seed", range(40))
def test_random_requests_pay_to_the_wei(seed):
    play(Revm(), seed)


@pytest.mark.parametrize("seed", range(4))
def test_random_requests_on_the_other_machine(seed):
    play(PyEvm(), seed)
