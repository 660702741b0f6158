"""The largest cases that the contracts admit fit into one transaction each, whatever the recipients do."""

import pytest
from eth_utils import keccak
from evms import GAS_CAP, PyEvm
from puppet import BURN, Puppet
from test_inference_market import DELIVERED, Market
from world import AGGREGATOR, HOLDERS, OWNER, SERVERS, STRANGER, World, packed

ROOM = 0.9 * GAS_CAP


def burning(chain, keepers):
    """Wallets that burn all the gas that a payment gives them."""
    puppets = []
    for keeper in keepers:
        chain.fund(keeper, 10**24)
        puppets.append(Puppet(chain, keeper))
    return puppets


def test_settling_with_sixty_four_recipients_that_burn_gas():
    chain = PyEvm()
    world = World(chain, cast=burning(chain, HOLDERS), rows=[1])
    job = world.started(holders=64, rounds=1, minHolders=1, maxHolders=64, parameterCount=1)
    world.submit_all(job, 1, [[n] for n in range(64)])
    assert world.jobs.send(AGGREGATOR, "closeRound", job).gas < ROOM
    for puppet in world.holders:
        puppet.behave(BURN)
    settled = world.jobs.send(STRANGER, "settle", job)
    assert 64 * 50_000 < settled.gas < ROOM
    assert sum(event.name == "Credited" for event in settled.events) == 64


def test_delivering_the_largest_result_to_sixteen_servers_that_burn_gas():
    chain = PyEvm()
    world = Market(chain, cast=burning(chain, SERVERS))
    id = world.ask(wanted=16).value
    result = bytes(n % 251 for n in range(32768))
    for n in range(16):
        assert world.commit(id, n, result).gas < ROOM
    for n in range(16):
        assert world.reveal(id, n, result).gas < ROOM
    for puppet in world.servers:
        puppet.behave(BURN)
    assert world.deliver(id).gas < ROOM
    assert world.market.view("result", id) == (DELIVERED, result)


@pytest.mark.parametrize("kind", ["submitted", "adopted"])
def test_the_largest_model(kind):
    chain = PyEvm()
    world = World(chain)
    data = packed([-(n + 1) for n in range(8192)])
    if kind == "submitted":
        assert world.models.send(OWNER, "submitModel", "digits", data).gas < ROOM
        assert world.models.view("getModel", "digits") == data
        return
    spec = world.spec(parameterCount=8192, rounds=1, maxHolders=3)
    escrow = world.jobs.view("requiredEscrow", spec)
    created = world.jobs.send(OWNER, "createJob", spec, data, value=escrow)
    assert created.gas < ROOM
    world.terms = {"holderStake": 5000}
    for n in range(3):
        world.join(created.value, n)
    world.jobs.send(AGGREGATOR, "acceptAggregation", created.value, value=8000)
    world.jobs.send(STRANGER, "start", created.value)
    for holder in world.holders:
        assert world.jobs.send(holder, "submitUpdate", created.value, 1, data).gas < ROOM
    assert world.jobs.send(AGGREGATOR, "closeRound", created.value).gas < ROOM
    assert world.models.send(OWNER, "adoptJob", "digits", world.jobs.address, created.value).gas < ROOM
    assert keccak(world.models.view("getModel", "digits")) == keccak(data)
