"""The mean in the contract against Python integers."""

import random

import pytest
from deployed import Refused
from world import AGGREGATOR, World, fedavg, packed, unpacked

LIMIT = 2**30


def averaged(chain, vectors, weights):
    """What the contract makes of one round."""
    world = World(chain, holders=len(vectors), rows=weights)
    count = len(vectors[0])
    job = world.started(
        holders=len(vectors), parameterCount=count, minHolders=1, maxHolders=len(vectors), maxRows=2**31, rounds=1
    )
    world.submit_all(job, 1, vectors)
    world.jobs.send(AGGREGATOR, "closeRound", job)
    return unpacked(world.jobs.view("parameters", job))


@pytest.mark.parametrize("count", [1, 7, 8, 9, 15, 16, 17, 64])
def test_every_remainder_of_lanes(chain, count):
    rng = random.Random(count)
    vectors = [[rng.randint(-LIMIT, LIMIT) for _ in range(count)] for _ in range(3)]
    weights = [rng.randint(1, 1000) for _ in range(3)]
    assert averaged(chain, vectors, weights) == fedavg(vectors, weights)


@pytest.mark.parametrize("seed", range(12))
def test_random_vectors_and_weights(revm, seed):
    rng = random.Random(seed)
    holders = rng.randint(1, 12)
    vectors = [[rng.randint(-LIMIT, LIMIT) for _ in range(100)] for _ in range(holders)]
    weights = [rng.randint(1, 2 ** rng.randint(1, 27)) for _ in range(holders)]
    assert averaged(revm, vectors, weights) == fedavg(vectors, weights)


EXTREMES = [-LIMIT, -LIMIT + 1, -2, -1, 0, 1, 2, LIMIT - 1, LIMIT]


@pytest.mark.parametrize(
    "weights", [(1, 1), (1, 2), (2**31 - 1, 1), (2**30, 2**30), (3, 5), (2**31 - 2, 1), (1, 2**31 - 1)]
)
def test_extreme_values_and_weights(chain, weights):
    pairs = [(a, b) for a in EXTREMES for b in EXTREMES]
    vectors = [[a for a, _ in pairs], [b for _, b in pairs]]
    assert averaged(chain, vectors, weights) == fedavg(vectors, weights)


def test_halves_round_up(chain):
    vectors = [[1, -1, 3, -3, 0, 5], [0, 0, 0, 0, 0, 0]]
    assert averaged(chain, vectors, (1, 1)) == [1, 0, 2, -1, 0, 3]


def test_a_single_holder_is_its_own_mean(chain):
    vector = [LIMIT, -LIMIT, 0, 1, -1]
    assert averaged(chain, [vector], (2**31,)) == vector


def test_thirty_two_kilobytes(revm):
    """Parameters that need two blobs, with the most holders that the contract takes for them."""
    rng = random.Random(32768)
    vectors = [[rng.randint(-LIMIT, LIMIT) for _ in range(8192)] for _ in range(16)]
    weights = [rng.randint(1, 10**6) for _ in range(16)]
    assert averaged(revm, vectors, weights) == fedavg(vectors, weights)


@pytest.mark.parametrize("value", [LIMIT + 1, -LIMIT - 1, 2**31 - 1, -(2**31), 3 * 2**29, -3 * 2**29])
def test_the_range_is_checked_in_every_lane(chain, value):
    world = World(chain, holders=1)
    job = world.started(holders=1, parameterCount=9, minHolders=1, maxHolders=1)
    for lane in range(9):
        vector = [0] * 9
        vector[lane] = value
        with pytest.raises(Refused, match="^value out of range$"):
            world.jobs.send(world.holders[0], "submitUpdate", job, 1, packed(vector))
        vector[lane] = LIMIT if value > 0 else -LIMIT
        data = world.jobs.calldata("submitUpdate", job, 1, packed(vector))
        assert chain.call(world.holders[0], world.jobs.address, data).ok
