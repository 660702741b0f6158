"""titanoboa pointed at the node: deploys and calls Vyper contracts in real transactions."""

import pytest
from eth_account import Account

boa = pytest.importorskip("boa")

SOURCE = """
# pragma version 0.4.3

event Counted:
    by: indexed(address)
    total: uint256

total: public(uint256)

@external
def count(by: uint256) -> uint256:
    assert by > 0, "count by more than nothing"
    self.total += by
    log Counted(by=msg.sender, total=self.total)
    return self.total
"""


def test_deploy_call_and_revert(url, key):
    with boa.set_network_env(url):
        boa.env.add_account(Account.from_key(key))
        contract = boa.loads(SOURCE)
        assert contract.total() == 0
        assert contract.count(5) == 5
        assert contract.count(2) == 7
        assert contract.total() == 7
        with boa.reverts("count by more than nothing"):
            contract.count(0)
