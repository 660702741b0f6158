# pragma version 0.4.3
"""
@title Payments
@license Apache-2.0
@notice Pays ether out so that no recipient can stop, drain or re-enter the payer: a bounded push, and where it is
        refused a credit that its owner withdraws.
"""

# Gas that a recipient may use; enough for a contract wallet that records what it got.
PUSH_GAS: constant(uint256) = 50000

# Wei that waits for a party which refused it.
creditOf: public(HashMap[address, uint256])


event Credited:
    party: indexed(address)
    amount: uint256


event Withdrawn:
    party: indexed(address)
    to: indexed(address)
    amount: uint256


@internal
def _pay(party: address, amount: uint256):
    """
    @notice Sends the amount, or credits it where the party refuses.
    @dev    Nothing that the party returns is copied. Callers have settled their own state before they come here.
    """
    if amount == 0:
        return
    accepted: bool = raw_call(party, b"", value=amount, gas=PUSH_GAS, revert_on_failure=False)
    if not accepted:
        self.creditOf[party] += amount
        log Credited(party=party, amount=amount)


@external
@nonreentrant
def withdraw(to: address = msg.sender):
    """
    @notice Sends the caller's credit to an address of the caller's choice.
    """
    amount: uint256 = self.creditOf[msg.sender]
    assert amount > 0, "nothing to withdraw"
    self.creditOf[msg.sender] = 0
    sent: bool = raw_call(to, b"", value=amount, revert_on_failure=False)
    assert sent, "recipient refuses ether"
    log Withdrawn(party=msg.sender, to=to, amount=amount)
