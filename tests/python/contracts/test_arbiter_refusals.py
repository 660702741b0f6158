"""What the arbiter does not execute."""

import pytest
from deployed import Deployed, Refused
from world import OWNER


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (("unary", 8, 0), "operation is unknown"),
        (("binary", 7, 0, 0), "operation is unknown"),
        (("chain", 257, [0] * 32, [0] * 32), "a chain has at most 256 links"),
        (("chain", 9, [0], [0]), "operands have the wrong length"),
        (("chain", 8, [0, 0], [0, 0]), "operands have the wrong length"),
        (("chain", 8, [0], [0, 0]), "operands have the wrong length"),
    ],
)
def test_refusals(chain, call, reason):
    chain.fund(OWNER, 10**18)
    arbiter = Deployed.deploy(chain, "Arbiter", sender=OWNER)
    with pytest.raises(Refused, match=f"^{reason}$"):
        arbiter.view(*call)
