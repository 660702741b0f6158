# pragma version 0.4.3
# pragma evm-version prague
"""
@notice A wallet for tests: does what it is told, and answers incoming ether as badly as it is told.
"""

ACCEPT: constant(uint256) = 0
REFUSE: constant(uint256) = 1
REENTER: constant(uint256) = 2
BURN: constant(uint256) = 3
BOMB: constant(uint256) = 4

mode: public(uint256)
target: address
payload: Bytes[1024]

# Whether a re-entrant call ever succeeded, and how many were tried.
broke: public(bool)
tries: public(uint256)


@external
@payable
def execute(to: address, data: Bytes[40000], amount: uint256) -> Bytes[40000]:
    return raw_call(to, data, value=amount, max_outsize=40000)


@external
def behave(mode: uint256, target: address, payload: Bytes[1024]):
    self.mode = mode
    self.target = target
    self.payload = payload


@external
@payable
def __default__():
    if self.mode == REFUSE:
        raise "no ether, thank you"
    if self.mode == REENTER:
        done: bool = raw_call(self.target, self.payload, revert_on_failure=False)
        if done:
            self.broke = True
        self.tries += 1
    if self.mode == BURN:
        for i: uint256 in range(10**18):
            assert msg.gas > 0
    if self.mode == BOMB:
        big: uint256[1000] = empty(uint256[1000])
        raw_revert(abi_encode(big))
