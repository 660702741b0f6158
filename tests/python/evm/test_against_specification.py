"""Blocks of random transactions end in the same state on Cairn and on the executable specification."""

import pytest
from cases import FORKS, ORDER, case
from engines import Cairn, Specification, command, difference


@pytest.fixture(scope="module")
def sides():
    if command() is None:
        pytest.skip("skipped: no cairn binary; build it with `swift build -c release`")
    ours = Cairn()
    yield ours, Specification()
    ours.close()


@pytest.mark.parametrize("fork", ORDER)
def test_random_blocks(sides, fork):
    ours, specification = sides
    executed = 0
    for seed in range(50 if fork in FORKS else 15):
        example = case(seed, [fork])
        want = specification.run(example)
        assert difference(ours.run(example), want) == [], f"seed {seed} ({fork})"
        executed += sum(succeeded for succeeded, _ in want.get("receipts", []))
    # The cases are worth running only where a fair part of their transactions succeeds.
    assert executed > 15 or fork not in FORKS
